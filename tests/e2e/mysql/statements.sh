#!/usr/bin/env bash
# A statement that was logged instead of rows ends the stream with 4 and its place; --on-statement
# warn passes over it. What rows DROP and RENAME take away is a warning.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
add_orders 1 3
place=$(my_position)
shop 'set binlog_format = statement' 'insert into orders values (4, "x")' 'update orders set status = "y"'
add_orders 5 6
refused 4 'the log has a statement that changed rows without showing them' 'SET GLOBAL binlog_format = ROW'
check_orders "$(out refused)" 1 3
check_contains "$(<"$(err refused)")" "at ${place%:*}:"

run warned cdcctl tail "$FLAVOUR" "$MY_URI" --from "$here" --until now --on-statement warn
check_status 0
check_eq "$(jq .after.id "$(out warned)" | xargs)" '1 2 3 5 6'
check_eq "$(grep -c 'warning: the log has a statement that changed rows' "$(err warned)")" 2 warnings

here=$(my_position)
shop 'create table other like orders' 'rename table orders to old_orders, other to orders' 'drop table old_orders' \
  'create temporary table quick (id int)' 'insert into quick values (1)' 'drop temporary table quick'
run moved cdcctl tail "$FLAVOUR" "$MY_URI" --from "$here" --until now
check_status 0
check_eq "$(grep -c 'warning: a statement at .* may have added or removed rows' "$(err moved)")" 2 warnings
