#!/usr/bin/env bash
# Bytes that were damaged on the way, at every place that matters: exit 6 with the message's type and
# the byte, whole lines only, nothing acknowledged, never a crash; and behind the damage it goes on.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start --tcp
make_shop
add_orders 1 1000
# The slot may come up to that transaction, but not beyond it.
end=$(sql "select pg_current_wal_lsn() - '0/0'")

# damaged EDIT WORDS: a tail through a proxy that makes this EDIT ends with these words.
damaged() {
  start_proxy proxy "$PGPORT" "$1"
  run tail cdcctl tail postgres "${SHOP[@]}" --commit-interval 10ms --retry-max 0 --until now \
    "host=127.0.0.1 port=$PROXY_PORT user=postgres dbname=postgres sslmode=disable gssencmode=disable"
  check_status 6 "$1: exit status"
  stop_process proxy
  check_contains "$(<"$(err tail)")" "error: $2" "$1"
  check_contains "$(<"$(err tail)")" 'hint: ' "$1"
  check_orders "$(out tail)" 1 "$(lines tail)"
  (($(lines tail) < 1000)) || fail "$1: all lines came"
  wait_free
  (($(confirmed) < end)) || fail "$1: the slot is at $(confirmed), the transaction's end is $end"
}
cut() { damaged "$1:cut:$2" "$3"; }
set_bytes() { damaged "$1:set:$2:$3" "$4"; }

# pgoutput's messages, each too short by a byte, and short of nearly everything.
for type in B R I C; do
  cut $type 1 "cannot decode a pgoutput message of type '$type' ("
done
cut I 8 "cannot decode a pgoutput message of type 'I'"
# An unknown type; a row of an unknown table; counts and lengths far beyond the message.
set_bytes I 0 7a "pgoutput sent a message of unknown type 'z' ("
set_bytes I 1 ffffffff "pgoutput sent a message of type 'I' for relation 4294967295 before the relation itself"
set_bytes I 6 ffff "cannot decode a pgoutput message of type 'I'"
set_bytes I 9 7fffffff "cannot decode a pgoutput message of type 'I'"
set_bytes I 5 5a "cannot decode a pgoutput message of type 'I'"
set_bytes I 8 3f "cannot decode a pgoutput message of type 'I'"
# One message that passes for another.
set_bytes R 0 59 "cannot decode a pgoutput message of type 'Y'"
# The frame around it.
set_bytes frame 0 71 "cannot decode a replication frame of type 'q'"
damaged frame:cut:40 "cannot decode a replication frame of type 'w' (6 bytes) at byte"
# The protocol itself: a type that does not exist, a length that cannot be.
damaged I:raw:0:01 "the server's bytes do not follow its protocol: "
damaged I:raw:1:00000002 "the server's bytes do not follow its protocol: "

run good cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --until now
check_status 0
check_orders "$(out good)" 1 1000
