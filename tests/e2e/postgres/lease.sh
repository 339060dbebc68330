#!/usr/bin/env bash
# One writer for each checkpoint directory: a second tail is refused, the lease of a dead one is
# taken over, and a tail that lost its lease writes nothing more.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
sql "select pg_create_logical_replication_slot('t', 'pgoutput')" >/dev/null
state=$WORK/state
owner=$state/.rustcdc_checkpoint.owner
tail_shop first --checkpoint "$state" --commit-interval 20ms
first=$PID
wait_streaming
check_eq "$(<"$owner")" "$(uname -n):$first" 'the lease'

run second cdcctl tail postgres "$PG_CONNINFO" --publication shop --slot t --checkpoint "$state"
check_refused second 4 "checkpoint owner lease conflict for '$state': lock owned by pid $first" \
  'stop that process, or give this one a checkpoint directory of its own'
check_eq "$(<"$owner")" "$(uname -n):$first" 'the lease after a refusal'

signal_process first KILL
finish first
wait_free
[[ -f $owner ]] || fail 'a killed process leaves its lease'
tail_shop third --checkpoint "$state" --commit-interval 20ms
third=$PID
wait_streaming
check_contains "$(<"$(err third)")" \
  "warning: taking over the checkpoint owner lease of '$state' from pid $first, which is dead"
check_eq "$(<"$owner")" "$(uname -n):$third" 'the lease taken over'
add_orders 1 3
wait_until 10 '[[ $(jq .committed_event_count "$state/checkpoint_postgres.json") == 3 ]]'

# Stolen: another owner stands there now.
stolen() {
  cp "$state/checkpoint_postgres.json" "$WORK/held"
  held=$(confirmed)
  sql 'insert into orders select coalesce(max(id), 0) + 1 from orders'
  finish "$1" 10
  check_refused "$1" 4 \
    "checkpoint owner lease conflict for '$state': the lease of this process (pid $2) was removed or taken over" \
    'nothing more was written; find out with cdcctl lease show who owns it now'
  cmp "$WORK/held" "$state/checkpoint_postgres.json" || fail 'the checkpoint was written'
  wait_free
  check_eq "$(confirmed)" "$held" 'slot behind a lost lease'
}
# Nothing may be on its way when the thief comes.
settled() { [[ $(remembered "$state") == $(sql "select pg_current_wal_lsn() - '0/0'") && $(remembered "$state") == $(confirmed) ]]; }
wait_until 10 settled
rm "$owner"
echo -n "elsewhere:77" >"$owner"
stolen third "$third"
check_eq "$(<"$owner")" elsewhere:77 "the thief's lease"

run fourth cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --checkpoint "$state"
check_refused fourth 4 "checkpoint owner lease conflict for '$state': lock owned by pid 77 on host 'elsewhere'" \
  "cdcctl lease clear '$state' --force --host elsewhere"
run clear cdcctl lease clear "$state" --force --host elsewhere
check_status 0

# Removed.
tail_shop fifth --checkpoint "$state" --commit-interval 20ms
fifth=$PID
wait_streaming
wait_until 10 '[[ $(lines fifth) == 1 ]]'
wait_until 10 settled
rm "$owner"
stolen fifth "$fifth"
[[ ! -e $owner ]] || fail 'a lease was made anew'

# A polite end leaves none.
tail_shop last --checkpoint "$state"
wait_streaming
stop_process last
check_status 0
[[ ! -e $owner ]] || fail 'the lease was left behind'
