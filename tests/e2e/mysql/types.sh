#!/usr/bin/env bash
# Every value of the type cases, written by a real server and read back, is the JSON that its case
# says: with the types from the catalog, and with those from the log.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
# Each case is a table; its file $WORK/expected has `table<tab>row<tab>JSON`.
perl -ne '
  BEGIN { $flavour = shift @ARGV; $table = 0; $on = 0; open $expected, ">", shift @ARGV or die }
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
  elsif (/^json (.*)/) {
    $json = $1;
    $json =~ s/<([^<>*]+)\*(\d+)>/$1 x $2/ge;
    print $expected "t$table\t$row\t$json\n";
  }
' "$FLAVOUR" "$WORK/expected" "$CDC_ROOT"/tests/data/mysql/types/*.case >"$WORK/types.sql"
(
  echo "set sql_mode = 'allow_invalid_dates', time_zone = '+00:00';"
  cat "$WORK/types.sql"
) | shop
check_types() {
  changes
  perl -ne '
    /"table":"(t\d+)","key":\{"id":(\d+)\},"after":\{"id":\d+,"v":(.*)\}(?:,"undecodable":\["v"\])?,"pos":"/
      or die "line $.: $_";
    print "$1\t$2\t$3\n"' "$(out changes)" >"$WORK/actual"
  diff -u "$WORK/expected" "$WORK/actual" >"$WORK/types.diff" || fail "$1: $(head -n 40 "$WORK/types.diff")"
}
check_types 'types from the catalog'

my_sql 'set global binlog_row_metadata = FULL'
my_sql 'drop database shop' 'create database shop'
here=$(my_position)
(
  echo "set sql_mode = 'allow_invalid_dates', time_zone = '+00:00';"
  cat "$WORK/types.sql"
) | shop
check_types 'types from the log'
