#!/usr/bin/env bash
# Generated columns are not in the stream of PostgreSQL 15, nor are dropped ones: they are neither
# null nor in the schema line. Defaults and identity columns are.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql <<'SQL'
create table t (id int generated always as identity primary key, gone text, n int default 5,
  twice int generated always as (n * 2) stored, note text);
alter table t drop gone;
create table f (twice int generated always as (id * 2) stored, id int primary key);
alter table f replica identity full;
create publication p for table t, f;
SQL
make_slot

sql <<'SQL'
insert into t (note) values ('x');
update t set n = 6;
insert into f values (default, 1);
update f set id = 2;
delete from f;
SQL

changes --emit row,schema
check_changes <<'END'
{"op":"schema","schema":"public","table":"t","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"n","type":"integer","nullable":true,"key":false},{"name":"note","type":"text","nullable":true,"key":false}],"catalog":"current"}
{"op":"insert","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"n":5,"note":"x"}}
{"op":"update","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"n":6,"note":"x"}}
{"op":"schema","schema":"public","table":"f","columns":[{"name":"id","type":"integer","nullable":false,"key":true}],"catalog":"current"}
{"op":"insert","schema":"public","table":"f","key":{"id":1},"after":{"id":1}}
{"op":"update","schema":"public","table":"f","key":{"id":1},"before":{"id":1},"after":{"id":2}}
{"op":"delete","schema":"public","table":"f","key":{"id":2},"before":{"id":2}}
END
