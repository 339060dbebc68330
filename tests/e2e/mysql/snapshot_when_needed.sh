#!/usr/bin/env bash
# --snapshot when-needed: where the server's log no longer has what comes next all rows are read again;
# --snapshot initial refuses. A prepared XA transaction is waited for.
. "$CDC_TEST_SUPPORT/binlog_snapshot.sh"

start_shop
add_orders 1 3
snapshot_shop first when-needed
check_status 0
check_eq "$(ops "$(out first)")" '3 read'
add_orders 4 5
snapshot_shop second when-needed
check_status 0
check_eq "$(ops "$(out second)")" '2 insert'

lose() {
  add_orders "$1" "$1"
  my_flush
  my_flush
  wait_until 10 'my_sql "purge binary logs to '"'"'$(my_binlogs | tail -n 1)'"'"'"; [[ $(my_binlogs | wc -l) == 1 ]]'
}
lose 6
snapshot_shop initial initial
check_status 5
check_contains "$(<"$(err initial)")" '--snapshot'
snapshot_shop lost when-needed
check_status 0
check_contains "$(<"$(err lost)")" 'changes are gone: all tables are read again'
check_eq "$(ops "$(out lost)")" '6 read'
add_orders 7 7
snapshot_shop last when-needed
check_eq "$(ops "$(out last)")" '1 insert'

# The rows of a prepared transaction are in the log before any snapshot, and in none.
hold() {
  { echo "xa start 'x'; insert into orders values (100, 'xa'); xa end 'x'; xa prepare 'x'; select 1;" &&
    sleep 3 && echo "xa commit 'x';"; } | my_client --database=shop --unbuffered
}
spawn holder hold
wait_until 10 '[[ -s $(out holder) ]]'
rm -r "$state"
snapshot_shop prepared initial
check_status 0
finish holder
snapshot_shop behind initial
cat "$(out prepared)" "$(out behind)" >"$WORK/all"
check_fold "$WORK/all" orders
