#!/usr/bin/env bash
# Partitions come under their own names, or with publish_via_partition_root under the root's; a row
# that moves between them is a delete and an insert. Children of an inherited table keep their names.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql <<'SQL'
create table m (id int, region text, n int, primary key (id, region)) partition by list (region);
create table m_eu partition of m for values in ('eu');
create table m_us (n int, id int not null, region text not null, primary key (id, region));
alter table m attach partition m_us for values in ('us');
create table parent (id int primary key);
create table child (extra text, primary key (id)) inherits (parent);
create table whole (id int primary key);
create table bare () inherits (whole);
create table b (id int) partition by range (id);
create table b_1 partition of b default;
alter table b replica identity full;
create publication leaves for table m, parent;
create publication root for table m with (publish_via_partition_root = true);
SQL
make_slot

sql <<'SQL'
insert into m values (1, 'eu', 10);
update m set n = 11;
update m set region = 'us';
update m_us set n = 12;
create table m_as partition of m for values in ('as');
insert into m values (2, 'as', 20);
truncate m_as;
truncate m;
insert into parent values (1);
insert into child values (2, 'x');
update parent set id = id + 10;
SQL

changes --publication leaves
check_changes <<'END'
{"op":"insert","schema":"public","table":"m_eu","key":{"id":1,"region":"eu"},"after":{"id":1,"region":"eu","n":10}}
{"op":"update","schema":"public","table":"m_eu","key":{"id":1,"region":"eu"},"after":{"id":1,"region":"eu","n":11}}
{"op":"delete","schema":"public","table":"m_eu","key":{"id":1,"region":"eu"}}
{"op":"insert","schema":"public","table":"m_us","key":{"id":1,"region":"us"},"after":{"n":11,"id":1,"region":"us"}}
{"op":"update","schema":"public","table":"m_us","key":{"id":1,"region":"us"},"after":{"n":12,"id":1,"region":"us"}}
{"op":"insert","schema":"public","table":"m_as","key":{"id":2,"region":"as"},"after":{"id":2,"region":"as","n":20}}
{"op":"truncate","schema":"public","table":"m_as"}
{"op":"truncate","schema":"public","table":"m_eu"}
{"op":"truncate","schema":"public","table":"m_us"}
{"op":"truncate","schema":"public","table":"m_as"}
{"op":"insert","schema":"public","table":"parent","key":{"id":1},"after":{"id":1}}
{"op":"insert","schema":"public","table":"child","key":{"id":2},"after":{"id":2,"extra":"x"}}
{"op":"update","schema":"public","table":"parent","key":{"id":1},"after":{"id":11}}
{"op":"update","schema":"public","table":"child","key":{"id":2},"after":{"id":12,"extra":"x"}}
END

changes --publication root
check_changes <<'END'
{"op":"insert","schema":"public","table":"m","key":{"id":1,"region":"eu"},"after":{"id":1,"region":"eu","n":10}}
{"op":"update","schema":"public","table":"m","key":{"id":1,"region":"eu"},"after":{"id":1,"region":"eu","n":11}}
{"op":"delete","schema":"public","table":"m","key":{"id":1,"region":"eu"}}
{"op":"insert","schema":"public","table":"m","key":{"id":1,"region":"us"},"after":{"id":1,"region":"us","n":11}}
{"op":"update","schema":"public","table":"m","key":{"id":1,"region":"us"},"after":{"id":1,"region":"us","n":12}}
{"op":"insert","schema":"public","table":"m","key":{"id":2,"region":"as"},"after":{"id":2,"region":"as","n":20}}
{"op":"truncate","schema":"public","table":"m"}
END

# The table that was asked for must be the one that the lines name.
refused 4 "publication 'leaves' does not publish public.m" \
  'its changes come under the names of its partitions: ask for these, or ALTER PUBLICATION "leaves" SET (publish_via_partition_root = true);' \
  --slot s --publication leaves --tables public.m
refused 4 "publication 'root' does not publish public.m_eu" \
  'it is a partition, and its changes come under the name public.m: ask for that' \
  --slot s --publication root --tables public.m_eu
refused 2 'no table matches --tables, so there is nothing to publish' \
  'a partition is published with its partitioned table' --create-publication --tables public.m_eu
refused 4 'publishing public.bare would make UPDATE and DELETE on it fail: no replica identity' \
  'ALTER TABLE public.bare REPLICA IDENTITY FULL' --create-publication --tables public.whole
refused 4 'publishing public.b_1 would make UPDATE and DELETE on it fail: no replica identity' \
  'ALTER TABLE public.b_1 REPLICA IDENTITY FULL' --create-publication --tables public.b

spawn tail cdcctl tail postgres "$PG_CONNINFO" --create-publication --tables public.m
wait_streaming
sql "insert into m values (3, 'eu', 30)"
wait_until 10 '[[ $(lines tail) == 1 ]]'
stop_process tail
check_status 0
check_lines "$(out tail)" <<'END'
{"op":"insert","schema":"public","table":"m","key":{"id":3,"region":"eu"},"after":{"id":3,"region":"eu","n":30}}
END
