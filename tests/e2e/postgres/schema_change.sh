#!/usr/bin/env bash
# A table that changes between rows, between and inside transactions: every row has the columns of
# its own time, and a `schema` line comes before the first row of each version.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql 'create table t (id int primary key, a text)' 'create publication p for table t'
make_slot

sql <<'SQL'
insert into t values (1, 'x');
alter table t add b numeric(6,2) not null default 1.5;
insert into t values (2, 'x');
begin;
insert into t values (3, 'x');
alter table t drop a;
insert into t values (4);
alter table t rename b to c;
insert into t values (5);
alter table t alter c type text;
update t set c = 'z' where id = 5;
commit;
alter table t replica identity full;
update t set c = 'y' where id = 5;
alter table t rename to u;
delete from u where id = 5;
create schema other;
alter table u set schema other;
insert into other.u values (6, 'w');
comment on table other.u is 'no new version';
insert into other.u values (7, 'w');
truncate other.u;
insert into other.u values (8, 'w8');
begin; alter table other.u add d int; rollback;
insert into other.u values (9, 'w9');
create unique index by_c on other.u (c);
alter table other.u replica identity using index by_c;
insert into other.u values (10, 'v');
SQL

changes --emit row,truncate,schema
check_changes <<'END'
{"op":"schema","schema":"public","table":"t","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"a","type":"text","key":false}],"catalog":"current"}
{"op":"insert","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"a":"x"}}
{"op":"schema","schema":"public","table":"t","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"a","type":"text","key":false},{"name":"b","type":"numeric(6,2)","key":false}],"catalog":"current"}
{"op":"insert","schema":"public","table":"t","key":{"id":2},"after":{"id":2,"a":"x","b":"1.50"}}
{"op":"insert","schema":"public","table":"t","key":{"id":3},"after":{"id":3,"a":"x","b":"1.50"}}
{"op":"schema","schema":"public","table":"t","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"b","type":"numeric(6,2)","key":false}],"catalog":"current"}
{"op":"insert","schema":"public","table":"t","key":{"id":4},"after":{"id":4,"b":"1.50"}}
{"op":"schema","schema":"public","table":"t","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"c","type":"numeric(6,2)","nullable":false,"key":false}],"catalog":"current"}
{"op":"insert","schema":"public","table":"t","key":{"id":5},"after":{"id":5,"c":"1.50"}}
{"op":"schema","schema":"public","table":"t","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"c","type":"text","nullable":false,"key":false}],"catalog":"current"}
{"op":"update","schema":"public","table":"t","key":{"id":5},"after":{"id":5,"c":"z"}}
{"op":"update","schema":"public","table":"t","key":{"id":5},"before":{"id":5,"c":"z"},"after":{"id":5,"c":"y"}}
{"op":"schema","schema":"public","table":"u","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"c","type":"text","nullable":false,"key":false}],"catalog":"current"}
{"op":"delete","schema":"public","table":"u","key":{"id":5},"before":{"id":5,"c":"y"}}
{"op":"schema","schema":"other","table":"u","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"c","type":"text","nullable":false,"key":false}],"catalog":"current"}
{"op":"insert","schema":"other","table":"u","key":{"id":6},"after":{"id":6,"c":"w"}}
{"op":"insert","schema":"other","table":"u","key":{"id":7},"after":{"id":7,"c":"w"}}
{"op":"truncate","schema":"other","table":"u"}
{"op":"insert","schema":"other","table":"u","key":{"id":8},"after":{"id":8,"c":"w8"}}
{"op":"insert","schema":"other","table":"u","key":{"id":9},"after":{"id":9,"c":"w9"}}
{"op":"schema","schema":"other","table":"u","columns":[{"name":"id","type":"integer","nullable":false,"key":false},{"name":"c","type":"text","nullable":false,"key":true}],"catalog":"current"}
{"op":"insert","schema":"other","table":"u","key":{"c":"v"},"after":{"id":10,"c":"v"}}
END
# A schema line stands at the place reached before it; no change loses its place to it.
check_eq "$(places "$(out changes)" | paste -sd' ')" \
  '1#0 1#1 2#0 2#1 3#1 3#1 3#2 3#2 3#3 3#3 3#4 4#1 5#0 5#1 6#0 6#1 7#1 8#1 9#1 10#1 11#0 11#1' places
jq 'select(.op != "schema")' "$(out changes)" -c >"$WORK/rows"
changes
diff "$WORK/rows" "$(out changes)" || fail 'rows differ without schema lines'

# A version is announced before its first row, whether that row is wanted or not.
changes --emit row,schema --ops update
check_eq "$(places "$(out changes)" | paste -sd' ')" \
  '1#0 2#0 3#1 3#2 3#3 3#4 4#1 5#0 6#0 7#0' 'places with updates alone'
changes --emit row,schema --exclude-columns 'public.t:b,c' --max-events 3
check_changes <<'END'
{"op":"schema","schema":"public","table":"t","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"a","type":"text","key":false}],"catalog":"current"}
{"op":"insert","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"a":"x"}}
{"op":"schema","schema":"public","table":"t","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"a","type":"text","key":false}],"catalog":"current"}
END
