#!/usr/bin/env bash
# SIGTERM and SIGINT end with 0 and remember everything written; a second one ends at once although
# stdout is blocked; SIGUSR1 prints the counters, SIGHUP opens --output again.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
from=1
for signal in TERM INT; do
  tail_shop tail --checkpoint "$WORK/state" --commit-interval 1h
  wait_streaming
  add_orders $from $((from + 2))
  wait_until 10 '[[ $(lines tail) == 3 ]]'
  stop_process tail $signal 5
  check_status 0 "exit status after SIG$signal"
  check_orders "$(out tail)" $from $((from + 2))
  [[ $(<"$(err tail)") != *error* ]] || fail "an error after SIG$signal"
  from=$((from + 3))
  wait_free
  check_eq "$(remembered "$WORK/state")" "$(confirmed)" 'checkpoint and slot'
  check_eq "$(jq .committed_event_count "$WORK/state/checkpoint_postgres.json")" $((from - 1)) events
done

# The reader takes nothing: the first signal waits a second for it, the second does not.
mkfifo "$WORK/pipe"
for signal in TERM INT; do
  spawn_into "$WORK/pipe" blocked cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" \
    --checkpoint "$WORK/state" --commit-interval 1h
  exec 3<"$WORK/pipe"
  add_orders $from $((from + 30000)) "$(printf 'x%.0s' {1..200})"
  from=$((from + 30001))
  end=$(sql "select pg_current_wal_lsn() - '0/0'")
  wait_blocked blocked
  signal_process blocked $signal
  wait_handled "$PID"
  signal_process blocked $signal
  finish blocked 5
  check_status "$([[ $signal == TERM ]] && echo 143 || echo 130)" "exit status after the second SIG$signal"
  exec 3<&-
  wait_free
  (($(remembered "$WORK/state") < end)) || fail 'remembered what nobody took'
  (($(confirmed) < end)) || fail 'acknowledged what nobody took'
done

# --output: SIGUSR1 and SIGHUP. It begins with what the blocked ones did not get out.
total=$((from - 7))
tail_shop tail --output "$WORK/rows" --commit-interval 20ms
wait_until 20 '[[ -f $WORK/rows && $(wc -l <"$WORK/rows") == "$total" ]]'
signal_process tail USR1
wait_until 5 'grep -q "events" "$(err tail)"'
grep -qE "^cdcctl: $total events \([0-9]+/s\), [0-9.]+ [KMG]?i?B written, [0-9]+ committed, [0-9.]+ [KMG]?i?B behind, lag [0-9]+ ms$" \
  "$(err tail)" || fail "status line: $(<"$(err tail)")"
mv "$WORK/rows" "$WORK/rows.1"
add_orders $from $((from + 2))
wait_until 10 '[[ $(wc -l <"$WORK/rows.1") == $((total + 3)) ]]'
signal_process tail HUP
wait_until 5 '[[ -f $WORK/rows ]]'
add_orders $((from + 3)) $((from + 5))
wait_until 10 '[[ $(wc -l <"$WORK/rows") == 3 ]]'
stop_process tail
check_status 0
check_orders <(command tail -n 3 "$WORK/rows.1") $from $((from + 2))
check_orders "$WORK/rows" $((from + 3)) $((from + 5))
