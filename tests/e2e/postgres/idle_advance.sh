#!/usr/bin/env bash
# The slot moves although no published row changes: under traffic of unpublished tables, under empty
# transactions, while an older transaction is open, and that transaction still comes whole.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t' \
    'create table unpublished (n int)' 'create database elsewhere'
make_slot
tail=(cdcctl tail postgres "$PG_CONNINFO" --slot s --checkpoint "$WORK/state" --commit-interval 100ms)

# moves_to LSN WHAT: slot and checkpoint reach it.
moves_to() {
  local lsn
  lsn=$(sql "select '$1'::pg_lsn - '0/0'")
  wait_until 15 "(( \$(confirmed) >= $lsn ))" "$2"
  wait_until 5 "(( \$(remembered '$WORK/state') >= $lsn ))" "$2"
}

spawn tail "${tail[@]}" --emit row,progress
wait_streaming
sql "insert into unpublished select generate_series(1, 1000)"
moves_to "$(pg_wal_lsn)" 'unpublished rows'
sql 'begin' 'create temporary table x ()' 'commit' "select txid_current()" >/dev/null
moves_to "$(pg_wal_lsn)" 'empty transactions'
PGDATABASE=elsewhere PG_CONNINFO="$PG_CONNINFO dbname=elsewhere" \
  sql 'create table t as select generate_series(1, 1000)'
moves_to "$(pg_wal_lsn)" 'another database'

# A transaction that began before commits after the slot has moved.
mkfifo "$WORK/open"
spawn open psql -X -q -d "$PG_CONNINFO" -v ON_ERROR_STOP=1 -f "$WORK/open"
exec 9>"$WORK/open"
echo 'begin; insert into t values (1); insert into t values (2);' >&9
wait_until 10 "[[ \$(sql \"select count(*) from pg_stat_activity where state = 'idle in transaction'\") == 1 ]]"
sql "insert into unpublished select generate_series(1, 1000)"
moved=$(pg_wal_lsn)
moves_to "$moved" 'an older open transaction'
check_eq "$(jq -r 'select(.op != "progress")' "$(out tail)")" '' 'rows before the commit'

# Even a crash here loses nothing of it.
stop_process tail KILL
check_status 137
wait_free
spawn tail "${tail[@]}"
wait_streaming
echo 'insert into t values (3); commit; \q' >&9
exec 9>&-
finish open
wait_until 10 '[[ $(lines tail) == 3 ]]'
check_orders "$(out tail)" 1 3
moves_to "$(pg_wal_lsn)" 'the transaction itself'
stop_process tail
check_status 0

# Whoever may not acknowledge leaves the slot alone.
before=$(confirmed)
sql "insert into unpublished select generate_series(1, 1000)"
run none cdcctl tail postgres "$PG_CONNINFO" --slot s --ack none --until now --emit progress
check_status 0
wait_free
check_eq "$(confirmed)" "$before" 'the slot after --ack none'
(($(lines none) > 0)) || fail 'no progress line'
check_eq "$(jq -c 'keys_unsorted' "$(out none)" | sort -u)" '["v","op","source","pos","ts"]' 'progress lines'
