#!/usr/bin/env bash
# The connection to the catalog hangs: after ten seconds it counts as lost, the tail connects again,
# and nothing is lost or repeated. A stop does not wait for the ten seconds.
. "$CDC_TEST_SUPPORT/tail.sh"

# Under FULL the primary key is asked of the catalog, once for each table.
pg_start
make_shop
for table in second third; do
  sql "create table $table (id int primary key)" "alter publication shop add table $table"
done
for table in orders second third; do sql "alter table $table replica identity full"; done

# hang_catalog: the server process that answers about the catalog stands still.
hang_catalog() {
  hanging=$(sql "select pid from pg_stat_activity where backend_type = 'client backend'
                 and query like '%pg_index%' and pid <> pg_backend_pid()")
  [[ $hanging =~ ^[0-9]+$ ]] || fail "connections to the catalog: '$hanging'"
  kill -s STOP "$hanging"
}

# release_catalog: it goes on, and finds that its client is gone.
release_catalog() {
  kill -s CONT "$hanging"
  wait_until 10 "! kill -0 $hanging 2>/dev/null"
}

tail_shop tail --checkpoint "$WORK/state" --commit-interval 1h --retry-backoff 20ms..100ms
wait_streaming
add_orders 1 10
wait_until 10 '[[ $(lines tail) == 10 ]]'
hang_catalog
begin=$(now_ms)
sql 'insert into second select generate_series(11, 20)'
wait_until 20 '[[ $(lines tail) == 20 ]]'
took=$(($(now_ms) - begin))
((took >= 9000)) || fail "the catalog was given up after $took ms"
check_contains "$(<"$(err tail)")" 'warning: the server has not answered a query for 10 s; trying again in'
check_contains "$(<"$(err tail)")" 'info: connected to the server again'
check_orders "$(out tail)" 1 20
release_catalog

hang_catalog
sql 'insert into third values (21)'
wait_until 10 '[[ $(sql "select sent_lsn >= pg_current_wal_lsn() from pg_stat_replication") == t ]]'
begin=$(now_ms)
stop_process tail
check_status 0
took=$(($(now_ms) - begin))
((took < 3000)) || fail "a stop took $took ms while the catalog hangs"
release_catalog
