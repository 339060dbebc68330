#!/usr/bin/env bash
# --ack: only what the consumer hands back moves the checkpoint and the slot; a place inside a
# transaction is remembered, and a restart goes on behind it.
. "$CDC_TEST_SUPPORT/crash.sh"

acks=$WORK/acks
with_acks=("${resume[@]}" --commit-interval 1ms --ack "file:$acks")

# place N: the pos of row N, as its transaction and its ordinal say.
place() {
  positions "$WORK/seen" | sed -n "${1}p"
}

# spawn_tail FLAG...: until the server streams to it.
spawn_tail() {
  spawn tail cdcctl "${with_acks[@]}" "$@"
  wait_until 10 '[[ $(sql "select state from pg_stat_replication") == streaming ]]'
}

inside() { jq -c '.offset.in_transaction // empty | [.position, .ordinal]' "$checkpoint"; }
ids() { jq .after.id "$@" | xargs; }

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t'
run first cdcctl "${resume[@]}" --create-slot --until now
check_status 0
check_caught_up
start=$(remembered)

# Two transactions; nothing is handed back, so nothing moves, however long it takes.
sql 'insert into t select generate_series(1, 4)' 'insert into t select generate_series(5, 8)'
run seen cdcctl tail postgres "$PG_CONNINFO" --publication p --slot s --ack none --until now
check_status 0
cp "$(out seen)" "$WORK/seen"
check_eq "$(ids "$WORK/seen")" '1 2 3 4 5 6 7 8' 'rows'
check_eq "$(remembered) $(confirmed)" "$start $start" 'remembered and acknowledged by --ack none'
spawn_tail
wait_until 10 '[[ $(lines tail) == 8 ]]'
sql "select pg_logical_emit_message(false, '', '')" >/dev/null
pass_rounds tail
check_before "$(place 1)" 'before any acknowledgement'

# The second row: inside the first transaction.
place 2 >"$acks"
wait_until 5 '[[ -n $(inside) ]]'
check_eq "$(inside)" "[\"$(place 2 | cut -d# -f1)\",2]" in_transaction
check_before "$(place 1)" 'inside'
# A torn last line does not count.
place 3 | tr -d '\n' >>"$acks"
pass_rounds tail
check_eq "$(inside)" "[\"$(place 2 | cut -d# -f1)\",2]" 'in_transaction with a torn line'
stop_process tail KILL
check_status 137

# A restart goes on behind it, and the line that the earlier run left torn never counts.
spawn_tail
wait_until 10 '[[ $(lines tail) == 6 ]]'
check_eq "$(<"$(out tail)")" "$(tail -n +3 "$WORK/seen")" 'lines after an ack inside'
check_eq "$(inside)" "[\"$(place 2 | cut -d# -f1)\",2]" 'in_transaction after a restart'
echo >>"$acks"
pass_rounds tail
check_eq "$(inside)" "[\"$(place 2 | cut -d# -f1)\",2]" 'in_transaction with the end of a torn line'
place 3 >>"$acks"
wait_until 5 '[[ $(inside) == *,3] ]]'
# The last row of a transaction is all of it: the slot moves behind it and no further.
place 4 >>"$acks"
wait_until 5 '[[ -z $(inside) ]]'
behind_first=$(remembered)
((behind_first > $(lsn_of "$(place 4)") && behind_first <= $(lsn_of "$(place 5)"))) ||
  fail "$behind_first is not between the two transactions"
check_caught_up
check_eq "$(jq .committed_event_count "$checkpoint")" 4 committed_event_count
stop_process tail
check_status 0

# What is in the file from earlier runs says nothing of lines that come again now.
place 8 >>"$acks"
spawn_tail
wait_until 10 '[[ $(lines tail) == 4 ]]'
check_eq "$(<"$(out tail)")" "$(tail -n +5 "$WORK/seen")" 'lines after an ack of a transaction'
pass_rounds tail
check_eq "$(remembered)" "$behind_first" 'remembered by an acknowledgement of an earlier run'
place 8 >>"$acks"
wait_until 5 '(($(remembered) > $(lsn_of "$(place 8)")))'
check_caught_up
# Everything is acknowledged, and an idle server moves the slot.
sql 'create table idle ()'
idle=$(sql "select pg_current_wal_lsn() - '0/0'")
wait_until 15 '(($(confirmed) >= idle))'
stop_process tail
check_status 0
check_eq "$(jq .committed_event_count "$checkpoint")" 8 committed_event_count

# Of several files the smallest place counts; one that is not there yet acknowledges nothing.
sql 'insert into t select generate_series(9, 12)'
run seen cdcctl tail postgres "$PG_CONNINFO" --publication p --slot s --ack none --until now
cp "$(out seen)" "$WORK/seen"
before=$(remembered)
: >"$acks"
spawn_tail --ack "file:$acks.2"
wait_until 10 '[[ $(lines tail) == 4 ]]'
place 3 >>"$acks"
pass_rounds tail
check_eq "$(inside)" '' 'in_transaction while one file is missing'
place 1 >>"$acks.2"
wait_until 5 '[[ $(inside) == *,1] ]]'
place 4 >>"$acks.2"
wait_until 5 '[[ $(inside) == *,3] ]]'
place 4 >>"$acks"
wait_until 5 '[[ -z $(inside) ]] && (($(remembered) > before))'
stop_process tail
check_status 0
