#!/usr/bin/env bash
# Locks of a snapshot: none or short for tables with transactions, for the whole read for those
# without; a lock that cannot be had is waited for without keeping writers out for long; what the user
# may not do is named.
. "$CDC_TEST_SUPPORT/binlog_snapshot.sh"

start_shop
add_orders 1 100
shop 'create table old (id int primary key, pad varchar(4000)) engine = myisam' \
     "insert into old with recursive g (i) as (select 1 union all select i + 1 from g where i < 900) select i, repeat('x', 4000) from g"

# A writer of a table without transactions waits until it has been read, and no longer.
mkfifo "$WORK/gate"
spawn_into "$WORK/gate" tail cdcctl tail "$FLAVOUR" "$MY_URI" --tables 'shop.*' --snapshot initial --idle-exit 2s
exec 7<"$WORK/gate"
head -c 10000 <&7 >"$WORK/head"
spawn blocked shop "insert into old values (5000, 'late')"
shop "insert into orders values (5000, 'late')"
sleep 0.5
running blocked || fail 'a table without transactions is not locked'
cat "$WORK/head" - <&7 >"$WORK/lines"
finish tail
check_status 0
finish blocked
check_status 0
check_fold "$WORK/lines" orders old
check_contains "$(<"$(err tail)")" 'tables without transactions are locked against writers until they are read: `shop`.`old`'
check_contains "$(<"$(err tail)")" 'tables were locked for '
shop 'drop table old'

# Somebody holds the table: the snapshot waits, says so, and lets writers through meanwhile.
hold() {
  { echo "begin; insert into orders values (6000, 1); select 1;" && sleep 8 && echo 'commit;'; } |
    my_client --database=shop --unbuffered
}
spawn holder hold
wait_until 10 '[[ -s $(out holder) ]]'
run free cdcctl tail "$FLAVOUR" "$MY_URI" --tables 'shop.*' --snapshot only --lock none
check_status 0
check_eq "$(ops "$(out free)")" '101 read'
spawn waits cdcctl tail "$FLAVOUR" "$MY_URI" --tables 'shop.*' --snapshot only --lock brief
wait_until 10 'grep -q "waits for the lock of a table" $(err waits)'
finish waits
check_status 0
check_eq "$(ops "$(out waits)")" '102 read'
finish holder

# Who may not.
my_sql "create user u@localhost identified by 'p'" \
       "grant select, replication slave on *.* to u@localhost" \
       "grant $(on_mysql && echo 'replication client' || echo 'binlog monitor') on *.* to u@localhost"
uri="mysql://u:p@/shop?socket=$MY_SOCKET"
run denied cdcctl tail "$FLAVOUR" "$uri" --tables 'shop.*' --snapshot only --lock brief
check_status 4
check_contains "$(<"$(err denied)")" 'cannot lock the tables that are to be read'
check_contains "$(<"$(err denied)")" 'GRANT LOCK TABLES, SELECT ON'
run allowed cdcctl tail "$FLAVOUR" "$uri" --tables 'shop.*' --snapshot only --lock none
check_status 0
check_eq "$(ops "$(out allowed)")" '102 read'
