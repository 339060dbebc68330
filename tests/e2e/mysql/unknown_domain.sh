#!/usr/bin/env bash
# flavours: mariadb
# Several domains are remembered and read on together. A domain that the server does not know, which
# it would pass over in silence, is refused.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
begin_state
shop 'insert into orders values (1, "a")' 'set gtid_domain_id = 5' 'insert into orders values (2, "b")' \
  'set gtid_domain_id = 0' 'insert into orders values (3, "c")'
resume_shop domains
check_status 0
check_orders "$(out domains)" 1 3
check_eq "$(remembered_gtids)" "$(my_gtids)"
check_contains "$(remembered_gtids)" ',5-10-1'
shop 'set gtid_domain_id = 5' 'insert into orders values (4, "d")' 'set gtid_domain_id = 0' \
  'insert into orders values (5, "e")'
resume_shop domains
check_orders "$(out domains)" 4 5

run refused cdcctl tail mariadb "$MY_URI" --from '0-10-1,7-10-3' --until now
check_refused refused 5 "the server's log knows no domain 7, which the position has" 'a server with the same history'
