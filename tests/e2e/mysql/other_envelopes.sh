#!/usr/bin/env bash
# --format debezium and maxwell, from a real server.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
shop 'alter table orders add column total decimal(6,2)'
here=$(my_position)
shop 'insert into orders values (1, "new", 9.9)' 'update orders set status = "paid"' 'update orders set id = 2' \
  'delete from orders' 'truncate orders'
tail_as() {
  run lines cdcctl tail "$FLAVOUR" "$MY_URI" --from "$here" --until now --format "$@"
  check_status 0 "--format $*"
  jq -e . "$(out lines)" >"$WORK/parsed" || fail "--format $*: no JSON"
}
tail_as debezium --debezium-decimal string
check_eq "$(jq -c '[.op, .before, .after]' "$(out lines)")" "$(
  cat <<'LINES'
["c",null,{"id":1,"status":"new","total":"9.90"}]
["u",{"id":1,"status":"new","total":"9.90"},{"id":1,"status":"paid","total":"9.90"}]
["d",{"id":1,"status":"paid","total":"9.90"},null]
["c",null,{"id":2,"status":"paid","total":"9.90"}]
["d",{"id":2,"status":"paid","total":"9.90"},null]
["t",null,null]
LINES
)"
check_eq "$(jq -c '.source | [.connector, .name, .db, .table, .file + ":" + (.pos | tostring), .row, has("schema"), has("lsn")]' \
  "$(out lines)" | head -n 1)" "[\"$FLAVOUR\",\"$FLAVOUR\",\"shop\",\"orders\",\"$here\",0,false,false]"
changes
check_eq "$(jq -r .source.gtid "$(out lines)" | uniq)" "$(jq -r .tx.id "$(out changes)")" 'GTIDs'
tail_as debezium --debezium-transaction --emit all
check_eq "$(jq -r 'select(.status == "BEGIN").id' "$(out lines)" | sort)" "$(jq -r .tx.id "$(out changes)" | sort)" \
  'transactions'

tail_as maxwell
check_eq "$(sed -E 's/,"ts":[0-9]+//' "$(out lines)")" "$(
  cat <<'LINES'
{"database":"shop","table":"orders","type":"insert","commit":true,"data":{"id":1,"status":"new","total":9.90}}
{"database":"shop","table":"orders","type":"update","commit":true,"data":{"id":1,"status":"paid","total":9.90},"old":{"status":"new"}}
{"database":"shop","table":"orders","type":"update","commit":true,"data":{"id":2,"status":"paid","total":9.90},"old":{"id":1}}
{"database":"shop","table":"orders","type":"delete","commit":true,"data":{"id":2,"status":"paid","total":9.90}}
LINES
)"
tail_as wal2json
check_eq "$(jq -r .action "$(out lines)" | paste -sd' ')" 'B I C B U C B U C B D C B T C'
