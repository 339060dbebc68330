#!/usr/bin/env bash
# `| head -1` ends the tail with 0, on a busy and on an idle stream, where it is noticed within
# 200 ms; what the reader did not take is not acknowledged.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
add_orders 1 1
# The slot may come up to that transaction, but not beyond it.
end=$(sql "select pg_current_wal_lsn() - '0/0'")
tail=(cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --commit-interval 1h)

# Idle: the reader goes while nothing happens. The best of three: the machine may be busy.
mkfifo "$WORK/pipe"
best=100000
for _ in 1 2 3; do
  spawn_into "$WORK/pipe" idle "${tail[@]}"
  exec 3<"$WORK/pipe"
  wait_streaming 20
  head -c 10 <&3 >/dev/null
  begin=$(now_ms)
  exec 3<&-
  finish idle 5
  took=$(($(now_ms) - begin))
  best=$((took < best ? took : best))
  check_status 0 'exit status on an idle stream'
  check_eq "$(<"$(err idle)")" '' 'words on stderr'
  wait_free
done
((best < 200)) || fail "noticed after $best ms"
(($(confirmed) < end)) || fail 'acknowledged by an idle reader that left'

add_orders 2 20000
# Busy: far more is there than one line.
set +e
timeout 20 "${tail[@]}" 2>"$(err busy)" | head -n 1 >"$WORK/first"
STATUS=${PIPESTATUS[0]}
set -e
check_status 0 'exit status on a busy stream'
check_eq "$(<"$(err busy)")" '' 'words on stderr'
check_orders "$WORK/first" 1 1
(($(confirmed) < end)) || fail 'acknowledged by a reader that left'
wait_free

# So all of it comes again.
run again "${tail[@]}" --until now
check_status 0
check_orders "$(out again)" 1 20000
wait_free
(($(confirmed) >= end)) || fail 'not acknowledged by the one that read all'
