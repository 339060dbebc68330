#!/usr/bin/env bash
# The same changes are the same bytes at every run: from another slot, behind any line, after the
# server's restart; and what filters leave out moves no other line.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql <<'SQL'
create table a (id int primary key, note text);
create table b (id serial primary key, n float8, at timestamptz default now());
create publication p for table a, b;
SQL
make_slot
sql <<'SQL' >/dev/null
insert into a select i, 'note ' || i from generate_series(1, 300) i;
begin;
insert into b (n) select i / 8.0 from generate_series(1, 100) i;
savepoint s; delete from a where id > 200; rollback to s;
update a set note = repeat('long', 1000) where id < 10;
select pg_logical_emit_message(true, 'app', 'x');
truncate b;
alter table a add extra int default 7;
update a set extra = 8 where id = 5;
commit;
delete from a where id % 3 = 0;
SQL
all=begin,row,truncate,message,schema,commit
changes --emit $all
cp "$(out changes)" "$WORK/all"
check_eq "$(jq -r 'select(.op | IN("insert", "update", "delete", "truncate", "message")).pos' "$WORK/all" |
  sort | uniq -d)" '' 'places that occur twice'

changes --emit $all
cmp "$WORK/all" "$(out changes)" || fail 'a second run'
sql "select from pg_copy_logical_replication_slot('s', 's2')" >/dev/null
run other cdcctl tail postgres "$PG_CONNINFO" --slot s2 --until now --emit $all
cmp "$WORK/all" "$(out other)" || fail 'another slot'
pg_restart
changes --emit $all
cmp "$WORK/all" "$(out changes)" || fail 'after a restart of the server'

# subset JQ FLAG...: these flags leave exactly the lines that JQ selects.
subset() {
  local chosen=$1
  shift
  changes "$@"
  cmp <(jq -c "select($chosen)" "$WORK/all") "$(out changes)" || fail "lines of $*"
}

row='(.op | IN("insert", "update", "delete"))'
subset "$row or .op == \"truncate\""
subset "$row" --emit row
subset "$row and .table == \"a\"" --emit row --tables public.a
subset '.table == "b" and .op != "schema"' --exclude-tables a
subset '.op == "delete"' --ops delete
subset '.op | IN("begin", "commit", "message")' --emit begin,commit,message
subset '.op == "schema"' --emit schema
subset "(.op | IN(\"begin\", \"commit\")) or ($row and .table == \"b\")" --emit begin,commit,row --tables b

# Behind any line come all that follow it.
jq -c "select($row)" "$WORK/all" >"$WORK/rows"
for n in 1 150 299 300 301 350 405 410 "$(wc -l <"$WORK/rows")"; do
  changes --emit row --from "$(sed -n "${n}p" "$WORK/rows" | jq -r .pos)"
  cmp <(tail -n +$((n + 1)) "$WORK/rows") "$(out changes)" || fail "lines behind line $n"
done
