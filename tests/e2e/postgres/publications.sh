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
