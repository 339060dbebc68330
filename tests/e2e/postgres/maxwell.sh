#!/usr/bin/env bash
# --format maxwell: exactly the last row of each transaction says commit, however batches cut it; a
# transaction that an end has cut comes again whole, and none is without its commit.
. "$CDC_TEST_SUPPORT/tail.sh"

# committed FILE: the transactions that its lines with commit end.
committed() {
  jq -r 'select(.commit) | .xid' "$1"
}

# check_transactions FILE: each transaction of it ends with its one commit, offsets count up to it.
check_transactions() {
  jq -s -e 'group_by(.xid) | all(
    (map(select(.commit)) | length) == 1 and .[-1].commit and
    (map(.xoffset)[:-1] == [range(length - 1)]))' "$1" >/dev/null || fail "transactions of $1"
}

pg_start
make_shop
sql 'alter table orders replica identity full'

sql 'begin; insert into orders values (1, null); update orders set status = $$paid$$; commit' \
  'update orders set id = 2' 'delete from orders'
run shapes cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --format maxwell --until now
check_status 0
check_eq "$(jq -c 'del(.ts, .xid)' "$(out shapes)")" \
  '{"database":"public","table":"orders","type":"insert","xoffset":0,"data":{"id":1,"status":null}}
{"database":"public","table":"orders","type":"update","commit":true,"data":{"id":1,"status":"paid"},"old":{"status":null}}
{"database":"public","table":"orders","type":"update","commit":true,"data":{"id":2,"status":"paid"},"old":{"id":1}}
{"database":"public","table":"orders","type":"delete","commit":true,"data":{"id":2,"status":"paid"}}'
check_eq "$(jq -c 'keys_unsorted' "$(out shapes)" | head -n 1)" \
  '["database","table","type","ts","xid","xoffset","data"]' members
check_eq "$(jq '.ts > 1600000000 and .ts < 10000000000' "$(out shapes)" | sort -u)" true 'seconds'

# One transaction of many batches, many small ones, and one whose last row is not selected.
sql 'create table other (id int primary key)' 'alter publication shop add table other'
add_orders 1 20000
for i in {1..20}; do echo "insert into orders values (20000 + $i);"; done | sql
sql 'begin; insert into orders values (30000); insert into other values (1); commit'
run many cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --format maxwell --until now \
  --tables public.orders
check_status 0
check_eq "$(lines many)" 20021 lines
check_transactions "$(out many)"
check_eq "$(committed "$(out many)" | sort -u | wc -l)" 22 'commits'

# A polite end inside a transaction gives what came, and remembers only whole transactions.
add_orders 40001 140000
part() {
  run part cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --format maxwell "$@"
  check_status 0
}
part --checkpoint "$WORK/state" --max-events 5000
check_eq "$(lines part)" 5000 'lines'
check_eq "$(committed "$(out part)")" '' 'commits of a part'
check_eq "$(jq -c '.offset.in_transaction' "$WORK/state/checkpoint_postgres.json")" null \
  'place inside a transaction'
part --checkpoint "$WORK/state" --until now
check_eq "$(lines part)" 100000 'lines of the whole'
check_transactions "$(out part)"

# The same into a file: it holds every row once.
add_orders 140001 150000
file=$WORK/rows.ndjson
part --checkpoint "$WORK/of_file" --output "$file" --max-events 5000
part --checkpoint "$WORK/of_file" --output "$file" --until now
check_eq "$(jq -r .data.id "$file" | xargs)" "$(seq -s' ' 140001 150000)" 'rows of the file'
check_transactions "$file"

for flags in '--emit truncate' '--emit begin' '--ack fd:1' '--debezium-time connect'; do
  # shellcheck disable=SC2086
  run refused cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --format maxwell $flags
  check_status 2 "$flags"
  check_contains "$(<"$(err refused)")" "${flags%% *}" "$flags"
done
