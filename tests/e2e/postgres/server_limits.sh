#!/usr/bin/env bash
# A server that is not set up for it, or full: the setting, and whether a restart is needed.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start wal_level=replica max_wal_senders=2 max_connections=10 max_replication_slots=1 \
  superuser_reserved_connections=0
sql 'create table orders (id int primary key, status text)' \
    'create publication shop for table orders' 2>"$WORK/warned"
tail=(cdcctl tail postgres "$PG_CONNINFO" --publication shop --slot s --retry-max 0)
run level "${tail[@]}" --create-slot
check_refused level 4 "wal_level is 'replica', and logical replication needs 'logical'" \
  "ALTER SYSTEM SET wal_level = 'logical'; and restart the server"
sql "alter system set wal_level = 'logical'"
pg_restart

# The one slot there is.
sql "select pg_create_logical_replication_slot('taken', 'pgoutput')" >/dev/null
run slots "${tail[@]}" --create-slot
check_refused slots 4 "cannot create replication slot 's': all replication slots are in use" \
  'drop a slot that nobody needs (cdcctl slot list), or raise max_replication_slots (needs a restart)'
sql "select pg_drop_replication_slot('taken')" \
    "select pg_create_logical_replication_slot('s', 'pgoutput')" >/dev/null

# hold NAME CONNINFO: a connection that is there, idle, until it is ended.
mkfifo "$WORK/nothing"
exec 4<>"$WORK/nothing"
hold() {
  spawn "$1" psql -X -A -t -d "$2" -c "select 'in'" -f - <&4
  wait_until 10 "grep -q '^in\$' $(out "$1")"
}
hold one "$PG_CONNINFO replication=database"
hold two "$PG_CONNINFO replication=database"
run senders "${tail[@]}"
door="cannot connect to socket directory '$PG_DIR', port $PGPORT:"
check_refused senders 3 \
  "$door number of requested standby connections exceeds $(since 17 '"max_wal_senders"' max_wal_senders) (currently 2)" \
  'free a connection, or raise max_connections or max_wal_senders (both need a restart)'
stop_process one
for number in {1..10}; do hold "client$number" "$PG_CONNINFO"; done
run connections "${tail[@]}"
check_refused connections 3 "$door sorry, too many clients already" \
  'free a connection, or raise max_connections or max_wal_senders (both need a restart)'

# With room again it works.
stop_process client1
stop_process client2
connections() {
  sql "select count(*) from pg_stat_activity where backend_type in ('client backend', 'walsender')"
}
wait_until 10 '[[ $(connections) -le 10 ]]'
run works "${tail[@]}" --until now
check_status 0
