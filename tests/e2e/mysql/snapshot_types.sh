#!/usr/bin/env bash
# Every value of the type cases, written by a real server, is the same JSON as a row of a snapshot, as
# a row of the log, and as its case says.
. "$CDC_TEST_SUPPORT/binlog_snapshot.sh"

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
    my $type = $1;
    $name = $ARGV =~ /old_temporal/ ? "old$table" : "t$table";
    print $setup, "create table $name (id int primary key, v $type);\n";
  }
  elsif (/^sql (.*)/) { ++$row; print "insert into $name values ($row, $1);\n" }
  elsif (/^json (.*)/) {
    $json = $1;
    $json =~ s/<([^<>*]+)\*(\d+)>/$1 x $2/ge;
    print $expected "$name\t$row\t$json\n";
  }
' "$FLAVOUR" "$WORK/expected" "$CDC_ROOT"/tests/data/mysql/types/*.case >"$WORK/types.sql"
# What the protocol has in other forms than the log.
cat >>"$WORK/types.sql" <<'SQL'
create table filled (id int primary key, i int(6) zerofill, d decimal(9,2) zerofill, c char(5), b binary(4),
  vb varbinary(9), y year, g int generated always as (id * 2) virtual);
insert into filled (id, i, d, c, b, vb, y) values (1, 42, 7.5, 'a ', 'x', 'y ', 1999), (2, 0, 0, '', '', '', 0),
  (3, null, null, null, null, null, null), (4, 1, 1234567.89, ' ', 0x00, 0x00, 2155);
SQL
write() {
  (
    echo "set sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';"
    cat "$@"
  ) | shop
}
# Their rows need the catalog's digits, which the log alone does not have.
old='/\bold[0-9]+\b|^(set global|SET GLOBAL)/'
sed -nE "${old}p" "$WORK/types.sql" >"$WORK/old.sql"
sed -E "${old}d" "$WORK/types.sql" >"$WORK/new.sql"
write "$WORK/old.sql"
here=$(my_position)
write "$WORK/new.sql"

snapshot_shop rows only --exclude-tables 'shop.filled'
check_status 0
perl -ne '
  /"table":"(\w+)","key":\{"id":(\d+)\},"after":\{"id":\d+,"v":(.*)\}(?:,"undecodable":\["v"\])?,"pos":"/
    or die "line $.: $_";
  print "$1\t$2\t$3\n"' "$(out rows)" | LC_ALL=C sort >"$WORK/actual"
LC_ALL=C sort "$WORK/expected" | diff -u - "$WORK/actual" >"$WORK/types.diff" ||
  fail "$(head -n 40 "$WORK/types.diff" | cut -c 1-400)"

# Whole lines: undecodable columns and types without a case, too.
rm -r "$state"
snapshot_shop rows only --exclude-tables 'shop.old*'
check_status 0
changes --exclude-tables 'shop.old*'
bare() {
  sed -E 's/.*"table":("[^"]*","key":.*),"pos":.*/\1/' "$1" | LC_ALL=C sort
}
diff -u <(bare "$(out changes)") <(bare "$(out rows)") >"$WORK/types.diff" ||
  fail "$(head -n 40 "$WORK/types.diff" | cut -c 1-400)"
