#!/usr/bin/env bash
# Compressed transactions (MySQL), events and columns (MariaDB) give the lines that plain ones give,
# and are places to go on inside of.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
long=$(printf 'long text %.0s' {1..200})
on=(); off=()
if on_mysql; then
  on=('set binlog_transaction_compression = on') off=('set binlog_transaction_compression = off')
else
  my_sql 'set global log_bin_compress = on' 'set global log_bin_compress_min_len = 10'
fi
columns='id int primary key, a text, b varchar(3000)'
shop "create table plain ($columns)"
if on_mariadb; then columns='id int primary key, a text compressed, b varchar(3000) compressed'; fi
shop "create table t ($columns)"
here=$(my_position)

# write TABLE
write() {
  printf '%s\n' begin "insert into $1 values (1, '$long', ''), (2, '', '$long'), (3, null, 'short')" \
    "update $1 set a = concat(a, 'ü') where id < 3" "delete from $1 where id = 3" commit
}
mapfile -t statements < <(write t)
shop "${on[@]}" "${statements[@]}"
if on_mariadb; then my_sql 'set global log_bin_compress = off'; fi
mapfile -t statements < <(write plain)
shop "${off[@]}" "${statements[@]}"
changes
check_eq "$(lines changes)" 12
diff <(bare_lines "$(out changes)" | head -n 6) \
  <(bare_lines "$(out changes)" | tail -n 6 | sed 's/"table":"plain"/"table":"t"/') || fail 'other lines'
check_eq "$(jq -r 'select(.after.id == 2 and .op == "insert" and .table == "t").after.b' "$(out changes)")" "$long"
check_eq "$(places "$(out changes)" | head -n 6 | xargs)" '1#1 1#2 1#3 1#4 1#5 1#6'
compressed=$(my_sql "show binlog events in '${here%:*}'" | grep -ciE 'Transaction_payload|_compressed' || true)
((compressed > 0)) || fail 'nothing was compressed'

run from cdcctl tail "$FLAVOUR" "$MY_URI" --from "$(sed -n 4p "$(out changes)" | jq -r .pos)" --until now
check_status 0
cmp <(tail -n +5 "$(out changes)") "$(out from)" || fail 'other lines from the middle'
