# shellcheck shell=bash
# For scenarios that kill at random moments while three writers are at work: transactions of random
# size, some rolled back, some with savepoints that are. CDC_SEED=N makes the same choices again,
# CDC_KILLS=N sets how often; CDC_LONG=1 means hundreds of times.

. "$CDC_TEST_SUPPORT/crash.sh"

seed=${CDC_SEED:-$RANDOM}
echo "CDC_SEED=$seed"
RANDOM=$seed
kills=${CDC_KILLS:-8}
if [[ ${CDC_LONG:-} == 1 && -z ${CDC_KILLS:-} ]]; then kills=300; fi

# transaction WRITER NUMBER: its statements.
transaction() {
  local rows=$((RANDOM % 20 + 1)) account=$((RANDOM % 10)) end=commit
  if ((RANDOM % 10 == 0)); then rows=$((RANDOM % 1500 + 1)); fi
  if ((RANDOM % 6 == 0)); then end=rollback; fi
  echo "begin;
    insert into events select $1, $2, g, repeat('x', $((RANDOM % 200))) from generate_series(1, $rows) g;
    update accounts set total = total + $rows where id = $account;"
  if ((RANDOM % 3 == 0)); then
    echo "savepoint a; insert into events values ($1, $2, 0, 'lost');
      update accounts set total = -1 where id = $account; rollback to a;
      savepoint b; insert into events values ($1, $2, -1, 'kept'); release b;"
  fi
  echo "delete from events where writer = $1 and tx = $2 - 3 and n % 3 = 0;
    $end; do \$\$ begin perform pg_sleep(0.00$((RANDOM % 10))); end \$\$;"
}

# write_load WRITER: one transaction after the other until the file $WORK/enough is there. A server
# that is gone comes back.
write_load() {
  local number=0 last
  RANDOM=$((seed + $1))
  while [[ ! -e $WORK/enough ]]; do
    last=$((number + 10))
    while ((number < last)); do transaction "$1" $((++number)); done >"$WORK/load.$1"
    psql -d "$PG_CONNINFO" -X -q -f "$WORK/load.$1" || sleep 0.05
  done
}

# start_load [SETTING ...]: the server, what is written to, and who writes. The slot `reference` is
# never used by cdcctl.
start_load() {
  local writer
  pg_start "$@"
  sql 'create table events (writer int, tx int, n int, body text, primary key (writer, tx, n))' \
    'create table accounts (id int primary key, total bigint not null)' \
    'insert into accounts select g, 0 from generate_series(0, 9) g' \
    'create publication p for table events, accounts' \
    "select from pg_create_logical_replication_slot('s', 'pgoutput')" \
    "select from pg_create_logical_replication_slot('reference', 'pgoutput')" >/dev/null
  for writer in 1 2 3; do spawn "writer$writer" write_load $writer; done
}

stop_load() {
  local writer
  touch "$WORK/enough"
  for writer in 1 2 3; do
    finish "writer$writer"
    check_status 0 "writer $writer"
  done
}

# random_pause: up to 0.6 s.
random_pause() {
  sleep "$(printf '0.%03d' $((RANDOM % 600)))"
}

# kill_tail: the process `tail`, at some moment.
kill_tail() {
  random_pause
  running tail || fail "tail ended by itself: $(<"$(err tail)")"
  stop_process tail KILL 2>/dev/null
  check_status 137
  if [[ -f $checkpoint ]]; then
    (($(confirmed) <= $(remembered))) || fail "$(confirmed) is acknowledged, $(remembered) remembered"
  fi
}

# check_stream FILE once|repeats: every committed change stands there in commit order, at least once;
# repeats are byte-equal and go back to an earlier line, never ahead. With `once` there are none.
check_stream() {
  local found
  found=$(sql <<SQL
create temporary table arrived (n bigint generated always as identity, line text);
\copy arrived (line) from '$1' with (format csv, delimiter e'\x01', quote e'\x02')
create temporary table changes as
  select n, line, j, j->>'op' as op, split_part(j->>'pos', '#', 1)::pg_lsn as lsn,
         split_part(j->>'pos', '#', 2)::int as ordinal
  from arrived, cast(line as jsonb) j;
create temporary table wire as
  select n, xid, chr(get_byte(data, 0)) as kind
  from pg_logical_slot_peek_binary_changes('reference', null, null, 'proto_version', '1',
         'publication_names', 'p') with ordinality as m (lsn, xid, data, n);
create temporary table expected as
  select dense_rank() over (order by transaction) as transaction, xid::text,
         row_number() over (partition by transaction order by n) as ordinal,
         case kind when 'I' then 'insert' when 'U' then 'update' else 'delete' end as op
  from (select *, count(*) filter (where kind = 'B') over (order by n) as transaction from wire) w
  where kind in ('I', 'U', 'D');
create temporary table got as
  select distinct dense_rank() over (order by lsn) as transaction, j->'tx'->>'id' as xid,
         ordinal::bigint, op
  from changes;
create temporary table replayed as
  select distinct on (j->'table', j->'key') op, j->>'table' as name, j->'after' as row
  from changes order by j->'table', j->'key', lsn desc, ordinal desc;
create temporary table tables as
  select 'events' as name, to_jsonb(e) as row from events e
  union all select 'accounts', to_jsonb(a) from accounts a where total <> 0;
create temporary table steps as
  select i - lag(i, 1, 0::bigint) over (order by n) as step
  from (select n, dense_rank() over (order by lsn, ordinal) as i from changes) c;

select 'no change is expected' where not exists (select from expected);
select count(*) || ' changes are missing' from (table expected except table got) m
  having count(*) > 0;
select count(*) || ' changes are strange' from (table got except table expected) m
  having count(*) > 0;
select count(*) || ' lines step ahead' from steps where step > 1 having count(*) > 0;
select count(*) || ' lines step back' from steps where step < 1 and '$2' = 'once'
  having count(*) > 0;
select count(*) || ' positions have unequal lines'
  from (select from changes group by lsn, ordinal having count(distinct line) > 1) u
  having count(*) > 0;
select count(*) || ' rows differ after a replay' from (
  (table tables except select name, row from replayed where op <> 'delete') union all
  (select name, row from replayed where op <> 'delete' except table tables)) d having count(*) > 0;
\o /dev/stderr
select format('%s changes in %s lines', (select count(*) from expected), (select count(*) from changes));
SQL
  )
  check_eq "$found" '' 'found in the stream'
}

# check_appended: the last tail brings the rest of what earlier ones appended to $WORK/lines: with it
# the stream is complete.
check_appended() {
  stop_load
  run tail cdcctl "${resume[@]}" --until now
  check_status 0
  cat "$(out tail)" >>"$WORK/lines"
  check_stream "$WORK/lines" repeats
  check_caught_up
}
