#!/usr/bin/env bash
# timeout: 1200
# The server crashes at random moments under write load: the tail that lives on takes up the stream
# where it was, without a missing and without a repeated change.
. "$CDC_TEST_SUPPORT/crash_loop.sh"
kills=$(((kills + 1) / 2))

start_load
spawn tail cdcctl "${resume[@]}" --commit-interval 50ms --retry-backoff 10ms..100ms
# A tail that never had a connection would end with the server.
wait_until 30 '[[ $(sql "select active from pg_replication_slots where slot_name = '"'s'"'") == t ]]'
for ((killed = 0; killed < kills; killed++)); do
  random_pause
  pg_kill
  pg_resume
  # Before the next crash the stream is up again.
  wait_until 30 '[[ $(sql "select active from pg_replication_slots where slot_name = '"'s'"'") == t ]]'
  (($(confirmed) <= $(remembered))) || fail "$(confirmed) is acknowledged, $(remembered) remembered"
done
stop_load
until_now=$(pg_wal_lsn)
wait_until 30 '[[ $(sql "select confirmed_flush_lsn >= '"'$until_now'"' from pg_replication_slots where slot_name = '"'s'"'") == t ]]'
stop_process tail
check_status 0
check_stream "$(out tail)" once
check_caught_up
