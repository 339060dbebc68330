#!/usr/bin/env bash
# While rows are read their tables are locked in ACCESS SHARE mode, from before the snapshot on: a
# TRUNCATE waits, or the table would look empty. A lock that others hold is waited for, and said.
. "$CDC_TEST_SUPPORT/snapshot.sh"

pg_start
sql 'create table t (id int primary key, v text)' \
    "insert into t select g, repeat('x', 300) from generate_series(1, 20000) g" \
    'create publication p for table t'

# Somebody alters the table: the snapshot, or from 16 on already the start, waits and says for whom.
mkfifo "$WORK/psql"
spawn holder psql -X -q -f "$WORK/psql"
exec 7>"$WORK/psql"
echo 'begin; lock table t in access exclusive mode;' >&7
wait_until 10 '[[ $(sql "select count(*) from pg_locks where mode = '"'AccessExclusiveLock'"' and relation = '"'t'"'::regclass") == 1 ]]'
mkfifo "$WORK/rows"
spawn_into() { # FILE NAME COMMAND...
  local file=$1 name=$2
  shift 2
  spawn "$name" bash -c 'exec "${@:2}" >"$1"' - "$file" "$@"
}
exec 8<>"$WORK/rows"
spawn_into "$WORK/rows" tail cdcctl -v "${initial[@]}" --snapshot-parallel 2 --until now \
  7>&- 8>&-
wait_until 10 'grep -qE "the (start|snapshot) waits for the lock of a table, held by transaction of PID" "$(err tail)"'
check_eq "$(sql 'select count(*) from pg_replication_slots')" 0 'slots before the locks'
echo 'commit;' >&7
exec 7>&-
finish holder

# It reads nothing more than the pipe holds: the truncate has to wait until all is read.
wait_until 10 '[[ $(sql "select count(distinct pid) from pg_locks where mode = '"'AccessShareLock'"' and relation = '"'t'"'::regclass") -ge 2 ]]'
wait_until 10 'grep -q "created replication slot" "$(err tail)"'
spawn truncate sql 'truncate t' 8>&-
wait_until 10 '[[ $(sql "select count(*) from pg_locks where not granted") == 1 ]]'
spawn reader cat "$WORK/rows" 8>&-
exec 8>&-
finish tail
check_status 0
finish reader
finish truncate
check_status 0
check_eq "$(grep -c '"op":"read"' "$(out reader)")" 20000 'rows read'
grep -q 'read 20000 rows .* of 1 tables in .*; the locks were held for ' "$(err tail)" ||
  fail "no word of the locks: $(<"$(err tail)")"
run more cdcctl "${resume[@]}" --until now
cat "$(out reader)" "$(out more)" >"$WORK/all"
check_fold "$WORK/all" public.t

# A statement that waits for the snapshot's lock is a transaction for which the slot waits: the locks
# are let go, and taken again behind it.
sql "select pg_drop_replication_slot('s')" "insert into t select generate_series(1, 10)" >/dev/null
rm -r "$state"
mkfifo "$WORK/open"
spawn open psql -X -q -f "$WORK/open"
exec 7>"$WORK/open"
echo 'create table other (); begin; insert into other default values;' >&7
wait_until 10 '[[ $(sql "select count(*) from pg_stat_activity where backend_xid is not null") == 1 ]]'
spawn again cdcctl "${initial[@]}" --until now 7>&-
wait_until 10 '[[ $(sql "select count(*) from pg_locks where mode = '"'AccessShareLock'"' and relation = '"'t'"'::regclass") == 1 ]]'
spawn truncate sql 'truncate t' 7>&-
finish truncate
check_status 0
echo 'commit;' >&7
exec 7>&-
finish again
check_status 0
finish open
check_contains "$(<"$(err again)")" 'a statement waits for a lock that the snapshot has'
check_eq "$(lines again)" 0 'lines of an empty table'
