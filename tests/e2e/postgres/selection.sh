#!/usr/bin/env bash
# --tables, --exclude-tables, --columns, --exclude-columns, --ops and --emit choose lines; what they
# leave out keeps its place: no other line changes.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql <<'SQL'
create schema shop;
create table shop.orders (id int primary key, status text, secret text);
create table shop.order_items (id int primary key, secret text);
create table public.orders (id int primary key);
create table "Odd.one" (id int primary key);
create publication p for all tables;
SQL
make_slot

sql <<'SQL' >/dev/null
begin;
insert into shop.orders values (1, 'new', 's');
insert into shop.order_items values (1, 's');
insert into public.orders values (1);
select pg_logical_emit_message(true, 'app', 'hello');
commit;
create unlogged table unpublished as select 1;
begin;
update shop.orders set status = 'paid';
delete from shop.order_items;
truncate public.orders;
insert into "Odd.one" values (1);
commit;
SQL
changes --emit all
cp "$(out changes)" "$WORK/all"

# picks EXPECTED FLAG...: which lines are left, each exactly as it was among all.
picks() {
  local expected=$1
  shift
  changes "$@"
  check_eq "$(jq -r '.op[:1] + (.table // "")' "$(out changes)" | paste -sd' ')" "$expected" \
    "lines of $*"
  check_eq "$(grep -cvxFf "$WORK/all" "$(out changes)" || true)" 0 "changed lines of $*"
}

rows='iorders iorder_items iorders uorders dorder_items torders iOdd.one'
picks "$rows"
picks 'iorders iorder_items uorders dorder_items' --tables 'shop.*'
picks 'iorders iorders uorders torders' --tables orders
picks 'iorders torders' --tables public.orders
picks 'iorder_items dorder_items' --tables 'sh?p.order_*'
picks 'iorders uorders' --tables orders --exclude-tables 'public.*'
picks 'iorders iorders uorders torders iOdd.one' --exclude-tables shop.order_items
picks 'iOdd.one' --exclude-tables '*.orders,*.order_*'
picks '' --exclude-tables '*' --exclude-tables 'public.Odd.*'
picks 'iOdd.one' --tables 'public.Odd.one'
picks 'iorders iorder_items iorders iOdd.one' --ops insert
picks 'uorders dorder_items torders' --ops update,delete --ops truncate
picks 'iorders iorder_items iorders uorders dorder_items iOdd.one' --emit row
picks 'torders' --emit truncate
picks 'b b' --emit begin
picks 'c c' --emit commit
picks 'm' --emit message
picks 'sorders sorder_items sorders sOdd.one' --emit schema
picks 'b m c b c' --emit begin,commit,message
picks 'b c b uorders c' --emit begin,row,commit --ops update

# Columns: the key stays, since it says which row it is.
changes --tables 'shop.*' --columns shop.orders:status --exclude-columns '*:secret'
check_changes <<'END'
{"op":"insert","schema":"shop","table":"orders","key":{"id":1},"after":{"status":"new"}}
{"op":"insert","schema":"shop","table":"order_items","key":{"id":1},"after":{"id":1}}
{"op":"update","schema":"shop","table":"orders","key":{"id":1},"after":{"status":"paid"}}
{"op":"delete","schema":"shop","table":"order_items","key":{"id":1}}
END
check_eq "$(places "$(out changes)" | paste -sd' ')" '1#1 1#2 2#1 2#2' places
changes --tables shop.orders --columns shop.orders:status,id --columns shop.orders:secret \
  --exclude-columns orders:status --ops insert
check_changes <<'END'
{"op":"insert","schema":"shop","table":"orders","key":{"id":1},"after":{"id":1,"secret":"s"}}
END

refused 2 "--ops: 'insrt' is none of insert, update, delete, truncate, read" '' --ops insrt
refused 2 "--emit: 'rows' is none of row, truncate, begin, commit, schema, message, ddl, progress, prepare, commit_prepared, rollback_prepared, all" '' \
  --emit rows
refused 2 "'a..b' is not a table pattern" 'write schema.table or table' --tables a..b
refused 2 "'shop.orders' does not name the columns of a table" \
  'write schema.table:column1,column2' --columns shop.orders
