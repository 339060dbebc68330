#!/usr/bin/env bash
# What a line knows of the old row follows the table's replica identity: the key where there is one,
# the whole row under FULL, and nothing is made up where the server sends nothing.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql <<'SQL'
create table by_default (id int primary key, name text, note text);
create table by_index (id int primary key, code text not null unique, note text);
alter table by_index replica identity using index by_index_code_key;
create table by_full (id int primary key, name text);
alter table by_full replica identity full;
create table by_full_without_key (name text, note text);
alter table by_full_without_key replica identity full;
create table by_nothing (id int primary key, name text);
alter table by_nothing replica identity nothing;
create table without_key (name text);
create table by_two (b int, a text, note text, primary key (a, b));
create publication p for table by_default, by_index, by_full, by_full_without_key, by_two;
create publication inserts for table by_nothing, without_key with (publish = 'insert');
SQL
make_slot

sql <<'SQL'
insert into by_default values (1, 'x', null);
update by_default set name = 'y';
delete from by_default;
insert into by_index values (1, 'x', 'n');
update by_index set note = 'm';
delete from by_index;
insert into by_full values (1, null);
update by_full set name = 'y';
delete from by_full;
insert into by_full_without_key values ('x', null);
update by_full_without_key set note = 'n';
delete from by_full_without_key;
insert into by_nothing values (1, 'x');
update by_nothing set name = 'y';
delete from by_nothing;
insert into without_key values ('x');
insert into by_two values (2, 'a', 'n');
update by_two set note = null;
delete from by_two;
SQL

changes --publication p,inserts
check_changes <<'END'
{"op":"insert","schema":"public","table":"by_default","key":{"id":1},"after":{"id":1,"name":"x","note":null}}
{"op":"update","schema":"public","table":"by_default","key":{"id":1},"after":{"id":1,"name":"y","note":null}}
{"op":"delete","schema":"public","table":"by_default","key":{"id":1}}
{"op":"insert","schema":"public","table":"by_index","key":{"code":"x"},"after":{"id":1,"code":"x","note":"n"}}
{"op":"update","schema":"public","table":"by_index","key":{"code":"x"},"after":{"id":1,"code":"x","note":"m"}}
{"op":"delete","schema":"public","table":"by_index","key":{"code":"x"}}
{"op":"insert","schema":"public","table":"by_full","key":{"id":1},"after":{"id":1,"name":null}}
{"op":"update","schema":"public","table":"by_full","key":{"id":1},"before":{"id":1,"name":null},"after":{"id":1,"name":"y"}}
{"op":"delete","schema":"public","table":"by_full","key":{"id":1},"before":{"id":1,"name":"y"}}
{"op":"insert","schema":"public","table":"by_full_without_key","after":{"name":"x","note":null}}
{"op":"update","schema":"public","table":"by_full_without_key","before":{"name":"x","note":null},"after":{"name":"x","note":"n"}}
{"op":"delete","schema":"public","table":"by_full_without_key","before":{"name":"x","note":"n"}}
{"op":"insert","schema":"public","table":"by_nothing","key":{"id":1},"after":{"id":1,"name":"x"}}
{"op":"insert","schema":"public","table":"without_key","after":{"name":"x"}}
{"op":"insert","schema":"public","table":"by_two","key":{"b":2,"a":"a"},"after":{"b":2,"a":"a","note":"n"}}
{"op":"update","schema":"public","table":"by_two","key":{"b":2,"a":"a"},"after":{"b":2,"a":"a","note":null}}
{"op":"delete","schema":"public","table":"by_two","key":{"b":2,"a":"a"}}
END
