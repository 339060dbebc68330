#!/usr/bin/env bash
# timeout: 480
# A server that accepts everything and says nothing more: after five minutes it is given up, the tail
# connects again, and nothing is lost or repeated.
. "$CDC_TEST_SUPPORT/tail.sh"
[[ ${CDC_LONG:-} == 1 ]] || skip 'waits for five minutes (CDC_LONG=1)'

pg_start
make_shop
tail_shop tail --checkpoint "$WORK/state" --retry-backoff 20ms..100ms
wait_streaming
add_orders 1 10
wait_until 10 '[[ $(lines tail) == 10 ]]'
silent=$(walsenders)
begin=$(now_ms)
kill -s STOP "$silent"
add_orders 11 20
wait_until 330 'grep -q "the server has not answered for 300 s" "$(err tail)"'
took=$(($(now_ms) - begin))
((took >= 300000)) || fail "the server was given up after $took ms"
# Until it goes on the slot is in use.
kill -s CONT "$silent"
wait_until 30 '[[ $(lines tail) == 20 ]]'
stop_process tail
check_status 0
check_orders "$(out tail)" 1 20
