#!/usr/bin/env bash
# flavours: mariadb
# System-versioned tables show the rows that hold now: a delete, which the log has as the end of a
# row's time, is a delete; older versions and their removal are not shown. Neither are sequences.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
shop 'create table v (id int primary key, a int) with system versioning' \
  'create table k (a int) with system versioning' \
  'create table e (id int primary key, s timestamp(6) generated always as row start,
     t timestamp(6) generated always as row end, period for system_time (s, t)) with system versioning' \
  'create sequence n' 'create table u (id int primary key default nextval(n))'
# if_whole IMAGE: the lines without `before` where whole rows are logged; it is always there without a
# key, and in u, whose key is all that it has.
if_whole() {
  if [[ $1 == FULL ]]; then sed -E '/"table":"[ve]"/s/,"before":\{[^}]*\}//'; else cat; fi
}

for level in NO_LOG FULL; do
  my_sql "set global binlog_row_metadata = $level"
  for image in FULL MINIMAL; do
    here=$(my_position)
    shop "set binlog_row_image = $image" 'insert into v values (1, 1)' 'update v set a = 2' 'update v set id = 3' \
      'delete from v' 'delete history from v' 'insert into k values (1), (2)' 'delete from k where a = 1' \
      'insert into e (id) values (5)' 'delete from e' 'select nextval(n)' 'insert into u values ()' 'delete from u' \
      'delete from k' >"$WORK/nextval"
    changes
    check_lines <(sed -E -e 's/,"(row_start|s)":"[^"]*","(row_end|t)":"2038-01-19T03:14:07.999999Z"/,VALID/g' \
      -e '/"table":"u"/s/"id":[0-9]+/"id":N/g' "$(out changes)" | if_whole $image) <<'LINES'
{"op":"insert","table":"v","key":{"id":1},"after":{"id":1,"a":1,VALID}}
{"op":"update","table":"v","key":{"id":1},"after":{"id":1,"a":2,VALID}}
{"op":"update","table":"v","key":{"id":1},"after":{"id":3,"a":2,VALID}}
{"op":"delete","table":"v","key":{"id":3}}
{"op":"insert","table":"k","after":{"a":1,VALID}}
{"op":"insert","table":"k","after":{"a":2,VALID}}
{"op":"delete","table":"k","before":{"a":1,VALID}}
{"op":"insert","table":"e","key":{"id":5},"after":{"id":5,VALID}}
{"op":"delete","table":"e","key":{"id":5}}
{"op":"insert","table":"u","key":{"id":N},"after":{"id":N}}
{"op":"delete","table":"u","key":{"id":N},"before":{"id":N}}
{"op":"delete","table":"k","before":{"a":2,VALID}}
LINES
  done
done

# The lines, folded, are the rows that hold now.
here=$(my_position)
shop 'insert into v values (1, 1), (2, 2), (3, 3)' 'update v set a = 20 where id = 2' 'delete from v where id = 1'
changes --ops delete
check_eq "$(jq -c .key "$(out changes)")" '{"id":1}' deletes
changes --exclude-columns '*:row_start,row_end'
check_eq "$(perl "$CDC_TEST_SUPPORT/fold.pl" "$(out changes)" | sort)" \
  "$(shop "select json_object('id', id, 'a', a) from v" | perl "$CDC_TEST_SUPPORT/fold.pl" --rows shop.v | sort)"
