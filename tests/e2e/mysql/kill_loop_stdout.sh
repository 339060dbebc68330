#!/usr/bin/env bash
# timeout: 1200
# Killed at random moments under write load, stdout to a file that every run appends to: no committed
# change is missing, they come in commit order, and repeats are byte-equal.
. "$CDC_TEST_SUPPORT/binlog_loop.sh"

# A write(2) that is killed can leave a part of a line; nothing of it was remembered.
cut_torn_line() {
  if [[ -n $(tail -c 1 "$1") ]]; then truncate -s "-$(tail -n 1 "$1" | wc -c)" "$1"; fi
}

append() {
  local from=()
  if [[ ! -f $checkpoint ]]; then from=(--from "$here"); fi
  exec cdcctl tail "$FLAVOUR" "$MY_URI" --checkpoint "$state" "${from[@]}" \
    --tables shop.events,shop.accounts "$@" >>"$WORK/lines"
}

touch "$WORK/lines"
start_load
gtid=(auto off)
for ((killed = 0; killed < kills; killed++)); do
  spawn tail append --commit-interval "$((RANDOM % 100))ms" --gtid "${gtid[RANDOM % 2]}"
  kill_tail
  cut_torn_line "$WORK/lines"
done
stop_load
spawn tail append --until now
finish tail 60
check_status 0
check_stream "$WORK/lines" repeats
check_eq "$(jq .committed_event_count "$checkpoint")" "$(sort -u "$WORK/lines" | wc -l)" committed_event_count
