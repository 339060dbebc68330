#!/usr/bin/env bash
# The same WAL gives the same bytes by every protocol: transactions that come before they commit,
# interleaved, with subtransactions rolled back, DDL, truncates, messages and TOAST inside, in memory
# and spilled. A server that is too old for a protocol is refused.
. "$CDC_TEST_SUPPORT/sessions.sh"

# read_by NAME OPTION...: all of it, on a slot of that name.
read_by() {
  local name=$1
  shift
  copy_slot base "$name"
  run "$name" cdcctl tail postgres "$PG_CONNINFO" --slot "$name" --publication p --until now \
    --emit $LINES_KEPT "$@"
  check_status 0 "$name"
}

pg_start logical_decoding_work_mem=64kB
make_padding
sql 'create table orders (id int primary key, note text)' 'create table items (id int primary key)' \
  "create type mood as enum ('sad', 'ok')" 'create table moods (id int primary key, m mood)' \
  'create table wide (id int primary key, body text, n int)' \
  'alter table wide alter body set storage external' \
  'create table whole (id int, body text, n int)' 'alter table whole replica identity full' \
  'create publication p for table orders, items, moods, wide, whole' \
  "select pg_create_logical_replication_slot('base', 'pgoutput')" >/dev/null

session a "begin; insert into orders values (1, 'first'); savepoint kept;
  insert into orders values (2, 'kept'); insert into wide values (1, repeat('w', 2100), 1);
  insert into whole values (1, repeat('v', 9000), 1); release kept; $PAD"
session b "begin; insert into items values (10); $PAD"
session a "savepoint dropped; insert into orders values (3, 'rolled back'); savepoint inner_one;
  alter table orders add gone int; insert into orders values (4, 'rolled back', 1);
  release inner_one; $PAD"
session b "insert into items values (11); truncate items; insert into items values (12);
  select pg_logical_emit_message(true, 'inside', 'b'); $PAD"
session a "rollback to dropped; insert into orders values (5, 'after it');
  alter table orders add more int; insert into orders values (6, 'wider', 6);
  update wide set n = 2; update whole set n = 2; $PAD"
sql "insert into moods values (1, 'ok')" "select pg_logical_emit_message(false, 'at once', 'c')" >/dev/null
session c "begin; insert into moods values (2, 'sad'); $PAD"
session b 'commit;'
# Rolled back and kept in turn, each with rows that were sent.
session a "do \$\$ begin for i in 1 .. 20 loop
    begin
      insert into orders values (100 + i, 'attempt', i);
      insert into padding select g, repeat('x', 100) from generate_series(1, 700) g;
      if i % 2 = 0 then raise exception 'no'; end if;
    exception when others then null; end;
  end loop; end \$\$;"
session a "insert into moods values (3, 'sad'); delete from orders where id = 1;
  update orders set id = 20 where id = 2; delete from whole; $PAD commit;"
session c 'rollback;'
sql "insert into orders values (7, 'behind', 7)" "insert into moods values (4, 'ok')"
# One that came from elsewhere.
sql "select pg_replication_origin_create('node-7')" >/dev/null
session e "select pg_replication_origin_session_setup('node-7'); begin;
  insert into moods values (6, 'sad'); $PAD insert into moods values (7, 'sad'); commit;"
# A large one, with rows larger than a block, and one that never ends.
session d "begin; insert into moods values (5, 'ok'); $PAD"
sql "insert into wide select g, repeat(md5(g::text), 300 * g), g from generate_series(2, 40) g" \
  "insert into items select generate_series(1000, 4000)"

read_by one --protocol 1
check_eq "$(jq -r .op "$(out one)" | sort | uniq -c | xargs)" \
  "8 begin 8 commit 2 delete 3065 insert 2 message 6 schema 1 truncate 3 update" lines
protocols=(2 3)
if (($(server_major) >= 16)); then protocols+=(4); fi
for protocol in "${protocols[@]}"; do
  read_by "held$protocol" --protocol "$protocol"
  read_by "spilled$protocol" --protocol "$protocol" --memory-limit 16KiB --spill-dir "$WORK"
  for name in held spilled; do
    cmp "$(out one)" "$(out $name"$protocol")" || fail "protocol $protocol, $name"
  done
done
check_eq "$(jq -r 'select(.tx.origin == "node-7") | .op' "$(out one)" | xargs)" \
  'begin insert insert commit' 'lines from elsewhere'
read_by local1 --protocol 1 --origin none
read_by local2 --protocol 2 --origin none
cmp "$(out local1)" "$(out local2)" || fail 'without what came from elsewhere'
# A format that names the place of each change in the log.
for protocol in 1 2; do
  copy_slot base "places$protocol"
  run "places$protocol" cdcctl tail postgres "$PG_CONNINFO" --slot "places$protocol" --publication p \
    --until now --format debezium --protocol $protocol
  check_status 0
  jq -c '[.op, .source.lsn, .source.sequence]' "$(out "places$protocol")" >"$WORK/places$protocol"
done
cmp "$WORK/places1" "$WORK/places2" || fail 'places in the log'
streams=$(sql "select sum(stream_txns) from pg_stat_replication_slots where slot_name like 'held%'")
((streams > 0)) || fail 'the server streamed nothing'
check_eq "$(find "$WORK" -maxdepth 1 -name '.cdcctl-spill*')" '' 'spill files left'

# Going on behind any change inside a transaction that was streamed.
place=$(jq -r 'select(.after.note == "after it") | .pos' "$(out one)")
copy_slot base middle
run middle cdcctl tail postgres "$PG_CONNINFO" --slot middle --publication p --emit row --until now \
  --protocol 2 --from "$place"
check_status 0
jq -c 'select(.op == "insert" or .op == "update" or .op == "delete")' "$(out one)" |
  sed -n "\\|\"pos\":\"$place\"|,\$p" | tail -n +2 >"$WORK/expected"
cmp "$WORK/expected" "$(out middle)" || fail "going on behind $place"

if (($(server_major) < 16)); then
  run old cdcctl tail postgres "$PG_CONNINFO" --slot middle --publication p --protocol 4
  check_status 4
  check_contains "$(<"$(err old)")" "protocol 4 begins with PostgreSQL 16, and the server is PostgreSQL $(server_major)."
fi
session d 'rollback;'
