#!/usr/bin/env bash
# --format debezium and maxwell, from a real server.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
shop 'alter table orders add column total decimal(6,2)'
here=$(my_position)
shop 'insert into orders values (1, "new", 9.9)' 'update orders set status = "paid"' 'update orders set id = 2' \
  'delete from orders' 'truncate orders'
for format in debezium maxwell wal2json; do
  run $format cdcctl tail "$FLAVOUR" "$MY_URI" --from "$here" --until now --format $format
  echo "$format $STATUS"
  cat "$(err $format)" "$(out $format)"
done
