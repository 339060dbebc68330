#!/usr/bin/env bash
# --format debezium, from a real server: the envelope, the values by what their columns mean, key
# changes, tombstones, transactions.
. "$CDC_TEST_SUPPORT/tail.sh"

tail_debezium() {
  run lines cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --ack none --format debezium \
    --name shop --until now "$@"
  check_status 0 "tail $*"
}

# values FLAG...: the values of the one row of `kinds`.
values() {
  tail_debezium --tables public.kinds "$@"
  jq -c '.after | del(.id) | to_entries[] | .value' "$(out lines)" | xargs -d '\n'
}

pg_start
make_shop
sql <<'SQL'
create extension hstore;
create domain moment as timestamp;
create table kinds (id int primary key, d date, t3 time(3), t time, ts3 timestamp(3), ts timestamp,
  tz timestamptz, ttz timetz, i interval, n numeric(5,2), v numeric, b1 bit(1), b bit(9), vb varbit,
  p point, h hstore, j jsonb, a numeric(3,1)[], dm moment, raw bytea);
alter publication shop add table kinds;
insert into kinds values (1, '2018-06-20', '08:00:00.123', '08:00:00.123456',
  '2018-06-20 15:13:16.945', '2018-06-20 15:13:16.945104', '2018-06-20 15:13:16.945104+02',
  '13:30:00+05:30', '1 year 2 mons 3 days 04:05:06.78', 123.45, 3.14159, '1', '100000001', '1011',
  '(1.5,-2)', 'a=>1', '{"a": 1}', '{1.5,2}', '2018-06-20 15:13:16.945104', '\xcafe');
SQL

check_eq "$(values)" '17702 28800123 28800123456 1529507596945 1529507596945104 "2018-06-20T13:13:16.945104Z" "08:00:00Z" 37091106780000 "MDk=" {"scale":5,"value":"BMsv"} true "AQE=" "Cw==" {"x":1.5,"y":-2} "{\"a\":\"1\"}" "{\"a\": 1}" ["Dw==","FA=="] 1529507596945104 "yv4="'
check_eq "$(values --debezium-time connect --debezium-decimal string --binary hex)" '17702 28800123 28800123 1529507596945 1529507596945 "2018-06-20T13:13:16.945104Z" "08:00:00Z" 37091106780000 "123.45" "3.14159" true "AQE=" "Cw==" {"x":1.5,"y":-2} "{\"a\":\"1\"}" "{\"a\": 1}" ["1.5","2.0"] 1529507596945 "cafe"'
check_eq "$(values --debezium-time isostring --debezium-decimal double | cut -d' ' -f1-5,9-10)" '"2018-06-20Z" "08:00:00.123Z" "08:00:00.123456Z" "2018-06-20T15:13:16.945Z" "2018-06-20T15:13:16.945104Z" 123.45 3.14159'

# A row of a snapshot has the values of the stream.
run rows cdcctl tail postgres "$PG_CONNINFO" --publication shop --tables public.kinds \
  --snapshot only --format debezium
check_status 0 'snapshot'
tail_debezium --tables public.kinds
check_eq "$(jq -c '[.op, .after]' "$(out rows)")" "$(jq -c '["r", .after]' "$(out lines)")" \
  'the row of a snapshot'

# What the server itself says of dates and times far away.
sql 'create table far (id int primary key, d date, ts timestamp)' \
  'alter publication shop add table far' \
  "insert into far values (1, '4713-01-01 BC', '4713-01-01 00:00:00 BC'),
     (2, '9999-12-31', '9999-12-31 23:59:59.999999'), (3, '0001-01-01', '0044-03-15 12:00 BC'),
     (4, '2000-02-29', '1900-02-28 23:59:59.5')"
tail_debezium --tables public.far
check_eq "$(sed -E 's/.*"after":\{"id":(.*),"d":(.*),"ts":(.*)\},"source".*/\1|\2|\3/' "$(out lines)")" \
  "$(sql "select id, d - '1970-01-01', (extract(epoch from ts) * 1000000)::bigint from far order by id")" \
  'days and microseconds'

# The envelope.
sql "insert into orders values (1, 'new')"
tail_debezium --tables public.orders
check_eq "$(jq -c 'keys_unsorted, (.source | keys_unsorted)' "$(out lines)")" \
  '["before","after","source","transaction","op","ts_ms","ts_us","ts_ns"]
["version","connector","name","ts_ms","snapshot","db","sequence","ts_us","ts_ns","schema","table","txId","lsn","xmin"]'
check_eq "$(jq -c '[.before, .after, .transaction, .op, .source.name, .source.db, .source.table, .source.snapshot]' \
  "$(out lines)")" '[null,{"id":1,"status":"new"},null,"c","shop","postgres","orders","false"]'
check_eq "$(jq '.ts_ms - .source.ts_ms | . >= 0 and . < 60000' "$(out lines)")" true 'times'
check_eq "$(jq -r '.source | (.sequence | fromjson | map(tonumber)) as $s | $s[1] == .lsn and $s[0] > $s[1]' \
  "$(out lines)")" true 'places in the log'
check_eq "$(jq -r .source.txId "$(out lines)")" "$(sql 'select xmin from orders')" txId

# A key that changes, a delete, with keys, tombstones and the transaction.
sql 'begin; update orders set id = 2; delete from orders; commit'
tail_debezium --tables public.orders --debezium-key --debezium-tombstones --debezium-transaction
check_eq "$(tail -n 7 "$(out lines)" | jq -c '[.key, .value.op // .value.status,
    .value.transaction.total_order // .value.event_count]' | sed 's/{"id":"[^"]*"}/"id"/')" \
  '["id","BEGIN",null]
[{"id":1},"d",1]
[{"id":1},null,null]
[{"id":2},"c",2]
[{"id":2},"d",3]
[{"id":2},null,null]
["id","END",3]'
sql "select pg_logical_emit_message(true, 'foo', 'bar')" 'truncate orders' >/dev/null
tail_debezium
check_eq "$(tail -n 2 "$(out lines)" | jq -c '[.op, .message]')" \
  '["m",{"prefix":"foo","content":"YmFy"}]
["t",null]'

for flags in '--decimal string' '--emit begin' '--emit progress' '--ack file:acks' \
  '--debezium-tombstones'; do
  # shellcheck disable=SC2086
  run refused cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --format debezium $flags
  check_status 2 "$flags"
  check_contains "$(<"$(err refused)")" "${flags%% *}" "$flags"
done
