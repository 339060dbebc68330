#!/usr/bin/env bash
# Rows come at PREPARE TRANSACTION with the gid, and lines tell the outcome, across restarts and kills.
# A slot that was not made for it is not switched.
. "$CDC_TEST_SUPPORT/crash.sh"
. "$CDC_TEST_SUPPORT/sessions.sh"

prepare() { # GID ID
  sql "begin; insert into t values ($2, '$1'); savepoint a; insert into t values (-1, 'dropped');
       $PAD rollback to a; $PAD prepare transaction '$1'"
}
story() { jq -r '[.op, .tx.gid // "-", .after.id // empty] | join(" ")' "$@"; }
options=(--two-phase at-prepare --commit-interval 1ms)

pg_start logical_decoding_work_mem=64kB
make_padding
sql 'create table t (id int primary key, v text)' 'create publication p for table t' \
  "select pg_create_logical_replication_slot('plain', 'pgoutput')" >/dev/null
run refused cdcctl tail postgres "$PG_CONNINFO" --publication p --slot plain "${options[@]}"
check_status 4
check_contains "$(<"$(err refused)")" "error: replication slot 'plain' does not decode prepared transactions"
check_contains "$(<"$(err refused)")" 'hint: make another slot for it: cdcctl slot create --two-phase'
check_eq "$(sql "select two_phase from pg_replication_slots where slot_name = 'plain'")" f 'the slot'

run first cdcctl "${resume[@]}" "${options[@]}" --create-slot --until now
check_status 0
check_eq "$(sql "select two_phase from pg_replication_slots where slot_name = 's'")" t 'the new slot'
run other cdcctl "${resume[@]}" --until now
check_status 4
check_contains "$(<"$(err other)")" 'error: the checkpoint was made with --two-phase at-prepare'
cdcctl slot create --two-phase --slot made "$PG_CONNINFO" >/dev/null
check_eq "$(sql "select two_phase from pg_replication_slots where slot_name = 'made'")" t 'slot create'

# Live, so that nothing is rolled back before it is decoded; by both protocols.
for protocol in 1 2; do
  spawn live cdcctl "${resume[@]}" "${options[@]}" --protocol $protocol
  prepare "a$protocol" "1$protocol"
  wait_until 20 '(($(lines live) == 2))'
  sql "insert into t values (2$protocol, 'between')"
  prepare "b$protocol" "3$protocol"
  wait_until 20 '(($(lines live) == 5))'
  sql "rollback prepared 'b$protocol'" "commit prepared 'a$protocol'"
  wait_until 20 '(($(lines live) == 7))'
  stop_process live
  check_status 0
  check_eq "$(story "$(out live)")" "insert a$protocol 1$protocol
prepare a$protocol
insert - 2$protocol
insert b$protocol 3$protocol
prepare b$protocol
rollback_prepared b$protocol
commit_prepared a$protocol" "protocol $protocol"
  check_eq "$(jq -r 'select(.op == "prepare") | .events' "$(out live)" | xargs)" '1 1' events
  check_caught_up
done

# Killed between PREPARE and the outcome: only the outcome comes.
prepare c 40
spawn killed cdcctl "${resume[@]}" "${options[@]}"
wait_until 20 '(($(lines killed) == 2))'
before=$(sql "select pg_current_wal_lsn() - '0/0'")
wait_until 20 '(($(remembered) >= before && $(confirmed) >= before))'
stop_process killed KILL
sql "commit prepared 'c'"
run outcome cdcctl "${resume[@]}" "${options[@]}" --until now
check_status 0
check_eq "$(story "$(out outcome)")" 'commit_prepared c' 'behind the kill'

# Killed before the rows were remembered: they come again, equal.
if [[ -x ${CDC_FAILPOINTS:-} ]]; then
  prepare d 50
  CDCCTL_FAILPOINT=before_sync run killed "$CDC_FAILPOINTS" "${resume[@]}" --two-phase at-prepare \
    --until now --commit-interval 1h
  check_status 137
  run again cdcctl "${resume[@]}" "${options[@]}" --until now
  check_status 0
  cmp "$(out killed)" "$(out again)" || fail 'the rows came differently'
  sql "rollback prepared 'd'"
  run outcome cdcctl "${resume[@]}" "${options[@]}" --until now
  check_eq "$(story "$(out outcome)")" 'rollback_prepared d' 'behind the second kill'
fi
# The place of a row names it: going on behind it inside the prepared transaction.
sql "begin; insert into t select i, 'e' from generate_series(60, 64) i; prepare transaction 'e'"
run part cdcctl "${resume[@]}" "${options[@]}" --max-events 2
run rest cdcctl "${resume[@]}" "${options[@]}" --until now
check_eq "$(story "$(out part)" "$(out rest)" | xargs)" \
  'insert e 60 insert e 61 insert e 62 insert e 63 insert e 64 prepare e' 'cut inside'
sql "commit prepared 'e'"
