#!/usr/bin/env bash
# The checklist shows what a reset would throw away, read from the directory and the live server,
# and changes nothing; what cannot be read has not passed.
. "$CDC_TEST_SUPPORT/pg.sh"

pg_start
state=$WORK/state
acknowledged=(--change-ticket OPS-7 --snapshot-backed-up --downstream-paused --slot-impact-reviewed
  --rollback-plan-ready)
checklist() { cdcctl force-reset-checklist "${acknowledged[@]}" "$@"; }
has() { grep -qxE -- "$2" "$(out "$1")" || fail "no line '$2' in: $(<"$(out "$1")")"; }

run slot cdcctl slot create "$PG_CONNINFO" --slot orders --json
start=$(jq -r .consistent_point "$(out slot)")
run rewrite cdcctl checkpoint rewrite "$state" --lsn "$start" --slot orders --against "$PG_CONNINFO"
echo '{}' >"$state/checkpoint_postgres_snapshot.json"
sql 'create table filler as select generate_series(1, 5000)' 'checkpoint'
before=$(find "$state" -type f -exec sha256sum {} +)

run live checklist --checkpoint "$state" --against "$PG_CONNINFO"
check_status 0
check_eq "$(sed -n 1p "$(out live)")" 'Force-reset preflight checklist passed.'
check_eq "$(sed -n 2p "$(out live)")" 'Change ticket: OPS-7'
check_eq "$(sed -n 4p "$(out live)")" 'Summary: destructive recovery preconditions acknowledged.'
has live "Checkpoint: postgres at $start after 0 events"
has live 'Slot: orders \(not active\)'
has live 'Lease: free'
has live "A reset removes: $state/checkpoint_postgres.json"
has live "A reset removes: $state/checkpoint_postgres_snapshot.json"
bytes=$(sed -nE 's/^Bytes between slot and WAL end: ([0-9]+) .*/\1/p' "$(out live)")
end=$(sed -n 's/^WAL end: //p' "$(out live)")
check_eq "$bytes" "$(sql "select '$end'::pg_lsn - '$start'::pg_lsn")" 'bytes at stake'
((bytes > 100000)) || fail "only $bytes bytes at stake"
check_eq "$(find "$state" -type f -exec sha256sum {} +)" "$before" 'nothing has changed'

# Owned, and a slot that is gone.
printf '%s:%s' "$(uname -n)" $$ >"$state/.rustcdc_checkpoint.owner"
sql "select pg_drop_replication_slot('orders')" >/dev/null
run gone checklist --checkpoint "$state" --against "$PG_CONNINFO"
check_status 0
has gone 'Slot: orders \(does not exist on this server\)'
has gone "Lease: held, pid $$ on $(uname -n)"

# Offline, and damaged.
run offline checklist --checkpoint "$state"
check_status 0
if grep -q '^Slot' "$(out offline)"; then fail 'a slot without a server'; fi
echo '{' >"$state/checkpoint_postgres.json"
run damaged checklist --checkpoint "$state" --against "$PG_CONNINFO"
check_status 0
has damaged 'Checkpoint: unreadable: .*'
has damaged "A reset removes: $state/checkpoint_postgres.json"

run incomplete cdcctl force-reset-checklist --change-ticket OPS-7 --checkpoint "$state"
check_status 1
check_eq "$(<"$(out incomplete)")" ''
run no_directory checklist --against "$PG_CONNINFO"
check_status 2 '--against alone'
run missing checklist --checkpoint "$WORK/none"
check_status 5 'no directory'
run rewrite cdcctl checkpoint rewrite "$WORK/again" --lsn 0/1 --slot orders
pg_stop
run unreachable checklist --checkpoint "$WORK/again" --against "$PG_CONNINFO"
check_status 3 'no server'
check_eq "$(<"$(out unreachable)")" '' 'not passed'
