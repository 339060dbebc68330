#!/usr/bin/env bash
# A transaction that came by replication names its origin, and --origin none leaves it out without
# moving anything else.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t' \
    "select from pg_replication_origin_create('upstream \"1\"')" >/dev/null
make_slot

sql <<'SQL' >/dev/null
insert into t values (1);
select pg_replication_origin_session_setup('upstream "1"');
begin;
select pg_replication_origin_xact_setup('1/2', '2020-01-02 03:04:05.678901+00');
insert into t values (2);
insert into t values (3);
commit;
select pg_replication_origin_session_reset();
insert into t values (4);
SQL

changes --emit begin,row,commit
check_eq "$(jq -c '[.op, .after.id, .tx.origin]' "$(out changes)")" '["begin",null,null]
["insert",1,null]
["commit",null,null]
["begin",null,"upstream \"1\""]
["insert",2,"upstream \"1\""]
["insert",3,"upstream \"1\""]
["commit",null,"upstream \"1\""]
["begin",null,null]
["insert",4,null]
["commit",null,null]' 'lines with origins'
# The commit time is the one of the origin.
check_eq "$(jq -r 'select(.tx.origin).ts' "$(out changes)" | sort -u)" 2020-01-02T03:04:05.678901Z ts
jq -c 'select(.tx.origin | not)' "$(out changes)" >"$WORK/own"

changes --emit begin,row,commit --origin any
check_eq "$(lines changes)" 10 'lines of any origin'
changes --emit begin,row,commit --origin none
cmp "$WORK/own" "$(out changes)" || fail '--origin none'

# What is left out is done with: the slot moves over it.
run consumed cdcctl tail postgres "$PG_CONNINFO" --slot s --origin none --from beginning \
  --until "$(pg_wal_lsn)"
check_status 0
check_eq "$(jq -r .after.id "$(out consumed)" | paste -sd' ')" '1 4' 'lines that were consumed'
changes --origin any
check_eq "$(lines changes)" 0 'lines left in the slot'
