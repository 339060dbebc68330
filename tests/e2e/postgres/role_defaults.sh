#!/usr/bin/env bash
# Defaults of the role, the database and PGOPTIONS that would spoil the session do not reach the
# stream: the same bytes come as without them, and no timeout of theirs ends it.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
sql <<'SQL'
create role plain login superuser;
create role spoilt login superuser;
alter role spoilt set datestyle = 'SQL, DMY';
alter role spoilt set intervalstyle = 'postgres_verbose';
alter role spoilt set timezone = 'Asia/Kolkata';
alter role spoilt set extra_float_digits = -15;
alter role spoilt set bytea_output = 'escape';
alter role spoilt set search_path = 'odd', 'public';
alter role spoilt set quote_all_identifiers = on;
alter role spoilt set standard_conforming_strings = off;
alter role spoilt set client_encoding = 'LATIN1';
alter role spoilt set statement_timeout = '100ms';
alter role spoilt set lock_timeout = '100ms';
alter role spoilt set idle_session_timeout = '100ms';
alter role spoilt set idle_in_transaction_session_timeout = '100ms';
alter role spoilt set default_transaction_read_only = on;
alter role spoilt set default_transaction_isolation = 'serializable';
alter role spoilt set row_security = off;
alter role spoilt set xmloption = 'document';
alter role spoilt set client_min_messages = 'error';
create schema odd;
create function odd.upper(text) returns text language sql as 'select ''spoilt''';
create view odd.pg_publication as select 'spoilt'::text as pubname;
create table v (id int primary key, d date, t timestamptz, i interval, f float8, b bytea, r regclass,
  e text, "q\'uote" text);
create publication p for table v;
select pg_create_logical_replication_slot('a', 'pgoutput') \g /dev/null
select pg_create_logical_replication_slot('b', 'pgoutput') \g /dev/null
insert into v values (1, '2026-11-20', '2026-11-20 08:00:00.5+00', '1 year 2 mons 3 days 04:05:06',
  0.1::float8 + 0.2::float8, '\x00ff5c', 'v', 'grün €', 'x');
SQL
tail=(cdcctl tail postgres --publication p --until now)
run plain "${tail[@]}" "${PG_CONNINFO/user=postgres/user=plain}" --slot a
check_status 0
check_eq "$(jq -c '.after | [.d, .t, .i, .f, .b, .r, .e]' "$(out plain)")" \
  '["2026-11-20","2026-11-20T08:00:00.5Z","P1Y2M3DT4H5M6S",0.30000000000000004,"AP9c","public.v","grün €"]' values
run spoilt env PGOPTIONS='-c datestyle=German -c timezone=+3' "${tail[@]}" \
  "${PG_CONNINFO/user=postgres/user=spoilt}" --slot b
check_status 0
cmp "$(out plain)" "$(out spoilt)" || fail "not the same: $(diff "$(out plain)" "$(out spoilt)")"

# Idle for longer than all of its timeouts.
spawn idle cdcctl tail postgres "${PG_CONNINFO/user=postgres/user=spoilt}" --publication p --slot b
wait_streaming
walsender=$(walsenders)
begin=$(now_ms)
wait_until 5 '(($(now_ms) - begin > 600))'
sql "insert into v (id) values (2)"
wait_until 10 '[[ $(lines idle) == 1 ]]'
check_eq "$(walsenders)" "$walsender" walsender
stop_process idle
check_status 0
check_eq "$(<"$(err idle)")" '' 'words on stderr'

# From 18 on only a warning tells that a publication is gone and its changes are skipped.
spawn gone cdcctl tail postgres "${PG_CONNINFO/user=postgres/user=spoilt}" --publication p --slot b
wait_streaming
sql 'drop publication p' 'insert into v (id) values (3)'
finish gone 10
check_status 5 'a publication that is gone'
