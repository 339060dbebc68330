#!/usr/bin/env bash
# Slots are created, listed, judged and dropped; what is in use, missing, lost or half made is said
# with the right exit code.
. "$CDC_TEST_SUPPORT/pg.sh"

pg_start max_slot_wal_keep_size=64MB min_wal_size=32MB max_wal_size=64MB
sql 'create table filler (t text)' 'create publication p for table filler'
slots() { sql "select count(*) from pg_replication_slots where slot_name = '$1'"; }

# --- create
run create cdcctl slot create "$PG_CONNINFO" --slot orders
check_status 0
check_eq "$(grep -cE '^consistent point: 0/[0-9A-F]+ \([0-9]+\)$' "$(out create)")" 1 'consistent point'
check_eq "$(sql "select plugin, confirmed_flush_lsn from pg_replication_slots")" \
  "pgoutput|$(sed -n 's/^consistent point: \(.*\) (.*/\1/p' "$(out create)")"
run again cdcctl slot create "$PG_CONNINFO" --slot orders
check_status 4 'create of a slot that exists'
run accept cdcctl slot create "$PG_CONNINFO" --slot orders --if-not-exists --json
check_status 0
check_eq "$(jq -c '[.slot, .created, .consistent_point]' "$(out accept)")" '["orders",false,null]'
run json cdcctl slot create "$PG_CONNINFO" --slot other --if-not-exists --json
check_eq "$(jq -c '[.slot, .created, .failover, (.consistent_point == .confirmed_flush_lsn)]' "$(out json)")" \
  '["other",true,false,true]'
run bad_name cdcctl slot create "$PG_CONNINFO" --slot 'No Good'
check_status 2 'bad name'
run failover cdcctl slot create "$PG_CONNINFO" --slot f --failover
if ((PG_MAJOR >= 17)); then
  check_status 0 'a failover slot'
  check_eq "$(sql "select failover from pg_replication_slots where slot_name = 'f'")" t failover
  run failover cdcctl slot create "$PG_CONNINFO" --slot f --if-not-exists --enable-failover --json
  check_eq "$(jq .failover "$(out failover)")" true 'a failover slot that exists'
  run not_one cdcctl slot create "$PG_CONNINFO" --slot orders --if-not-exists --failover
  check_status 4 'not a failover slot'
  # What the hint says makes it one.
  alter=$(grep -oE 'ALTER_REPLICATION_SLOT [^'"'"']*' "$(err not_one)")
  psql -X -q -d "$PG_CONNINFO replication=database" -c "$alter"
  run now_one cdcctl slot create "$PG_CONNINFO" --slot orders --if-not-exists --failover
  check_status 0 'switched to a failover slot'
  sql "select pg_drop_replication_slot('f')" >/dev/null
  run both cdcctl slot create "$PG_CONNINFO" --slot f --enable-failover --enable-two-phase
  check_status $(since 18 0 4) 'failover and two-phase'
  sql "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = 'f'" >/dev/null
else
  check_status 4 'a failover slot on an old server'
  check_contains "$(<"$(err failover)")" 'failover slots need PostgreSQL 17 or newer'
fi
sql "select pg_create_logical_replication_slot('foreign_slot', 'test_decoding')" >/dev/null
run unusable cdcctl slot create "$PG_CONNINFO" --slot foreign_slot --if-not-exists
check_status 4 'a slot of another plugin is not usable'
check_contains "$(<"$(err unusable)")" test_decoding

# --- create waits, says for what, and an interruption leaves no slot
mkfifo "$WORK/open"
exec 7<>"$WORK/open"
spawn writer psql -d "$PG_CONNINFO" -X -q <&7
echo 'begin; select pg_current_xact_id();' >&7
wait_until 10 '[[ $(sql "select count(*) from pg_stat_activity where backend_xid is not null") == 1 ]]'
spawn waiting cdcctl slot create "$PG_CONNINFO" --slot halfway
wait_until 20 'grep -q "waits for transaction of PID" "$(err waiting)"'
stop_process waiting INT
check_status 130 'interrupted create'
check_eq "$(lines waiting)" 0 'no answer'
wait_until 10 '[[ $(slots halfway) == 0 ]]'
printf 'commit;\n\\q\n' >&7
finish writer
exec 7>&-

# --- list
run list cdcctl slot list "$PG_CONNINFO"
check_status 0
check_eq "$(cut -f1 "$(out list)" | tr '\n' ' ')" 'SLOT foreign_slot orders other '
check_eq "$(awk -F'\t' '$1 == "orders" {print $2, $3, $4, $5}' "$(out list)")" 'pgoutput postgres no reserved'
run list cdcctl slot list "$PG_CONNINFO" --slot orders --json
check_eq "$(jq -c '[.slots[] | .slot_name, .active, .active_pid, .two_phase, .synced]' "$(out list)")" \
  '["orders",false,null,false,false]'
check_eq "$(jq -r '.slots[0].confirmed_flush_lsn' "$(out list)")" \
  "$(sql "select confirmed_flush_lsn from pg_replication_slots where slot_name = 'orders'")"
check_eq "$(jq -r '.slots[0].inactive_since // "unknown" | sub("^20[0-9-]{8}T[0-9:]{8}Z$"; "a time")' "$(out list)")" \
  "$(since 17 'a time' unknown)" 'inactive since'

# --- status
run good cdcctl slot status "$PG_CONNINFO" --slot orders
check_status 0
check_contains "$(<"$(out good)")" 'wal status: reserved'
run missing cdcctl slot status "$PG_CONNINFO" --slot nobody
check_status 5 'a slot that does not exist'
check_contains "$(<"$(err missing)")" "'nobody'"
sql "insert into filler select repeat('x', 900) from generate_series(1, 3000)"
run much cdcctl slot status "$PG_CONNINFO" --slot orders --warn-bytes 1MiB --json
check_status 1 'more than --warn-bytes'
check_eq "$(jq -c '[.ok, .slots[0].problems[].code, .slots[0].retained_bytes > 1048576]' "$(out much)")" \
  '[false,"slot_retains_much",true]'
run little cdcctl slot status "$PG_CONNINFO" --slot orders --warn-bytes 1GiB
check_status 0

# --- watch: one object each time; a signal ends it; a reader that goes away as well
spawn watch cdcctl slot status "$PG_CONNINFO" --slot orders --watch --interval 100ms --json
wait_until 10 '[[ -f $(out watch) && $(lines watch) -ge 3 ]]'
stop_process watch INT
check_status 0 'watch ends with its last answer'
check_eq "$(jq -s 'map(.ok) | all' "$(out watch)")" true
check_eq "$(jq -s '.[0].slots[0].forecast.growth_bytes_per_second' "$(out watch)")" null
check_eq "$(jq -s '.[2].slots[0].forecast.growth_bytes_per_second | type' "$(out watch)")" '"number"'
check_eq "$(jq -s '.[0].slots[0].forecast.free_bytes > 0' "$(out watch)")" true
run head timeout 10 bash -c 'cdcctl slot list "$PG_CONNINFO" --watch --interval 1h --json | head -n 1'
check_status 0 'watch ends when its reader does'
run short cdcctl slot list "$PG_CONNINFO" --watch --interval 1ms
check_status 2 'an interval too short'

# --- drop
run unconfirmed cdcctl slot drop "$PG_CONNINFO" --slot other </dev/null
check_status 4 'not confirmed'
check_contains "$(<"$(err unconfirmed)")" '--yes'
check_eq "$(slots other)" 1
run drop cdcctl slot drop "$PG_CONNINFO" --slot other --yes
check_status 0
check_eq "$(slots other)" 0
run gone cdcctl slot drop "$PG_CONNINFO" --slot other --yes
check_status 5 'drop of a slot that does not exist'
run foreign cdcctl slot drop "$PG_CONNINFO" --slot foreign_slot --yes --json
check_eq "$(jq -c . "$(out foreign)")" \
  '{"slot":"foreign_slot","dropped":true,"plugin":"test_decoding","database":"postgres"}'
sql "select pg_create_physical_replication_slot('standby')" >/dev/null
run physical cdcctl slot drop "$PG_CONNINFO" --slot standby --yes
check_status 4 'a physical slot is left alone'
sql "select pg_drop_replication_slot('standby')" >/dev/null
spawn reader pg_recvlogical -d "$PG_CONNINFO" --slot orders --start -f /dev/null \
  -o proto_version=1 -o publication_names=p
wait_until 10 '[[ $(sql "select active from pg_replication_slots where slot_name = '"'orders'"'") == t ]]'
run active cdcctl slot drop "$PG_CONNINFO" --slot orders --yes
check_status 4 'an active slot'
check_contains "$(<"$(err active)")" \
  "PID $(sql "select active_pid from pg_replication_slots where slot_name = 'orders'")"
stop_process reader INT

# --- lost
run lost_one cdcctl slot create "$PG_CONNINFO" --slot lost_one
for _ in {1..20}; do
  sql "insert into filler select repeat('x', 900) from generate_series(1, 8000)" 'select pg_switch_wal()' checkpoint >/dev/null
  state=$(sql "select wal_status from pg_replication_slots where slot_name = 'lost_one'")
  if [[ $state == lost ]]; then break; fi
done
check_eq "$state" lost 'the server loses the slot'
run lost cdcctl slot status "$PG_CONNINFO" --slot lost_one
check_status 1 'a lost slot'
check_contains "$(<"$(out lost)")" 'wal status: lost'
check_contains "$(<"$(out lost)")" "problem: slot 'lost_one' is lost"
run list cdcctl slot list "$PG_CONNINFO"
check_status 0 'list only lists'
run lost_again cdcctl slot create "$PG_CONNINFO" --slot lost_one --if-not-exists
check_status 5 'a lost slot is not usable'

# --- the server
sql "alter system set wal_level = 'replica'" "select pg_drop_replication_slot(slot_name) from pg_replication_slots" >/dev/null
pg_restart
run level cdcctl slot create "$PG_CONNINFO" --slot nope
check_status 4 'wal_level is not logical'
check_contains "$(<"$(err level)")" 'restart the server'
pg_stop
run unreachable cdcctl slot list "$PG_CONNINFO" --connect-timeout 2s
check_status 3 'no server'
