#!/usr/bin/env bash
# DDL in the middle of the stream: with binlog_row_metadata = FULL each row has the names and types
# that it was written with, also when read much later; without, while tail follows.
. "$CDC_TEST_SUPPORT/binlog.sh"

steps=(
  'alter table t add column c varchar(10) default "c"'
  'alter table t rename column a to z'
  'alter table t drop column b'
  'alter table t modify column c varchar(10) after id'
  'alter table t modify column z bigint unsigned'
  'alter table t modify column c varchar(10) character set latin1'
  'alter table t drop primary key, add primary key (id, z)'
  'alter table t add column d enum("x", "y") default "y" first'
)
expected() {
  cat <<'LINES'
{"op":"insert","table":"t","key":{"id":1},"after":{"id":1,"a":1,"b":"ä"}}
{"op":"insert","table":"t","key":{"id":2},"after":{"id":2,"a":1,"b":"ä","c":"ö"}}
{"op":"insert","table":"t","key":{"id":3},"after":{"id":3,"z":1,"b":"ä","c":"ö"}}
{"op":"insert","table":"t","key":{"id":4},"after":{"id":4,"z":1,"c":"ö"}}
{"op":"insert","table":"t","key":{"id":5},"after":{"id":5,"c":"ö","z":1}}
{"op":"insert","table":"t","key":{"id":6},"after":{"id":6,"c":"ö","z":18446744073709551615}}
{"op":"insert","table":"t","key":{"id":7},"after":{"id":7,"c":"ö","z":18446744073709551615}}
{"op":"insert","table":"t","key":{"id":8,"z":18446744073709551615},"after":{"id":8,"c":"ö","z":18446744073709551615}}
{"op":"insert","table":"t","key":{"id":9,"z":18446744073709551615},"after":{"d":"y","id":9,"c":"ö","z":18446744073709551615}}
LINES
}
# A row for the columns that the table has after N steps.
row_after() {
  local id=$(($1 + 1)) columns values
  case $1 in
    0) columns='id, a, b' values="$id, 1, 'ä'" ;;
    1) columns='id, a, b, c' values="$id, 1, 'ä', 'ö'" ;;
    2) columns='id, z, b, c' values="$id, 1, 'ä', 'ö'" ;;
    3 | 4) columns='id, z, c' values="$id, 1, 'ö'" ;;
    *) columns='id, z, c' values="$id, 18446744073709551615, 'ö'" ;;
  esac
  shop "insert into t ($columns) values ($values)"
}

start_server
for level in FULL MINIMAL; do
  my_sql "set global binlog_row_metadata = $level"
  shop 'drop table if exists t' 'create table t (id int primary key, a int, b varchar(10))'
  here=$(my_position)
  tail_shop live
  wait_streaming
  for ((step = 0; step <= ${#steps[@]}; step++)); do
    if ((step > 0)); then shop "${steps[step - 1]}"; fi
    row_after $step
    wait_until 10 "[[ \$(lines live) == $((step + 1)) ]]"
  done
  stop_process live
  check_lines "$(out live)" < <(expected)
  if [[ $level == FULL ]]; then
    changes
    check_lines "$(out changes)" < <(expected)
  fi
done

# Now the table is another one than that of the first row.
refused 4 'the log does not name the columns of shop.t' '--on-schema-mismatch warn'
check_contains "$(<"$(err refused)")" 'the row has 3 columns, the table has 4'
check_eq "$(lines refused)" 0
run warned cdcctl tail "$FLAVOUR" "$MY_URI" --from "$here" --until now --on-schema-mismatch warn
check_status 0
check_lines <(sed -n '1p;9p' "$(out warned)") <<'LINES'
{"op":"insert","table":"t","after":{"c1":1,"c2":1,"c3":"ä"}}
{"op":"insert","table":"t","key":{"id":9,"z":18446744073709551615},"after":{"d":"y","id":9,"c":"ö","z":18446744073709551615}}
LINES
check_eq "$(grep -c warning "$(err warned)")" 1 warnings
check_contains "$(<"$(err warned)")" 'warning: the columns of shop.t are named c1, c2 ...'

if on_mariadb; then
  # Without any metadata nobody can say what a number of a table that is gone was.
  my_sql 'set global binlog_row_metadata = NO_LOG'
  here=$(my_position)
  shop 'create table gone (id int)' 'insert into gone values (1)' 'drop table gone'
  refused 4 'the log does not name the columns of shop.gone, and the catalog shows the user no table' 'GRANT SELECT'
  refused 4 'nobody knows the sign of column 1 of shop.gone' '--exclude-tables' --on-schema-mismatch warn
  run passed cdcctl tail mariadb "$MY_URI" --from "$here" --until now --exclude-tables shop.gone
  check_status 0
  check_eq "$(lines passed)" 0
fi
