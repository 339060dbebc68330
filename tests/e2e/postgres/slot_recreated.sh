#!/usr/bin/env bash
# A slot that was dropped and made anew, or a server that was restored to an earlier time, does not
# fit the checkpoint: exit 5 with the words that operators grep for, and nothing changes.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
tail=(cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --checkpoint "$WORK/state")
lsn() { sql "select '0/0'::pg_lsn + $1"; }
words="postgres checkpoint/slot divergence for slot 's':"
add_orders 1 3
run first "${tail[@]}" --until now
check_status 0
wait_free

# Restored: the same server, from a copy of its files that is older than the checkpoint.
pg_stop
cp -a "$PG_DIR/data" "$PG_DIR/copy"
pg_resume
add_orders 4 6
run first "${tail[@]}" --until now
check_status 0
check_orders "$(out first)" 4 6
held=$(<"$WORK/state/checkpoint_postgres.json")
pg_stop
mv "$PG_DIR/data" "$PG_DIR/newest"
mv "$PG_DIR/copy" "$PG_DIR/data"
pg_resume
slot=$(confirmed)
(($(remembered "$WORK/state") > slot)) || fail 'the copy is not older'
run restored "${tail[@]}"
check_refused restored 5 "$words checkpoint_lsn=$(lsn "$(remembered "$WORK/state")") is ahead of slot_confirmed_lsn=$(lsn "$slot"). operator intervention required (the server's log ends at " \
  'going on would skip changes'
check_eq "$(<"$WORK/state/checkpoint_postgres.json")" "$held" 'checkpoint on a restored server'
check_eq "$(confirmed)" "$slot" 'slot of the restored server'
pg_stop
rm -rf "$PG_DIR/data"
mv "$PG_DIR/newest" "$PG_DIR/data"
pg_resume

# Made anew: what was committed in between is gone.
add_orders 7 9
sql "select pg_drop_replication_slot('s')" >/dev/null
sql "select pg_create_logical_replication_slot('s', 'pgoutput')" >/dev/null
slot=$(confirmed)
add_orders 10 12
for option in --commit-interval=1s --create-slot; do
  run anew "${tail[@]}" $option
  check_refused anew 5 "$words slot_confirmed_lsn=$(lsn "$slot") is ahead of checkpoint_lsn=$(lsn "$(remembered "$WORK/state")"); " \
    'copy the tables anew, or accept the gap: cdcctl checkpoint rewrite'
  check_contains "$(<"$(err anew)")" 'of changes are gone (someone else read from the slot, or made it anew)'
  check_eq "$(<"$(out anew)")" '' 'lines'
  check_eq "$(<"$WORK/state/checkpoint_postgres.json")" "$held" checkpoint
  check_eq "$(confirmed)" "$slot" slot
done
