#!/usr/bin/env bash
# TRUNCATE of several tables is one line a table, with what it was told.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql <<'SQL'
create table a (id serial primary key);
create table b (id int primary key);
create table c (id int references b);
create table unpublished (id int);
create publication p for table a, b, c;
SQL
make_slot

sql <<'SQL'
insert into a values (1);
truncate a;
truncate a restart identity;
truncate a, b cascade;
begin; insert into a values (2); truncate a, b, c, unpublished restart identity cascade; insert into a values (3); commit;
truncate unpublished;
SQL

changes
check_changes <<'END'
{"op":"insert","schema":"public","table":"a","key":{"id":1},"after":{"id":1}}
{"op":"truncate","schema":"public","table":"a"}
{"op":"truncate","schema":"public","table":"a","restart_identity":true}
{"op":"truncate","schema":"public","table":"a","cascade":true}
{"op":"truncate","schema":"public","table":"b","cascade":true}
{"op":"truncate","schema":"public","table":"c","cascade":true}
{"op":"insert","schema":"public","table":"a","key":{"id":2},"after":{"id":2}}
{"op":"truncate","schema":"public","table":"a","cascade":true,"restart_identity":true}
{"op":"truncate","schema":"public","table":"b","cascade":true,"restart_identity":true}
{"op":"truncate","schema":"public","table":"c","cascade":true,"restart_identity":true}
{"op":"insert","schema":"public","table":"a","key":{"id":3},"after":{"id":3}}
END
check_eq "$(places "$(out changes)" | paste -sd' ')" '1#1 2#1 3#1 4#1 4#2 4#3 5#1 5#2 5#3 5#4 5#5' places

changes --tables public.b --ops truncate
check_eq "$(places "$(out changes)" | paste -sd' ')" '1#2 2#3' 'places of b alone'
changes --emit row
check_eq "$(places "$(out changes)" | paste -sd' ')" '1#1 2#1 2#5' 'places of rows alone'
