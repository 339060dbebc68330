#!/usr/bin/env bash
# timeout: 240
# A transaction that does not fit into --memory-limit goes through files without a name: killed while
# it spills and while it is written out nothing is lost or acknowledged, a full disk is exit 7, and no
# file is left behind.
. "$CDC_TEST_SUPPORT/crash.sh"
need_failpoints
rows=30000
options=(--protocol 2 --memory-limit 256KiB --commit-interval 1ms)

# check_rows FILE FIRST: the lines of all rows from FIRST on, in order, in one transaction.
check_rows() {
  cmp -s <(jq -r '"\(.after.id) \(.pos | split("#")[1])"' "$1") \
    <(for ((i = $2; i <= rows; ++i)); do echo "$i $i"; done) || fail "$1: not the rows from $2 on"
}
spills() { find "$state" "$WORK" -maxdepth 1 -name '.cdcctl-spill*'; }

pg_start logical_decoding_work_mem=64kB
sql 'create table t (id int primary key, v text)' 'create publication p for table t'
run first cdcctl "${resume[@]}" --create-slot --until now
check_status 0
check_caught_up
was_remembered=$(remembered)
sql "insert into t select i, repeat('x', 100) from generate_series(1, $rows) i"
end=$(sql "select pg_current_wal_lsn() - '0/0'")

# What is remembered and acknowledged: nothing of it.
check_untouched() {
  (($(remembered) < end && $(remembered) >= was_remembered)) || fail "$(remembered) is remembered $1"
  (($(confirmed) < end)) || fail "$(confirmed) is acknowledged $1"
  check_eq "$(spills)" '' "spill files $1"
}

CDCCTL_FAILPOINT=during_spill run killed "$CDC_FAILPOINTS" "${resume[@]}" "${options[@]}" --until now
check_status 137
check_eq "$(lines killed)" 0 'lines before the commit'
check_untouched 'when killed while it spilled'

# Into a pipe that nobody reads: killed in the middle of what is written out.
into_pipe() {
  CDCCTL_FAILPOINT=partly_drained exec "$CDC_FAILPOINTS" "${resume[@]}" "${options[@]}" >&5
}
mkfifo "$WORK/fifo"
exec 5<>"$WORK/fifo"
spawn killed into_pipe
finish killed
check_status 137
exec 6<"$WORK/fifo" 5>&-
cat <&6 >"$WORK/received"
check_untouched 'when killed while it was written out'

# A disk that is full: files may not grow beyond 1 MiB, and stdout is none.
# shellcheck disable=SC2016
run full bash -c '"$@" | cat; exit "${PIPESTATUS[0]}"' - \
  bash -c 'ulimit -f 1024; exec "$@"' - cdcctl "${resume[@]}" "${options[@]}" --until now
check_status 7
check_contains "$(<"$(err full)")" "error: cannot write a spill file in $state: File too large"
check_untouched 'when the disk is full'
mkdir "$WORK/small"
if mount -t tmpfs -o size=2M none "$WORK/small" 2>/dev/null; then
  run small cdcctl "${resume[@]}" "${options[@]}" --until now --spill-dir "$WORK/small"
  umount "$WORK/small"
  check_status 7
  check_contains "$(<"$(err small)")" "error: no room to spill in $WORK/small"
  check_contains "$(<"$(err small)")" 'hint: make room; or let the server spill with --protocol 1. --spill-dir names another disk'
  check_untouched 'when the small disk is full'
fi

# Stopped in the middle of it politely, then to the end: every row once.
whole=$(wc -l <"$WORK/received")
run part cdcctl "${resume[@]}" "${options[@]}" --max-events $((rows / 3))
check_status 0
cmp -n "$(head -n "$whole" "$WORK/received" | wc -c)" "$WORK/received" "$(out part)" ||
  fail 'the lines came differently'
check_eq "$(jq .offset.in_transaction.ordinal "$checkpoint")" $((rows / 3)) 'remembered inside'
run again cdcctl "${resume[@]}" "${options[@]}" --until now --stats 1ms
check_status 0
check_rows "$(out again)" $((rows / 3 + 1))
check_caught_up
check_contains "$(<"$(err again)")" ' spilled)' 'status line'
check_eq "$(spills)" '' 'spill files at the end'
