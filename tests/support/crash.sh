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
