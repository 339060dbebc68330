#!/usr/bin/env bash
# --format wal2json writes what the plugin itself writes in its format version 2, over every type case
# and every shape of change. What differs on purpose is named here, and nothing else may.
. "$CDC_TEST_SUPPORT/pg.sh"

[[ -f $("$PG_BIN/pg_config" --pkglibdir 2>/dev/null)/wal2json.so ]] ||
  skip "the wal2json plugin is not there for PostgreSQL $PG_MAJOR"

cases=$CDC_ROOT/tests/data/postgres/types
# Those of our own session; the plugin writes what its session says.
settings=(datestyle=ISO intervalstyle=iso_8601 timezone=UTC extra_float_digits=3 bytea_output=hex)

# plugin OPTION...: what the plugin writes of everything since its slot was made.
plugin() {
  PGOPTIONS="${settings[*]/#/-c }" pg_recvlogical -d "$PG_CONNINFO" -S theirs --start \
    --endpos "$(pg_wal_lsn)" -o format-version=2 "$@" -f - --no-loop
}

ours() {
  run ours cdcctl tail postgres "$PG_CONNINFO" --slot ours --publication p --ack none --until now \
    --format wal2json "$@"
  check_status 0 "tail $*"
}

# Transactions in which nothing is published have no lines here: the server's pgoutput leaves them out.
without_empty() {
  awk '/^\{"action":"B"\}$/ { held = $0; next }
       /^\{"action":"C"\}$/ && held != "" { held = ""; next }
       held != "" { print held; held = "" }
       { print }' "$@"
}

# compare WHAT: the last lines of both, byte by byte.
compare() {
  without_empty "$WORK/theirs.lines" >"$WORK/theirs.compared"
  diff -u "$WORK/theirs.compared" "$WORK/ours.compared" >"$WORK/difference" ||
    fail "$1: $(head -n 40 "$WORK/difference")"
}

# make_slots: both, from the same place on.
make_slots() {
  sql "select from pg_create_logical_replication_slot('ours', 'pgoutput')" \
    "select from pg_create_logical_replication_slot('theirs', 'wal2json')" >/dev/null
}

drop_slots() {
  sql "select pg_drop_replication_slot('ours'), pg_drop_replication_slot('theirs')" >/dev/null
}

both() {
  plugin >"$WORK/theirs.lines"
  ours
  cp "$(out ours)" "$WORK/ours.compared"
}

check_shapes() {
  sql <<'SQL'
create table t (id int primary key, "Odd ""name" text, n numeric(10,2));
create table two (b int, a text, c text, primary key (a, b));
create table entire (id int primary key, note text, n int);
create table by_index (id int primary key, code text not null, n int);
create unique index code on by_index (code);
create table no_key (v text);
create schema other;
create table other."Näme" (id int primary key);
create table big (id int primary key, note text, n int);
alter table big alter note set storage external;
alter table entire replica identity full;
alter table by_index replica identity using index code;
create publication p for all tables;
SQL
  make_slots
  sql <<'SQL'
insert into t values (1, 'a "quoted" \ text' || chr(10) || chr(9) || chr(1) || chr(127) || 'ü', 9.90);
update t set n = 1 where id = 1;
update t set id = 2;
delete from t;
begin;
insert into two values (1, 'x', null), (2, 'y', 'z');
update two set c = 'changed';
update two set b = b + 10;
select from pg_logical_emit_message(true, 'app', 'inside "it"');
delete from two;
commit;
insert into entire values (1, null, 1), (2, 'x', null);
update entire set n = 3;
update entire set id = id + 10;
delete from entire;
insert into by_index values (1, 'a', 1);
update by_index set n = 2;
update by_index set code = 'b';
delete from by_index;
insert into no_key values ('x'), (null);
insert into other."Näme" values (1);
insert into big values (1, repeat('x', 5000), 1);
update big set n = 2;
select from pg_logical_emit_message(false, 'app', 'outside');
truncate t, two cascade;
truncate other."Näme" restart identity;
begin;
insert into t values (7);
savepoint s;
insert into t values (8);
rollback to s;
commit;
begin;
insert into t values (9);
rollback;
SQL
  both
  compare 'shapes'
  drop_slots
}

# Where the plugin leaves out an unchanged large value although the old row has it, we write it.
check_toast_in_whole_row() {
  sql 'alter table big replica identity full'
  make_slots
  sql 'update big set n = 3'
  both
  check_eq "$(jq -c 'select(.action == "U") | [.columns[].name]' "$WORK/theirs.lines")" '["id","n"]' \
    'columns of the plugin'
  check_eq "$(jq -c 'select(.action == "U") | [.columns[].name]' "$(out ours)")" \
    '["id","note","n"]' 'our columns'
  check_eq "$(jq -c 'del(.columns[]? | select(.name == "note"))' "$(out ours)")" \
    "$(jq -c . "$WORK/theirs.lines")" 'all the rest'
  drop_slots
}

# Generated columns are not published by servers before 18, and the plugin writes them.
check_generated() {
  sql 'create table made (id int primary key, twice int generated always as (id * 2) stored)'
  make_slots
  sql 'insert into made values (1)'
  both
  check_eq "$(jq -c 'select(.action == "I") | [.columns[].name]' "$WORK/theirs.lines")" \
    '["id","twice"]' 'columns of the plugin'
  check_eq "$(jq -c 'select(.action == "I") | [.columns[].name]' "$(out ours)")" '["id"]' \
    'our columns'
  drop_slots
}

# Numbers that JSON does not have: the plugin writes null.
check_specials() {
  sql 'create table special (id int primary key, f float8, g float4, n numeric)'
  make_slots
  sql "insert into special values (1, 'NaN', 'Infinity', 'NaN'), (2, '-Infinity', 'NaN', 'Infinity')"
  both
  check_eq "$(jq -c 'select(.action == "I") | [.columns[].value]' "$WORK/theirs.lines")" \
    '[1,null,null,null]
[2,null,null,null]' 'values of the plugin'
  check_eq "$(jq -c 'select(.action == "I") | [.columns[].value]' "$(out ours)")" \
    '[1,"NaN","Infinity","NaN"]
[2,"-Infinity","NaN","Infinity"]' 'our values'
  drop_slots
}

# Types of the user: the plugin takes the quotes of their names for those of JSON, and leaves out a
# schema that its session finds by itself.
check_user_types() {
  sql 'create schema "App"' "create type \"App\".\"Mood\" as enum ('ok')" \
    "create type \"c\\d\" as enum ('ok')" "create type plain as enum ('ok')" \
    'create table moods (id int primary key, m "App"."Mood", n "c\d", o plain)'
  make_slots
  sql "insert into moods values (1, 'ok', 'ok', 'ok')"
  check_contains "$(sql "select data from pg_logical_slot_peek_changes('theirs', null, null, 'format-version', '2')")" \
    '"type":"plain"' 'the schema in a session'
  both
  check_contains "$(<"$WORK/theirs.lines")" '"type":"App"."Mood"' 'the quotes of the plugin'
  check_contains "$(<"$WORK/theirs.lines")" '"type":"public.plain"' 'the schema under pg_recvlogical'
  check_eq "$(jq -c 'select(.action == "I") | [.columns[].type]' "$(out ours)")" \
    '["integer","\"App\".\"Mood\"","public.\"c\\d\"","public.plain"]' 'our types'
  drop_slots
}

# Content that is not text: the plugin ends at a zero byte.
check_binary_message() {
  make_slots
  sql "select pg_logical_emit_message(true, 'app', '\\x610062'::bytea)" \
    "select pg_logical_emit_message(true, 'app', '\\xff01'::bytea)" >/dev/null
  both
  check_contains "$(<"$WORK/theirs.lines")" '"content":"a"}' 'the cut content of the plugin'
  check_eq "$(grep '"M"' "$(out ours)")" \
    '{"action":"M","transactional":true,"prefix":"app","content":"a\u0000b"}
{"action":"M","transactional":true,"prefix":"app","content":"/wE=","encoding":"base64"}' 'our messages'
  drop_slots
}

# Every type case of the UTF-8 database, as one table each.
check_types() {
  local file line word rest tables=0 id=0
  {
    for file in "$cases"/*.case; do
      if grep -q '^database ' "$file"; then continue; fi
      if (($(sed -n 's/^since //p' "$file" | grep . || echo 0) > version)); then continue; fi
      while IFS= read -r line; do
        word=${line%% *} rest=${line#"$word"}
        case $word in
          setup) echo "$rest;" ;;
          type) echo "create table c$((++tables)) (id int primary key, v $rest);" ;;
          sql) echo "insert into c$tables values ($((++id)), $rest);" >>"$WORK/rows.sql" ;;
        esac
      done <"$file"
    done
  } >"$WORK/schema.sql"
  psql -d "$PG_CONNINFO" -X -q -v ON_ERROR_STOP=1 -f "$WORK/schema.sql"
  make_slots
  psql -d "$PG_CONNINFO" -X -q -v ON_ERROR_STOP=1 -f "$WORK/rows.sql"
  both
  ((id > 200)) || fail "only $id cases"
  check_eq "$(grep -c '"I"' "$(out ours)")" "$id" 'rows'
  # The exception of check_specials: a string here where the plugin has null.
  sed -E -i 's/("type":"(real|double precision|numeric[^"]*)","value":)"-?(NaN|Infinity)"/\1null/' \
    "$WORK/ours.compared"
  compare 'types'
  drop_slots
}

# The lines that a user chooses, and what means nothing here.
check_choices() {
  make_slots
  sql 'insert into t values (20)' 'truncate t'
  ours --emit row
  check_eq "$(jq -r .action "$(out ours)")" I '--emit row'
  ours --ops insert,truncate --emit all --pretty
  check_eq "$(jq -r .action "$(out ours)" | xargs)" 'B I C B T C' '--emit all --pretty'
  local flags
  for flags in '--emit schema' '--emit progress' '--decimal string' '--binary hex' '--ack fd:1' \
    '--debezium-key'; do
    # shellcheck disable=SC2086
    run refused cdcctl tail postgres "$PG_CONNINFO" --slot ours --format wal2json $flags
    check_status 2 "$flags"
    check_contains "$(<"$(err refused)")" 'wal2json' "$flags"
  done
}

pg_start 'output_plugin_libraries=pgoutput, wal2json'
version=$(($(sql 'show server_version_num') / 10000))
check_shapes
check_toast_in_whole_row
check_generated
check_specials
check_user_types
check_binary_message
check_types
check_choices
