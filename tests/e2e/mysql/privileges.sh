#!/usr/bin/env bash
# Each privilege that is missing is named with its GRANT; what the man page says is enough is enough.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
my_sql "create user app@'%' identified by 'Secret-1'"
add_orders 1 2
export APP_PASSWORD=Secret-1
MY_URI="mysql://app@/?socket=$MY_SOCKET"
app=(--password-env APP_PASSWORD)

refused 4 'cannot ask for the end of the log' "GRANT $(on_mysql && echo REPLICATION CLIENT || echo BINLOG MONITOR) ON *.* TO" "${app[@]}"
my_sql "grant $(on_mysql && echo replication client || echo binlog monitor) on *.* to app@'%'"
refused 4 'the server does not send its binlog' 'GRANT REPLICATION SLAVE ON *.* TO' "${app[@]}"
my_sql "grant replication slave on *.* to app@'%'"
# The names of columns are not in the log.
refused 4 'the log does not name the columns of shop.orders, and the catalog shows the user no table' \
  'GRANT SELECT ON shop.orders' "${app[@]}"
my_sql "grant select on shop.* to app@'%'"
changes "${app[@]}"
check_orders "$(out changes)" 1 2

my_sql "revoke select on shop.* from app@'%'" 'set global binlog_row_metadata = FULL'
here=$(my_position)
add_orders 3 4
changes "${app[@]}"
check_orders "$(out changes)" 3 4
