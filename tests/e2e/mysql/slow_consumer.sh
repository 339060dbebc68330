#!/usr/bin/env bash
# A reader that sleeps longer than the server's net_write_timeout keeps its connection, and gets each
# row once.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop --net-write-timeout=1
mkfifo "$WORK/pipe"
spawn_into "$WORK/pipe" tail cdcctl tail "$FLAVOUR" "$MY_URI"
exec 3<"$WORK/pipe"
wait_streaming
dump=$(dumps)

# More than all buffers between the server and the reader hold, who takes nothing.
shop 'create table numbers (n int primary key, wide mediumtext)' >/dev/null
for i in {1..20}; do
  echo "insert into numbers values ($((i * 3)), repeat('x', 1000000)), ($((i * 3 + 1)), repeat('y', 1000000));"
done | shop
stalled=$(now_ms)
wait_until 20 '(($(now_ms) - stalled > 4000))'
check_eq "$(dumps)" "$dump" 'the dump after the sleep'

cat <&3 >"$WORK/got" &
reader=$!
wait_until 20 '[[ $(wc -l <"$WORK/got") -ge 40 ]]'
check_eq "$(dumps)" "$dump" 'the dump at the end'
stop_process tail TERM
check_status 0
exec 3<&-
wait $reader
check_eq "$(wc -l <"$WORK/got")" 40 lines
check_eq "$(<"$(err tail)")" '' 'words on stderr'
