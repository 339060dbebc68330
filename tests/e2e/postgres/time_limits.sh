#!/usr/bin/env bash
# --for ends after a time whatever happens, --idle-exit when nothing has changed for a time; both
# remember what came before.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t' \
    'create table unpublished (n int)'
make_slot
tail=(cdcctl tail postgres "$PG_CONNINFO" --slot s --checkpoint "$WORK/state")

sql 'insert into t values (1)'
begin=$(now_ms)
run idle "${tail[@]}" --idle-exit 300ms
took=$(($(now_ms) - begin))
check_status 0
check_eq "$(jq -r .after.id "$(out idle)")" 1 'before the silence'
((took >= 300 && took < 3000)) || fail "--idle-exit 300ms took $took ms"
wait_free

# Changes move it on, unpublished ones do not.
spawn idle "${tail[@]}" --idle-exit 1s
wait_streaming
for id in 2 3 4; do
  sql "insert into t values ($id)" 'select pg_sleep(0.5)' >/dev/null
done
running idle || fail '--idle-exit ended between changes that came in time'
for _ in 1 2 3 4 5 6; do
  if ! running idle; then break; fi
  sql 'insert into unpublished values (1)' 'select pg_sleep(0.4)' >/dev/null
done
! running idle || fail '--idle-exit does not end under unpublished changes'
finish idle
check_status 0
check_eq "$(jq -r .after.id "$(out idle)" | paste -sd' ')" '2 3 4' 'before the silence'
wait_free

spawn writer psql -X -q -d "$PG_CONNINFO" -c 'do $$ begin for i in 5..150 loop
  insert into t values (i); commit; perform pg_sleep(0.01); end loop; end $$'
begin=$(now_ms)
run for "${tail[@]}" --for 700ms
took=$(($(now_ms) - begin))
check_status 0
((took >= 700 && took < 3000)) || fail "--for 700ms took $took ms"
finish writer
wait_free
check_orders "$(out for)" 5 "$((4 + $(lines for)))"
(($(lines for) > 5)) || fail "only $(lines for) lines under --for"
check_eq "$(jq .committed_event_count "$WORK/state/checkpoint_postgres.json")" \
  $((4 + $(lines for))) 'committed'
run rest "${tail[@]}" --until now
check_orders "$(out rest)" $((5 + $(lines for))) 150
