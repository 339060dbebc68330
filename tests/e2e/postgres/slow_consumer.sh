#!/usr/bin/env bash
# A reader that sleeps longer than wal_sender_timeout keeps its connection, and gets each row once.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start wal_sender_timeout=2s
make_shop
mkfifo "$WORK/pipe"
spawn_into "$WORK/pipe" tail cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}"
exec 3<"$WORK/pipe"
wait_streaming
walsender=$(walsenders)

# More than all buffers between the server and the reader hold, who takes nothing.
add_orders 1 40000 "$(printf 'x%.0s' {1..200})"
replies() { sql "select extract(epoch from reply_time) from pg_stat_replication where pid = $walsender"; }
first=$(replies)
stalled=$(now_ms)
wait_until 20 '(($(now_ms) - stalled > 5000))'
check_eq "$(sql "select pid from pg_stat_replication")" "$walsender" 'walsender after the sleep'
check_eq "$(sql "select $(replies) - $first > 3")" t 'status messages went on'

cat <&3 >"$WORK/got" &
reader=$!
wait_until 20 '[[ $(wc -l <"$WORK/got") -ge 40000 ]]'
check_eq "$(walsenders)" "$walsender" 'walsender at the end'
stop_process tail TERM
check_status 0
exec 3<&-
wait $reader
check_orders "$WORK/got" 1 40000
check_eq "$(<"$(err tail)")" '' 'words on stderr'
