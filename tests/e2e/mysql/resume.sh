#!/usr/bin/env bash
# A restart goes on behind what is remembered: by GTID and by file and offset, over rotations and
# restarts of the server. What is remembered is the end of the log and all of its GTIDs.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
begin_state
check_eq "$(remembered)" "$here"
add_orders 1 3
my_flush
add_orders 4 5
resume_shop gtid
check_status 0
check_orders "$(out gtid)" 1 5
check_eq "$(remembered)" "$(my_position)"
check_eq "$(remembered_gtids)" "$(my_gtids)"
check_eq "$(jq .committed_event_count "$checkpoint")" 5 'changes counted'

my_restart
add_orders 6 7
my_flush
my_flush
add_orders 8 8
resume_shop offset --gtid off
check_status 0
check_orders "$(out offset)" 6 8
check_eq "$(remembered_gtids)" "$(my_gtids)" 'GTIDs after a stream without them'

resume_shop nothing
check_status 0
check_eq "$(lines nothing)" 0 'lines where nothing is new'
my_kill
my_resume
add_orders 9 9
resume_shop crashed
check_status 0
check_orders "$(out crashed)" 9 9
