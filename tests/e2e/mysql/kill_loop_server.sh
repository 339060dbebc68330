#!/usr/bin/env bash
# timeout: 1200
# The server crashes and comes back, again and again, and dumps are killed, under write load: one
# tail goes through it all, and every committed change comes once, in commit order.
. "$CDC_TEST_SUPPORT/binlog_loop.sh"

# A crash of the process, not of the machine: what was written is there.
start_load
spawn tail cdcctl tail "$FLAVOUR" "$MY_URI" --checkpoint "$state" --from "$here" \
  --tables shop.events,shop.accounts --retry-backoff 50ms
for ((killed = 0; killed < (kills + 1) / 2; killed++)); do
  sleep "$(printf '0.%03d' $((RANDOM % 600)))"
  my_sql "$(dumps | sed 's/^/kill /' | paste -sd';')" || true
  sleep "$(printf '0.%03d' $((RANDOM % 400)))"
  my_kill
  my_resume
done
stop_load
wait_streaming
# MariaDB may still write an event of its own.
wait_until 60 '[[ $(remembered) == "$(my_position)" ]]'
stop_process tail
check_status 0
check_stream "$(out tail)" once
