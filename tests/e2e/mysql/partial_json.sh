#!/usr/bin/env bash
# flavours: mysql
# Partial updates of JSON come as whole documents; where the old document was not logged, as the
# changes themselves.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_server
shop 'create table t (id int primary key, j json, k json)'
long=$(printf 'x%.0s' {1..40})
rest="\"long\":\"$long\""
# write_with IMAGE: an insert, partial updates of one and of both documents, two of the whole one.
write_with() {
  here=$(my_position)
  shop "set binlog_row_value_options = PARTIAL_JSON, binlog_row_image = $1" \
    "insert into t values (1, '{\"a\": 1, \"list\": [1, 2, 3], $rest}', '{\"z\": 0}')" \
    "update t set j = json_set(j, '\$.a', 2)" \
    "update t set j = json_remove(j, '\$.list[1]'), k = json_replace(k, '\$.z', 1.5)" \
    "update t set j = json_set(j, '\$.new', 'n')" \
    "update t set j = null" "update t set j = '{}'" 'delete from t'
  changes
}

for image in FULL NOBLOB; do
  write_with $image
  check_lines <(jq -c 'select(.op == "update").after |= [.j, .k] | {op, after, db}' "$(out changes)" | sed 's/,"db":"shop"//') <<LINES
{"op":"insert","after":{"id":1,"j":{"a":1,"list":[1,2,3],$rest},"k":{"z":0}}}
{"op":"update","after":[{"a":2,"list":[1,2,3],$rest},{"z":0}]}
{"op":"update","after":[{"a":2,"list":[1,3],$rest},{"z":1.5}]}
{"op":"update","after":[{"a":2,"new":"n","list":[1,3],$rest},{"z":1.5}]}
{"op":"update","after":[null,{"z":1.5}]}
{"op":"update","after":[{},{"z":1.5}]}
{"op":"delete","after":null}
LINES
done
write_with MINIMAL
check_changes <<LINES
{"op":"insert","table":"t","key":{"id":1},"after":{"id":1,"j":{"a":1,"list":[1,2,3],$rest},"k":{"z":0}}}
{"op":"update","table":"t","key":{"id":1},"after":{"id":1,"j":{"json_diffs":[{"op":"replace","path":"$.a","value":2}]}},"unchanged":["k"]}
{"op":"update","table":"t","key":{"id":1},"after":{"id":1,"j":{"json_diffs":[{"op":"remove","path":"$.list[1]"}]},"k":{"json_diffs":[{"op":"replace","path":"$.z","value":1.5}]}}}
{"op":"update","table":"t","key":{"id":1},"after":{"id":1,"j":{"json_diffs":[{"op":"insert","path":"$.new","value":"n"}]}},"unchanged":["k"]}
{"op":"update","table":"t","key":{"id":1},"after":{"id":1,"j":null},"unchanged":["k"]}
{"op":"update","table":"t","key":{"id":1},"after":{"id":1,"j":{}},"unchanged":["k"]}
{"op":"delete","table":"t","key":{"id":1}}
LINES
