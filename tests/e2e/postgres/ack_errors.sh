#!/usr/bin/env bash
# --ack: what is no position, or names what was never written, ends tail with 2 and moves nothing; a
# consumer that closes its end stops it, and what it had acknowledged before is remembered.
. "$CDC_TEST_SUPPORT/crash.sh"

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t'
run first cdcctl "${resume[@]}" --create-slot --until now
check_status 0
check_caught_up
sql 'insert into t select generate_series(1, 4)'
run seen cdcctl tail postgres "$PG_CONNINFO" --publication p --slot s --ack none --until now
first=$(positions "$(out seen)" | head -n 1)

# refuse LINES SENTENCE HINT: a file with these lines, written while it runs.
refuse() {
  : >"$WORK/acks"
  spawn tail cdcctl "${resume[@]}" --ack "file:$WORK/acks" --commit-interval 1ms
  wait_until 10 '[[ $(lines tail) == 4 ]]'
  printf "$1" >>"$WORK/acks"
  finish tail
  check_status 2
  check_contains "$(<"$(err tail)")" "cdcctl: error: $2"
  check_contains "$(<"$(err tail)")" "hint: $3"
  check_before "$first" "after $2"
}

what='write back the pos of'
line="of the acknowledgements from file $WORK/acks is not a position"
refuse 'hello\n' "line 1 $line" "$what"
refuse '{"secret":1}\n' "line 1 $line" "$what"
if grep -q secret "$(err tail)"; then fail 'it shows what was acknowledged'; fi
refuse '0/0#1\n0/0#0x\n' "line 2 $line" "$what"
refuse '0/\n' "line 1 $line" "$what"
refuse 'FF/1#1\n' 'position FF/1 is acknowledged, but nothing behind' "$what"
# What an earlier run acknowledged says nothing of what is written now.
echo 'FF/1#1' >"$WORK/acks"
run tail cdcctl "${resume[@]}" --ack "file:$WORK/acks" --until now
check_status 0
check_before "$first" 'after a history'

# A torn line does not count until it is whole.
: >"$WORK/acks"
spawn tail cdcctl "${resume[@]}" --ack "file:$WORK/acks" --commit-interval 1ms
wait_until 10 '[[ $(lines tail) == 4 ]]'
printf '%s' "$(positions "$(out tail)" | tail -n 1)" >>"$WORK/acks"
stop_process tail
check_status 0
check_before "$first" 'after a torn line'

# refuse_flag FLAG SENTENCE...: before anything is asked of the server.
refuse_flag() {
  run tail cdcctl "${resume[@]}" "${@:2}"
  check_status 2 "$*"
  check_contains "$(<"$(err tail)")" "cdcctl: error: $1"
}
refuse_flag '--ack fd:9: that descriptor is not open' --ack fd:9
refuse_flag "--ack: 'fd:x' names no descriptor" --ack fd:x
refuse_flag "--ack: 'later' is not written, fd:N, file:PATH or none" --ack later
refuse_flag '--ack fd:N and file:PATH do not go with --output' --ack "file:$WORK/acks" \
  --output "$WORK/rows"
refuse_flag '--ack none stands alone' --ack none --ack "file:$WORK/acks"
refuse_flag 'only --ack file:PATH may be given more than once' --ack fd:0 --ack "file:$WORK/acks"

# The consumer acknowledges two rows and closes: these are remembered, and tail ends with 0.
mkfifo "$WORK/fifo"
exec 4<>"$WORK/fifo"
spawn tail cdcctl "${resume[@]}" --ack fd:3 --commit-interval 1h 3<"$WORK/fifo" 4>&-
wait_until 10 '[[ $(lines tail) == 4 ]]'
positions "$(out tail)" | head -n 2 >&4
exec 4>&-
finish tail
check_status 0
check_contains "$(<"$(err tail)")" 'info: fd 3 is closed, and nothing more can be acknowledged: ending'
check_eq "$(jq -c '[.offset.in_transaction.ordinal, .committed_event_count]' "$checkpoint")" '[2,2]' \
  'remembered'

# A resume position, as commit and progress lines have it, acknowledges all before it; begin nothing.
run seen cdcctl tail postgres "$PG_CONNINFO" --publication p --slot s --ack none --until now \
  --emit all
check_eq "$(jq -r .op "$(out seen)" | sort -u | xargs)" 'begin commit insert progress schema' 'lines'
: >"$WORK/acks"
spawn tail cdcctl "${resume[@]}" --ack "file:$WORK/acks" --commit-interval 1ms --emit all
wait_until 10 '[[ $(lines tail) -ge 3 ]]'
jq -r 'select(.op == "commit").pos' "$(out tail)" >>"$WORK/acks"
wait_until 5 '[[ $(jq .offset.in_transaction "$checkpoint") == null ]]'
check_eq "$(remembered)" \
  "$(sql "select '$(jq -r 'select(.op == "commit").pos' "$(out tail)")'::pg_lsn - '0/0'")" \
  'remembered behind the commit'
check_caught_up
stop_process tail
check_status 0
