#!/usr/bin/env bash
# What a directory remembers is shown without a server: both forms of a position, who owns it, and
# what is wrong with it.
. "$CDC_TEST_SUPPORT/pg.sh"

state=$WORK/state
file=$state/checkpoint_postgres.json
inspect() { cdcctl checkpoint inspect "$state" "$@"; }

run missing inspect
check_status 5 'no directory'
check_contains "$(<"$(err missing)")" "there is no checkpoint directory '$state'"
mkdir "$state"
run empty inspect
check_status 5 'no checkpoint'
check_contains "$(<"$(err empty)")" "there is no checkpoint in directory '$state'"

run rewrite cdcctl checkpoint rewrite "$state" --lsn 23285664 --slot orders
run plain inspect
check_status 0
for line in "file: $file" 'source type: postgres' 'slot: orders' 'lsn: 0/1634FA0' \
  'lsn as a number: 23285664' 'events: 0' 'server: none' 'output: none' 'lease: free'; do
  grep -qxF "$line" "$(out plain)" || fail "no line '$line'"
done
grep -qE '^updated: [0-9-]{10}T[0-9:]{8}Z \([0-9]+ s ago\)$' "$(out plain)" || fail 'no age'
run json inspect --json
check_status 0
check_eq "$(jq -c '.checkpoints[0] | keys_unsorted' "$(out json)")" \
  '["source_type","file","position","in_transaction","offset","committed_event_count","updated_at","age_seconds","server","output","snapshot_file","problems"]'
check_eq "$(jq -c '[.directory, .lease.state, .checkpoints[0].position, .checkpoints[0].offset.lsn]' "$(out json)")" \
  "[\"$state\",\"free\",\"0/1634FA0\",23285664]"

# In the middle of a transaction, with a server, an output, a snapshot and an owner.
run rewrite cdcctl checkpoint rewrite "$state" --pos '0/1634FA0#3' --accept-gap
jq '.server = {system_identifier: "7423", database: "shop", timeline: 1} | .output = {path: "/tmp/o", size: 4096}
    | .updated_at = "2020-01-01T00:00:00Z"' "$file" >"$WORK/edited"
cat "$WORK/edited" >"$file"
echo '{}' >"$state/checkpoint_postgres_snapshot.json"
printf '%s:%s' "$(uname -n)" $$ >"$state/.rustcdc_checkpoint.owner"
run full inspect
check_status 0
for part in 'in transaction: 0/1634FA0#3' 'system_identifier 7423' 'database shop' 'size 4096' \
  'snapshot: ' 'days ago' "lease: held, pid $$ on $(uname -n)"; do
  check_contains "$(<"$(out full)")" "$part"
done
run full inspect --json
check_eq "$(jq -c '[.checkpoints[0].in_transaction, .checkpoints[0].snapshot_file, .lease.owner.pid]' "$(out full)")" \
  "[\"0/1634FA0#3\",\"$state/checkpoint_postgres_snapshot.json\",$$]"

# What tail would refuse is shown where it can be shown.
chmod 640 "$file"
run open inspect
check_status 0 'readable, though too open'
check_contains "$(<"$(out open)")" "chmod 600 '$file'"
chmod 600 "$file"
jq '.offset.lsn = 1' "$WORK/edited" >"$file"
run damaged inspect --json
check_status 5 'a checksum that does not fit'
check_contains "$(<"$(err damaged)")" 'does not fit its content_checksum'
check_eq "$(jq -c '.checkpoints[0] | [.position, .problems[].code]' "$(out damaged)")" \
  '[null,"checkpoint_unreadable"]'
cat "$WORK/edited" >"$file"
jq -n '{checkpoint_format_version: 2, source_type: "mongodb", committed_event_count: 1, offset: {token: "x"}}' \
  >"$state/checkpoint_mongodb.json"
chmod 600 "$state/checkpoint_mongodb.json"
run several inspect --json
check_status 5 'one of two cannot be read'
check_eq "$(jq -c '[.checkpoints[] | .source_type, .committed_event_count, .position]' "$(out several)")" \
  '["mongodb",1,null,"postgres",0,"0/1634FA0"]'
