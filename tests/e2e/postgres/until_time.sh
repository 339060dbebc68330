#!/usr/bin/env bash
# --until TIME: everything that committed up to it and nothing later, whether the time has passed or is
# still to come, whether commits follow, other tables change, or nothing does; what is left out comes
# next time.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t' \
    'create table unpublished (n int)'
make_slot
tail=(cdcctl tail postgres "$PG_CONNINFO" --slot s --checkpoint "$WORK/state" --commit-interval 10ms)

# in_ms N: the time in so many milliseconds, without its zone.
in_ms() {
  date --utc --date="@$(now_ms | awk -v n="$1" '{ printf "%.3f", ($1 + n) / 1000 }')" +%Y-%m-%dT%H:%M:%S.%3N
}

insert() { sql "insert into t values ($1)"; }
check_ids() { check_eq "$(jq -r .after.id "$(out "$1")" | paste -sd' ')" "${*:2}" "ids of $1"; }

# ended NAME FROM TO: it ended by itself, so many milliseconds after its begin.
ended() {
  finish "$1"
  local took=$(($(now_ms) - begin))
  check_status 0 "$1"
  ((took >= $2 && took < $3)) || fail "$1 took $took ms"
}

# A time to come, and nothing happens then: the end of the log is as far as it can go.
begin=$(now_ms)
spawn idle "${tail[@]}" --until "$(in_ms 1500)Z"
wait_streaming
insert 1
insert 2
ended idle 1500 6000
check_ids idle 1 2
wait_free

# Only tables that nobody published change.
begin=$(now_ms)
spawn other "${tail[@]}" --until "$(in_ms 1500)Z"
wait_streaming
insert 3
for _ in $(seq 60); do
  if ! running other; then break; fi
  sql 'insert into unpublished values (1)' 'select pg_sleep(0.1)' >/dev/null
done
ended other 1500 6000
check_ids other 3
wait_free

# A later commit ends it at once, and is left to the next run.
begin=$(now_ms)
spawn busy "${tail[@]}" --until "$(in_ms 1500)Z"
wait_streaming
insert 4
sleep 1.6
insert 5
ended busy 1500 6000
check_ids busy 4
wait_free

# A time that has passed, and one in another zone; what is no time.
run past "${tail[@]}" --until "$(in_ms -60000)Z"
check_status 0
check_eq "$(lines past)" 0 'lines before a time that has passed'
wait_free
run zoned "${tail[@]}" --until "$(TZ=IST-5:30 date +%Y-%m-%dT%H:%M:%S.%6N%:z)"
check_status 0
check_ids zoned 5
for no_time in yesterday 2026-13-01T00:00:00Z 2026-11-20T08:00:00; do
  run bad "${tail[@]}" --until "$no_time"
  check_refused bad 2 "--until: '$no_time' is not a position" 'or a time such as'
done
