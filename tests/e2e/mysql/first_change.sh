#!/usr/bin/env bash
# A row inserted while tail runs comes out as one line; a polite signal ends it with 0 and leaves no
# connection behind.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
tail_shop tail
wait_streaming
add_orders 42 42
wait_until 10 '[[ $(lines tail) -ge 1 ]]'
stop_process tail TERM
check_status 0

check_eq "$(lines tail)" 1 lines
check_eq "$(jq -c '[.v, .op, .source, .db, has("schema"), .table, .key, .after]' "$(out tail)")" \
  "[1,\"insert\",\"$FLAVOUR\",\"shop\",false,\"orders\",{\"id\":42},{\"id\":42,\"status\":\"new\"}]"
check_eq "$(jq -c . "$(out tail)")" "$(<"$(out tail)")" 'the line as jq writes it'
check_eq "$(jq -r .pos "$(out tail)")" "$here#1" 'the place of the change'
check_eq "$(jq -r .tx.id "$(out tail)")" \
  "$(on_mysql && my_gtids | sed -E 's/:1-/:/' || my_gtids)" 'the GTID of the change'
wait_until 10 '[[ -z $(dumps) ]]'
