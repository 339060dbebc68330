#!/usr/bin/env bash
# Where nothing more can be written, on stdout, --output or the checkpoint, the end is exit 7, only
# whole lines are there, and nothing is acknowledged that was not written and remembered.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
add_orders 1 3000
# The slot may come up to that transaction, but not beyond it.
end=$(sql "select pg_current_wal_lsn() - '0/0'")
unacknowledged() {
  wait_free
  (($(confirmed) < end)) || fail "the slot behind $1 is at $(confirmed), the transaction's end is $end"
}
tail=(cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --commit-interval 20ms)
# limited BLOCKS COMMAND...: with files of at most so many KiB.
limited() { (ulimit -f "$1" && exec "${@:2}"); }

run full bash -c 'exec "$@" >/dev/full' - "${tail[@]}"
check_refused full 7 'cannot write to stdout: No space left on device' 'make room'
unacknowledged 'a full stdout'

run full "${tail[@]}" --output /dev/full
check_refused full 7 "cannot write to output file '/dev/full': No space left on device" 'make room'
unacknowledged 'a full device'

# A file that may not grow: what is in it are whole lines, and the next run goes on behind them.
run full limited 100 "${tail[@]}" --output "$WORK/rows" --checkpoint "$WORK/state"
check_refused full 7 "cannot write to output file '$WORK/rows': File too large" 'ulimit -f'
unacknowledged 'a full file'
got=$(wc -l <"$WORK/rows")
((got > 100 && got < 3000)) || fail "$got lines in the limited file"
check_orders "$WORK/rows" 1 "$got"
check_eq "$(tail -c 1 "$WORK/rows")" "" "the last byte, a line's end"
run rest "${tail[@]}" --output "$WORK/rows" --checkpoint "$WORK/state" --until now
check_status 0
check_orders "$WORK/rows" 1 3000
wait_free
check_eq "$(remembered "$WORK/state")" "$(confirmed)" 'checkpoint and slot'

# The checkpoint cannot be written any more: the limit comes while it runs, and its streams, being
# pipes, have none.
# shellcheck disable=SC2016
spawn tail bash -c 'exec "${@:3}" > >(exec cat >"$1") 2> >(exec cat >"$2")' - "$WORK/got" \
  "$WORK/said" "${tail[@]}" --checkpoint "$WORK/state"
wait_streaming
cp "$WORK/state/checkpoint_postgres.json" "$WORK/held"
held=$(confirmed)
prlimit --pid "$PID" --fsize=0
add_orders 3001 3010
finish tail 10
wait_until 5 'grep -q "^hint: " "$WORK/said"'
cp "$WORK/said" "$(err tail)"
check_refused tail 7 "cannot write $WORK/state/checkpoint_postgres.json" 'ulimit -f'
cmp "$WORK/held" "$WORK/state/checkpoint_postgres.json" || fail 'the checkpoint has changed'
check_eq "$(find "$WORK/state" -type f)" "$WORK/state/checkpoint_postgres.json" 'files left'
wait_free
check_eq "$(confirmed)" "$held" 'slot behind a full checkpoint'
check_orders "$WORK/got" 3001 3010
run again "${tail[@]}" --checkpoint "$WORK/state" --until now
check_status 0
check_orders "$(out again)" 3001 3010
