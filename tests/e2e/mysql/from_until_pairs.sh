#!/usr/bin/env bash
# Every way to say --from with every way to say --until gives exactly what lies between; what lies
# before a time is not even read.
. "$CDC_TEST_SUPPORT/binlog.sh"

my_start "$FLAVOUR" --binlog-row-metadata=FULL
uri="mysql://root@/?socket=$MY_SOCKET"
my_sql 'create database shop' 'create table shop.t (id int primary key)'
# What only a reader of everything would see: nobody else is stopped by it.
my_sql 'set session binlog_format = statement' 'insert into shop.t values (0)'
my_flush
sleep 3
place=() gtids=() times=()
# step ID: a transaction of its own; where the log ended before it, and when.
step() {
  place[$1]=$(my_position)
  gtids[$1]=$(my_gtids)
  times[$1]=$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)
  sleep 1.1
  my_sql "insert into shop.t values ($1)"
}
for id in 1 2 3 4 5 6; do
  step $id
  if ((id % 2 == 0)); then my_flush; fi
done
step 7
# shown FROM UNTIL: the ids of what comes between.
shown() {
  run shown timeout 60 cdcctl tail "$FLAVOUR" "$uri" --from "$1" --until "$2"
  check_status 0 "$(<"$(err shown)")"
  shown=$(jq .after.id "$(out shown)" | tr '\n' ' ')
}
for id in 1 2 3 5; do
  rest=$(seq -s ' ' $id 7)
  for from in "${place[$id]}" "${gtids[$id]}" "${times[$id]}" "${place[$id]} ${gtids[$id]}"; do
    shown "$from" now
    check_eq "$shown" "$rest " "from $from"
  done
done
for id in 2 4 6; do
  for until in "${place[$id]}" "${gtids[$id]}" "${times[$id]}"; do
    shown "${place[1]}" "$until"
    check_eq "$shown" "$(seq -s ' ' 1 $((id - 1))) " "until $until"
    shown "${times[1]}" "$until"
    check_eq "$shown" "$(seq -s ' ' 1 $((id - 1))) " "from a time until $until"
    shown "${gtids[1]}" "$until"
    check_eq "$shown" "$(seq -s ' ' 1 $((id - 1))) " "from GTIDs until $until"
  done
done
change=$(jq -r 'select(.after.id == 3) | .pos' <(cdcctl tail "$FLAVOUR" "$uri" --from "${place[3]}" --max-events 1))
shown "$change" now
check_eq "$shown" '4 5 6 7 ' 'behind a change'
shown "${place[1]}" "$change"
check_eq "$shown" '1 2 3 ' 'up to a change'
shown "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)" now
check_eq "$shown" '' 'from the future'
run all cdcctl tail "$FLAVOUR" "$uri" --from "$(date -u -d '-1 day' +%Y-%m-%dT%H:%M:%SZ)" --until now
check_status 4 'a time before all files begins with the oldest'
check_contains "$(<"$(err all)")" 'without showing them'

# --- GTIDs that this server cannot be asked by
run foreign cdcctl tail "$FLAVOUR" "$uri" --from "$(on_mysql && echo 0-1-5 || echo 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5)"
check_refused foreign 5 'the position has GTIDs of another kind' 'GTIDs do not move'
run off cdcctl tail "$FLAVOUR" "$uri" --gtid off --from "${gtids[3]}"
check_refused off 5 'the position has GTIDs alone' 'FILE:OFFSET'
