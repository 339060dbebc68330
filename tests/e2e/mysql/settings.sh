#!/usr/bin/env bash
# A server whose log cannot be read is refused in words that name the setting: no log, another format
# than ROW, the other flavour, no GTIDs.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
other=$(on_mysql && echo mariadb || echo mysql)
run flavour cdcctl tail "$other" "$MY_URI" --until now
check_refused flavour 4 "the server is $(on_mysql && echo MySQL, not MariaDB || echo MariaDB, not MySQL)" \
  "say cdcctl tail $FLAVOUR"

for format in MIXED STATEMENT; do
  my_sql "set global binlog_format = $format"
  refused 4 "binlog_format is '$format', and only ROW shows rows" "SET GLOBAL binlog_format = 'ROW'"
done
my_sql 'set global binlog_format = ROW'
if on_mysql; then
  my_restart --gtid-mode=OFF --enforce-gtid-consistency=OFF
  add_orders 1 2
  refused 4 '--gtid on, and gtid_mode of the server is not ON' 'leave out --gtid' --gtid on
  changes
  check_orders "$(out changes)" 1 2
  check_eq "$(jq -r .tx.id "$(out changes)" | sort -u)" "$(jq -r .pos "$(out changes)" | head -n 1 | sed 's/#.*//')" \
    'the id of a transaction without GTID'
fi
my_restart --skip-log-bin
run off cdcctl tail "$FLAVOUR" "$MY_URI" --until now
check_refused off 4 'the server writes no binary log (log_bin is OFF)' 'set log_bin and server_id in its configuration'
