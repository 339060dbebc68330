#!/usr/bin/env bash
# A commit that waits for a synchronous standby is in the log, and nobody sees it yet. A slot that was
# moved past it does not send it any more, so the snapshot waits until it is visible. What cannot be
# in the log yet is not waited for.
. "$CDC_TEST_SUPPORT/snapshot.sh"

pg_start
sql 'create table t (id int primary key, v text)' "insert into t values (1, 'seen')" \
    'create publication p for table t' \
    "select pg_create_logical_replication_slot('s', 'pgoutput')" >/dev/null

# open_session NAME FD STATEMENT...: a session that has run these and waits for more.
open_session() {
  mkfifo "$WORK/$1"
  spawn "$1" psql -X -q -f "$WORK/$1"
  eval "exec $2>\"$WORK/$1\""
  printf '%s;\n' "${@:3}" >&"$2"
}

# An open transaction, and one that waits for its lock: neither has a commit in the log.
open_session idle 7 begin "insert into t values (100, 'idle')"
wait_until 10 '[[ $(sql "select count(*) from pg_stat_activity where backend_xid is not null") == 1 ]]'
spawn blocked sql "begin" "insert into t values (101, 'blocked')" "insert into t values (100, 'twice')" 7>&-
wait_until 10 '[[ $(sql "select count(*) from pg_locks where not granted") == 1 ]]'

sql "alter system set synchronous_standby_names = 'nobody'" 'select pg_reload_conf()' >/dev/null
wait_until 10 '[[ $(sql "show synchronous_standby_names") == nobody ]]'
spawn hidden sql "insert into t values (2, 'in the log')" 7>&-
wait_until 10 '[[ $(sql "select count(*) from pg_stat_activity where wait_event = '"'SyncRep'"'") == 1 ]]'
check_eq "$(sql 'select count(*) from t')" 1 'rows that are visible'
sql "set synchronous_commit = local; select pg_replication_slot_advance('s', pg_current_wal_flush_lsn())" >/dev/null

spawn tail cdcctl -v "${initial[@]}" --until now 7>&-
wait_until 10 'grep -q "the snapshot waits until what may be in the log is visible: transaction of PID" "$(err tail)"'
check_eq "$(lines tail)" 0 'rows before that'
sql 'alter system reset synchronous_standby_names' 'select pg_reload_conf()' >/dev/null
finish hidden
finish tail
check_status 0
check_eq "$(ops "$(out tail)")" '2 read'

echo 'rollback;' >&7
exec 7>&-
finish idle
finish blocked
run rest cdcctl "${resume[@]}" --until now
check_status 0
cat "$(out tail)" "$(out rest)" >"$WORK/all"
check_fold "$WORK/all" public.t
