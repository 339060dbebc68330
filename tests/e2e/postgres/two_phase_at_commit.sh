#!/usr/bin/env bash
# timeout: 240
# Rows of prepared transactions come at COMMIT PREPARED, the same by a slot with two_phase as by one
# without, across restarts and kills; their PREPARE is not acknowledged before that.
. "$CDC_TEST_SUPPORT/crash.sh"
. "$CDC_TEST_SUPPORT/sessions.sh"

prepare() { # GID FIRST LAST
  sql "begin; insert into t select i, '$1' from generate_series($2, $3) i; savepoint a;
       insert into t values (-1, 'dropped'); $PAD rollback to a; prepare transaction '$1'"
}
tail_on() { # NAME OPTION...
  run "$1" cdcctl tail postgres "$PG_CONNINFO" --publication p --until now --emit $LINES_KEPT \
    "${@:2}"
  check_status 0 "$1"
}
ids() { jq -r 'select(.op == "insert") | .after.id' "$@" | xargs; }

pg_start logical_decoding_work_mem=64kB
make_padding
sql 'create table t (id int primary key, v text)' 'create publication p for table t'
sql "select pg_create_logical_replication_slot('plain', 'pgoutput')" \
  "select pg_create_logical_replication_slot('s', 'pgoutput', false, true)" >/dev/null

# The whole story, read in one go by both kinds of slot, by every protocol.
prepare early 1 3
sql "insert into t values (10, 'between')"
prepare dropped 20 22
sql "rollback prepared 'dropped'" "insert into t values (11, 'between')" "commit prepared 'early'" \
  "insert into t values (12, 'behind')"
for protocol in 1 2; do
  copy_slot plain "plain$protocol"
  copy_slot s "held$protocol"
  tail_on "plain$protocol" --slot "plain$protocol" --protocol $protocol
  tail_on "held$protocol" --slot "held$protocol" --protocol $protocol --memory-limit 1KiB
  cmp "$(out plain1)" "$(out "plain$protocol")" || fail "protocol $protocol without two_phase"
  cmp "$(out plain1)" "$(out "held$protocol")" || fail "protocol $protocol with two_phase"
done
check_eq "$(ids "$(out plain1)")" '10 11 1 2 3 12' 'order'

# Step by step: restarts between PREPARE and its outcome.
options=(--protocol 2 --emit row --commit-interval 1ms)
run start cdcctl "${resume[@]}" "${options[@]}" --until now
check_status 0
prepare waiting 100 102
prepared_at=$(sql "select pg_current_wal_lsn() - '0/0'")
sql "insert into t values (30, 'meanwhile')"
run one cdcctl "${resume[@]}" "${options[@]}" --until now
check_status 0
check_eq "$(ids "$(out one)")" 30 'rows while one is prepared'
(($(remembered) > prepared_at)) || fail 'nothing is remembered while a transaction is prepared'
(($(confirmed) < prepared_at)) || fail 'the PREPARE is acknowledged before its COMMIT PREPARED'

# Killed while it waits: what was delivered does not come again.
sql "insert into t values (31, 'meanwhile')"
spawn killed cdcctl "${resume[@]}" "${options[@]}"
wait_until 20 '(($(lines killed) == 1)) && (($(remembered) > prepared_at))'
before=$(remembered)
sql "insert into t values (32, 'meanwhile')"
wait_until 20 '(($(lines killed) == 2)) && (($(remembered) > before))'
stop_process killed KILL
sql "commit prepared 'waiting'" "insert into t values (33, 'behind')"
run two cdcctl "${resume[@]}" "${options[@]}" --until now
check_status 0
check_eq "$(ids "$(out killed)") $(ids "$(out two)")" '31 32 100 101 102 33' 'rows behind the kill'
check_caught_up

# The server restarts while a tail holds one; it comes again and is committed.
prepare again 200 201
spawn live cdcctl "${resume[@]}" "${options[@]}"
sql "insert into t values (40, 'meanwhile')"
wait_until 20 '(($(lines live) == 1))'
pg_restart
sql "insert into t values (41, 'meanwhile')"
wait_until 30 '(($(lines live) == 2))'
sql "commit prepared 'again'"
wait_until 20 '(($(lines live) == 4))'
stop_process live
check_status 0
check_eq "$(ids "$(out live)")" '40 41 200 201' 'rows across a server restart'
check_caught_up

# Killed between the rows of COMMIT PREPARED being out and being remembered: they come again, equal.
if [[ -x ${CDC_FAILPOINTS:-} ]]; then
  prepare last 300 302
  sql "insert into t values (50, 'meanwhile')"
  run hold cdcctl "${resume[@]}" "${options[@]}" --until now
  sql "commit prepared 'last'"
  CDCCTL_FAILPOINT=before_sync run killed "$CDC_FAILPOINTS" "${resume[@]}" --protocol 2 --emit row \
    --until now --commit-interval 1h
  check_status 137
  run after cdcctl "${resume[@]}" "${options[@]}" --until now
  check_status 0
  check_eq "$(ids "$(out after)")" '300 301 302' 'rows behind the kill'
  cmp "$(out killed)" "$(out after)" || fail 'the rows came differently'
  check_caught_up
fi
