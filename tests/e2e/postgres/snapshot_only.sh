#!/usr/bin/env bash
# --snapshot only: an export. Without a slot it needs neither a publication nor the right to
# replicate; with one it leaves a position for a later tail.
. "$CDC_TEST_SUPPORT/snapshot.sh"

pg_start
sql 'create role reader login' 'create schema shop' 'grant usage on schema shop to reader' \
    'create table shop.orders (id int primary key, v text)' \
    'create table shop.items (id int, v text)' \
    'create table shop.secret (id int primary key)' \
    'create table shop.policed (id int primary key)' \
    'alter table shop.policed enable row level security' \
    'grant select on shop.orders, shop.items, shop.policed to reader' \
    "insert into shop.orders select g, 'x' || g from generate_series(1, 1000) g" \
    "insert into shop.items select g % 10, 'same' from generate_series(1, 20) g" \
    'create publication p for table shop.orders'
export_as() { # NAME ROLE OPTION...
  local name=$1 role=$2
  shift 2
  run "$name" cdcctl tail postgres "$PG_CONNINFO user=$role" --snapshot only "$@"
}

export_as plain reader --tables shop.orders,shop.items
check_status 0
check_fold "$(out plain)" shop.orders shop.items
check_eq "$(sql 'select count(*) from pg_replication_slots')" 0 slots
export_as two reader --tables 'shop.orders' --snapshot-parallel 2 --exclude-columns '*.orders:v'
check_status 0
check_eq "$(jq -c .after "$(out two)" | sort -u | wc -l)" 1000 'rows over two connections'
check_eq "$(jq -c .after "$(out two)" | sed -n 1p)" '{"id":1}' 'a row without its other column'

export_as secret reader --tables shop.secret
check_status 4
check_contains "$(<"$(err secret)")" 'permission denied for table secret'
check_contains "$(<"$(err secret)")" 'hint: a snapshot reads the tables: GRANT'
export_as policed reader --tables shop.policed
check_status 4
check_contains "$(<"$(err policed)")" 'row-level security would hide rows of table shop.policed'
check_contains "$(<"$(err policed)")" 'BYPASSRLS'
export_as wrong reader --tables shop.orders,shop.order
check_status 2
check_contains "$(<"$(err wrong)")" "--tables: no table that can be read matches 'shop.order'"
export_as nothing reader
check_status 2
check_contains "$(<"$(err nothing)")" 'needs --tables or --publication'

# With a slot and a checkpoint.
run first cdcctl "${resume[@]}" --create-slot --snapshot only
check_status 0
check_eq "$(ops "$(out first)")" '1000 read'
check_eq "$(jq .committed_event_count "$checkpoint")" 1000 committed_event_count
sql "insert into shop.orders values (2000, 'new')" 'delete from shop.orders where id = 1'
run again cdcctl "${resume[@]}" --snapshot only
check_status 0
check_eq "$(lines again)" 0 'lines of a snapshot that is complete'
run changes cdcctl "${resume[@]}" --until now
check_status 0
check_eq "$(ops "$(out changes)")" '1 delete 1 insert'
cat "$(out first)" "$(out changes)" >"$WORK/all"
check_fold "$WORK/all" shop.orders

# A format that has the server's own text has it in rows of the snapshot too.
sql "create table moments as select timestamp '2026-11-20 08:00:00' as at"
run moments cdcctl tail postgres "$PG_CONNINFO" --snapshot only --tables public.moments --format wal2json
check_status 0
check_eq "$(jq -r '.columns[0].value' "$(out moments)")" '2026-11-20 08:00:00' 'a timestamp of wal2json'
