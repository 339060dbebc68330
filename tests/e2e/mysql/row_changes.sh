#!/usr/bin/env bash
# What each statement that changes rows looks like: the key is the one before, a whole row before the
# change is shown, TRUNCATE is found behind comments, and the server's own tables are not shown.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
shop 'insert into orders values (1, "a"), (2, "b"), (3, null)' \
  'update orders set status = "A" where id = 1' \
  'update orders set status = "B" where id = 2 and status = "nobody"' \
  'update orders set id = 20 where id = 2' \
  'delete from orders where id = 3' \
  'replace into orders values (20, "r")' \
  'replace into orders values (21, "s")' \
  'insert into orders values (1, "x") on duplicate key update status = "again"' \
  '/* out with it */ truncate -- now
   table `shop`.orders' \
  "create user somebody@localhost identified by 'Secret-1'"
changes
# REPLACE of a row is an update where nothing else hangs on it.
check_changes <<'LINES'
{"op":"insert","table":"orders","key":{"id":1},"after":{"id":1,"status":"a"}}
{"op":"insert","table":"orders","key":{"id":2},"after":{"id":2,"status":"b"}}
{"op":"insert","table":"orders","key":{"id":3},"after":{"id":3,"status":null}}
{"op":"update","table":"orders","key":{"id":1},"before":{"id":1,"status":"a"},"after":{"id":1,"status":"A"}}
{"op":"update","table":"orders","key":{"id":2},"before":{"id":2,"status":"b"},"after":{"id":20,"status":"b"}}
{"op":"delete","table":"orders","key":{"id":3},"before":{"id":3,"status":null}}
{"op":"update","table":"orders","key":{"id":20},"before":{"id":20,"status":"b"},"after":{"id":20,"status":"r"}}
{"op":"insert","table":"orders","key":{"id":21},"after":{"id":21,"status":"s"}}
{"op":"update","table":"orders","key":{"id":1},"before":{"id":1,"status":"A"},"after":{"id":1,"status":"again"}}
{"op":"truncate","table":"orders"}
LINES
check_eq "$(places "$(out changes)" | xargs)" '1#1 1#2 1#3 2#1 3#1 4#1 5#1 6#1 7#1 8#1' places
