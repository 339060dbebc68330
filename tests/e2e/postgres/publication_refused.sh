#!/usr/bin/env bash
# A publication that is missing, or does not cover what is asked for, is said before the stream
# starts; nothing is made.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
sql 'create table items (id int primary key)' 'create publication empty'
tail=(cdcctl tail postgres "$PG_CONNINFO" --slot s)

run missing "${tail[@]}" --publication shop,nope
check_refused missing 5 "publication 'nope' does not exist in database 'postgres'" \
  'publications here: empty, shop. Make it before the slot: CREATE PUBLICATION "nope" FOR TABLE ...;'
run table "${tail[@]}" --publication shop --tables 'public.orders,public.items'
check_refused table 4 "publication 'shop' does not publish public.items" \
  'ALTER PUBLICATION "shop" ADD TABLE public.items; only changes after that are sent'
run nothing "${tail[@]}" --publication shop --tables 'other.*'
check_refused nothing 4 "publication 'shop' does not publish other.*" 'published are: public.orders'
run typo "${tail[@]}" --publication shop --tables public.order
check_refused typo 4 "publication 'shop' does not publish public.order" \
  "there is no table public.order in database 'postgres': check --tables"
run choose "${tail[@]}"
check_refused choose 2 'there are 2 publications to choose from: empty, shop' 'say which: --publication empty'
run fitting "${tail[@]}" --tables public.items
check_refused fitting 2 'none of the publications (empty, shop) has all of the tables asked for' \
  'make one: CREATE PUBLICATION cdcctl FOR TABLE public.items;'
sql 'drop publication empty' 'drop publication shop'
run none "${tail[@]}"
check_refused none 2 "database 'postgres' has no publication" 'make one: CREATE PUBLICATION cdcctl FOR TABLE'
run named "${tail[@]}" --publication shop
check_refused named 5 "publication 'shop' does not exist in database 'postgres'" 'publications here: none'
check_eq "$(grep -c 'START_REPLICATION' "$PG_LOG" || true)" 0 'streams started'
check_eq "$(sql 'select count(*) from pg_publication')" 0 publications

# Dropped while it is read: the server ends the stream, and the next start says which is missing.
sql 'create publication shop for table orders' "select pg_drop_replication_slot('s')" \
    "select pg_create_logical_replication_slot('s', 'pgoutput')" >/dev/null
tail_shop tail --retry-backoff 10ms..20ms
wait_streaming
add_orders 1 3
wait_until 10 '[[ $(lines tail) == 3 ]]'
sql 'drop publication shop'
before=$(sql "select pg_current_wal_lsn() - '0/0'")
add_orders 4 6
finish tail 10
check_status 5
check_orders "$(out tail)" 1 3
# From 18 on it only warns, skips the changes, and would let the position move over them.
check_refused tail 5 "$(since 18 \
  'a publication did not exist when changes were made, and the server skips them: skipped loading publication "shop"' \
  "the server ended the stream of slot 's': publication \"shop\" does not exist")" \
  'make the publication, drop the slot, make a new one, and copy the tables anew'
(($(confirmed) <= before)) || fail 'what was skipped is acknowledged'
# Made again it still did not exist when they were made.
sql 'create publication shop for table orders'
wait_free
run again cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --until now
check_status 5
check_eq "$(jq -r .after.id "$(out again)" | sort -nu | awk '$1 > 3' | wc -l)" 0 'lines behind the gap'
