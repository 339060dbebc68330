#!/usr/bin/env bash
# timeout: 300
# SIGTERM in the middle of a big transaction ends within half a second; with --checkpoint the next
# run goes on behind the last line, without one the whole transaction comes again. CDC_LONG=1: two
# million rows.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start logical_decoding_work_mem=64MB
make_shop
rows=${CDC_LONG:+2000000}
rows=${rows:-200000}
add_orders 1 "$rows"

# before_commit NAME: the slot is not beyond the transaction whose lines are there. It may come up
# to it: the server tells how far it has read while it gathers the rows.
before_commit() {
  local commit
  commit=$(head -n 1 "$(out "$1")" | jq -r '.pos | split("#")[0]')
  check_eq "$(sql "select confirmed_flush_lsn < '$commit' from pg_replication_slots")" t \
    'slot in the middle of a transaction'
}

# end_inside NAME: SIGTERM while its lines come; how many ms to the exit, in TOOK.
end_inside() {
  local begin
  wait_until 60 '[[ $(lines '"$1"') -gt 2000 ]]'
  begin=$(now_ms)
  signal_process "$1" TERM
  finish "$1" 10
  TOOK=$(($(now_ms) - begin))
  check_status 0
  (($(lines "$1") < rows)) || fail "$1: all of it was out before the signal"
  wait_free
}

best=100000
for _ in 1 2 3; do
  tail_shop plain
  end_inside plain
  best=$((TOOK < best ? TOOK : best))
  check_orders "$(out plain)" 1 "$(lines plain)"
  before_commit plain
done
((best < 500)) || fail "SIGTERM took $best ms"

got=0
for try in 1 2 3; do
  tail_shop resumed --checkpoint "$WORK/state"
  end_inside resumed
  check_orders "$(out resumed)" $((got + 1)) $((got + $(lines resumed)))
  got=$((got + $(lines resumed)))
  check_eq "$(jq '.offset.in_transaction.ordinal' "$WORK/state/checkpoint_postgres.json")" "$got" \
    "remembered ordinal ($try)"
  before_commit resumed
done
add_orders $((rows + 1)) $((rows + 3))
run rest cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --checkpoint "$WORK/state" --until now
check_status 0
check_orders "$(out rest)" $((got + 1)) $((rows + 3))
wait_free
check_eq "$(jq -c .offset "$WORK/state/checkpoint_postgres.json")" \
  "{\"lsn\":$(confirmed),\"slot_name\":\"s\"}" 'offset at the end'
check_eq "$(jq .committed_event_count "$WORK/state/checkpoint_postgres.json")" $((rows + 3)) events
