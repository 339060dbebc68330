#!/usr/bin/env bash
# Rows larger than a packet of the protocol (16 MiB) come whole, and so does a table with hundreds of
# columns.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server --max-allowed-packet=64M
shop 'create table large (id int primary key, body longtext)'
columns=$(printf ', c%d int' {1..300})
shop "create table wide (id int primary key$columns)"
here=$(my_position)
for size in 16777000 16777216 33554432; do
  shop "insert into large values ($size, repeat('x', $size))"
done
shop "insert into wide (id, c1, c300) values (1, 10, 3000)"
changes
check_eq "$(perl -ne 'print "$1 ", length $2, "\n" if /"after":\{"id":(\d+),"body":"(x*)"\}/' "$(out changes)" | xargs)" \
  '16777000 16777000 16777216 16777216 33554432 33554432'
check_eq "$(tail -n 1 "$(out changes)" | jq -c '.after | [length, .c1, .c2, .c300]')" '[301,10,null,3000]'
