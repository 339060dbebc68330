#!/usr/bin/env bash
# Where the server has removed what comes next nothing starts: exit 5, and what is gone is named; so
# does validate, with 1. A RESET of the log is found too.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
begin_state
gone=${here%:*}
first=$(my_gtids)
add_orders 1 2
my_flush
add_orders 3 4
my_flush
# MariaDB keeps files that its engines may still need after a crash.
last=$(my_binlogs | tail -n 1)
wait_until 20 'my_sql "purge binary logs to '"'\$last'"'"; [[ $(my_binlogs) == "$last" ]]'

resume_shop refused
if on_mysql; then
  check_refused refused 5 "the server's log no longer has what comes behind the position: gone are $(
    my_sql "select gtid_subtract(@@gtid_purged, '$first')")" 'begin anew with a snapshot'
else
  check_refused refused 5 'the server' 'the server has removed that part of its binlog'
fi
resume_shop refused --gtid off
check_refused refused 5 \
  "the server's log no longer has what comes behind the position: the file $gone is gone, the oldest is $(my_binlogs | head -n 1)" \
  'begin anew with a snapshot'
run validate cdcctl checkpoint validate "$state" --against "$MY_URI"
check_status 1
check_contains "$(<"$(out validate)")" "$(on_mysql && echo 'code: position_purged' || echo 'code: position_unusable')"

run beginning cdcctl tail "$FLAVOUR" "$MY_URI" --from beginning --until now
check_status 0
check_eq "$(lines beginning)" 0

rm -r "$state"
begin_state
my_sql "$(on_mysql && echo 'reset binary logs and gtids' || echo 'reset master')"
resume_shop reset
if on_mysql; then
  check_refused reset 5 'the position is ahead of the server: it never had' 'restored or reset'
else
  check_refused reset 5 "the server's log knows no domain 0, which the position has" 'a server with the same history'
fi
resume_shop reset --gtid off
check_refused reset 5 "the server's log no longer has what comes behind the position: the file $last is gone" \
  'begin anew with a snapshot'
