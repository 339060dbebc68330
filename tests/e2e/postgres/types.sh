#!/usr/bin/env bash
# Every case of tests/data/postgres/types on a real server: its text is what the case says, and so is
# the JSON of the change line, whatever session defaults the database has; and every line is the same
# with --binary-transfer, but for types that it refuses.
. "$CDC_TEST_SUPPORT/pg.sh"

cases=$CDC_ROOT/tests/data/postgres/types
# Those of the stream.
settings=(datestyle=ISO intervalstyle=iso_8601 timezone=UTC extra_float_digits=3 bytea_output=hex
  search_path=pg_catalog)

# in_database SQLFILE: runs it in the database's own encoding.
in_database() {
  PGCLIENTENCODING=$encoding PGOPTIONS="-c client_min_messages=warning ${PGOPTIONS:-}" \
    psql -d "$PG_CONNINFO dbname=$database" -X -q -A -t \
    -v ON_ERROR_STOP=1 -f "$1"
}

# value_of FILE WORD DEFAULT: what the file says once for all its cases.
value_of() {
  local found
  found=$(sed -n "s/^$2 //p" "$1")
  echo "${found:-$3}"
}

# add_cases FILE: appends its cases to the scripts and expectations of their database.
add_cases() {
  local line word rest
  while IFS= read -r line; do
    word=${line%% *} rest=${line#"$word"}
    rest=${rest# }
    case $word in
      setup) echo "$rest;" >&"$to_schema" ;;
      type)
        table=t$((++tables))
        echo "create table $table (id int primary key, v $rest);" >&"$to_schema"
        echo "copy (select v from public.$table order by id) to stdout;" >&"$to_copies"
        in_binary+=("$table")
        ;;
      sql) echo "insert into $table values ($((++id)), $rest);" >&"$to_rows" ;;
      refused)
        unset 'in_binary[-1]'
        refused[$table]=$rest
        ;;
      binary)
        # Behind the number of fields, the type and the length of a row of one value.
        echo "select substr(encode(record_send(row(v)), 'hex'), 25) from public.$table where id = $id;" \
          >&"$to_sends"
        echo "$rest" >&"$to_binaries"
        ;;
      copy) echo "$rest" >&"$to_texts" ;;
      json) printf '\n%d %s' $id "$rest" >&"$to_lines" ;;
      undecodable) printf ',"undecodable":["v"]' >&"$to_lines" ;;
    esac
  done <"$1"
}

declare -a in_binary    # tables that --binary-transfer reads
declare -A refused      # table -> why --binary-transfer refuses it

# collect: writes schema.sql, rows.sql, copies.sql and what they must lead to, for one database.
collect() {
  local file to_schema to_rows to_copies to_texts to_sends to_binaries to_lines
  exec {to_schema}>"$work/schema.sql" {to_rows}>"$work/rows.sql" {to_copies}>"$work/copies.sql" \
    {to_texts}>"$work/texts" {to_sends}>"$work/sends.sql" {to_binaries}>"$work/binaries" \
    {to_lines}>"$work/lines"
  id=0 tables=0 in_binary=() refused=()
  for file in "$cases"/*.case; do
    if [[ $(value_of "$file" database UTF8) == "$encoding" ]] &&
      (($(value_of "$file" since 0) <= version)); then
      add_cases "$file"
    fi
  done
  echo >&"$to_lines"
  exec {to_schema}>&- {to_rows}>&- {to_copies}>&- {to_texts}>&- {to_sends}>&- {to_binaries}>&- \
    {to_lines}>&-
  sed -i 1d "$work/lines"
}

# Defaults that would change nearly every value, if the stream's session did not set its own.
spoil_settings() {
  local setting
  for setting in "datestyle = 'SQL, DMY'" "intervalstyle = 'postgres_verbose'" \
    "timezone = 'Asia/Kolkata'" 'extra_float_digits = -15' "bytea_output = 'escape'" \
    'search_path = public' 'quote_all_identifiers = on'; do
    sql "alter database $database set $setting"
  done
}

# Bytes beyond ASCII as the cases write them, where they are not UTF-8.
escape_bytes() {
  if [[ $encoding == UTF8 ]]; then
    cat
  else
    LC_ALL=C perl -pe 's/([\x80-\xff])/sprintf("\\x%02X", ord $1)/ge'
  fi
}

# check_same EXPECTED ACTUAL WHAT
check_same() {
  diff -u "$1" "$2" >&2 || fail "$3 of the $encoding database differ"
}

check_texts() {
  PGOPTIONS="${settings[*]/#/-c }" in_database "$work/copies.sql" | escape_bytes \
    >"$work/texts.server"
  check_same "$work/texts" "$work/texts.server" 'texts'
}

check_binaries() {
  in_database "$work/sends.sql" >"$work/binaries.server"
  check_same "$work/binaries" "$work/binaries.server" 'binary values'
}

check_binary_stream() {
  run "binary.$encoding" cdcctl tail postgres "$PG_CONNINFO dbname=$database" --slot binary_cases \
    --publication binary_cases --until now --binary-transfer
  check_status 0 "binary tail of the $encoding database"
  local table
  cp "$(out "tail.$encoding")" "$work/lines.text"
  for table in "${!refused[@]}"; do sed -i "/\"table\":\"$table\"/d" "$work/lines.text"; done
  [[ -s $work/lines.text ]] || fail "no line to compare in the $encoding database"
  check_same "$work/lines.text" "$(out "binary.$encoding")" 'binary lines'
  for table in "${!refused[@]}"; do
    run refused cdcctl tail postgres "$PG_CONNINFO dbname=$database" --slot binary_cases \
      --publication "only_$table" --until now --binary-transfer
    check_status 4 "binary tail of $table"
    check_contains "$(<"$(err refused)")" \
      "column 'v' of table public.$table cannot be transferred in binary: ${refused[$table]}"
  done
}

# A publication of what --binary-transfer reads, and one of each table that it does not.
publish_for_binary() {
  local table
  sql "create publication binary_cases for table $(IFS=, && echo "${in_binary[*]}")"
  for table in "${!refused[@]}"; do sql "create publication only_$table for table $table"; done
}

check_stream() {
  run "tail.$encoding" cdcctl tail postgres "$PG_CONNINFO dbname=$database" --slot cases \
    --publication cases --until now
  check_status 0 "tail of the $encoding database"
  sed -E 's/.*"after":\{"id":([0-9]+),"v":(.*)\}(,"undecodable":\["v"\])?,"pos":.*/\1 \2\3/' \
    "$(out "tail.$encoding")" >"$work/lines.stream"
  check_same "$work/lines" "$work/lines.stream" 'lines'
}

# The rows of a snapshot have the same JSON as the stream's.
check_snapshot() {
  run "read.$encoding" cdcctl tail postgres "$PG_CONNINFO dbname=$database" --publication cases \
    --snapshot only
  check_status 0 "snapshot of the $encoding database"
  sed -E 's/.*"after":\{"id":([0-9]+),"v":(.*)\}(,"undecodable":\["v"\])?,"pos":.*/\1 \2\3/' \
    "$(out "read.$encoding")" | LC_ALL=C sort -n -s -k 1,1 >"$work/lines.read"
  LC_ALL=C sort -n -s -k 1,1 "$work/lines" >"$work/lines.sorted"
  check_same "$work/lines.sorted" "$work/lines.read" 'lines of a snapshot'
}

# So do they in the formats that write a value by what its column means: `TABLE {ROW}`, sorted. Does
# not consume the slot.
check_formats() {
  local format lines
  for format in debezium maxwell; do
    run "$format.stream" cdcctl tail postgres "$PG_CONNINFO dbname=$database" --slot cases \
      --publication cases --until now --ack none --format $format --emit row
    check_status 0 "$format lines of the $encoding database"
    run "$format.read" cdcctl tail postgres "$PG_CONNINFO dbname=$database" --publication cases \
      --snapshot only --format $format --emit row
    check_status 0 "$format snapshot of the $encoding database"
    for lines in stream read; do
      sed -E -e 's/^\{"before":null,"after":(.*),"source":\{.*"table":"(t[0-9]+)".*/\2 \1/' \
        -e 's/^\{"database":"public","table":"(t[0-9]+)".*,"data":(.*)\}$/\1 \2/' \
        "$(out "$format.$lines")" | LC_ALL=C sort >"$work/$format.$lines"
    done
    check_eq "$(grep -cE '^t[0-9]+ \{"id":[0-9]+,' "$work/$format.read")" "$id" "$format rows"
    check_same "$work/$format.stream" "$work/$format.read" "$format lines of a snapshot"
  done
}

check_database() {
  encoding=$1
  database=types_${encoding,,}
  work=$WORK/$encoding
  mkdir "$work"
  collect
  sql "create database $database encoding '$encoding' locale 'C' template template0"
  in_database "$work/schema.sql"
  PGDATABASE=$database PG_CONNINFO="$PG_CONNINFO dbname=$database" \
    sql 'create publication cases for all tables'
  PGDATABASE=$database PG_CONNINFO="$PG_CONNINFO dbname=$database" publish_for_binary
  PGDATABASE=$database PG_CONNINFO="$PG_CONNINFO dbname=$database" \
    sql "select from pg_create_logical_replication_slot('cases', 'pgoutput')" \
    "select from pg_create_logical_replication_slot('binary_cases', 'pgoutput')" >/dev/null
  in_database "$work/rows.sql"
  check_texts
  check_binaries
  spoil_settings
  check_formats
  check_stream
  check_snapshot
  check_binary_stream
  sql "select pg_drop_replication_slot('cases')" \
    "select pg_drop_replication_slot('binary_cases')" >/dev/null
}

# What the program knows of the catalog.
check_catalog() {
  sql "copy (select t.oid, t.typname, coalesce(e.oid, 0), coalesce(e.typdelim, t.typdelim),
               format_type(t.oid, -1)
             from pg_type t left join pg_type e on e.typarray = t.oid
             where t.oid < 10000 and coalesce(e.typtype, t.typtype) in ('b', 'c', 'r', 'm')
               or t.typname in ('record', '_record', 'cstring', '_cstring')
             order by 1) to stdout" >"$WORK/builtin_types.tsv"
  diff "$cases/builtin_types.tsv" "$WORK/builtin_types.tsv" >&2 || fail 'built-in types differ'
  {
    echo 'create temporary table modifiers (n serial, oid oid, typmod int, name text);'
    echo 'copy modifiers (oid, typmod, name) from stdin;'
    cat "$cases/type_modifiers.tsv"
    echo '\.'
    echo 'copy (select oid, typmod, format_type(oid, typmod) from modifiers order by n) to stdout;'
  } | sql >"$WORK/type_modifiers.tsv"
  diff "$cases/type_modifiers.tsv" "$WORK/type_modifiers.tsv" >&2 || fail 'type names differ'
}

pg_start
version=$(($(sql 'show server_version_num') / 10000))
check_catalog
for encoding in UTF8 $(sed -n 's/^database //p' "$cases"/*.case | sort -u); do
  check_database "$encoding"
done
