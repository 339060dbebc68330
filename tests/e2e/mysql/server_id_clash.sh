#!/usr/bin/env bash
# flavours: mariadb
# Of two readers with one server_id the server cuts off the older. That one ends with 4 and does not
# try again: both would cut each other off for ever.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
tail_shop older --server-id 4711 --retry-backoff 50ms
wait_streaming
tail_shop newer --server-id 4711
finish older
check_refused older 4 'the server does not send its binlog' 'give this one a --server-id of its own'
add_orders 1 2
wait_until 10 '[[ $(lines newer) == 2 ]]'
stop_process newer
check_status 0
refused 2 "--server-id: '0' is not a number from 1 to 4294967295" '' --server-id 0
