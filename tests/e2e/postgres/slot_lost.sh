#!/usr/bin/env bash
# A slot that the server has given up (max_slot_wal_keep_size) is exit 5 with the way out: at the
# start, with a checkpoint, and under a running tail.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start max_slot_wal_keep_size=1MB wal_keep_size=0
make_shop
sql "select pg_create_logical_replication_slot('idle', 'pgoutput')" >/dev/null
add_orders 1 3
run first cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --checkpoint "$WORK/state" --until now
check_status 0
check_orders "$(out first)" 1 3
wait_free
held=$(<"$WORK/state/checkpoint_postgres.json")

# It reads, acknowledges nothing, and so its slot falls behind.
sql "select pg_create_logical_replication_slot('busy', 'pgoutput')" >/dev/null
spawn busy cdcctl tail postgres "$PG_CONNINFO" --publication shop --slot busy --ack none
wait_streaming
add_orders 4 6
wait_until 10 '[[ $(lines busy) == 3 ]]'
for _ in 1 2 3; do sql 'select pg_switch_wal()' 'select pg_logical_emit_message(false, $$x$$, $$y$$)' >/dev/null; done
sql checkpoint
finish busy 20
check_status 5
check_orders "$(out busy)" 4 6
text=$(<"$(err busy)")
check_contains "$text" "the server ended the stream of slot 'busy': terminating connection due to administrator command"
check_contains "$text" "error: postgres checkpoint/slot divergence for slot 'busy': slot lost"
check_contains "$text" "hint: changes are gone: make a new slot, copy the tables anew, and begin without this checkpoint; raise max_slot_wal_keep_size so that it does not happen again"

check_eq "$(sql "select string_agg(wal_status, ',') from pg_replication_slots")" lost,lost,lost slots
run idle cdcctl tail postgres "$PG_CONNINFO" --publication shop --slot idle
check_refused idle 5 "replication slot 'idle' is lost: the server has removed the log that it needs" \
  'there is no way back: drop the slot, make a new one, and copy the tables anew'
check_eq "$(<"$(out idle)")" '' 'lines of a lost slot'

run second cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --checkpoint "$WORK/state"
check_refused second 5 "postgres checkpoint/slot divergence for slot 's': slot lost" \
  'changes are gone: make a new slot, copy the tables anew, and begin without this checkpoint'
check_eq "$(<"$WORK/state/checkpoint_postgres.json")" "$held" checkpoint

# From 18 on an idle slot may be given up as well: the reason is told, and what prevents it.
((PG_MAJOR >= 18)) || exit 0
sql "select pg_drop_replication_slot('s')" \
    "select pg_create_logical_replication_slot('s', 'pgoutput')" \
    "alter system set idle_replication_slot_timeout = '1s'" 'select pg_reload_conf()' >/dev/null
wait_until 10 'sql checkpoint; [[ $(sql "select invalidation_reason from pg_replication_slots where slot_name = '"'s'"'") == idle_timeout ]]'
run forgotten cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}"
check_refused forgotten 5 \
  "replication slot 's' is lost: nobody has read from it for as long as idle_replication_slot_timeout allows (reason: idle_timeout)" \
  'raise idle_replication_slot_timeout so that it does not happen again'
run status cdcctl slot status "$PG_CONNINFO" --slot s
check_status 1
check_contains "$(<"$(out status)")" 'invalidation reason: idle_timeout'
