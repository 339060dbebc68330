#!/usr/bin/env bash
# A transaction of two million rows (200000 without CDC_LONG) comes whole and in order, from a file
# beyond the memory limit, in memory that does not depend on its size.
# timeout: 600
. "$CDC_TEST_SUPPORT/binlog.sh"

rows=200000
if [[ -n ${CDC_LONG:-} ]]; then rows=2000000; fi

start_server
shop 'create table numbers (n int primary key)' \
  'create table t (id int primary key, name varchar(40), n bigint)'
(echo 'begin;' && seq 0 1999 | sed 's/.*/insert into numbers values (&);/' && echo 'commit;') | shop
begin_state
# At the end it waits for more, so that its memory can be read.
tail_shop tail --checkpoint "$state" --memory-limit 16MiB --spill-dir "$WORK"
wait_streaming
shop "insert into t select a.n * 1000 + b.n + 1 as id, concat('name ', a.n * 1000 + b.n + 1), (a.n * 1000 + b.n + 1) * 1000
  from numbers a join numbers b where a.n < $rows / 1000 and b.n < 1000 order by id"
wait_until 300 '(($(lines tail) >= rows))'
memory=$(awk '/^VmHWM/ { print $2 }' "/proc/${process_ids[tail]}/status")
wait_until 10 '[[ $(remembered) == "$(my_position)" ]]'
stop_process tail
check_status 0
check_eq "$(lines tail)" "$rows" lines
# Each line is what its number says: id, name and place in the transaction.
perl -ne '
  /"key":\{"id":(\d+)\},"after":\{"id":(\d+),"name":"name (\d+)","n":(\d+)\},"pos":"([^"#]+)#(\d+)"/
    or die "line $.: $_";
  $pos //= $5;
  die "line $.: $_" unless $1 == $. && $2 == $. && $3 == $. && $4 == $. * 1000 && $6 == $. && $5 eq $pos;
' "$(out tail)" || fail 'rows are not in order'
check_eq "$(jq -c '[.committed_event_count, .offset.in_transaction]' "$checkpoint")" "[$rows,null]" checkpoint
echo "peak memory: $memory KiB"
if [[ -z ${CDC_SANITIZE:-} ]]; then
  ((memory <= 32 * 1024)) || fail "peak memory is $memory KiB, more than 32 MiB"
fi
