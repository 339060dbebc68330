#!/usr/bin/env bash
# Generated and invisible columns are in the row; the hidden ones of functional indexes are not; a
# primary key that the server made itself is the key. A table without a key has none.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
shop 'create table g (id int primary key, a int, v int generated always as (a + 1) virtual,
    s int generated always as (a * 2) stored)' \
  'create table i (id int primary key, hidden int invisible default 7, b int)' \
  'create table k (a int, b int, unique key (a))'
if on_mysql; then
  shop 'create table f (id int primary key, name varchar(20), index ((upper(name))))' \
    'set sql_generate_invisible_primary_key = on' 'create table p (a int)'
fi
for level in MINIMAL FULL; do
  my_sql "set global binlog_row_metadata = $level"
  here=$(my_position)
  shop 'insert into g (id, a) values (1, 10)' 'insert into i (id, b) values (1, 2)' \
    'insert into k values (1, 2)' 'update k set b = 3' 'update g set a = 11' \
    'delete from g' 'delete from i' 'delete from k'
  if on_mysql; then shop 'insert into f values (1, "x")' 'insert into p values (5)' 'delete from f' 'truncate p'; fi
  changes
  check_changes <<'LINES'
{"op":"insert","table":"g","key":{"id":1},"after":{"id":1,"a":10,"v":11,"s":20}}
{"op":"insert","table":"i","key":{"id":1},"after":{"id":1,"hidden":7,"b":2}}
{"op":"insert","table":"k","after":{"a":1,"b":2}}
{"op":"update","table":"k","before":{"a":1,"b":2},"after":{"a":1,"b":3}}
{"op":"update","table":"g","key":{"id":1},"before":{"id":1,"a":10,"v":11,"s":20},"after":{"id":1,"a":11,"v":12,"s":22}}
{"op":"delete","table":"g","key":{"id":1},"before":{"id":1,"a":11,"v":12,"s":22}}
{"op":"delete","table":"i","key":{"id":1},"before":{"id":1,"hidden":7,"b":2}}
{"op":"delete","table":"k","before":{"a":1,"b":3}}
mysql: {"op":"insert","table":"f","key":{"id":1},"after":{"id":1,"name":"x"}}
mysql: {"op":"insert","table":"p","key":{"my_row_id":1},"after":{"my_row_id":1,"a":5}}
mysql: {"op":"delete","table":"f","key":{"id":1},"before":{"id":1,"name":"x"}}
mysql: {"op":"truncate","table":"p"}
LINES
done
