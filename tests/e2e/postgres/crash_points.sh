#!/usr/bin/env bash
# Killed anywhere between out, remembered and acknowledged: nothing is acknowledged that was not
# remembered, nothing remembered that was not out, and a restart repeats what was not remembered,
# byte for byte, and nothing else.
. "$CDC_TEST_SUPPORT/crash.sh"
need_failpoints

# killed_at PLACE: two transactions, and a tail that is killed there with all their lines out.
killed_at() {
  sql "insert into t select g, 'first' from generate_series($next, $next + 2) g" \
    "insert into t select g, 'second' from generate_series($next + 3, $next + 4) g"
  was_remembered=$(remembered) was_confirmed=$(confirmed)
  # It commits once: when all has been read.
  CDCCTL_FAILPOINT=$1 run killed "$CDC_FAILPOINTS" "${resume[@]}" --until now --commit-interval 1h
  check_status 137 "killed $1"
  check_eq "$(jq -c .after.id "$(out killed)" | xargs)" "$(seq -s' ' $next $((next + 4)))" \
    "out when killed $1"
  next=$((next + 5))
}

restarted() {
  run again cdcctl "${resume[@]}" --until now
  check_status 0 "restart after $1"
  check_contains "$(<"$(err again)")" "taking over the checkpoint owner lease of '$state' from pid" \
    "restart after $1"
  check_caught_up
}

check_nothing_remembered() {
  killed_at "$1"
  check_eq "$(remembered)" "$was_remembered" "remembered when killed $1"
  check_eq "$(confirmed)" "$was_confirmed" "acknowledged when killed $1"
  restarted "$1"
  check_eq "$(<"$(out again)")" "$(<"$(out killed)")" "repeated after $1"
}

check_remembered() {
  killed_at "$1"
  (($(remembered) > was_remembered)) || fail "nothing is remembered when killed $1"
  if [[ $1 == after_acknowledge ]]; then
    check_caught_up
  else
    check_eq "$(confirmed)" "$was_confirmed" "acknowledged when killed $1"
  fi
  restarted "$1"
  check_eq "$(lines again)" 0 "lines repeated after $1"
}

pg_start
sql 'create table t (id int primary key, v text)' 'create publication p for table t'
run first cdcctl "${resume[@]}" --create-slot --until now
check_status 0
check_caught_up
next=1

check_nothing_remembered before_sync
check_nothing_remembered after_sync
check_nothing_remembered before_rename
check_remembered after_save
check_remembered after_acknowledge

check_eq "$(jq .committed_event_count "$checkpoint")" $((next - 1)) committed_event_count
# What was killed between the temporary file and its place.
check_eq "$(ls -A "$state")" checkpoint_postgres.json 'left in the checkpoint directory'
