#!/usr/bin/env bash
# A file system that is really full, under --output and under the checkpoint: exit 7, whole lines only,
# nothing acknowledged that was not written and remembered; with room again it goes on and misses no
# row.

# What is mounted goes with the scenario, however it ends.
if [[ -z ${MOUNTS_ARE_PRIVATE:-} ]] && unshare --mount true 2>/dev/null; then
  MOUNTS_ARE_PRIVATE=1 exec unshare --mount bash "$0"
fi
. "$CDC_TEST_SUPPORT/tail.sh"

disk=$WORK/disk
mkdir "$disk"
mount -t tmpfs -o size=1m cdc "$disk" 2>/dev/null ||
  skip 'mounting a small file system is not permitted here (root may)'

pg_start
make_shop
tail=(cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --commit-interval 5ms)

# check_full NAME SENTENCE: it ended for want of room, and the slot is where the checkpoint is.
check_full() {
  check_refused "$1" 7 "$2" 'make room on its file system and start again'
  wait_free
  check_eq "$(remembered "$state")" "$(confirmed)" "checkpoint and slot after $1"
}

# The lines of 20000 orders do not fit.
state=$WORK/state
output=("${tail[@]}" --checkpoint "$state" --output "$disk/rows")
spawn full "${output[@]}"
wait_streaming
add_orders 1 1000
wait_until 10 '[[ $(jq .committed_event_count "$state/checkpoint_postgres.json") == 1000 ]]'
add_orders 1001 20000
finish full
check_full full "cannot write to output file '$disk/rows': No space left on device"
(($(stat -c %s "$disk/rows") > 900000)) || fail 'the disk is not full'
check_eq "$(tail -c 1 "$disk/rows")" '' "the last byte, a line's end"
check_orders "$disk/rows" 1 "$(wc -l <"$disk/rows")"
check_eq "$(jq .committed_event_count "$state/checkpoint_postgres.json")" 1000 'committed'
# Still no room: it ends again, and what it has is still whole.
run again "${output[@]}"
check_full again "cannot write to output file '$disk/rows': No space left on device"
check_orders "$disk/rows" 1 "$(wc -l <"$disk/rows")"
mount -o remount,size=16m "$disk"
run roomy "${output[@]}" --until now
check_status 0
check_orders "$disk/rows" 1 20000
wait_free
rm "$disk/rows"
mount -o remount,size=1m "$disk"

# No room for the checkpoint: it was made in time, then somebody else filled the disk.
state=$disk/state
spawn tail "${tail[@]}" --checkpoint "$state"
wait_streaming
wait_until 10 '[[ $(remembered "$state") ]]'
dd if=/dev/zero of="$disk/ballast" bs=4k 2>/dev/null || true
add_orders 20001 20010
finish tail 10
check_full tail "cannot write $state/checkpoint_postgres.json: No space left on device"
check_eq "$(find "$state" -type f)" "$state/checkpoint_postgres.json" 'files left'
check_orders "$(out tail)" 20001 20010
# Nor is there for a first one.
run first "${tail[@]}" --checkpoint "$disk/new"
check_refused first 7 "cannot " 'make room on its file system and start again'
check_eq "$(lines first)" 0 'lines before a first checkpoint'
rm "$disk/ballast"
run roomy "${tail[@]}" --checkpoint "$state" --until now
check_status 0
check_orders "$(out roomy)" 20001 20010
wait_free
check_eq "$(remembered "$state")" "$(confirmed)" 'checkpoint and slot at the end'
umount "$disk"
