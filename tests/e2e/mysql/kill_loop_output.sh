#!/usr/bin/env bash
# timeout: 1200
# Killed at random moments under write load, with --output: every committed change stands in the file
# exactly once, in commit order.
. "$CDC_TEST_SUPPORT/binlog_loop.sh"

to_file() {
  local from=()
  if [[ ! -f $checkpoint ]]; then from=(--from "$here"); fi
  exec cdcctl tail "$FLAVOUR" "$MY_URI" --checkpoint "$state" "${from[@]}" \
    --tables shop.events,shop.accounts --output "$WORK/lines" "$@"
}

start_load
for ((killed = 0; killed < kills; killed++)); do
  spawn tail to_file --commit-interval "$((RANDOM % 100))ms"
  kill_tail
done
stop_load
spawn tail to_file --until now
finish tail 60
check_status 0
check_stream "$WORK/lines" once
check_eq "$(jq -c '[.committed_event_count, .output.size]' "$checkpoint")" \
  "[$(wc -l <"$WORK/lines"),$(stat -c %s "$WORK/lines")]" 'count and size in the checkpoint'
