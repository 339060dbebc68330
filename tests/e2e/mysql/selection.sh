#!/usr/bin/env bash
# --tables, --exclude-tables, --columns, --exclude-columns, --ops and --emit choose lines; what they
# leave out keeps its place: no other line changes.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
my_sql 'create database other'
shop 'create table orders (id int primary key, status varchar(9), secret text)' \
  'create table items (id int primary key, secret text)' 'create table other.orders (id int primary key)'
here=$(my_position)
shop begin 'insert into orders values (1, "new", "s")' 'insert into items values (1, "s")' \
  'insert into other.orders values (1)' commit \
  begin 'update orders set status = "paid"' 'delete from items' 'insert into other.orders values (2)' commit \
  'alter table items add column n int' 'insert into items values (2, "t", 0)' 'truncate other.orders' \
  'create user u@localhost identified by "Secret-1"'
my_sql 'set global binlog_row_metadata = FULL'
