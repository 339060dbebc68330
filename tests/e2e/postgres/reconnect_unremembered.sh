#!/usr/bin/env bash
# A server that crashes: the stream goes on without a repeat, and the new connection acknowledges
# nothing that was out but not remembered: a kill behind it loses nothing.
. "$CDC_TEST_SUPPORT/crash.sh"

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t'
run first cdcctl "${resume[@]}" --create-slot --until now
check_status 0
check_caught_up
was_remembered=$(remembered)

spawn tail cdcctl "${resume[@]}" --commit-interval 1h --retry-backoff 50ms..100ms
sql 'insert into t values (1)' 'insert into t values (2)'
wait_until 10 '[[ $(lines tail) == 2 ]]'
pg_kill
pg_resume
sql 'insert into t values (3)'
wait_until 20 '[[ $(lines tail) == 3 ]]'
check_eq "$(confirmed)" "$was_remembered" 'acknowledged after a crash of the server'
check_contains "$(<"$(err tail)")" 'info: connected to the server again'
stop_process tail KILL
check_eq "$(remembered)" "$was_remembered" remembered
check_eq "$(jq .after.id "$(out tail)" | xargs)" '1 2 3' 'out before the kill'

run again cdcctl "${resume[@]}" --until now
check_status 0
check_eq "$(<"$(out again)")" "$(<"$(out tail)")" 'repeated'
check_caught_up
