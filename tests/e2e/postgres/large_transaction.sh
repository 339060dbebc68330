#!/usr/bin/env bash
# A transaction of two million rows (200000 without CDC_LONG) comes whole and in order, in memory that
# does not depend on its size.
# timeout: 300
. "$CDC_TEST_SUPPORT/stream.sh"

rows=200000
if [[ -n ${CDC_LONG:-} ]]; then rows=2000000; fi

pg_start
sql 'create table t (id int primary key, name text, n bigint)' 'create publication p for table t'
make_slot
sql "insert into t select i, 'name ' || i, i * 1000 from generate_series(1, $rows) i"

# peak NAME: the most memory that process NAME held, in KiB; while it still runs.
peak() {
  awk '/^VmHWM/ { print $2 }' "/proc/${process_ids[$1]}/status"
}

# At the end it waits for more, so that its memory can be read.
spawn tail cdcctl tail postgres "$PG_CONNINFO" --slot s --checkpoint "$WORK/state"
wait_until 200 '[[ $(tail -n 1 "$(out tail)" | cut -c1-20) == "{\"v\":1,\"op\":\"insert\"" ]] &&
  (($(lines tail) >= rows))'
memory=$(peak tail)
stop_process tail
check_status 0
check_eq "$(lines tail)" "$rows" lines
# Each line is what its number says: id, name and place in the transaction.
perl -ne '
  /"key":\{"id":(\d+)\},"after":\{"id":(\d+),"name":"name (\d+)","n":(\d+)\},"pos":"([0-9A-F\/]+)#(\d+)"/
    or die "line $.: $_";
  $pos //= $5;
  die "line $.: $_" unless $1 == $. && $2 == $. && $3 == $. && $4 == $. * 1000 && $6 == $. && $5 eq $pos;
' "$(out tail)" || fail 'rows are not in order'
check_eq "$(jq -c '[.committed_event_count, .offset.in_transaction]' "$WORK/state/checkpoint_postgres.json")" \
  "[$rows,null]" checkpoint
echo "peak memory: $memory KiB"
if [[ -z ${CDC_SANITIZE:-} ]]; then
  ((memory <= 24 * 1024)) || fail "peak memory is $memory KiB, more than 24 MiB"
fi
