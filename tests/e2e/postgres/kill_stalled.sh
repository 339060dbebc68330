#!/usr/bin/env bash
# Killed while the reader takes nothing: only what it had been given is remembered, whole transactions
# of it, and the restart goes on there.
. "$CDC_TEST_SUPPORT/crash.sh"

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t'
run first cdcctl "${resume[@]}" --create-slot --until now
check_status 0
check_caught_up
start=$(remembered)
sql 'do $$ begin for i in 0..3999 loop
       insert into t select i * 5 + g from generate_series(1, 5) g; commit;
     end loop; end $$'

into_pipe() {
  exec cdcctl "${resume[@]}" --commit-interval 1ms >&5
}

mkfifo "$WORK/fifo"
exec 5<>"$WORK/fifo"
spawn tail into_pipe
wait_until 10 '(($(remembered) > start))'
wait_until 20 'signal_process tail USR1; grep -q "the reader takes nothing" "$(err tail)"'
stop_process tail KILL
check_status 137
exec 6<"$WORK/fifo" 5>&-
cat <&6 >"$WORK/received"
whole=$(wc -l <"$WORK/received")
((whole < 20000)) || fail 'the pipe has taken everything'

count=$(jq .committed_event_count "$checkpoint")
((count > 0 && count <= whole && count % 5 == 0)) || fail "$count are counted, $whole were out"
(($(confirmed) <= $(remembered))) || fail 'more is acknowledged than remembered'
run again cdcctl "${resume[@]}" --until now
check_status 0
check_eq "$(jq .after.id "$(out again)" | xargs)" "$(seq -s' ' $((count + 1)) 20000)" 'rows behind it'
