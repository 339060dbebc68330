#!/usr/bin/env bash
# A tail follows its failover slot to a promoted standby: every committed row that the standby has
# comes, and only what was not acknowledged comes again. Until then the standby's slot is not for
# reading, and its status says whether the standby could be promoted with it.
. "$CDC_TEST_SUPPORT/standby.sh"

pg_start
sql 'create table orders (id int primary key, status text)' 'create publication shop for table orders'
start_standby
tail=("${SHOP[@]}" --checkpoint "$WORK/state" --commit-interval 20ms --ack "file:$WORK/acks")
# acknowledge NAME LINE: hands back the pos of that line, and waits until the slot has moved.
acknowledge() {
  local before
  before=$(confirmed)
  jq -r .pos "$(out "$1")" | sed -n "$2p" >>"$WORK/acks"
  wait_until 10 "((\$(confirmed) > $before))"
}

run unread cdcctl slot create "$PG_CONNINFO" --slot unread
check_status 0
spawn tail cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}" --create-slot --failover
wait_streaming
check_eq "$(sql "select failover from pg_replication_slots where slot_name = 's'")" t failover
for n in 1 2 3; do add_orders $n $n; done
wait_until 10 '[[ $(lines tail) == 3 ]]'
acknowledge tail 3
make_safe s
for n in {4..10}; do add_orders $n $n; done
wait_until 10 '[[ $(lines tail) == 10 ]]'
acknowledge tail 6
acknowledged=$(confirmed)
wait_replayed
# A slot that nobody reads needs what the standby, which meets it only now, cannot promise to have.
psql -X -q -d "$PG_CONNINFO replication=database" -c 'ALTER_REPLICATION_SLOT unread (FAILOVER)'
wait_until 40 '[[ $(synced unread) == unsafe ]]'

# --- the standby, while it follows
pg_use standby
run safe cdcctl slot status "$PG_CONNINFO" --slot s
check_status 0 'status of a safe slot'
check_contains "$(<"$(out safe)")" 'failover: yes'
check_contains "$(<"$(out safe)")" 'synced: yes, safe'
run unsafe cdcctl slot status "$PG_CONNINFO" --slot unread
check_status 1 'status of a slot that is not safe'
check_contains "$(<"$(out unsafe)")" 'synced: yes, not yet safe'
check_contains "$(<"$(out unsafe)")" "problem: slot 'unread' is not safe on this standby yet"
run status cdcctl slot status "$PG_CONNINFO" --json
check_eq "$(jq -c '.slots[] | [.slot_name, .synced, .temporary, .on_standby, .problems[].code]' "$(out status)")" \
  '["s",true,false,true]
["unread",true,true,true,"slot_not_safe"]'
(($(confirmed) <= acknowledged)) || fail "the standby's slot is ahead of what was acknowledged"
run followed cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --ack none --until now
check_refused followed 4 "replication slot 's' is being synchronized from the primary: this server is a standby" \
  'stream from the primary, or promote this server first'
run followed cdcctl checkpoint validate "$WORK/state" --against "$PG_CONNINFO"
check_status 1 'validate against a standby'
check_contains "$(<"$(out followed)")" 'this server is a standby'

# --- the primary is lost
lose_main
wait_until 10 'grep -q "trying again" "$(err tail)"'
stop_process tail
check_status 0
check_eq "$(sql 'select slot_name from pg_replication_slots')" s 'slots after the promotion'
run promoted cdcctl slot status "$PG_CONNINFO" --slot s
check_status 0
check_contains "$(<"$(out promoted)")" 'synced: yes, until this server was promoted'
run validate cdcctl checkpoint validate "$WORK/state" --against "$PG_CONNINFO"
check_status 0 "validate: $(<"$(out validate)")"
check_eq "$(jq .server.timeline "$WORK/state/checkpoint_postgres.json")" 1 'timeline before'

add_orders 11 13
spawn next cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}"
wait_until 10 '[[ $(lines next) == 7 ]]'
check_orders "$(out next)" 7 13
acknowledge next 7
stop_process next
check_status 0
check_eq "$(grep -v '^cdcctl: info: ' "$(err next)" || true)" '' 'words on stderr'
check_eq "$(jq .server.timeline "$WORK/state/checkpoint_postgres.json")" 2 'timeline after'
run last cdcctl tail postgres "$PG_CONNINFO" "${tail[@]}" --until now
check_status 0
check_eq "$(lines last)" 0 'lines after all is acknowledged'
