#!/usr/bin/env bash
# --snapshot initial: the rows that are there, then the changes from that moment on, with nothing lost
# and nothing twice between them; a finished snapshot is not taken again.
. "$CDC_TEST_SUPPORT/snapshot.sh"

pg_start
sql 'create table t (id int primary key, v text, n int generated always as (id * 2) stored)' \
    'create table empty (id int primary key)' \
    'create table dropped (a int, id int primary key, b text)' \
    'alter table dropped drop column a' \
    "insert into t select g, 'row ' || g from generate_series(1, 5000) g" \
    "insert into dropped values (1, e'tab\\there'), (2, null), (3, '\\N'), (4, '')" \
    'create publication p for table t, empty, dropped'

# Writers are at work while it is taken.
cat >"$WORK/work.sql" <<'SQL'
update t set v = v || '!' where id % 7 = 0;
delete from t where id % 11 = 0;
insert into t (id, v) select g, 'late' from generate_series(6000, 6100) g;
update t set id = id + 100000 where id % 500 = 1;
SQL
write() {
  local round
  for round in 1 2 3; do psql -X -q -v ON_ERROR_STOP=1 -f "$WORK/work.sql"; sql 'delete from t where id between 6000 and 6100'; done
}
spawn writer write
run tail cdcctl "${initial[@]}" --until now
check_status 0
finish writer
check_status 0
run more cdcctl "${resume[@]}" --snapshot initial --until now
check_status 0
cat "$(out tail)" "$(out more)" >"$WORK/all"
sql 'alter table t drop column n'
check_fold "$WORK/all" public.t public.empty public.dropped
check_eq "$(jq -r 'select(.op == "read") | .table' "$(out more)" | wc -l)" 0 'rows read again'
check_eq "$(jq -c 'select(.op == "read" and .table == "dropped") | .after' "$(out tail)" | xargs -d '\n')" \
  '{"id":1,"b":"tab\there"} {"id":2,"b":null} {"id":3,"b":"\\N"} {"id":4,"b":""}' 'rows of dropped'

# The form of a line.
read_line=$(jq -c 'select(.op == "read")' "$(out tail)" | sed -n 1p)
check_eq "$(jq -r 'keys_unsorted | join(" ")' <<<"$read_line")" \
  'v op source db schema table key after pos snapshot ts' 'members'
check_eq "$(jq -r 'select(.op == "read") | .pos + " " + .snapshot' "$(out tail)" | sort -u | wc -l)" 1 \
  'positions of rows'
[[ ! -e $state/checkpoint_postgres_snapshot.json ]] || fail 'its progress is left behind'
check_eq "$(jq .offset.snapshot "$checkpoint")" null 'offset.snapshot'

# Without --snapshot, and with --ack, a remembered snapshot changes nothing.
sql "insert into empty values (1)"
run later cdcctl "${resume[@]}" --until now
check_status 0
check_eq "$(ops "$(out later)")" '1 insert'

# What does not go together.
run ack cdcctl tail postgres "$PG_CONNINFO" --publication p --snapshot initial --ack file:acks
check_status 2
check_contains "$(<"$(err ack)")" 'do not go with a snapshot'
check_contains "$(<"$(err ack)")" 'hint: take the snapshot first'
run from cdcctl tail postgres "$PG_CONNINFO" --publication p --snapshot initial --from now
check_status 2
check_contains "$(<"$(err from)")" '--from does not go with --snapshot'
run ops cdcctl tail postgres "$PG_CONNINFO" --publication p --snapshot initial --ops insert
check_status 2
check_contains "$(<"$(err ops)")" '--snapshot reads rows, which --ops or --emit leaves out'
run tables cdcctl tail postgres "$PG_CONNINFO" --publication p --snapshot initial \
  --snapshot-tables public.nothing
check_status 2
check_contains "$(<"$(err tables)")" "--snapshot-tables: no table that can be read matches 'public.nothing'"
run alone cdcctl tail postgres "$PG_CONNINFO" --publication p --snapshot-parallel 2
check_status 2
check_contains "$(<"$(err alone)")" 'need --snapshot'

# A temporary slot, some of the tables, and an end by count.
run few cdcctl tail postgres "$PG_CONNINFO" --publication p --snapshot initial \
  --snapshot-tables '*.dropped' --until now
check_status 0
check_eq "$(ops "$(out few)")" '4 read'
run two cdcctl tail postgres "$PG_CONNINFO" --publication p --snapshot initial --tables '*.dropped' \
  --max-events 2
check_status 0
check_eq "$(ops "$(out two)")" '2 read'
check_eq "$(sql 'select count(*) from pg_replication_slots')" 1 'slots left'
