#!/usr/bin/env bash
# --from and --until take the beginning, a place, GTIDs, a pos and a time.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
add_orders 1 2
middle=$(my_position) gtids=$(my_gtids)
# MariaDB's times are whole seconds.
second=$(date +%s)
wait_until 5 '(($(date +%s) > second + 1))'
time=$(date -u -d "@$((second + 1))" +%FT%TZ)
my_flush
add_orders 3 4

# between FROM UNTIL FIRST LAST
between() {
  run between cdcctl tail "$FLAVOUR" "$MY_URI" --from "$1" --until "$2"
  check_status 0 "--from $1 --until $2: $(<"$(err between)")"
  check_orders "$(out between)" "$3" "$4"
}
between beginning now 1 4
between beginning "$middle" 1 2
between "$middle" now 3 4
between "$gtids" now 3 4
between beginning "$gtids" 1 2
between "$here#1" "$here#2" 2 2
between "$time" now 3 4
between beginning "$time" 1 2
between "$here" "${middle%:*}:99999999" 1 2
