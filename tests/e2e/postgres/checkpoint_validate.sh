#!/usr/bin/env bash
# Every way in which a checkpoint cannot be used is found, alone and against the live server, with a
# code, a sentence and a way out; exit 1 says that something is.
. "$CDC_TEST_SUPPORT/pg.sh"

pg_start
sql 'create table orders (id int primary key)' 'create publication p for table orders'
state=$WORK/state
file=$state/checkpoint_postgres.json
validate() { cdcctl checkpoint validate "$state" "$@"; }
against=(--against "$PG_CONNINFO")
# found CODE OPTION...: validate finds this problem and no other.
found() {
  local code=$1
  shift
  run found validate --json "$@"
  check_status 1 "$code: exit status"
  check_eq "$(jq -c '[.ok, .problems[].code]' "$(out found)")" "[false,\"$code\"]"
  check_eq "$(jq '.problems[0] | (.sentence | length) > 20 and (.way_out | length) > 10' "$(out found)")" true
  sentence=$(jq -r '.problems[0].sentence' "$(out found)")
}
edit() { jq "$1" "$WORK/good" >"$file"; }
divergence="postgres checkpoint/slot divergence for slot 'orders': "

run missing validate
check_status 5 'no directory'
mkdir "$state"
run empty validate
check_status 5 'no checkpoint'

run slot cdcctl slot create "$PG_CONNINFO" --slot orders --json
start=$(jq -r .consistent_point "$(out slot)")
run rewrite cdcctl checkpoint rewrite "$state" --lsn "$start" --slot orders "${against[@]}"
cp "$file" "$WORK/good"
run alone validate
check_status 0
check_contains "$(<"$(out alone)")" 'is sound'
run fits validate "${against[@]}" --json
check_status 0
check_eq "$(jq -c '[.ok, .compared_with_server, .problems, .checkpoints[0].position]' "$(out fits)")" \
  "[true,true,[],\"$start\"]"

# --- alone
chmod 644 "$file"
found permissions_too_wide
check_eq "$(jq -r '.problems[0].way_out' "$(out found)")" "check its content, then run: chmod 600 '$file'"
chmod 600 "$file"
edit '.checkpoint_format_version = 9'
found checkpoint_unreadable
check_contains "$sentence" 'has format version 9'
edit '.offset.lsn = 5'
found checkpoint_unreadable
check_contains "$sentence" 'content_checksum'
echo '{"checkpoint' >"$file"
found checkpoint_unreadable "${against[@]}"
check_eq "$(jq .compared_with_server "$(out found)")" false
edit '.offset = {lsn: "0/5", slot_name: "orders"} | del(.content_checksum)'
found offset_unreadable
edit '.offset = "0x0000002A000001F00003" | del(.content_checksum)'
found offset_unreadable
edit '.source_type = "mysql" | del(.content_checksum)'
found source_type_differs
progress=$state/checkpoint_postgres_snapshot.json
edit '.offset.snapshot = "A" | del(.content_checksum)'
found snapshot_progress_missing "${against[@]}"
check_contains "$sentence" "a snapshot is under way, and its progress in '$progress' is missing"
(umask 077 && echo '{"snapshot_id": "B"}' >"$progress")
found snapshot_progress_unreadable
check_contains "$sentence" 'is that of another snapshot'
echo '{"snapshot_id": "A"}' >"$progress"
run under_way validate
check_status 0 'a snapshot is under way'
chmod 644 "$progress"
found snapshot_progress_unreadable
rm "$progress"
cp "$WORK/good" "$file"
jq -n '{checkpoint_format_version: 2, source_type: "mongodb", committed_event_count: 0, offset: {}}' \
  >"$state/checkpoint_mongodb.json"
chmod 600 "$state/checkpoint_mongodb.json"
run mixed validate --json
check_status 1
check_eq "$(jq -c '[.problems[].code]' "$(out mixed)")" '["source_types_mixed","source_type_unknown"]'
rm "$state/checkpoint_mongodb.json"

# --- against the server, in both directions
edit '.server.database = "elsewhere"'
found database_differs "${against[@]}"
edit '.server.system_identifier = 5 | .server.timeline = "x"'
found system_identifier_differs "${against[@]}"
edit '.server = {} | .offset.lsn = 1099511627776 | del(.content_checksum)'
found checkpoint_ahead "${against[@]}"
check_contains "$sentence" "${divergence}checkpoint_lsn=100/0 is ahead of slot_confirmed_lsn=$start. operator intervention required"
edit '.offset.slot_name = "nobody" | del(.content_checksum)'
found slot_missing "${against[@]}"
check_eq "$sentence" "postgres checkpoint/slot divergence for slot 'nobody': slot missing"
cp "$WORK/good" "$file"

# A slot behind the checkpoint is normal; one that somebody else has read from is not.
sql 'insert into orders values (1)'
run forward cdcctl checkpoint rewrite "$state" --current --accept-gap "${against[@]}"
run normal validate "${against[@]}"
check_status 0 'the slot is behind the checkpoint'
cp "$WORK/good" "$file"
sql "select pg_replication_slot_advance('orders', pg_current_wal_lsn())" >/dev/null
found slot_ahead "${against[@]}"
check_contains "$sentence" "${divergence}slot_confirmed_lsn="
check_contains "$sentence" " is ahead of checkpoint_lsn=$start"
run text validate "${against[@]}"
check_status 1
grep -q "^$divergence" "$(out text)" || fail 'the divergence does not begin its line'
grep -q '^  way out: ' "$(out text)" || fail 'no way out'
sql "select pg_drop_replication_slot('orders')" \
    "select pg_create_logical_replication_slot('orders', 'test_decoding')" >/dev/null
run current cdcctl checkpoint rewrite "$state" --lsn "$(pg_wal_lsn)" --accept-gap
found slot_unusable "${against[@]}"
check_contains "$sentence" test_decoding

# --- nothing was found out
pg_stop
run unreachable validate "${against[@]}" --json
check_status 3 'no server'
check_eq "$(<"$(out unreachable)")" '' 'no answer'
