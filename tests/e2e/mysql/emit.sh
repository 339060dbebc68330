#!/usr/bin/env bash
# --emit all: begin and commit around each transaction, the columns of a table before its first row,
# the text of DDL; each place is one to go on from.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
for level in MINIMAL FULL; do
  my_sql "set global binlog_row_metadata = $level"
  here=$(my_position)
  shop 'create table t (id int unsigned primary key, v varchar(10) not null, d decimal(5,2))' \
    begin 'insert into t values (1, "a", 1.5)' 'insert into t values (2, "b", null)' commit \
    'truncate t' 'grant select on t to root@localhost'
  if [[ $level == FULL ]]; then shop 'alter table t add column n int' 'insert into t values (3, "c", 0, 1)'; fi
  run all cdcctl tail "$FLAVOUR" "$MY_URI" --from "$here" --until now --emit all
  check_status 0
  # What the catalog says, and says of today: the display widths of MariaDB, the length of texts.
  text='"varchar"' id='"int unsigned"' catalog=
  if [[ $level == MINIMAL ]]; then
    text='"varchar(10)"' catalog=',"catalog":"current"'
    if on_mariadb; then id='"int(10) unsigned"'; fi
  fi
  columns="{\"name\":\"id\",\"type\":$id,\"nullable\":false,\"key\":true},{\"name\":\"v\",\"type\":$text,\"nullable\":false,\"key\":false},{\"name\":\"d\",\"type\":\"decimal(5,2)\",\"nullable\":true,\"key\":false}"
  {
    cat <<LINES
{"op":"begin"}
{"op":"ddl","sql":"create table t (id int unsigned primary key, v varchar(10) not null, d decimal(5,2))"}
{"op":"commit","events":1}
{"op":"begin"}
{"op":"schema","table":"t","columns":[$columns]$catalog}
{"op":"insert","table":"t","key":{"id":1},"after":{"id":1,"v":"a","d":"1.50"}}
{"op":"insert","table":"t","key":{"id":2},"after":{"id":2,"v":"b","d":null}}
{"op":"commit","events":2}
{"op":"begin"}
{"op":"truncate","table":"t"}
{"op":"commit","events":1}
LINES
    if [[ $level == FULL ]]; then
      cat <<LINES
{"op":"begin"}
{"op":"ddl","sql":"alter table t add column n int"}
{"op":"commit","events":1}
{"op":"begin"}
{"op":"schema","table":"t","columns":[$columns,{"name":"n","type":"int","nullable":true,"key":false}]}
{"op":"insert","table":"t","key":{"id":3},"after":{"id":3,"v":"c","d":"0.00","n":1}}
{"op":"commit","events":1}
LINES
    fi
  } >"$WORK/expected"
  grep -v '"op":"progress"' "$(out all)" >"$WORK/all"
  check_lines "$WORK/all" <"$WORK/expected"
  if [[ $level == MINIMAL ]]; then shop 'drop table t'; fi
done

# Each place is one to go on behind.
mapfile -t positions < <(jq -r .pos "$WORK/all")
for ((i = 0; i < ${#positions[@]}; i += 3)); do
  run rest cdcctl tail "$FLAVOUR" "$MY_URI" --from "${positions[i]}" --until now --emit row,commit
  check_status 0
  cmp <(tail -n +$((i + 2)) "$WORK/all" | grep -E '"op":"(insert|commit)"') <(cat "$(out rest)") ||
    fail "other lines behind ${positions[i]}"
done
