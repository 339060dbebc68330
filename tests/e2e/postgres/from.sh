#!/usr/bin/env bash
# --from beginning, now, an LSN, a change, a commit time: exactly what follows that place.
. "$CDC_TEST_SUPPORT/stream.sh"

# behind FROM EXPECTED...: the ids that come.
behind() {
  local from=$1
  shift
  changes --from "$from"
  check_eq "$(jq -r .after.id "$(out changes)" | paste -sd' ')" "$*" "ids behind $from"
}

# pos_of ID
pos_of() {
  jq -r --argjson id "$1" 'select(.after.id == $id).pos' "$WORK/all"
}

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t'
make_slot
sql 'insert into t values (1)'
middle=$(pg_wal_lsn)
sql 'insert into t values (2), (3), (4)'
sql 'select pg_sleep(0.01)' 'insert into t values (5)' >/dev/null
changes --emit row,commit
cp "$(out changes)" "$WORK/all"

behind beginning 1 2 3 4 5
behind now
behind "$middle" 2 3 4 5
behind "$(sql "select '$middle'::pg_lsn - '0/0'")" 2 3 4 5
behind "${middle,,}" 2 3 4 5
behind "$(pos_of 1)" 2 3 4 5
behind "$(pos_of 2)" 3 4 5
behind "$(pos_of 3)" 4 5
behind "$(pos_of 4)" 5
behind "$(pos_of 5)"
commit_of_4=$(jq -r 'select(.op == "commit").pos' "$WORK/all" | sed -n 2p)
behind "$commit_of_4" 5
# A commit LSN without an ordinal is a place before its transaction.
transaction=$(pos_of 2)
behind "${transaction%#*}" 2 3 4 5
behind "${transaction%#*}#0" 2 3 4 5
time_of_2=$(jq -r 'select(.after.id == 2).ts' "$WORK/all")
behind "$time_of_2" 2 3 4 5
behind "$(jq -r 'select(.after.id == 5).ts' "$WORK/all")" 5
# The table was seen before, and its schema line still comes before its first row.
changes --emit row,schema --from "$time_of_2"
check_eq "$(jq -r .op "$(out changes)" | head -n 2 | xargs)" 'schema insert' 'lines from a time on'
behind 2020-01-01T00:00:00Z 1 2 3 4 5
behind 2100-01-01T00:00:00Z

# Rows of the middle come with the lines of the same transaction that lie behind it, and no others.
changes --from "$(pos_of 3)" --emit begin,row,commit
check_eq "$(jq -r .op "$(out changes)" | paste -sd' ')" 'insert commit begin insert commit' \
  "lines behind $(pos_of 3)"
# A table version is announced although the row before was not wanted.
changes --from "$(pos_of 3)" --emit schema,row
check_eq "$(jq -r .op "$(out changes)" | paste -sd' ')" 'schema insert insert' \
  "lines behind $(pos_of 3)"

# What is remembered stands above --from.
run first cdcctl tail postgres "$PG_CONNINFO" --slot s --checkpoint "$WORK/state" --until "$(pos_of 3)"
check_eq "$(jq -r .after.id "$(out first)" | paste -sd' ')" '1 2 3' 'first run'
for place in beginning now "$(pos_of 4)" 2100-01-01T00:00:00Z; do
  cp -r "$WORK/state" "$WORK/copy"
  run second cdcctl tail postgres "$PG_CONNINFO" --slot s --ack none --checkpoint "$WORK/copy" --until now --from "$place"
  check_status 0
  check_eq "$(jq -r .after.id "$(out second)" | paste -sd' ')" '4 5' "run with --from $place"
  rm -r "$WORK/copy"
done

refused 2 "--from: 'soon' is not a position of PostgreSQL" 'write an LSN such as 0/16B6A70' --from soon
refused 2 "--from: '0/1#x' is not a position of PostgreSQL" 'write an LSN such as' --from 0/1#x
refused 5 "position 0/1 is older than slot 's' can go back to" \
  "--from beginning starts at the slot's oldest position" --slot s --from 0/1
refused 5 "position 0/1 is older than slot 'cdcctl_temporary_" \
  'a new slot cannot go back: leave out --from' --from 0/1
