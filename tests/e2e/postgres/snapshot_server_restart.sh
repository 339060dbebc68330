#!/usr/bin/env bash
# While a snapshot is read the server restarts, and later the connection of one reader alone is lost:
# the rest is read by itself, as of later moments, and all lines lead to what the table holds.
. "$CDC_TEST_SUPPORT/snapshot.sh"
need_failpoints

pg_start
sql 'create table t (id int primary key, v text) with (fillfactor = 10)' \
    "insert into t select g, repeat('x', 60) from generate_series(1, 8000) g" \
    'create publication p for table t'

progress=$state/checkpoint_postgres_snapshot.json
# pages: of the table, that were read and are remembered.
pages() { jq '.tables[0].ranges[0][1] // 0' "$progress" 2>/dev/null || echo 0; }

# The failpoints binary reads page by page, and remembers each.
spawn tail "$CDC_FAILPOINTS" -v "${initial[@]}" --snapshot-parallel 2 --commit-interval 0ms \
  --retry-backoff 50ms..200ms
wait_until 20 '(($(pages) > 20))'
pg_stop immediate
wait_until 10 'grep -q "trying again in" "$(err tail)"'
pg_resume
sql "update t set v = 'changed ' || id where id % 100 = 0" 'delete from t where id % 1000 = 1' \
    "insert into t values (9000, 'new')"
wait_until 20 'grep -q "going on with snapshot" "$(err tail)"'

before=$(pages)
wait_until 20 '(($(pages) > before + 20))'
sql "select pg_terminate_backend(min(pid)) from pg_stat_activity
  where query like 'COPY%' and pid <> pg_backend_pid()" >/dev/null
wait_until 20 '[[ $(grep -c "going on with snapshot" "$(err tail)") == 2 ]]'
sql "update t set v = 'changed again ' || id where id % 50 = 0" 'delete from t where id % 1000 = 2'

wait_until 30 'grep -q "locks were held" "$(err tail)"'
sql "insert into t values (9001, 'last')"
wait_until 10 'grep -q "\"op\":\"insert\".*\"id\":9001" "$(out tail)"'
stop_process tail
check_status 0
check_fold "$(out tail)" public.t
reads=$(grep -c '"op":"read"' "$(out tail)")
((reads < 16000)) || fail "all rows were read again: $reads"
[[ ! -e $progress ]] || fail 'its progress is left behind'
