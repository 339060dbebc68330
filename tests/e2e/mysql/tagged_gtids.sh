#!/usr/bin/env bash
# flavours: mysql
# A stream by GTID sends exactly what is missing: also of sets with gaps, and with tags.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
uuid=$(my_sql 'select @@server_uuid')
add_orders 1 1
shop "set gtid_next = 'automatic:red'" 'insert into orders values (2, "tagged")' \
  "set gtid_next = '$uuid:blue:7'" 'insert into orders values (3, "tagged")' 'set gtid_next = automatic'
shop "set gtid_next = '$uuid:100'" 'insert into orders values (4, "far")' 'set gtid_next = automatic'
add_orders 5 5
changes
check_orders "$(out changes)" 1 5
check_eq "$(jq -r .tx.id "$(out changes)" | sed "s/$uuid://" | xargs)" '3 red:1 blue:7 100 4'
run all cdcctl tail mysql "$MY_URI" --from "$uuid:1-2" --until now --checkpoint "$state"
check_status 0
cmp "$(out changes)" "$(out all)" || fail 'other lines by GTID'
check_eq "$(my_sql "select gtid_subtract('$(remembered_gtids)', @@gtid_executed), gtid_subtract(@@gtid_executed, '$(remembered_gtids)')" | tr -d '\t')" \
  '' 'the set remembered, against the one of the server'

# from SET IDS: what is not in the set.
from() {
  run from cdcctl tail mysql "$MY_URI" --from "$1" --until now
  check_status 0 "--from $1: $(<"$(err from)")"
  check_eq "$(jq .after.id "$(out from)" | xargs)" "$2" "orders behind $1"
}
from "$uuid:1-2:4" '1 2 3 4'
from "$uuid:1-3:100:red:1" '3 5'
from "$uuid:1-4:100:blue:7" 2
from "$uuid:1-4:100:blue:7:red:1" ''
run refused cdcctl tail mysql "$MY_URI" --from "$uuid:1-4:100:green:1" --until now
check_refused refused 5 "the position is ahead of the server: it never had $uuid:green:1" 'restored or reset'

add_orders 6 6
resume_shop resumed
check_orders "$(out resumed)" 6 6
