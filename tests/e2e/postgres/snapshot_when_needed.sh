#!/usr/bin/env bash
# --snapshot when-needed: as initial at the beginning, and again where the slot has lost changes. A
# snapshot that was interrupted is gone on with, and never passed over in silence.
. "$CDC_TEST_SUPPORT/snapshot.sh"
need_failpoints

pg_start
sql 'create table t (id int primary key, v text) with (fillfactor = 10)' \
    "insert into t select g, repeat('x', 50) from generate_series(1, 1000) g" \
    'create publication p for table t'
needed=("${resume[@]}" --create-slot --snapshot when-needed --until now)

run first cdcctl "${needed[@]}"
check_status 0
check_eq "$(ops "$(out first)")" '1000 read'
run nothing cdcctl "${needed[@]}"
check_status 0
check_eq "$(lines nothing)" 0 'lines where nothing is needed'

sql "select pg_drop_replication_slot('s')" "insert into t values (2000, 'unseen')" >/dev/null
run refused cdcctl "${resume[@]}" --snapshot when-needed --until now
check_status 5
check_contains "$(<"$(err refused)")" "replication slot 's' does not exist: a snapshot is needed"
check_contains "$(<"$(err refused)")" 'hint: --create-slot makes a new one for it'
run again cdcctl "${needed[@]}"
check_status 0
check_eq "$(ops "$(out again)")" '1001 read'
check_contains "$(<"$(err again)")" "divergence for slot 's': slot missing"
check_contains "$(<"$(err again)")" 'hint: changes are gone: all tables are read again'

# Interrupted: the progress is there, other modes refuse, and the rest is read.
rm -r "$state"
sql "select pg_drop_replication_slot('s')" >/dev/null
CDCCTL_FAILPOINT=after_save@20 run killed "$CDC_FAILPOINTS" "${initial[@]}" --commit-interval 0ms
check_status 137
progress=$state/checkpoint_postgres_snapshot.json
check_eq "$(stat -c %a "$progress")" 600 'mode of the progress'
check_eq "$(jq -c '[.tables[0].table, .tables[0].is_complete, .tables[0].ranges[0][0]]' "$progress")" \
  '["public.t",false,0]' progress
check_eq "$(jq .offset.snapshot "$checkpoint")" "$(jq .snapshot_id "$progress")" 'offset.snapshot'
pages=$(jq '.tables[0].ranges[0][1]' "$progress")
((pages > 0)) || fail 'nothing was read'

run never cdcctl "${resume[@]}" --until now
check_status 5
check_contains "$(<"$(err never)")" 'a snapshot was interrupted: rows are missing before the changes'
check_contains "$(<"$(err never)")" 'hint: --snapshot initial goes on with it'
mv "$progress" "$WORK/kept"
run missing cdcctl "${initial[@]}" --until now
check_status 5
check_contains "$(<"$(err missing)")" "its progress in '$progress' is missing"
mv "$WORK/kept" "$progress"

sql 'update t set v = v || 1 where id % 100 = 0' 'delete from t where id = 1'
run rest cdcctl "${initial[@]}" --until now
check_status 0
read_again=$(grep -c '"op":"read"' "$(out rest)")
((read_again < 1000)) || fail "all $read_again rows were read again"
perl -ne 'print if /\n\z/' "$(out killed)" >"$WORK/all"
cat "$(out rest)" >>"$WORK/all"
check_fold "$WORK/all" public.t
[[ ! -e $progress ]] || fail 'its progress is left behind'

# The table was emptied while nothing held the lock: its pages mean nothing any more.
rm -r "$state"
sql "select pg_drop_replication_slot('s')" >/dev/null
CDCCTL_FAILPOINT=after_save@20 run killed "$CDC_FAILPOINTS" "${initial[@]}" --commit-interval 0ms
check_status 137
sql 'vacuum full t'
run rest cdcctl "${initial[@]}" --until now
check_status 0
check_contains "$(<"$(err rest)")" 'table public.t was rewritten or redefined since it was read'
check_eq "$(grep -c '"op":"read"' "$(out rest)")" "$(sql 'select count(*) from t')" 'rows read again'

# The slot of a snapshot that was interrupted is lost as well, and the run that begins anew is killed
# when its progress is written and the checkpoint is not: the next one begins anew again.
rm -r "$state"
sql "select pg_drop_replication_slot('s')" >/dev/null
CDCCTL_FAILPOINT=after_save@20 run killed "$CDC_FAILPOINTS" "${initial[@]}" --commit-interval 0ms
check_status 137
sql "select pg_drop_replication_slot('s')" "insert into t values (3000, 'unseen')" >/dev/null
CDCCTL_FAILPOINT=snapshot_file_saved run killed "$CDC_FAILPOINTS" "${needed[@]}" --commit-interval 0ms
check_status 137
run initial cdcctl "${initial[@]}" --until now
check_status 5
check_contains "$(<"$(err initial)")" "is ahead of checkpoint_lsn="
run anew cdcctl "${needed[@]}"
check_status 0
check_eq "$(ops "$(out anew)")" "$(sql 'select count(*) from t') read"
check_fold "$(out anew)" public.t

# A slot that sent prepared transactions is lost while its tail runs: the new one, which does not, is
# read from its own beginning.
rm -r "$state"
sql "select pg_drop_replication_slot('s')" \
  "select pg_create_logical_replication_slot('s', 'pgoutput', false, true)" >/dev/null
spawn live cdcctl "${resume[@]}" --create-slot --snapshot when-needed
wait_until 20 "[[ \$(sql 'select active from pg_replication_slots') == t ]]"
sql 'select pg_terminate_backend(active_pid) from pg_replication_slots' >/dev/null
wait_until 5 "[[ \$(sql 'select active from pg_replication_slots') == f ]]"
sql "select pg_drop_replication_slot('s')" "insert into t values (3002, 'unseen')" >/dev/null
wait_until 20 "grep -q \"created replication slot 's'\" '$(err live)'"
sql "insert into t values (3001, 'behind')"
wait_until 20 "grep -q '\"id\":3001' '$(out live)'"
stop_process live
check_status 0
begins=$(sed -nE "s/.*created replication slot 's' at (.*)/\1/p" "$(err live)")
check_eq "$(grep -o 'command: START_REPLICATION SLOT "s" LOGICAL [^ ]*' "$PG_LOG" | tail -n 1)" \
  "command: START_REPLICATION SLOT \"s\" LOGICAL $begins" 'where the new slot is read from'
