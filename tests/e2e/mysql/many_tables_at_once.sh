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
bare_lines "$(out changes)" | sed 's/,"before":{[^}]*}//'
jq -c '[.table, .op, .after // .before]' "$(out changes)"
places "$(out changes)" | xargs
