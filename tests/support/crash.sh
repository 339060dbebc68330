# shellcheck shell=bash
# For scenarios that end a tail in the middle: publication `p`, slot `s`, checkpoint in $state.

. "$CDC_TEST_SUPPORT/pg.sh"

state=$WORK/state
checkpoint=$state/checkpoint_postgres.json
resume=(tail postgres "$PG_CONNINFO" --publication p --slot s --checkpoint "$state")

# need_failpoints: skips the scenario where their binary was not built.
need_failpoints() {
  [[ -x ${CDC_FAILPOINTS:-} ]] || skip 'cdcctl_failpoints was not built (-DCDCCTL_FAILPOINTS=ON)'
}

# Two places as numbers: what the checkpoint remembers, what the server was told.
remembered() { jq .offset.lsn "$checkpoint"; }
confirmed() {
  sql "select confirmed_flush_lsn - '0/0' from pg_replication_slots where slot_name = 's'"
}

# check_caught_up: what is remembered is acknowledged, as soon as the server has read it.
check_caught_up() {
  wait_until 10 '[[ $(confirmed) == $(remembered) ]]'
}

# positions FILE...: the `pos` of each line.
positions() {
  sed -E 's/.*"pos":"([^"]*)".*/\1/' "$@"
}

# lsn_of POS: its transaction as a number.
lsn_of() {
  sql "select '${1%#*}'::pg_lsn - '0/0'"
}

# check_before POS WHEN: its transaction is neither remembered nor acknowledged. An idle stream may
# have moved up to it.
check_before() {
  local place
  place=$(lsn_of "$1")
  (($(remembered) <= place)) || fail "$1 is remembered $2"
  (($(confirmed) <= place)) || fail "$1 is acknowledged $2"
}

# pass_rounds NAME: until that tail has looked at everything, acknowledgements too, and could have
# committed, with a commit interval of 1 ms.
pass_rounds() {
  local round seen
  for round in 1 2 3; do
    seen=$(wc -l <"$(err "$1")")
    signal_process "$1" USR1
    wait_until 5 "(($seen < \$(wc -l <'$(err "$1")')))"
  done
}
