#!/usr/bin/env bash
# A slot that is not there: with a checkpoint it is never silently made anew, without one it is made
# on request only.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
sql "select pg_drop_replication_slot('s')" >/dev/null
slots() { sql 'select count(*) from pg_replication_slots'; }
tail=(cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --checkpoint "$WORK/state")

run without "${tail[@]}"
check_refused without 5 "replication slot 's' does not exist" 'make it with --create-slot or cdcctl slot create'
check_eq "$(slots)" 0 'slots that nobody asked for'

run first "${tail[@]}" --create-slot --until now
check_status 0
check_eq "$(slots)" 1 slots
add_orders 1 3
run first "${tail[@]}" --create-slot --until now
check_status 0
check_orders "$(out first)" 1 3
wait_free
held=$(<"$WORK/state/checkpoint_postgres.json")

sql "select pg_drop_replication_slot('s')" >/dev/null
add_orders 4 6
for option in --create-slot --commit-interval=1s; do
  run again "${tail[@]}" $option
  check_refused again 5 "postgres checkpoint/slot divergence for slot 's': slot missing" \
    'changes are gone: make a new slot, copy the tables anew, and begin without this checkpoint'
  check_eq "$(<"$(out again)")" '' 'lines'
  check_eq "$(slots)" 0 'slots made behind our back'
  check_eq "$(<"$WORK/state/checkpoint_postgres.json")" "$held" checkpoint
done

# Another slot than the checkpoint's is refused before the server is asked.
run other cdcctl tail postgres "$PG_CONNINFO" --publication shop --slot t --checkpoint "$WORK/state"
check_refused other 4 "the checkpoint belongs to slot 's', not 't'" 'use another checkpoint directory'
