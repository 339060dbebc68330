#!/usr/bin/env bash
# A checkpoint from another server or database is refused with both identities;
# --accept-server-change is the way through.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start --fresh
make_shop
add_orders 1 3
tail=("${SHOP[@]}" --checkpoint "$WORK/state")
run first cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}" --until now
check_status 0
held=$(<"$WORK/state/checkpoint_postgres.json")
main_id=$(sql 'select system_identifier from pg_control_system()')
check_eq "$(jq -r '.server | [.system_identifier, .database, .timeline] | join(" ")' <<<"$held")" \
  "$main_id postgres 1" 'identity in the checkpoint'

sql 'create database other'
run database cdcctl tail postgres "${PG_CONNINFO/dbname=postgres/dbname=other}" "${tail[@]}"
check_refused database 4 "the position comes from another server: the checkpoint's database is postgres, the server's is other" \
  '--accept-server-change'

# A second server whose log reaches further, and whose slot is as old as can be.
pg_use second
pg_start --fresh
make_shop
add_orders 4 20000
other_id=$(sql 'select system_identifier from pg_control_system()')
slot=$(confirmed)
run server cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}"
check_refused server 4 \
  "the position comes from another server: the checkpoint's system_identifier is $main_id, the server's is $other_id" \
  'check the address; if the server was replaced on purpose and has the same history, say --accept-server-change'
check_eq "$(<"$(out server)")" '' lines
check_eq "$(<"$WORK/state/checkpoint_postgres.json")" "$held" checkpoint
check_eq "$(confirmed)" "$slot" 'slot of the other server'

run accepted cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}" --accept-server-change --until now
check_status 0
check_eq "$(jq -r .server.system_identifier "$WORK/state/checkpoint_postgres.json")" "$other_id" \
  'identity after the change'
# From now on it belongs there.
wait_free
add_orders 20001 20003
run again cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}" --until now
check_status 0
check_orders "$(out again)" 20001 20003
pg_use main
run back cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}"
check_status 4
