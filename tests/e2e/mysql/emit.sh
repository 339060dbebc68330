#!/usr/bin/env bash
# --emit all: begin and commit around each transaction, the columns of a table before its first row,
# the text of DDL; each place is one to go on from.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
for level in MINIMAL FULL; do
  my_sql "set global binlog_row_metadata = $level"
  here=$(my_position)
  shop 'create table t (id int unsigned primary key, v varchar(10) not null, d decimal(5,2))' \
    begin 'insert into t values (1, "a", 1.5)' 'insert into t values (2, "b", null)' commit \
    'alter table t add column n int' 'insert into t values (3, "c", 0, 1)' \
    'truncate t' 'drop table t'
  run all cdcctl tail "$FLAVOUR" "$MY_URI" --from "$here" --until now --emit all
  cat "$(out all)" "$(err all)"
done
