#!/usr/bin/env bash
# A consumer that takes nothing for --stall-timeout is let go of: no walsender, no lost position.
# When it reads again the stream goes on without loss or repeat.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
mkfifo "$WORK/pipe"
spawn_into "$WORK/pipe" tail cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" \
  --checkpoint "$WORK/state" --stall-timeout 500ms --commit-interval 50ms
exec 3<"$WORK/pipe"
wait_streaming
add_orders 1 30000 "$(printf 'x%.0s' {1..200})"
wait_until 10 '[[ $(sql "select count(*) from pg_stat_replication") == 0 ]]'
check_contains "$(<"$(err tail)")" 'warning: the consumer has taken nothing for '
check_contains "$(<"$(err tail)")" 'hint: the position is kept'
running tail || fail 'it ended'
held=$(confirmed)
# A checkpoint of the server is not held up, and the slot does not move while nobody streams.
add_orders 30001 30010
sql checkpoint
check_eq "$(confirmed)" "$held" 'slot while let go'

cat <&3 >"$WORK/got" &
reader=$!
wait_until 20 '[[ $(wc -l <"$WORK/got") -ge 30010 ]]'
wait_streaming
end=$(sql "select pg_current_wal_lsn() - '0/0'")
wait_until 10 "((\$(confirmed) >= $end))"
stop_process tail TERM
check_status 0
exec 3<&-
wait $reader
check_orders "$WORK/got" 1 30010
check_eq "$(remembered "$WORK/state")" "$(confirmed)" 'checkpoint and slot'
check_eq "$(jq .committed_event_count "$WORK/state/checkpoint_postgres.json")" 30010 'events'
