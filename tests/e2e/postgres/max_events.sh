#!/usr/bin/env bash
# --max-events may end inside a transaction: with --checkpoint the next run goes on behind that line,
# without a repeat and without a loss, whichever lines are chosen.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql 'create table t (id int primary key)' 'create table other (id int primary key)' \
    'create publication p for table t, other'
make_slot
sql <<'SQL' >/dev/null
insert into t values (1);
insert into t select generate_series(2, 40);
begin;
select pg_logical_emit_message(true, 'app', 'in it');
insert into other select generate_series(1, 20);
update t set id = id + 100 where id < 10;
truncate other;
commit;
select pg_logical_emit_message(false, 'app', 'alone');
insert into t select generate_series(41, 50);
SQL

# pieces SIZE FLAG...: the lines of runs of SIZE lines each are those of one run.
pieces() {
  local size=$1 dir=$WORK/state.$1 runs=0
  shift
  changes "$@"
  : >"$WORK/pieces"
  while ((runs++ < 200)); do
    run piece cdcctl tail postgres "$PG_CONNINFO" --slot copy --checkpoint "$dir" --until now \
      --max-events "$size" "$@"
    check_status 0 "run $runs of $size lines"
    cat "$(out piece)" >>"$WORK/pieces"
    if (($(lines piece) < size)); then break; fi
    check_eq "$(lines piece)" "$size" "lines of run $runs"
    check_eq "$(jq .committed_event_count "$dir/checkpoint_postgres.json")" $((runs * size)) 'committed'
  done
  cmp "$WORK/pieces" "$(out changes)" || fail "pieces of $size with $*"
  check_eq "$(jq -c .offset.in_transaction "$dir/checkpoint_postgres.json")" null 'in the end'
  sql "select pg_drop_replication_slot('copy')" \
      "select from pg_copy_logical_replication_slot('s', 'copy')" >/dev/null
  rm -r "$dir"
}

sql "select from pg_copy_logical_replication_slot('s', 'copy')" >/dev/null
pieces 7
pieces 10 --emit row,message
pieces 13 --emit begin,row,commit,message,truncate
pieces 5 --tables other
pieces 40
if [[ -n ${CDC_LONG:-} ]]; then
  for size in 1 2 3 4 6 20; do
    pieces $size --emit begin,row,commit,message,truncate
    pieces $size
  done
fi

# In the middle the checkpoint names the transaction and how much of it is out.
run piece cdcctl tail postgres "$PG_CONNINFO" --slot copy --checkpoint "$WORK/state" --max-events 15
check_status 0
pos=$(tail -n 1 "$(out piece)" | jq -r .pos)
check_eq "$(jq -c .offset.in_transaction "$WORK/state/checkpoint_postgres.json")" \
  "{\"ordinal\":14,\"position\":\"${pos%#*}\"}" 'in_transaction'
check_eq "$pos" "${pos%#*}#14" 'the last line'
# A bare slot without a checkpoint remembers only whole transactions.
run piece cdcctl tail postgres "$PG_CONNINFO" --slot s --max-events 15
run again cdcctl tail postgres "$PG_CONNINFO" --slot s --max-events 15
check_eq "$(head -1 "$(out again)" | jq -r .after.id)" 2 'the cut transaction comes again'
run none cdcctl tail postgres "$PG_CONNINFO" --slot s --ack none --max-events 0
check_status 0
check_eq "$(lines none)" 0 'lines of --max-events 0'
