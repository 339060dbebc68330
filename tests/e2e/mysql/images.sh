#!/usr/bin/env bash
# Every row image with every level of metadata: what was not sent is not there and never null, what
# did not change is said so, and the key is always there.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
shop 'create table t (id int primary key, a int, b text)' 'create table keyless (a int, b text)' \
  'create table defaults (a int default 1, b varchar(9) default "x", unique (a))'

levels=(MINIMAL FULL)
if on_mariadb; then levels=(NO_LOG MINIMAL FULL); fi

# write_with IMAGE
write_with() {
  shop "set binlog_row_image = $1" 'insert into t (id, a) values (1, 5)' 'update t set a = 6' \
    'update t set id = 2' 'update t set b = null, a = 7' "update t set b = repeat('z', 3)" 'delete from t' \
    'insert into keyless values (1, "k")' 'update keyless set a = 2' 'delete from keyless' \
    'insert into defaults values ()' 'delete from defaults'
}

declare -A expected
expected[FULL]=$(
  cat <<'LINES'
{"op":"insert","table":"t","key":{"id":1},"after":{"id":1,"a":5,"b":null}}
{"op":"update","table":"t","key":{"id":1},"before":{"id":1,"a":5,"b":null},"after":{"id":1,"a":6,"b":null}}
{"op":"update","table":"t","key":{"id":1},"before":{"id":1,"a":6,"b":null},"after":{"id":2,"a":6,"b":null}}
{"op":"update","table":"t","key":{"id":2},"before":{"id":2,"a":6,"b":null},"after":{"id":2,"a":7,"b":null}}
{"op":"update","table":"t","key":{"id":2},"before":{"id":2,"a":7,"b":null},"after":{"id":2,"a":7,"b":"zzz"}}
{"op":"delete","table":"t","key":{"id":2},"before":{"id":2,"a":7,"b":"zzz"}}
LINES
)
expected[NOBLOB]=$(
  cat <<'LINES'
{"op":"insert","table":"t","key":{"id":1},"after":{"id":1,"a":5}}
{"op":"update","table":"t","key":{"id":1},"after":{"id":1,"a":6},"unchanged":["b"]}
{"op":"update","table":"t","key":{"id":1},"after":{"id":2,"a":6},"unchanged":["b"]}
{"op":"update","table":"t","key":{"id":2},"after":{"id":2,"a":7,"b":null}}
{"op":"update","table":"t","key":{"id":2},"after":{"id":2,"a":7,"b":"zzz"}}
{"op":"delete","table":"t","key":{"id":2}}
LINES
)
expected[MINIMAL]=$(
  cat <<'LINES'
{"op":"insert","table":"t","key":{"id":1},"after":{"id":1,"a":5}}
{"op":"update","table":"t","key":{"id":1},"after":{"id":1,"a":6},"unchanged":["b"]}
{"op":"update","table":"t","key":{"id":1},"after":{"id":2},"unchanged":["a","b"]}
{"op":"update","table":"t","key":{"id":2},"after":{"id":2,"a":7,"b":null}}
{"op":"update","table":"t","key":{"id":2},"after":{"id":2,"b":"zzz"},"unchanged":["a"]}
{"op":"delete","table":"t","key":{"id":2}}
LINES
)
# Without a key the image before is whole.
keyless=$(
  cat <<'LINES'
{"op":"insert","table":"keyless","after":{"a":1,"b":"k"}}
{"op":"update","table":"keyless","before":{"a":1,"b":"k"},"after":{"a":2,"b":"k"}}
{"op":"delete","table":"keyless","before":{"a":2,"b":"k"}}
LINES
)

for level in "${levels[@]}"; do
  my_sql "set global binlog_row_metadata = $level"
  for image in FULL NOBLOB MINIMAL; do
    here=$(my_position)
    write_with $image
    changes
    # MySQL's row of defaults has no bytes.
    defaults='{"a":1,"b":"x"}'
    if [[ $image == MINIMAL ]] && on_mysql; then defaults='{}'; fi
    check_changes <<LINES
${expected[$image]}
$keyless
{"op":"insert","table":"defaults","after":$defaults}
{"op":"delete","table":"defaults","before":{"a":1,"b":"x"}}
LINES
  done
done
