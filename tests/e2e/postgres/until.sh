#!/usr/bin/env bash
# --until now, an LSN, a change, a commit time: up to exactly that place, also inside a transaction of
# many rows, and nothing where it has passed.
. "$CDC_TEST_SUPPORT/stream.sh"

# before EXPECTED FLAG...: the ids that come, as first..last or a list.
before() {
  local expected=$1
  shift
  run until cdcctl tail postgres "$PG_CONNINFO" --slot s --ack none "$@"
  check_status 0 "$*"
  check_eq "$(jq -r .after.id "$(out until)" | awk 'NR == 1 { first = $1 } { last = $1 }
    END { if (NR) print first ".." last, NR }')" "$expected" "ids of $*"
}

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t'
make_slot
sql 'insert into t values (1)'
first=$(pg_wal_lsn)
sql <<'SQL' >/dev/null
begin;
insert into t values (2);
insert into t select generate_series(3, 2000);
insert into t select generate_series(2001, 3000);
commit;
select pg_sleep(0.01);
insert into t values (3001);
SQL
changes --emit row,commit
jq -r '[.after.id, .pos, .ts] | @tsv' "$(out changes)" >"$WORK/places"

# place_of ID, time_of ID
place_of() { awk -F'\t' -v id="$1" '$1 == id { print $2 }' "$WORK/places"; }
time_of() { awk -F'\t' -v id="$1" '$1 == id { print $3 }' "$WORK/places"; }
big=$(place_of 2)
big=${big%#*}
end_of_big=$(awk -F'\t' '$1 == "" { print $2 }' "$WORK/places" | sed -n 2p)

before '1..3001 3001' --until now
before '1..1 1' --until "$first"
before '1..1 1' --until "$(place_of 1)"
before '1..2 2' --until "$(place_of 2)"
before '1..1777 1777' --until "$(place_of 1777)"
before '1..3000 3000' --until "$(place_of 3000)"
before '1..3000 3000' --until "$end_of_big"
# An LSN inside the transaction is before its commit.
before '1..1 1' --until "$big"
before '1..1 1' --until "$(sql "select '$first'::pg_lsn + 500")"
# An ordinal that does not exist ends with the transaction, whose place it is in.
before '1..3000 3000' --until "$big#3001"
before '1..3000 3000' --until "$(time_of 2)"
before '1..1 1' --until "$(time_of 1)"
before '' --until 2020-01-01T00:00:00Z
before '' --until 0/1
before '' --until 0/1#1
before '101..1777 1677' --from "$(place_of 100)" --until "$(place_of 1777)"
# A place that is passed before the first line.
before '' --from "$(place_of 200)" --until "$(place_of 100)"
before '' --from "$(place_of 200)" --until "$(place_of 200)"
before '' --from "$end_of_big" --until "$(place_of 100)"
before '' --from now --until now
# Filters do not move the end.
before '' --until "$(place_of 1777)" --ops update
before '' --until "$(place_of 1777)" --exclude-tables t

# A place that is not there yet is waited for.
spawn later cdcctl tail postgres "$PG_CONNINFO" --slot s --from now \
  --until "$(sql 'select pg_current_wal_lsn() + 3000')"
wait_streaming
sql 'insert into t values (3002)'
wait_until 10 '[[ $(lines later) == 1 ]]'
running later || fail 'ended before its place'
sql "create table unpublished as select repeat('x', 10000)" 'select pg_switch_wal()' >/dev/null
finish later
check_status 0

run until cdcctl tail postgres "$PG_CONNINFO" --slot s --until beginning
check_refused until 2 '--until beginning would show nothing' ''
