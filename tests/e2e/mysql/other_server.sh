#!/usr/bin/env bash
# A checkpoint is used only against the server that it came from: exit 4 with both identities. With
# --accept-server-change it goes on by GTID at a replica, also inside a transaction that it saw only
# in part; never by file and offset.
. "$CDC_TEST_SUPPORT/binlog.sh"

replica_options=(--log-slave-updates=ON)
if on_mysql; then replica_options=(); fi
start_shop
my_sql "create user replica@'%' identified by 'secret'" \
  "grant replication slave on *.* to replica@'%'"
begin_state
add_orders 1 3
resume_shop first
check_orders "$(out first)" 1 3
main_uri=$MY_URI port=$MY_PORT
identity() { my_sql "select @@$(on_mysql && echo server_uuid || echo server_uid)"; }
main=$(identity)

use_server other
start_server --server-id=77 "${replica_options[@]}"
my_sql "$(on_mysql && echo 'reset binary logs and gtids' || echo 'reset master')" 'drop database shop' \
  "$(on_mysql && echo 'reset binary logs and gtids' || echo 'reset master')"
if on_mysql; then
  my_sql "change replication source to source_host='127.0.0.1', source_port=$port, source_user='replica',
    source_password='secret', source_auto_position=1, get_source_public_key=1" 'start replica'
else
  my_sql "change master to master_host='127.0.0.1', master_port=$port, master_user='replica',
    master_password='secret', master_use_gtid=slave_pos" 'start slave'
fi
wait_until 30 '[[ $(shop "select count(*) from orders" 2>/dev/null) == 3 ]]'

resume_shop refused
check_refused refused 4 'the position comes from another server' '--accept-server-change'
check_contains "$(<"$(err refused)")" "$main"
check_contains "$(<"$(err refused)")" "$(identity)"
resume_shop refused --gtid off --accept-server-change
check_refused refused 5 "the position is a file and an offset of another server's log" ''

use_server main
add_orders 4 6
use_server other
wait_until 30 '[[ $(shop "select count(*) from orders") == 6 ]]'
resume_shop moved --accept-server-change
check_status 0
check_orders "$(out moved)" 4 6
check_eq "$(jq -r '.server | .server_uuid // .server_uid' "$checkpoint")" "$(identity)" 'the server remembered'
check_eq "$(remembered)" "$(my_position)"
resume_shop again
check_status 0 'at the new server'
check_eq "$(lines again)" 0
