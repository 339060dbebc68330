#!/usr/bin/env bash
# timeout: 300
# A large transaction, killed while its lines go out: into a pipe that holds a torn line then, and into
# a file after a part of it was acknowledged. Nothing is remembered too early, nothing missing behind
# the restart. CDC_LONG=1: two million rows.
. "$CDC_TEST_SUPPORT/crash.sh"
need_failpoints
rows=100000
if [[ ${CDC_LONG:-} == 1 ]]; then rows=2000000; fi

# check_rows FILE FIRST: the lines of all rows from FIRST on, in order, in one transaction.
check_rows() {
  sed -E 's/.*"after":\{"id":([0-9]+)\},"pos":"([^#]*)#([0-9]+)".*/\1 \2 \3/' "$1" |
    awk -v id="$2" -v rows=$rows '
      NR == 1 { transaction = $2 }
      $1 != id || $3 != id || $2 != transaction { print "line " NR ": " $0; exit }
      { ++id }
      END { if (id != rows + 1) print "they end at " id - 1 }' >"$WORK/wrong"
  check_eq "$(<"$WORK/wrong")" '' "rows in $1"
}

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t'
run first cdcctl "${resume[@]}" --create-slot --until now
check_status 0
check_caught_up
sql "insert into t select generate_series(1, $rows)"

# Into a pipe that nobody reads: killed when it is full, in the middle of a line.
into_pipe() {
  CDCCTL_FAILPOINT=partly_drained exec "$CDC_FAILPOINTS" "${resume[@]}" --commit-interval 1ms >&5
}

mkfifo "$WORK/fifo"
exec 5<>"$WORK/fifo"
spawn killed into_pipe
finish killed
check_status 137
exec 6<"$WORK/fifo" 5>&-
cat <&6 >"$WORK/received"
[[ -n $(tail -c 1 "$WORK/received") ]] || fail 'the pipe holds whole lines only'
check_before "$(head -n 1 "$WORK/received" | positions)" 'when killed in the middle of it'
check_eq "$(jq .offset.in_transaction "$checkpoint")" null in_transaction

# Into a file: every line comes again as it was. Killed behind an acknowledgement inside.
part=$((rows / 3))
touch "$WORK/acks"
spawn tail cdcctl "${resume[@]}" --commit-interval 1ms --ack "file:$WORK/acks"
wait_until 120 '(($(stat -c %s "$(out tail)") > part * 230))'
head -n $part "$(out tail)" | tail -n 1 | positions >>"$WORK/acks"
wait_until 10 '[[ $(jq .offset.in_transaction.ordinal "$checkpoint") == $part ]]'
stop_process tail KILL
check_status 137
check_eq "$(jq .committed_event_count "$checkpoint")" $part committed_event_count
check_before "$(head -n 1 "$(out tail)" | positions)" 'when killed behind an acknowledgement inside'
whole=$(wc -l <"$WORK/received")
cmp -n "$(head -n "$whole" "$WORK/received" | wc -c)" "$WORK/received" "$(out tail)" ||
  fail 'the lines came differently'

run again cdcctl "${resume[@]}" --until now
check_status 0
check_rows "$(out again)" $((part + 1))
check_eq "$(jq .committed_event_count "$checkpoint")" $rows committed_event_count
check_caught_up
