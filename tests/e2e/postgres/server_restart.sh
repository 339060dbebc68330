#!/usr/bin/env bash
# A fast stop of the server does not wait for an attached tail, which comes back by itself: nothing
# lost, nothing twice. --retry-max gives up with exit 3.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
tail_shop tail --checkpoint "$WORK/state" --retry-backoff 50ms..200ms --commit-interval 50ms
wait_streaming
add_orders 1 100
wait_until 10 '[[ $(lines tail) == 100 ]]'

# The best of three: the machine may be busy.
best=100000
for round in 1 2 3; do
  # Sent, but perhaps not yet seen or acknowledged when the stop comes.
  add_orders $((round * 100 + 1)) $((round * 100 + 100))
  begin=$(now_ms)
  pg_stop fast
  took=$(($(now_ms) - begin))
  best=$((took < best ? took : best))
  wait_until 10 '[[ $(grep -c "trying again in" "$(err tail)") -ge '$((round * 2))' ]]'
  pg_resume
  wait_streaming
done
((best < 1000)) || fail "a fast stop took $best ms"
add_orders 401 500
wait_until 10 '[[ $(lines tail) -ge 500 ]]'
stop_process tail
check_status 0
check_orders "$(out tail)" 1 500
text=$(<"$(err tail)")
check_contains "$text" 'warning: the connection to the server is gone (server closed the connection unexpectedly'
check_contains "$text" "warning: cannot connect to socket directory '$PG_DIR', port $PGPORT"
check_eq "$(grep -c 'connected to the server again' <<<"$text")" 3 reconnects
[[ $text != *error:* ]] || fail 'an error was reported'
wait_free
check_eq "$(remembered "$WORK/state")" "$(confirmed)" 'checkpoint and slot'

# A crash of the server, with unacknowledged changes on the way.
tail_shop tail --checkpoint "$WORK/state" --retry-backoff 50ms..200ms --commit-interval 1h
wait_streaming
add_orders 501 600
wait_until 10 '[[ $(lines tail) == 100 ]]'
pg_kill
wait_until 10 'grep -q "trying again in" "$(err tail)"'
pg_resume
wait_streaming
add_orders 601 700
wait_until 10 '[[ $(lines tail) -ge 200 ]]'
stop_process tail
check_status 0
check_orders "$(out tail)" 501 700

tail_shop tail --retry-max 2 --retry-backoff 20ms..50ms
wait_streaming
pg_stop
finish tail 10
check_status 3
text=$(<"$(err tail)")
check_eq "$(grep -c 'trying again in' <<<"$text")" 2 attempts
check_contains "$text" "error: cannot connect to socket directory '$PG_DIR', port $PGPORT"
check_contains "$text" 'hint: check that the server runs and listens there'
