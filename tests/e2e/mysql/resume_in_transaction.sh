#!/usr/bin/env bash
# A place inside a transaction is one to go on from, by its text and from a checkpoint, with GTIDs
# and without; so is the place of its beginning.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
begin_state
cp -r "$state" "$WORK/first"
add_orders 1 5
add_orders 6 7
changes
third=$(jq -r 'select(.after.id == 3).pos' "$(out changes)")
check_eq "$third" "$here#3"

for gtid in auto off; do
  run from cdcctl tail "$FLAVOUR" "$MY_URI" --from "$third" --until now --gtid $gtid
  check_status 0 "--gtid $gtid"
  check_orders "$(out from)" 4 7
  cmp <(tail -n +4 "$(out changes)") "$(out from)" || fail "--gtid $gtid: other lines"
done
run from cdcctl tail "$FLAVOUR" "$MY_URI" --from "${third%#*}#7" --until now
check_orders "$(out from)" 6 7

# The consumer says what it has processed.
for gtid in auto off; do
  rm -rf "$state"
  cp -r "$WORK/first" "$state"
  touch "$WORK/acks"
  : >"$WORK/acks"
  tail_shop acked --checkpoint "$state" --ack "file:$WORK/acks" --commit-interval 10ms --gtid $gtid
  wait_until 10 '[[ $(lines acked) == 7 ]]'
  echo "$third" >>"$WORK/acks"
  wait_until 10 '[[ $(jq -c .offset.in_transaction "$checkpoint") == *ordinal\":3* ]]'
  stop_process acked KILL
  resume_shop again --gtid $gtid
  check_status 0
  check_orders "$(out again)" 4 7
done
