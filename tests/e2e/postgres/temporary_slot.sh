#!/usr/bin/env bash
# A temporary slot that is lost with its connection is exit 5: going on would skip changes.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
sql "select pg_drop_replication_slot('s')" >/dev/null
for slot in '' '--slot mine --temporary-slot'; do
  # shellcheck disable=SC2086
  spawn tail cdcctl tail postgres "$PG_CONNINFO" --publication shop $slot --retry-backoff 10ms..20ms
  wait_streaming
  check_eq "$(sql 'select temporary from pg_replication_slots')" t 'slot is temporary'
  sql 'truncate orders'
  add_orders 1 3
  wait_until 10 '[[ $(lines tail) == 4 ]]'
  sql "select pg_terminate_backend($(walsenders))" >/dev/null
  finish tail 10
  check_status 5
  text=$(<"$(err tail)")
  check_contains "$text" "terminating connection due to administrator command"
  check_contains "$text" 'error: the temporary slot is gone with its connection: changes made since then cannot be had'
  check_contains "$text" 'hint: start again for what comes from now on; a stream that survives needs --slot NAME --create-slot'
  check_eq "$(sql 'select count(*) from pg_replication_slots')" 0 'slots left behind'
done
