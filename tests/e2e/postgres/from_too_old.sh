#!/usr/bin/env bash
# A --from that the slot cannot go back to is refused: the server would silently begin later.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
tail=(cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}")
old=$(sql "select confirmed_flush_lsn from pg_replication_slots")
add_orders 1 3
middle=$(pg_wal_lsn)
add_orders 4 6
run all "${tail[@]}" --ack none --from "$old" --until now
check_status 0
check_orders "$(out all)" 1 6
run later "${tail[@]}" --ack none --from "$middle" --until now
check_status 0
check_orders "$(out later)" 4 6
run all "${tail[@]}" --until now
check_status 0
wait_free
new=$(sql "select confirmed_flush_lsn from pg_replication_slots")

for place in "$old" "$(jq -r .pos "$(out all)" | head -n 1)" "$(sql "select '$old'::pg_lsn - '0/0'")"; do
  run old "${tail[@]}" --from "$place"
  check_refused old 5 "position " '--from beginning starts at the slot'"'"'s oldest position'
  check_contains "$(<"$(err old)")" " is older than slot 's' can go back to"
  check_contains "$(<"$(err old)")" "slot_confirmed_lsn=$new is ahead of checkpoint_lsn="
  check_eq "$(<"$(out old)")" '' lines
done
run beyond "${tail[@]}" --from F/0
check_refused beyond 5 "position F/0 is beyond the end of the server's log, " \
  'check --from: going on would skip changes'
slots() { sql 'select count(*) from pg_replication_slots'; }
for option in --create-slot --ack=written; do
  run made cdcctl tail postgres "$PG_CONNINFO" --publication shop --slot fresh $option --from "$old"
  check_refused made 5 "replication slot 'fresh' does not exist, and a new one cannot begin at position $old" \
    'name a slot that is old enough, or leave out --from and say --create-slot'
  check_eq "$(slots)" 1 'slots of a refused start'
done
check_eq "$(sql "select confirmed_flush_lsn from pg_replication_slots")" "$new" 'the slot'

# The present is where a new slot can begin, and what an old one skips to.
run now cdcctl tail postgres "$PG_CONNINFO" --publication shop --slot fresh --from now --until now
check_refused now 5 "replication slot 'fresh' does not exist" 'make it with --create-slot'
run now cdcctl tail postgres "$PG_CONNINFO" --publication shop --slot fresh --create-slot --from now \
  --until now
check_status 0
check_eq "$(slots)" 2 slots
add_orders 7 9
spawn now "${tail[@]}" --from now
wait_streaming
add_orders 10 12
wait_until 10 '[[ $(lines now) == 3 ]]'
stop_process now
check_status 0
check_orders "$(out now)" 10 12

# Killed before anything was committed, a stream from now goes on where its new slot began.
tail=(cdcctl tail postgres "$PG_CONNINFO" --publication shop --checkpoint "$WORK/state")
spawn now "${tail[@]}" --slot newest --create-slot --from now --commit-interval 1h
wait_streaming
add_orders 13 15
wait_until 10 '[[ $(lines now) == 3 ]]'
signal_process now KILL
finish now
run again "${tail[@]}" --until now
check_status 0
check_orders "$(out again)" 13 15
