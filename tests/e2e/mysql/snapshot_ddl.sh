#!/usr/bin/env bash
# A table that is altered, emptied or dropped between the beginning of a snapshot and its turn is read
# as it is then; DDL does not wait for a table that has been read.
. "$CDC_TEST_SUPPORT/binlog_snapshot.sh"

start_server
# The first table is the largest, so it is read first; nobody takes its rows until the gate opens.
shop 'create table large (id int primary key, pad varchar(4000))' \
     "insert into large with recursive g (i) as (select 1 union all select i + 1 from g where i < 900) select i, repeat('x', 4000) from g" \
     'create table small (id int primary key, v varchar(20))' "insert into small values (1, 'one'), (2, 'two')" \
     'create table emptied (id int primary key)' 'insert into emptied values (1), (2)' \
     'create table dropped (id int primary key)' 'insert into dropped values (1)' \
     'create table first (n int)' 'insert into first values (1)' 'analyze table large, small' >/dev/null

mkfifo "$WORK/gate"
spawn_into "$WORK/gate" tail cdcctl tail "$FLAVOUR" "$MY_URI" --tables 'shop.*' --snapshot initial --idle-exit 2s
exec 7<"$WORK/gate"
head -c 10000 <&7 >"$WORK/head"
# Tables without a key come before all.
check_contains "$(head -n 1 "$WORK/head")" '"table":"first"'
shop 'alter table first add column m int' 'insert into first values (2, 2)' 2>"$WORK/alter" ||
  fail "a table that was read is still held: $(<"$WORK/alter")"
shop 'alter table small add column w int default 5, engine = innodb' "update small set v = 'changed' where id = 1" \
     'truncate emptied' 'insert into emptied values (7)' 'drop table dropped'
cat "$WORK/head" - <&7 >"$WORK/lines"
finish tail
check_status 0
check_contains "$(<"$(err tail)")" 'table shop.small changed after the snapshot began: reading it as it is now'
check_contains "$(<"$(err tail)")" 'table shop.dropped is gone since the snapshot began'
sed -i '/"table":"first"/d' "$WORK/lines"
check_fold "$WORK/lines" large small emptied
check_eq "$(jq -c 'select(.op == "read" and .table == "small") | .after' "$WORK/lines" | head -n 1)" \
  '{"id":1,"v":"changed","w":5}' 'row of an altered table'
