#!/usr/bin/env bash
# A connection that is lost while a transaction in progress is held: it comes again from its
# beginning, and its rows come once; the slot may move beyond its beginning meanwhile, not its commit.
. "$CDC_TEST_SUPPORT/crash.sh"
. "$CDC_TEST_SUPPORT/sessions.sh"

pg_start logical_decoding_work_mem=64kB
make_padding
sql 'create table t (id int primary key)' 'create publication p for table t'
run first cdcctl "${resume[@]}" --create-slot --until now
check_status 0

held() { # NAME: the status line says that transactions are held.
  signal_process "$1" USR1
  tail -n 1 "$(err "$1")" | grep -q ' 1 held ('
}

# Before it streams it may not handle the signal yet.
streams() { wait_until 20 '[[ $(sql "select count(*) from pg_stat_replication") == 1 ]]'; }

spawn live cdcctl "${resume[@]}" --protocol 2 --commit-interval 1ms --retry-backoff 10ms..100ms
session a "begin; insert into t select generate_series(1, 10); $PAD"
streams
wait_until 20 'held live'
sql 'insert into t values (100)'
begun=$(sql "select pg_current_wal_lsn() - '0/0'")
wait_until 20 '(($(confirmed) >= begun))'
check_eq "$(jq .after.id "$(out live)" | xargs)" 100 'rows before the commit'

sql "select pg_terminate_backend(pid) from pg_stat_replication" >/dev/null
wait_until 20 'grep -q "connected to the server again" "$(err live)"'
session a "savepoint s; insert into t values (50); $PAD rollback to s; insert into t values (11); $PAD"
wait_until 20 'held live'
session a 'commit;'
wait_until 20 '(($(lines live) == 12))'
stop_process live
check_status 0
check_eq "$(jq .after.id "$(out live)" | xargs)" "100 $(seq -s ' ' 11)" 'rows'
check_caught_up

# Killed while one is held: the next run begins behind what was delivered, and still gets all of it.
session b "begin; insert into t values (200); $PAD"
spawn killed cdcctl "${resume[@]}" --protocol 2 --commit-interval 1ms
streams
wait_until 20 'held killed'
sql 'insert into t values (201)'
begun=$(sql "select pg_current_wal_lsn() - '0/0'")
wait_until 20 '(($(confirmed) >= begun))'
stop_process killed KILL
session b 'commit;'
run again cdcctl "${resume[@]}" --protocol 2 --until now
check_status 0
check_eq "$(jq .after.id "$(out killed)" "$(out again)" | xargs)" '201 200' 'rows behind the kill'
