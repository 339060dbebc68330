#!/usr/bin/env bash
# flavours: mariadb
# System-versioned tables show the rows that hold now: a delete, which the log has as the end of a
# row's time, is a delete; older versions and their removal are not shown. Neither are sequences.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
shop 'create table v (id int primary key, a int) with system versioning' \
  'create table k (a int) with system versioning' \
  'create table e (id int primary key, s timestamp(6) generated always as row start,
     t timestamp(6) generated always as row end, period for system_time (s, t)) with system versioning' \
  'create sequence n' 'create table u (id int primary key default nextval(n))'
for level in NO_LOG FULL; do
  my_sql "set global binlog_row_metadata = $level"
  for image in FULL MINIMAL; do
    here=$(my_position)
    shop "set binlog_row_image = $image" 'insert into v values (1, 1)' 'update v set a = 2' 'update v set id = 3' \
      'delete from v' 'delete history from v' 'insert into k values (1), (2)' 'delete from k where a = 1' \
      'insert into e (id) values (5)' 'delete from e' 'select nextval(n)' 'insert into u values ()' 'delete from u' \
      'delete from k' >"$WORK/nextval"
    changes
    echo "$level $image"
    bare_lines "$(out changes)"
  done
done
