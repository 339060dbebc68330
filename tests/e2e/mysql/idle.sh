#!/usr/bin/env bash
# While nothing is captured heartbeats move the checkpoint on, to the end of the log, and progress
# lines tell of it; a restart then reads nothing twice, and a purge up to there does no harm.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
my_sql 'create database quiet'
tail_shop idle --checkpoint "$state" --tables 'quiet.*' --emit row,progress --commit-interval 10ms
wait_streaming
add_orders 1 3
my_flush
add_orders 4 5
# MariaDB adds an event of its own a little later.
wait_until 20 '[[ -f $checkpoint ]] && [[ $(remembered) == "$(my_position)" ]]'
check_eq "$(remembered_gtids)" "$(my_gtids)"
wait_until 10 '[[ $(tail -n 1 "$(out idle)" | jq -r .pos) == "$(my_position)" ]]'
check_eq "$(jq -r .op "$(out idle)" | sort -u)" progress
count=$(lines idle)
# Five heartbeats, and nothing to tell.
sleep 5
check_eq "$(lines idle)" "$count" 'progress lines without progress'
stop_process idle
check_status 0

my_sql "purge binary logs to '$(my_position | cut -d : -f 1)'"
shop 'create table quiet.t (id int primary key)' 'insert into quiet.t values (1)'
resume_shop again --tables 'quiet.*'
check_status 0
check_eq "$(jq -c .after "$(out again)")" '{"id":1}'
