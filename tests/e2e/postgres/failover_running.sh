#!/usr/bin/env bash
# A tail that knows both servers goes on by itself when one takes the place of the other: each row
# once, in order. With synchronized_standby_slots it never gets ahead of the standby, and says why
# nothing comes.
. "$CDC_TEST_SUPPORT/standby.sh"

pg_start
sql 'create table orders (id int primary key, status text)' 'create publication shop for table orders'
start_standby
spawn tail cdcctl tail postgres \
  "host=$WORK/main,$WORK/standby port=$PGPORT,$PGPORT user=postgres dbname=postgres" "${SHOP[@]}" \
  --create-slot --failover --checkpoint "$WORK/state" --commit-interval 20ms --retry-backoff 20ms..100ms
wait_streaming
add_orders 1 3
wait_until 10 '[[ $(lines tail) == 3 ]]'
make_safe s

# The standby is away: nothing is sent that it does not have.
sql "alter system set synchronized_standby_slots = 'for_standby'" 'select pg_reload_conf()' >/dev/null
on standby pg_stop fast
add_orders 4 6
wait_until 20 'grep -q "the server says: .*for_standby.*synchronized_standby_slots" "$(err tail)"'
check_eq "$(lines tail)" 3 'lines without the standby'
on standby pg_resume
wait_until 20 '[[ $(lines tail) == 6 ]]'
wait_replayed

# It waits for the promotion, and then goes on.
pg_kill
pg_use standby
wait_until 20 'grep -q "is being synchronized from the primary: this server is a standby" "$(err tail)"'
running tail || fail 'it did not wait for the promotion'
sql 'select pg_promote()' >/dev/null
add_orders 7 9
wait_until 20 '[[ $(lines tail) == 9 ]]'
stop_process tail
check_status 0
check_orders "$(out tail)" 1 9
check_eq "$(jq .server.timeline "$WORK/state/checkpoint_postgres.json")" 2 timeline
