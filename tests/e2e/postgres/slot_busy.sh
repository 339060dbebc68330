#!/usr/bin/env bash
# A slot in use elsewhere is refused within seconds, naming the PID; the walsender that a killed
# client left behind is waited for.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
tail_shop first
wait_streaming
walsender=$(walsenders)

begin=$(now_ms)
run second cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}"
took=$(($(now_ms) - begin))
check_refused second 4 "cannot stream from replication slot 's': replication slot \"s\" is active for PID $walsender" \
  'cdcctl slot status'
((took < 5000)) || fail "refused after $took ms"
running first || fail 'the first one was disturbed'

# Its walsender sleeps and so does not see that the client is gone.
kill -s STOP "$walsender"
signal_process first KILL
finish first
tail_shop second
wait_until 10 'grep -q "is active for PID $walsender" <(tail -n +1 "$PG_LOG" | tail -n 8)'
kill -s CONT "$walsender"
wait_until 10 '[[ $(walsenders) =~ ^[0-9]+$ && $(walsenders) != "$walsender" ]]'
add_orders 1 3
wait_until 10 '[[ $(lines second) -ge 3 ]]'
stop_process second
check_status 0
check_orders "$(out second)" 1 3
check_eq "$(<"$(err second)")" '' 'words on stderr'
