#!/usr/bin/env bash
# `schema` lines name the types as psql does: domains, enums, composites, ranges, their arrays,
# modifiers; the values follow them, and follow a change of them.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql <<'SQL'
create schema other;
create type mood as enum ('sad', 'it''s ok');
create type other.pair as (a int, b text);
create domain positive as int check (value > 0);
create domain word as varchar(9) not null;
create type floatrange as range (subtype = float8);
create table t (id int primary key, m mood not null, p other.pair, d positive, w word,
  r floatrange, ms mood[], ps other.pair[], ds positive[], "Odd name" numeric(4,1)[], ts timestamptz(3));
create publication p for table t;
SQL
make_slot

sql <<'SQL'
insert into t values (1, 'sad', (1, 'x "y"'), 7, 'w', '[1,2)', '{sad,NULL,"it''s ok"}',
  array[(1, null)::other.pair], '{1,2}', '{1.5}', '2026-11-20 08:00:00.1234+02');
alter type mood add value 'new';
insert into t (id, m, w) values (2, 'new', '');
SQL

changes --emit row,schema
check_changes <<'END'
{"op":"schema","schema":"public","table":"t","columns":[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"m","type":"public.mood","nullable":false,"key":false},{"name":"p","type":"other.pair","nullable":true,"key":false},{"name":"d","type":"public.positive","nullable":true,"key":false},{"name":"w","type":"public.word","nullable":true,"key":false},{"name":"r","type":"public.floatrange","nullable":true,"key":false},{"name":"ms","type":"public.mood[]","nullable":true,"key":false},{"name":"ps","type":"other.pair[]","nullable":true,"key":false},{"name":"ds","type":"public.positive[]","nullable":true,"key":false},{"name":"Odd name","type":"numeric(4,1)[]","nullable":true,"key":false},{"name":"ts","type":"timestamp(3) with time zone","nullable":true,"key":false}],"catalog":"current"}
{"op":"insert","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"m":"sad","p":"(1,\"x \"\"y\"\"\")","d":7,"w":"w","r":"[1,2)","ms":["sad",null,"it's ok"],"ps":["(1,)"],"ds":[1,2],"Odd name":["1.5"],"ts":"2026-11-20T06:00:00.123Z"}}
{"op":"insert","schema":"public","table":"t","key":{"id":2},"after":{"id":2,"m":"new","p":null,"d":null,"w":"","r":null,"ms":null,"ps":null,"ds":null,"Odd name":null,"ts":null}}
END
