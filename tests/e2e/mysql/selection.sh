#!/usr/bin/env bash
# --tables, --exclude-tables, --columns, --exclude-columns, --ops and --emit choose lines; what they
# leave out keeps its place: no other line changes.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
my_sql 'create database other'
shop 'create table orders (id int primary key, status varchar(9), secret text)' \
  'create table items (id int primary key, secret text)' 'create table other.orders (id int primary key)'
here=$(my_position)
shop begin 'insert into orders values (1, "new", "s")' 'insert into items values (1, "s")' \
  'insert into other.orders values (1)' commit \
  begin 'update orders set status = "paid"' 'delete from items' 'insert into other.orders values (2)' commit \
  'alter table items add column n int' 'insert into items values (2, "t", 0)' 'truncate other.orders'

# The names of the first rows of items are not in the catalog any more.
picks_of=(--exclude-tables shop.items)
changes --emit all "${picks_of[@]}"
cp "$(out changes)" "$WORK/all"

# picks EXPECTED OPTION...: which lines are left, each exactly as it was among all.
picks() {
  local expected=$1
  shift
  changes "$@" "${picks_of[@]}"
  check_eq "$(jq -r '.op[:1] + (.table // "")' "$(out changes)" | paste -sd' ')" "$expected" "lines of $*"
  check_eq "$(grep -cvxFf "$WORK/all" "$(out changes)" || true)" 0 "changed lines of $*"
}
picks 'iorders iorders uorders iorders torders'
picks 'iorders uorders' --tables 'shop.*'
picks 'iorders iorders torders' --tables other.orders
picks 'iorders iorders uorders iorders torders' --tables orders
picks 'iorders uorders' --tables 'sh?p.*' --exclude-tables 'other.*'
picks 'iorders iorders iorders' --ops insert
picks 'uorders torders' --ops update,truncate
picks 'torders' --emit truncate
picks 'd' --emit ddl
picks 'b b b b b' --emit begin
picks 'c c c c c' --emit commit
picks 'sorders sorders' --emit schema
changes --tables shop.orders --columns shop.orders:status --exclude-columns '*:secret'
check_changes <<'LINES'
{"op":"insert","table":"orders","key":{"id":1},"after":{"status":"new"}}
{"op":"update","table":"orders","key":{"id":1},"before":{"status":"new"},"after":{"status":"paid"}}
LINES
check_eq "$(places "$(out changes)" | xargs)" '1#1 2#1'
# --tables names what to show of the server's own.
here=$(my_position)
my_sql 'create table mysql.own (id int primary key)' 'insert into mysql.own values (1)'
changes
check_eq "$(lines changes)" 0 "lines of the server's own tables"
changes --tables mysql.own
check_eq "$(jq -c '[.db, .after]' "$(out changes)")" '["mysql",{"id":1}]'
