#!/usr/bin/env bash
# Generated columns are not in the stream of servers before 18, nor are dropped ones: they are neither
# null nor in the schema line. Defaults and identity columns are. From 18 on a publication may send
# stored ones: then they are in the stream and in the snapshot, as any other column.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql <<'SQL'
create table t (id int generated always as identity primary key, gone text, n int default 5,
  twice int generated always as (n * 2) stored, note text);
alter table t drop gone;
create table f (twice int generated always as (id * 2) stored, id int primary key);
alter table f replica identity full;
SQL
if ((PG_MAJOR < 18)); then
  sql 'create publication p for table t, f'
else
  sql 'create publication p for table t'
fi
make_slot

sql <<'SQL'
insert into t (note) values ('x');
update t set n = 6;
SQL
changes --emit row,schema
check_changes <<'END'
{"op":"schema","schema":"public","table":"t","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"n","type":"integer","nullable":true,"key":false},{"name":"note","type":"text","nullable":true,"key":false}],"catalog":"current"}
{"op":"insert","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"n":5,"note":"x"}}
{"op":"update","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"n":6,"note":"x"}}
END

whole_rows() {
  sql 'insert into f values (default, 1)' 'update f set id = 2' 'delete from f'
}

if ((PG_MAJOR < 18)); then
  whole_rows
  changes --tables public.f --emit row,schema
  check_changes <<'END'
{"op":"schema","schema":"public","table":"f","columns":[{"name":"id","type":"integer","nullable":false,"key":true}],"catalog":"current"}
{"op":"insert","schema":"public","table":"f","key":{"id":1},"after":{"id":1}}
{"op":"update","schema":"public","table":"f","key":{"id":1},"before":{"id":1},"after":{"id":2}}
{"op":"delete","schema":"public","table":"f","key":{"id":2},"before":{"id":2}}
END
  exit 0
fi

# From 18 on an identity with a generated column that is not published makes writers fail: such a
# table is not published for them.
sql 'create table u (id int primary key, n int not null generated always as (id + 1) stored unique,
       thrice int generated always as (id * 3) virtual)' 'alter table u replica identity using index u_n_key'
refused 4 'publishing public.f, public.u would make UPDATE and DELETE on it fail: a generated column is part of its replica identity' \
  'ALTER TABLE public.f REPLICA IDENTITY ...; or make a publication WITH (publish_generated_columns = stored) yourself' \
  --create-publication --tables 'public.f,public.u,public.t'
check_eq "$(sql 'select string_agg(pubname, $$ $$) from pg_publication')" p publications

sql "select pg_drop_replication_slot('s')" 'create table listed (id int primary key,
       twice int generated always as (id * 2) stored, n int)' \
    'alter table u replica identity default' 'drop publication p' \
    'create publication p for table f, u with (publish_generated_columns = stored)' \
    'create publication l for table listed (id, twice)' >/dev/null
make_slot
whole_rows
sql 'insert into f values (default, 7)' 'insert into u values (1)' 'update u set id = 5' \
    'insert into listed values (4, default, 1)'
changes --publication p,l --emit row,schema
check_changes <<'END'
{"op":"schema","schema":"public","table":"f","columns":[{"name":"twice","type":"integer","nullable":true,"key":false},{"name":"id","type":"integer","nullable":false,"key":true}],"catalog":"current"}
{"op":"insert","schema":"public","table":"f","key":{"id":1},"after":{"twice":2,"id":1}}
{"op":"update","schema":"public","table":"f","key":{"id":1},"before":{"twice":2,"id":1},"after":{"twice":4,"id":2}}
{"op":"delete","schema":"public","table":"f","key":{"id":2},"before":{"twice":4,"id":2}}
{"op":"insert","schema":"public","table":"f","key":{"id":7},"after":{"twice":14,"id":7}}
{"op":"schema","schema":"public","table":"u","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"n","type":"integer","nullable":false,"key":false}],"catalog":"current"}
{"op":"insert","schema":"public","table":"u","key":{"id":1},"after":{"id":1,"n":2}}
{"op":"update","schema":"public","table":"u","key":{"id":1},"after":{"id":5,"n":6}}
{"op":"schema","schema":"public","table":"listed","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"twice","type":"integer","nullable":true,"key":false}],"catalog":"current"}
{"op":"insert","schema":"public","table":"listed","key":{"id":4},"after":{"id":4,"twice":8}}
END
run snapshot cdcctl tail postgres "$PG_CONNINFO" --publication p,l --snapshot only
check_status 0
check_eq "$(jq -c '[.table, .key, .after]' "$(out snapshot)")" \
  '["f",{"id":7},{"twice":14,"id":7}]
["listed",{"id":4},{"id":4,"twice":8}]
["u",{"id":5},{"id":5,"n":6}]' 'rows of the snapshot'
