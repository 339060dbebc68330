#!/usr/bin/env bash
# flavours: mysql
# Partial updates of JSON come as whole documents; where the old document was not logged, as the
# changes themselves.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
shop 'create table t (id int primary key, j json, k json)'
for image in FULL NOBLOB MINIMAL; do
  here=$(my_position)
  shop "set binlog_row_value_options = PARTIAL_JSON, binlog_row_image = $image" \
    "insert into t values (1, '{\"a\": 1, \"list\": [1, 2, 3], \"long\": \"$(printf 'x%.0s' {1..40})\"}', '{\"z\": 0}')" \
    "update t set j = json_set(j, '\$.a', 2)" \
    "update t set j = json_remove(j, '\$.list[1]'), k = json_replace(k, '\$.z', 1.5)" \
    "update t set j = json_set(j, '\$.new', 'n')" \
    "update t set j = null" "update t set j = '{}'" 'delete from t'
  changes
  echo "$image"
  bare_lines "$(out changes)" | sed "s/$(printf 'x%.0s' {1..40})/x.../g"
done
