#!/usr/bin/env bash
# --heartbeat: while only another database writes, or nobody at all, a beat of our own moves slot,
# checkpoint and progress lines; it has no line, counts as no change, and is repaired when its
# connection is gone. A beat that cannot work is refused before anything begins.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t' \
    'create database elsewhere' 'create schema ops' 'create role plain login replication'
make_slot
tail=(cdcctl tail postgres "$PG_CONNINFO" --slot s --publication p --commit-interval 100ms)

# beats NAME: how many heartbeat messages slot NAME has waiting, and is behind by.
beats() {
  sql "select count(*) from pg_logical_slot_peek_binary_changes('$1', null, null,
         'proto_version', '1', 'publication_names', 'p', 'messages', 'true')
       where get_byte(data, 0) = ascii('M') and position('cdcctl.heartbeat'::bytea in data) > 0"
}

# moves_to LSN DIR WHAT: slot and checkpoint reach it.
moves_to() {
  local lsn
  lsn=$(sql "select '$1'::pg_lsn - '0/0'")
  wait_until 15 "(( \$(confirmed) >= $lsn ))" "$3"
  wait_until 5 "(( \$(remembered '$2') >= $lsn ))" "$3"
}

# heartbeat_pid: the server process that writes it, and nothing else.
heartbeat_pid() {
  sql "select pid from pg_stat_activity where query like '%$1%' and pid <> pg_backend_pid()
       and datname = 'postgres'"
}

# --- a message -----------------------------------------------------------------------------------
sql "select from pg_create_logical_replication_slot('witness', 'pgoutput')"
spawn message "${tail[@]}" --checkpoint "$WORK/state" --emit all --heartbeat 200ms
wait_streaming

# Nobody else writes anything: position and progress lines go on.
wait_until 10 "(( \$(beats witness) >= 3 ))" 'no beats'
wait_until 10 "(( \$(lines message) >= 3 ))" 'no progress lines'
before=$(confirmed)
wait_until 10 "(( \$(confirmed) > $before ))" 'the slot rests'
check_eq "$(jq -r .op "$(out message)" | sort -u)" progress 'lines of heartbeats'
check_eq "$(jq -c keys_unsorted "$(out message)" | sort -u)" '["v","op","source","pos","ts"]' 'progress'
jq -r .pos "$(out message)" >"$WORK/positions"
check_eq "$(sort -u "$WORK/positions" | wc -l)" "$(wc -l <"$WORK/positions")" 'positions said once'

# Another database writes, this one has nothing but beats; restart_lsn follows with the next record
# of running transactions, which a checkpoint writes.
restart_lsn() { sql "select restart_lsn - '0/0' from pg_replication_slots where slot_name = 's'"; }
first=$(restart_lsn)
PG_CONNINFO="$PG_CONNINFO dbname=elsewhere" sql 'create table o as select generate_series(1, 100000)'
moves_to "$(pg_wal_lsn)" "$WORK/state" 'another database'
sql 'checkpoint'
wait_until 15 "(( \$(restart_lsn) > $first + 1000000 ))" 'restart_lsn rests'

# A real change comes as it always does, and at the place that it has for everybody.
sql 'insert into t values (1)'
wait_until 10 '[[ $(jq -c "select(.op == \"insert\")" $(out message) | wc -l) == 1 ]]'
check_eq "$(jq -r 'select(.op != "progress") | .op' "$(out message)" | paste -sd' ')" \
  'begin schema insert commit' 'lines of a change between heartbeats'

# The connection of the heartbeat goes: one warning, then it works again, and the stream never knew.
pid=$(heartbeat_pid pg_logical_emit_message)
sql "select pg_terminate_backend($pid)" >/dev/null
wait_until 10 "grep -q 'the heartbeat is written again' $(err message)"
check_eq "$(grep -c '^cdcctl: warning: ' "$(err message)")" 1 'warnings'
check_contains "$(<"$(err message)")" \
  'cannot write the heartbeat message: terminating connection due to administrator command' 'warning'
check_eq "$(grep -c 'connected to the server again' "$(err message)" || true)" 0 'reconnects of the stream'
before=$(confirmed)
wait_until 10 "(( \$(confirmed) > $before ))" 'the slot rests after the repair'
stop_process message
check_status 0
wait_free
wait_until 5 '[[ -z $(heartbeat_pid pg_logical_emit_message) ]]'

# --- the ends of a stream come in spite of it ----------------------------------------------------
for limit in '--idle-exit 1s' '--until now' '--for 1s'; do
  # shellcheck disable=SC2086
  run ends "${tail[@]}" --ack none --emit row,begin,commit,message --heartbeat 100ms $limit
  check_status 0 "$limit"
  wait_free
done
sql 'insert into t values (2)'
spawn ends "${tail[@]}" --checkpoint "$WORK/state" --heartbeat 100ms --max-events 2
wait_streaming
sleep 1
running ends || fail 'heartbeats count as events'
sql 'insert into t values (3)'
finish ends
check_status 0
check_eq "$(jq -r .after.id "$(out ends)" | paste -sd' ')" '2 3' '--max-events'
check_eq "$(jq .committed_event_count "$WORK/state/checkpoint_postgres.json")" \
  "$(($(lines message) + 2))" 'counted'
wait_free

# --- a table -------------------------------------------------------------------------------------
table=(--heartbeat 200ms --heartbeat-table ops.beats)
tail+=(--checkpoint "$WORK/state")
run missing "${tail[@]}" "${table[@]}" --until now
check_refused missing 4 'cannot write the heartbeat into table "ops"."beats": relation "ops.beats" does not exist' \
  'CREATE TABLE "ops"."beats" (slot text PRIMARY KEY, at timestamptz NOT NULL);'
sql 'create table ops.beats (slot text, at timestamptz)'
run keyless "${tail[@]}" "${table[@]}" --until now
check_refused keyless 4 'cannot write the heartbeat into table "ops"."beats": there is no unique' 'CREATE TABLE'
sql 'drop table ops.beats'
# The advice works.
sql "$(sed -n 's/^hint: //p' "$(err missing)")"

# Published or not, its rows are no lines.
sql 'alter publication p add table ops.beats'
spawn table "${tail[@]}" "${table[@]}" --emit all --for 30s
wait_streaming
wait_until 10 "[[ \$(sql 'select slot from ops.beats') == s ]]" 'no row'
before=$(sql 'select at from ops.beats')
wait_until 10 "[[ \$(sql 'select at from ops.beats') > '$before' ]]" 'the row rests'
moves_to "$(pg_wal_lsn)" "$WORK/state" 'the table'
wait_until 10 "(( \$(lines table) >= 2 ))" 'no progress lines'
check_eq "$(jq -r .op "$(out table)" | sort -u)" progress 'lines of a heartbeat table'

# A lock on the table: the stream does not wait for it.
mkfifo "$WORK/lock"
spawn lock psql -X -q -d "$PG_CONNINFO" -f "$WORK/lock"
exec 9>"$WORK/lock"
echo 'begin; lock table ops.beats;' >&9
wait_until 5 "[[ -n \$(sql \"select 1 from pg_locks where relation = 'ops.beats'::regclass and not granted\") ]]"
begin=$(now_ms)
sql 'insert into t values (4)'
wait_until 5 "grep -q '\"op\":\"insert\"' $(out table)"
(($(now_ms) - begin < 2000)) || fail 'the stream waits for the heartbeat'
wait_until 15 "grep -q 'canceling statement due to statement timeout' $(err table)"
check_contains "$(<"$(err table)")" 'somebody holds a lock on the table' 'advice'
echo 'commit; \q' >&9
exec 9>&-
finish lock
wait_until 15 "grep -q 'the heartbeat is written again' $(err table)"
check_eq "$(grep -c '^cdcctl: warning: ' "$(err table)")" 1 'warnings'
stop_process table
check_status 0
wait_free

# --- rights, options, standbys -------------------------------------------------------------------
as_plain=(cdcctl tail postgres "$PG_CONNINFO user=plain" --slot s --publication p --ack none --until now)
run rights "${as_plain[@]}" "${table[@]}"
check_refused rights 4 'cannot write the heartbeat into table "ops"."beats": permission denied for schema ops' \
  'GRANT USAGE ON SCHEMA "ops" TO the role; GRANT SELECT, INSERT, UPDATE ON "ops"."beats" TO the role;'
sql 'grant usage on schema ops to plain' 'grant select, insert, update on ops.beats to plain'
run rights "${as_plain[@]}" "${table[@]}"
check_status 0 'with what the hint says'
wait_free
# Since 17 it has one argument more.
emit=$(sql "select oid::regprocedure from pg_proc where proname = 'pg_logical_emit_message'
            and proargtypes[2] = 'text'::regtype")
sql "revoke execute on function $emit from public"
run rights "${as_plain[@]}" --heartbeat 1s
check_refused rights 4 \
  'cannot write the heartbeat message: permission denied for function pg_logical_emit_message' \
  "GRANT EXECUTE ON FUNCTION pg_catalog.${emit//,/, } TO the role"
sql "alter role plain set default_transaction_read_only = on"
run rights "${as_plain[@]}" "${table[@]}"
check_refused rights 4 'cannot write the heartbeat into table "ops"."beats": cannot execute INSERT in a read-only' \
  'default_transaction_read_only'

run usage cdcctl tail postgres "$PG_CONNINFO" --slot s --heartbeat 10
check_refused usage 2 "'10' is not an interval of --heartbeat" 'such as 10s'
run usage cdcctl tail postgres "$PG_CONNINFO" --slot s --heartbeat-table ops.beats
check_refused usage 2 '--heartbeat-table needs --heartbeat' '--heartbeat 10s'
run usage cdcctl tail postgres "$PG_CONNINFO" --heartbeat 1s --heartbeat-table ops.beats
check_refused usage 2 '--heartbeat-table needs --slot' '--slot NAME'

run usage cdcctl tail postgres "$PG_CONNINFO" --slot s --heartbeat 1s --snapshot only
check_refused usage 2 '--heartbeat means nothing with --snapshot only' '--snapshot initial'

# --- a slot that decodes prepared transactions -------------------------------------------------
sql "select from pg_create_logical_replication_slot('two', 'pgoutput', false, true)"
confirmed_two() {
  sql "select confirmed_flush_lsn - '0/0' from pg_replication_slots where slot_name = 'two'"
}
for when in at-commit at-prepare; do
  spawn two cdcctl tail postgres "$PG_CONNINFO" --slot two --publication p --two-phase "$when" \
    --heartbeat 200ms --commit-interval 100ms --emit row,progress
  wait_streaming
  before=$(confirmed_two)
  wait_until 10 "(( \$(confirmed_two) > $before ))" "two-phase $when: the slot rests"
  stop_process two
  check_status 0
  wait_until 10 "[[ \$(sql \"select active from pg_replication_slots where slot_name = 'two'\") == f ]]"
done

# --- a standby -----------------------------------------------------------------------------------
pg_stop
as_server touch "$PG_DIR/data/standby.signal"
pg_resume
run standby cdcctl tail postgres "$PG_CONNINFO" --slot s --publication p --heartbeat 1s --until now
check_refused standby 4 'the server is a standby, which cannot write a heartbeat' 'leave out --heartbeat'
