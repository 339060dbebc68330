#!/usr/bin/env bash
# Which publication is followed: the one named, several, the only one, or the only one that has the
# tables asked for; else the choice is listed.
. "$CDC_TEST_SUPPORT/stream.sh"

tables() {
  jq -r .table "$(out changes)" | paste -sd' '
}

pg_start
sql 'create table a (id int primary key)' 'create table b (id int primary key)' \
    'create table c (id int primary key)' 'create publication only_a for table a'
make_slot
changes
check_eq "$(tables)" '' 'lines of no change'
sql "select pg_drop_replication_slot('s')" 'create publication "B" for table b, c' \
    "create publication inserts for table a with (publish = 'insert')" >/dev/null
make_slot
sql 'insert into a values (1)' 'insert into b values (1)' 'insert into c values (1)' 'delete from a'

changes --publication only_a
check_eq "$(tables)" 'a a'
changes --publication inserts
check_eq "$(tables)" 'a'
changes --publication inserts,only_a
check_eq "$(tables)" 'a a'
changes --tables public.c
check_eq "$(tables)" c 'the only one with c'
check_contains "$(<"$(err changes)")" "using publication 'B'"
changes --tables 'b,c'
check_eq "$(tables)" 'b c' 'the only one with b and c'
# Two have a: the choice is the user's.
refused 2 'there are 2 publications to choose from: inserts, only_a' 'say which: --publication inserts' \
  --tables public.a
# None has both: several may be named.
refused 2 'none of the publications (B, inserts, only_a) has all of the tables asked for' \
  'name several, --publication B,..., or make one: CREATE PUBLICATION cdcctl FOR TABLE public.a, public.b;' \
  --tables public.a,public.b
changes --tables public.a,public.b --publication B,only_a
check_eq "$(tables)" 'a b a' 'two together'
refused 4 "publication 'B' does not publish public.nope" \
  "there is no table public.nope in database 'postgres': check --tables" --publication B \
  --tables public.b,public.nope
refused 4 "publications 'B', 'only_a' do not publish other.*" 'published are: public.a, public.b, public.c' \
  --publication B,only_a --tables 'other.*'

# Nothing but silence would come: it is said, unless tables that are made later come by themselves.
sql 'create publication nothing' 'create publication "More" for table c' \
  'alter publication "More" drop table c' "select pg_drop_replication_slot('s')" >/dev/null
sql 'create database bare'
make_slot
sql 'insert into a values (2)'
run empty cdcctl tail postgres "$PG_CONNINFO" --slot s --ack none --until now --publication nothing
check_status 0
check_contains "$(<"$(err empty)")" "cdcctl: warning: publication 'nothing' publishes no table: no change will come
hint: ALTER PUBLICATION \"nothing\" ADD TABLE schema.table; only changes after that are sent"
run empty cdcctl tail postgres "$PG_CONNINFO" --slot s --ack none --until now --publication 'nothing,More'
check_status 0
check_contains "$(<"$(err empty)")" "warning: publications 'nothing', 'More' publish no table: no change will come"
changes --publication nothing,only_a
check_eq "$(tables)" a 'beside an empty one'
PG_CONNINFO=${PG_CONNINFO/dbname=postgres/dbname=bare}
sql 'create publication everything for all tables'
run empty cdcctl tail postgres "$PG_CONNINFO" --until now
check_status 0
[[ $(<"$(err empty)") != *warning* ]] || fail "warned of all tables: $(<"$(err empty)")"
