# shellcheck shell=bash
# Words for scenarios that tail one table: `orders`, published by `shop`, read from slot `s`.
# Brings pg.sh along.

. "$(dirname "${BASH_SOURCE[0]}")/pg.sh"

# What most tails of a scenario say.
SHOP=(--publication shop --slot s)

# make_shop: the table, its publication and the slot, on the current server.
make_shop() {
  sql 'create table orders (id int primary key, status text)' \
      'create publication shop for table orders' \
      "select pg_create_logical_replication_slot('s', 'pgoutput')" >/dev/null
}

# add_orders FROM TO [STATUS]: these rows, in one transaction.
add_orders() {
  sql "insert into orders select id, '${3:-new}' from generate_series($1, $2) id"
}

# tail_shop NAME OPTION...: starts a tail of the current server's shop.
tail_shop() {
  local name=$1
  shift
  spawn "$name" cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" "$@"
}

# walsenders: the process ids of those that stream and have caught up.
walsenders() {
  sql "select pid from pg_stat_replication where state = 'streaming' order by pid"
}

# wait_streaming [SECONDS]: until exactly one walsender streams.
wait_streaming() {
  wait_until "${1:-10}" '[[ $(walsenders | wc -w) == 1 ]]'
}

# wait_free [SECONDS]: until nobody uses slot s.
wait_free() {
  wait_until "${1:-10}" '[[ $(sql "select active from pg_replication_slots where slot_name = '"'s'"'") == f ]]'
}

# confirmed: up to where slot s is acknowledged, as a number.
confirmed() {
  sql "select confirmed_flush_lsn - '0/0' from pg_replication_slots where slot_name = 's'"
}

# remembered DIR: the position of the checkpoint in DIR, as a number; nothing without one.
remembered() {
  if [[ -f $1/checkpoint_postgres.json ]]; then jq .offset.lsn "$1/checkpoint_postgres.json"; fi
}

# wait_blocked NAME: until this tail says that its reader takes nothing.
wait_blocked() {
  # Before it streams it may not handle the signal yet.
  wait_until 20 '[[ $(sql "select count(*) from pg_stat_replication") == 1 ]]'
  wait_until 20 "signal_process $1 USR1; grep -q 'the reader takes nothing' $(err "$1")"
}
