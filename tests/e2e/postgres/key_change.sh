#!/usr/bin/env bash
# An update that changes the key shows the old key in `key` and the new one in `after`.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql <<'SQL'
create table by_default (id int primary key, name text);
create table by_two (a int, b text, note text, primary key (a, b));
create table by_index (id int primary key, code text not null unique);
alter table by_index replica identity using index by_index_code_key;
create table by_full (id int primary key, name text);
alter table by_full replica identity full;
create publication p for all tables;
SQL
make_slot

sql <<'SQL'
insert into by_default values (1, 'x');
update by_default set id = 2, name = 'y';
update by_default set name = 'z';
insert into by_two values (1, 'x', 'n');
update by_two set b = 'y';
insert into by_index values (1, 'x');
update by_index set id = 2;
update by_index set code = 'y';
insert into by_full values (1, 'x');
update by_full set id = 2;
SQL

changes --ops update
check_changes <<'END'
{"op":"update","schema":"public","table":"by_default","key":{"id":1},"after":{"id":2,"name":"y"}}
{"op":"update","schema":"public","table":"by_default","key":{"id":2},"after":{"id":2,"name":"z"}}
{"op":"update","schema":"public","table":"by_two","key":{"a":1,"b":"x"},"after":{"a":1,"b":"y","note":"n"}}
{"op":"update","schema":"public","table":"by_index","key":{"code":"x"},"after":{"id":2,"code":"x"}}
{"op":"update","schema":"public","table":"by_index","key":{"code":"x"},"after":{"id":2,"code":"y"}}
{"op":"update","schema":"public","table":"by_full","key":{"id":1},"before":{"id":1,"name":"x"},"after":{"id":2,"name":"x"}}
END
