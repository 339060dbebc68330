#!/usr/bin/env bash
# What the checkpoint says, against the contract of its format and against the server: members, mode,
# checksum, identity, place, and an exact count over many runs, killed ones too.
. "$CDC_TEST_SUPPORT/crash.sh"

# checksum: of the four core members, as anybody can compute it.
checksum() {
  jq -j -c '{checkpoint_format_version, source_type, committed_event_count,
             offset: (.offset | to_entries | sort_by(.key) | from_entries)}' "$checkpoint" |
    sha256sum | cut -d' ' -f1
}

check_checkpoint() {
  local now
  check_eq "$(stat -c '%a %U' "$checkpoint")" "600 $(id -un)" 'mode and owner'
  check_eq "$(jq -c keys_unsorted "$checkpoint")" \
    '["checkpoint_format_version","source_type","committed_event_count","offset","content_checksum","server","updated_at"]' \
    members
  check_eq "$(jq -c '[.checkpoint_format_version, .source_type, .offset.slot_name]' "$checkpoint")" \
    '[2,"postgres","s"]' 'core members'
  check_eq "$(jq -r '.offset.lsn | type' "$checkpoint")" number 'type of the LSN'
  check_eq "$(jq -r .content_checksum "$checkpoint")" "$(checksum)" content_checksum
  check_eq "$(jq -c '.server | [.system_identifier, .database, .timeline]' "$checkpoint")" \
    "[\"$(sql 'select system_identifier from pg_control_system()')\",\"postgres\",1]" server
  now=$(date +%s)
  (($(jq '.updated_at | fromdate' "$checkpoint") - now <= 0 &&
    now - $(jq '.updated_at | fromdate' "$checkpoint") < 60)) ||
    fail "updated_at is $(jq .updated_at "$checkpoint"), not now"
  check_eq "$(jq .committed_event_count "$checkpoint")" "$1" committed_event_count
  check_eq "$(stat -c %a "$state")" 700 'mode of the directory'
  check_eq "$(ls -A "$state")" checkpoint_postgres.json 'files in the directory'
  # jq writes the same text, so nothing in it is unusual JSON.
  check_eq "$(jq . "$checkpoint")" "$(<"$checkpoint")" text
}

rows=0
insert() {
  sql "insert into t select generate_series($rows + 1, $rows + $1)"
  rows=$((rows + $1))
}

umask 000
pg_start
sql 'create table t (id int primary key)' 'create publication p for table t'
run tail cdcctl "${resume[@]}" --create-slot --until now
check_status 0
check_checkpoint 0
check_caught_up

# Behind all that was committed, and no further than the log.
insert 3
run tail cdcctl "${resume[@]}" --until now
check_checkpoint 3
commit=$(lsn_of "$(positions "$(out tail)" | head -n 1)")
(($(remembered) > commit && $(remembered) <= $(sql "select pg_current_wal_lsn() - '0/0'"))) ||
  fail "$(remembered) is not between $commit and the end of the log"

# Ended in the middle of a transaction: all that was out is remembered.
insert 5
run tail cdcctl "${resume[@]}" --max-events 2
check_status 0
check_checkpoint 5
check_eq "$(jq -c '.offset.in_transaction | [.ordinal, (keys | length)]' "$checkpoint")" '[2,3]' \
  in_transaction
check_eq "$(jq -r '.offset.in_transaction | "\(.position)#\(.ordinal)"' "$checkpoint")" \
  "$(positions "$(out tail)" | tail -n 1)" 'place in the transaction'
run tail cdcctl "${resume[@]}" --max-events 1
check_eq "$(jq .after.id "$(out tail)")" 6 'the next row'
check_checkpoint 6
run tail cdcctl "${resume[@]}" --until now
check_eq "$(jq .after.id "$(out tail)" | xargs)" '7 8' 'the last rows'
check_checkpoint 8
check_eq "$(jq -c '.offset | keys' "$checkpoint")" '["lsn","slot_name"]' offset

# A killed run counts what it remembered, and the next one the rest.
insert 4
spawn tail cdcctl "${resume[@]}" --commit-interval 1ms
wait_until 10 '[[ $(jq .committed_event_count "$checkpoint") == 12 ]]'
insert 2
stop_process tail KILL
run tail cdcctl "${resume[@]}" --until now
check_checkpoint $rows
# --ack none looks and leaves it as it is.
insert 1
before=$(<"$checkpoint") confirmed_before=$(confirmed)
run tail cdcctl "${resume[@]}" --until now --ack none
check_eq "$(lines tail)" 1 'lines with --ack none'
check_eq "$(<"$checkpoint")" "$before" 'the checkpoint behind --ack none'
check_eq "$(confirmed)" "$confirmed_before" 'acknowledged by --ack none'
# Nothing new is nothing to write.
run tail cdcctl "${resume[@]}" --until now
check_checkpoint $rows
