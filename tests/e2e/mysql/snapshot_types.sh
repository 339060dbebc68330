#!/usr/bin/env bash
# Every value of the type cases is the same JSON as a row of a snapshot and as a row of the log.
. "$CDC_TEST_SUPPORT/binlog_snapshot.sh"

start_server
# All types twice: with the temporal forms of today and, on MariaDB, with those of before.
perl -ne '
  BEGIN { $flavour = shift @ARGV; $table = 0; $on = 0 }
  chomp;
  if (/^server (\w+)/) { $on = $1 eq "both" || $1 eq $flavour; $setup = ""; next }
  next unless $on;
  if (/^setup (.*)/) { $setup .= "$1;\n" }
  elsif (/^type (.*)/) {
    ++$table; $row = 0;
    print "set global mysql56_temporal_format = on;\n" if $flavour eq "mariadb";
    print $setup, "create table t$table (id int primary key, v $1);\n";
  }
  elsif (/^sql (.*)/) { ++$row; print "insert into t$table values ($row, $1);\n" }
' "$FLAVOUR" "$CDC_ROOT"/tests/data/mysql/types/*.case >"$WORK/types.sql"
cat >>"$WORK/types.sql" <<'SQL'
create table filled (id int primary key, i int(6) zerofill, d decimal(9,2) zerofill, c char(5), b binary(4),
  vb varbinary(9), y year, g int generated always as (id * 2) virtual);
insert into filled (id, i, d, c, b, vb, y) values (1, 42, 7.5, 'a ', 'x', 'y ', 1999), (2, 0, 0, '', '', '', 0),
  (3, null, null, null, null, null, null), (4, 1, 1234567.89, ' ', 0x00, 0x00, 2155);
SQL
(
  echo "set sql_mode = '', time_zone = '+00:00';"
  cat "$WORK/types.sql"
) | shop

snapshot_shop rows --snapshot only
check_status 0
changes --tables 'shop.*'
bare() {
  jq -Rr 'capture("\"table\":\"(?<t>[^\"]*)\",\"key\":(?<k>\\{[^}]*\\}),\"after\":(?<a>.*),\"pos\":") | .t + "\t" + .k + "\t" + .a' "$1" |
    LC_ALL=C sort
}
bare "$(out rows)" >"$WORK/rows"
bare "$(out changes)" >"$WORK/changes"
(($(wc -l <"$WORK/rows") > 300)) || fail "only $(wc -l <"$WORK/rows") values"
check_eq "$(wc -l <"$WORK/rows")" "$(wc -l <"$(out rows)")" 'lines of rows'
diff -u "$WORK/changes" "$WORK/rows" >"$WORK/types.diff" || fail "$(head -n 40 "$WORK/types.diff" | cut -c 1-400)"
