#!/usr/bin/env bash
# A terminated or cancelled walsender and a cut connection, also in the middle of a transaction:
# the tail connects again, nothing is lost and nothing comes twice.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start --tcp
make_shop
start_proxy proxy "$PGPORT" I:hang-up:12
direct=$PG_CONNINFO
through="host=127.0.0.1 port=$PROXY_PORT user=postgres dbname=postgres sslmode=disable gssencmode=disable"
tail=("${SHOP[@]}" --checkpoint "$WORK/state" --retry-backoff 20ms..100ms)

spawn tail cdcctl tail postgres "$direct" "${tail[@]}"
wait_streaming
add_orders 1 10
wait_until 10 '[[ $(lines tail) == 10 ]]'
number=0
for how in terminate cancel; do
  number=$((number + 1))
  walsender=$(walsenders)
  sql "select pg_${how}_backend($walsender)" >/dev/null
  add_orders $((number * 10 + 1)) $((number * 10 + 10))
  wait_until 10 '[[ $(lines tail) -ge $((number * 10 + 10)) ]]'
  [[ $(walsenders) != "$walsender" ]] || fail "the walsender outlived pg_${how}_backend"
done
stop_process tail
check_status 0
check_orders "$(out tail)" 1 30
text=$(<"$(err tail)")
check_contains "$text" "warning: the server ended the stream of slot 's': terminating connection due to administrator command (SQLSTATE 57P01); trying again in"
check_contains "$text" "warning: the server ended the stream of slot 's': canceling statement due to user request (SQLSTATE 57014); trying again in"
check_eq "$(grep -c 'connected to the server again' <<<"$text")" 2 reconnects
wait_free

# The proxy hangs up inside the first insert, then lets everything pass.
spawn tail cdcctl tail postgres "$through" "${tail[@]}"
wait_streaming
add_orders 31 1000
wait_until 10 '[[ $(lines tail) -ge 970 ]]'
wait_streaming
# And cuts an idle connection.
signal_process proxy USR1
wait_until 10 '[[ $(grep -c "connected to the server again" "$(err tail)") == 2 ]]'
add_orders 1001 1010
wait_until 10 '[[ $(lines tail) -ge 980 ]]'
# And one under load.
add_orders 1011 60000
wait_until 10 '[[ $(lines tail) -gt 2000 ]]'
signal_process proxy USR1
wait_until 20 '[[ $(lines tail) -ge 59970 ]]'
wait_streaming
stop_process tail
check_status 0
check_orders "$(out tail)" 31 60000
check_contains "$(<"$(err tail)")" 'warning: the connection to the server is gone ('
[[ $(<"$(err tail)") != *error:* ]] || fail 'an error was reported'
wait_free
check_eq "$(remembered "$WORK/state")" "$(confirmed)" 'checkpoint and slot'
