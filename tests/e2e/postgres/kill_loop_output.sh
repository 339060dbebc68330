#!/usr/bin/env bash
# timeout: 1200
# Killed at random moments under write load, with --output: every committed change stands in the file
# exactly once, in commit order.
. "$CDC_TEST_SUPPORT/crash_loop.sh"
to_file=("${resume[@]}" --output "$WORK/lines")

start_load
for ((killed = 0; killed < kills; killed++)); do
  spawn tail cdcctl "${to_file[@]}" --commit-interval "$((RANDOM % 100))ms"
  kill_tail
done
stop_load
run tail cdcctl "${to_file[@]}" --until now
check_status 0
check_stream "$WORK/lines" once
check_caught_up
check_eq "$(jq -c '[.committed_event_count, .output.size]' "$checkpoint")" \
  "[$(wc -l <"$WORK/lines"),$(stat -c %s "$WORK/lines")]" 'count and size in the checkpoint'
