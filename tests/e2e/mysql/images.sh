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

for level in "${levels[@]}"; do
  my_sql "set global binlog_row_metadata = $level"
  for image in FULL NOBLOB MINIMAL; do
    here=$(my_position)
    write_with $image
    changes
    echo "$level $image"
    bare_lines "$(out changes)"
  done
done
