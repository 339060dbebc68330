#!/usr/bin/env bash
# timeout: 1200
# Killed at random moments under write load, stdout to a file that every run appends to: no committed
# change is missing, they come in commit order, and repeats are byte-equal.
. "$CDC_TEST_SUPPORT/crash_loop.sh"

# A write(2) that is killed can leave a part of a line; nothing of it was remembered.
cut_torn_line() {
  if [[ -n $(tail -c 1 "$1") ]]; then truncate -s "-$(tail -n 1 "$1" | wc -c)" "$1"; fi
}

append() {
  exec cdcctl "${resume[@]}" --commit-interval "$1" >>"$WORK/lines"
}

touch "$WORK/lines"
start_load
for ((killed = 0; killed < kills; killed++)); do
  spawn tail append "$((RANDOM % 100))ms"
  kill_tail
  cut_torn_line "$WORK/lines"
done
check_appended
check_eq "$(jq .committed_event_count "$checkpoint")" "$(positions "$WORK/lines" | sort -u | wc -l)" \
  committed_event_count
