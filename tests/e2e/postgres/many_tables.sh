#!/usr/bin/env bash
# A thousand tables in one stream, in one transaction and by turns: each line names its own.
. "$CDC_TEST_SUPPORT/stream.sh"

tables=1000

pg_start
sql <<SQL
set client_min_messages = warning;
select format('create table t%s (id int primary key, c%s text)', i, i) from generate_series(1, $tables) i \gexec
create publication p for all tables;
SQL
make_slot
sql <<SQL
begin;
select format('insert into t%s values (%s, %L)', i, i, 'x' || i) from generate_series(1, $tables) i \gexec
commit;
select format('update t%s set c%s = null', i, i) from generate_series($tables, 1, -7) i \gexec
SQL

changes --emit row,schema
check_eq "$(jq -r 'select(.op == "schema") | .table + " " + .columns[1].name' "$(out changes)" |
  md5sum)" "$(for i in $(seq $tables); do echo "t$i c$i"; done | md5sum)" 'schema lines'
bare_lines "$(out changes)" | grep -v '"op":"schema"' >"$WORK/actual"
{
  for i in $(seq $tables); do
    echo "{\"op\":\"insert\",\"schema\":\"public\",\"table\":\"t$i\",\"key\":{\"id\":$i},\"after\":{\"id\":$i,\"c$i\":\"x$i\"}}"
  done
  for i in $(seq $tables -7 1); do
    echo "{\"op\":\"update\",\"schema\":\"public\",\"table\":\"t$i\",\"key\":{\"id\":$i},\"after\":{\"id\":$i,\"c$i\":null}}"
  done
} >"$WORK/expected"
diff "$WORK/expected" "$WORK/actual" >&2 || fail 'lines differ'

changes --tables 't99?' --exclude-tables 't998'
check_eq "$(jq -r .table "$(out changes)" | sort -u | paste -sd' ')" \
  't990 t991 t992 t993 t994 t995 t996 t997 t999' 'chosen tables'
