#!/usr/bin/env bash
# A position that the promoted standby does not reach, or inside a transaction that it never got, is
# refused: the old primary had delivered what the new one has lost, and going on would skip what it
# writes at those places. Back at the switch nothing that the new primary has is missing.
. "$CDC_TEST_SUPPORT/standby.sh"

pg_start
sql 'create table orders (id int primary key, status text)' 'create publication shop for table orders'
start_standby
tail=("${SHOP[@]}" --commit-interval 20ms --checkpoint)
spawn tail cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}" "$WORK/state" --create-slot --failover
wait_streaming
add_orders 1 3
wait_until 10 '[[ $(lines tail) == 3 ]]'
make_safe s
stop_process tail
wait_free

# What only the primary has: delivered and acknowledged in part, and as a whole.
on standby pg_stop fast
add_orders 4 6
spawn inside cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}" "$WORK/state" --ack "file:$WORK/acks"
wait_until 10 '[[ $(lines inside) == 3 ]]'
jq -r .pos "$(out inside)" | sed -n 2p >"$WORK/acks"
wait_until 10 'jq -e .offset.in_transaction.ordinal "$WORK/state/checkpoint_postgres.json" >/dev/null'
stop_process inside
wait_free
cp -r "$WORK/state" "$WORK/inside"
run whole cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}" "$WORK/state" --until now
check_status 0
check_orders "$(out whole)" 6 6

pg_kill
pg_use standby
pg_resume
sql 'select pg_promote()' >/dev/null
switch=$(cut -f2 "$PG_DIR/data/pg_wal/00000002.history")
# Its position before the transaction is one that the new primary has.
jq ".offset.lsn = $(sql "select '$switch'::pg_lsn - '0/0'") | del(.content_checksum)" \
  "$WORK/inside/checkpoint_postgres.json" >"$WORK/edited"
cat "$WORK/edited" >"$WORK/inside/checkpoint_postgres.json"
add_orders 20 22

for state in state inside; do
  run ahead cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}" "$WORK/$state"
  check_refused ahead 5 "postgres checkpoint/slot divergence for slot 's': checkpoint_lsn=" \
    "what came after $switch is lost on this server: undo it where it was delivered"
  check_contains "$(<"$(err ahead)")" "(its timeline ended at $switch)"
  check_eq "$(lines ahead)" 0 "lines of $state"
  run ahead cdcctl checkpoint validate "$WORK/$state" --against "$PG_CONNINFO" --json
  check_status 1 "validate $state"
  check_eq "$(jq -c '[.problems[].code]' "$(out ahead)")" '["checkpoint_ahead"]' "problems of $state"
  run rewrite cdcctl checkpoint rewrite "$WORK/$state" --lsn "$switch" --against "$PG_CONNINFO"
  check_status 0 "rewrite of $state: $(<"$(err rewrite)")"
  run fits cdcctl checkpoint validate "$WORK/$state" --against "$PG_CONNINFO"
  check_status 0 "validate of the rewritten $state"
done
run again cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}" "$WORK/state" --until now
check_status 0
check_orders "$(out again)" 20 22
