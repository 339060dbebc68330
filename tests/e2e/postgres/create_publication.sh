#!/usr/bin/env bash
# --create-publication makes one for --tables: for this run with a temporary slot, to stay with a named
# one. What a crash leaves is cleaned at the next start; what is there already is never touched.
. "$CDC_TEST_SUPPORT/stream.sh"

publications() {
  sql 'select pubname from pg_publication order by 1' | paste -sd' '
}

pg_start
sql 'create table orders (id int primary key)' 'create table items (id int primary key)' \
    'create table heap (n int)' 'create table heap_full (n int)' \
    'alter table heap_full replica identity full' 'create view v as select 1'
create=(cdcctl tail postgres "$PG_CONNINFO" --create-publication)

refused 2 '--create-publication needs --tables' 'name the tables to publish' --create-publication
refused 2 'no table matches --tables' 'views' --create-publication --tables public.v
refused 4 'publishing public.heap would make UPDATE and DELETE on it fail: no replica identity' \
  'ALTER TABLE public.heap REPLICA IDENTITY FULL' --create-publication --tables 'public.*'
check_eq "$(publications)" '' 'publications of refused starts'

# With a temporary slot: nothing is left.
spawn tail "${create[@]}" --tables 'public.orders,public.heap_*'
wait_streaming
check_contains "$(publications)" cdcctl_temporary_ 'while it runs'
check_eq "$(sql "select string_agg(tablename, ' ' order by tablename) from pg_publication_tables")" \
  'heap_full orders' 'its tables'
sql 'insert into orders values (1)' 'insert into items values (1)' 'insert into heap_full values (1)'
wait_until 10 '[[ $(lines tail) == 2 ]]'
stop_process tail INT
check_status 0
check_lines "$(out tail)" <<'END'
{"op":"insert","schema":"public","table":"orders","key":{"id":1},"after":{"id":1}}
{"op":"insert","schema":"public","table":"heap_full","after":{"n":1}}
END
check_eq "$(publications)" '' 'publications after the end'
check_eq "$(sql 'select count(*) from pg_replication_slots')" 0 'slots after the end'

# A crash leaves one behind; the next start removes it, but not that of a run that lives.
spawn lives "${create[@]}" --tables public.items
wait_streaming
alive=$(publications)
spawn crashes "${create[@]}" --tables public.orders
wait_until 10 '[[ $(walsenders | wc -l) == 2 ]]'
left=$(publications)
left=$(tr ' ' '\n' <<<"$left" | grep -vxF "$alive")
stop_process crashes KILL
wait_streaming
check_contains "$(publications)" "$left" 'after a crash'
run next "${create[@]}" --tables public.orders --until now
check_status 0
check_contains "$(<"$(err next)")" "dropped publication '$left', left behind by a crash"
check_eq "$(publications)" "$alive" 'publications after the next run'
stop_process lives
check_eq "$(publications)" '' 'publications at the end'

# With a named slot it stays, and the same command goes on with it.
named=("${create[@]}" --slot shop --create-slot --checkpoint "$WORK/state")
run first "${named[@]}" --tables public.orders --until now
check_status 0
check_contains "$(<"$(err first)")" "created publication 'cdcctl_shop' for public.orders"
check_eq "$(publications)" cdcctl_shop 'publications of a named slot'
made=$(sql 'select oid from pg_publication')
sql 'insert into orders values (2)'
run second "${named[@]}" --tables public.orders --until now
check_status 0
check_eq "$(jq .after.id "$(out second)")" 2 'lines of the second run'
check_contains "$(<"$(err second)")" "publication 'cdcctl_shop' exists already and stays as it is"
check_eq "$(sql 'select oid from pg_publication')" "$made" 'the publication'
run wider "${named[@]}" --tables public.orders,public.items
check_refused wider 4 "publication 'cdcctl_shop' does not publish public.items" \
  'ALTER PUBLICATION "cdcctl_shop" ADD TABLE public.items'

# So does one that the user made, whatever the slot.
sql 'create publication mine for table orders'
made=$(sql "select oid from pg_publication where pubname = 'mine'")
run mine "${create[@]}" --tables public.orders --publication mine --until now
check_status 0
check_eq "$(sql "select oid from pg_publication where pubname = 'mine'")" "$made" 'publication mine'
# One that is made under the user's name for one run goes with it.
run own "${create[@]}" --tables public.orders --publication own --until now
check_status 0
check_contains "$(<"$(err own)")" "created publication 'own'"
check_eq "$(publications)" 'cdcctl_shop mine' 'publications at the end'
run two "${create[@]}" --tables public.orders --publication a,b
check_refused two 2 '--create-publication makes one publication, and --publication names several' ''
