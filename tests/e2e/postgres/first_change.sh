#!/usr/bin/env bash
# A row inserted while tail runs comes out as one line; a polite signal ends it with 0 and leaves
# nothing behind on the server.
. "$CDC_TEST_SUPPORT/pg.sh"

pg_start
sql 'create table orders (id int primary key, status text)' \
    'create publication shop for table orders'

spawn tail cdcctl tail postgres "$PG_CONNINFO" --publication shop
wait_until 10 '[[ $(sql "select count(*) from pg_replication_slots where active") == 1 ]]'
sql "insert into orders values (42, 'new')"
wait_until 10 '[[ $(lines tail) -ge 1 ]]'
stop_process tail TERM
check_status 0

check_eq "$(lines tail)" 1 lines
check_eq "$(jq -c '[.v, .op, .schema, .table, .key, .after]' "$(out tail)")" \
  '[1,"insert","public","orders",{"id":42},{"id":42,"status":"new"}]'
check_eq "$(jq -c . "$(out tail)")" "$(<"$(out tail)")" 'the line as jq writes it'
wait_until 5 '[[ $(sql "select count(*) from pg_replication_slots") == 0 ]]'
