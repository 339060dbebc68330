#!/usr/bin/env bash
# What became of tables without a key between the interruption of a snapshot and its restart: rows of
# one whose definition changed come once, as a change; of a new one they come twice, and that is said.
. "$CDC_TEST_SUPPORT/snapshot.sh"
need_failpoints

pg_start
sql 'create table k (id int primary key, v text)' 'create table n (v text)' \
    "insert into k select g, repeat('x', 500) from generate_series(1, 3000) g" \
    "insert into n values ('old')" 'create publication p for all tables'
CDCCTL_FAILPOINT=after_save@10 run killed "$CDC_FAILPOINTS" "${initial[@]}" --commit-interval 0ms
check_status 137
sql 'create table fresh (v text)' "insert into fresh values ('one')" \
    'alter table n add column w int' "insert into n values ('new', 2)"
run rest cdcctl "${initial[@]}" --until now
check_status 0
check_eq "$(jq -c 'select(.table == "n") | [.op, .after.v]' "$(out rest)" | sort | xargs)" \
  '[insert,new] [read,old]' 'lines of the table that was redefined'
check_eq "$(jq -c 'select(.table == "fresh") | .op' "$(out rest)" | sort | xargs)" 'insert read' \
  'lines of the new table'
check_contains "$(<"$(err rest)")" 'table public.fresh is new in this snapshot'
