#!/usr/bin/env bash
# Statements that change several tables: multi-table UPDATE and DELETE, triggers, foreign keys,
# CREATE TABLE ... SELECT. All rows are there, numbered through.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
shop 'create table a (id int primary key, v int)' 'create table b (id int primary key, v int)' \
  'create table log (n int auto_increment primary key, text varchar(40))' \
  'create table parent (id int primary key)' \
  'create table child (id int primary key, p int, foreign key (p) references parent (id) on delete cascade)' \
  'create trigger t after insert on a for each row insert into log (text) values (concat("a ", new.id))'
here=$(my_position)
shop 'insert into a values (1, 10), (2, 20)' 'insert into b values (1, 0), (2, 0)' \
  'update a, b set a.v = a.v + 1, b.v = a.v where a.id = b.id and a.id = 1' \
  'delete a, b from a join b on a.id = b.id where a.id = 2' \
  'create table copied (primary key (id)) select id, v from a' \
  'insert into parent values (7)' 'insert into child values (70, 7)' \
  'delete from parent where id = 7'
changes
# The rows that a foreign key takes along are in MySQL's log, and not in MariaDB's.
check_changes <<'LINES'
{"op":"insert","table":"a","key":{"id":1},"after":{"id":1,"v":10}}
{"op":"insert","table":"log","key":{"n":1},"after":{"n":1,"text":"a 1"}}
{"op":"insert","table":"a","key":{"id":2},"after":{"id":2,"v":20}}
{"op":"insert","table":"log","key":{"n":2},"after":{"n":2,"text":"a 2"}}
{"op":"insert","table":"b","key":{"id":1},"after":{"id":1,"v":0}}
{"op":"insert","table":"b","key":{"id":2},"after":{"id":2,"v":0}}
{"op":"update","table":"a","key":{"id":1},"before":{"id":1,"v":10},"after":{"id":1,"v":11}}
{"op":"update","table":"b","key":{"id":1},"before":{"id":1,"v":0},"after":{"id":1,"v":11}}
{"op":"delete","table":"a","key":{"id":2},"before":{"id":2,"v":20}}
{"op":"delete","table":"b","key":{"id":2},"before":{"id":2,"v":0}}
{"op":"insert","table":"copied","key":{"id":1},"after":{"id":1,"v":11}}
{"op":"insert","table":"parent","key":{"id":7},"after":{"id":7}}
{"op":"insert","table":"child","key":{"id":70},"after":{"id":70,"p":7}}
mysql: {"op":"delete","table":"child","key":{"id":70},"before":{"id":70,"p":7}}
{"op":"delete","table":"parent","key":{"id":7},"before":{"id":7}}
LINES
check_eq "$(places "$(out changes)" | head -n 13 | xargs)" \
  '1#1 1#2 1#3 1#4 2#1 2#2 3#1 3#2 4#1 4#2 5#1 6#1 7#1' places
