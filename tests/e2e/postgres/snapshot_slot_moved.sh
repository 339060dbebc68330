#!/usr/bin/env bash
# Nobody holds a slot while the rows of a snapshot are read. Where another client moved it on
# meanwhile, the changes between are gone: exit 5, never a stream that begins behind them.
. "$CDC_TEST_SUPPORT/snapshot.sh"

pg_start
sql 'create table t (id int primary key, v text)' 'create publication p for table t' \
    "insert into t select g, repeat('x', 500) from generate_series(1, 20000) g" \
    "select pg_create_logical_replication_slot('s', 'pgoutput')" >/dev/null
mkfifo "$WORK/lines"
spawn tail bash -c "exec \"\$@\" >'$WORK/lines'" - cdcctl "${resume[@]}" --snapshot initial
exec 7<"$WORK/lines"
read -r _ <&7
sql "insert into t values (99999, 'late')" \
    "select count(*) from pg_logical_slot_get_binary_changes('s', null, null, 'proto_version', '1', 'publication_names', 'p')" \
  >/dev/null
cat <&7 >"$WORK/rest"
finish tail
check_status 5
check_contains "$(<"$(err tail)")" "postgres checkpoint/slot divergence for slot 's': slot_confirmed_lsn="
check_eq "$(wc -l <"$WORK/rest")" 19999 'rows of the snapshot'
