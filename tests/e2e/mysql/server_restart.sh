#!/usr/bin/env bash
# A server that restarts, and a dump that is killed, are a lost connection: tail connects again and
# loses and repeats nothing. With --retry-max it gives up with 3.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
tail_shop tail --checkpoint "$state" --retry-backoff 100ms
wait_streaming
add_orders 1 2
wait_until 10 '[[ $(lines tail) == 2 ]]'
my_sql "kill $(dumps)"
add_orders 3 4
wait_until 20 '[[ $(lines tail) == 4 ]]'
my_restart
add_orders 5 6
wait_until 20 '[[ $(lines tail) == 6 ]]'
my_kill
my_resume
add_orders 7 8
wait_until 20 '[[ $(lines tail) == 8 ]]'
stop_process tail
check_status 0
check_orders "$(out tail)" 1 8
check_eq "$(remembered_gtids)" "$(my_gtids)"
check_contains "$(<"$(err tail)")" 'the connection to the server is gone'

tail_shop limited --checkpoint "$state" --retry-max 2 --retry-backoff 50ms
wait_streaming
my_kill
finish limited
check_refused limited 3 "cannot connect to socket '$MY_SOCKET'" 'check that the server runs'
