#!/usr/bin/env bash
# An acknowledgement that is not a position, or of something that was never written, ends with exit
# 2; the line itself is not shown, and nothing is acknowledged because of it.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
add_orders 1 3
before=$(confirmed)
acks=$WORK/acks

# acked NAME LINE: a tail that gets this acknowledgement while it runs.
acked() {
  : >"$acks"
  tail_shop "$1" --checkpoint "$WORK/state" --ack "file:$acks" --commit-interval 20ms
  wait_until 10 '[[ $(lines '"$1"') == 3 ]]'
  printf '%s\n' "$2" >>"$acks"
  finish "$1" 10
  wait_free
  check_eq "$(confirmed)" "$before" 'slot'
}
for line in 'secret-cell-value' '0/' 'X/Y#3' '0/1#x'; do
  acked malformed "$line"
  check_refused malformed 2 "line 1 of the acknowledgements from file $acks is not a position" \
    'write back the pos of the last line that was processed, for example with jq -r .pos'
  [[ $(<"$(err malformed)") != *secret* ]] || fail 'the line was shown'
done
acked unwritten F/0
check_refused unwritten 2 'position F/0 is acknowledged, but nothing behind ' \
  'write back the pos of lines that were processed, and no others'
run closed cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --ack fd:9
check_refused closed 2 '--ack fd:9: that descriptor is not open' 'open it in the shell, for example 9<acks'
run word cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --ack sometimes
check_refused word 2 "--ack: 'sometimes' is not written, fd:N, file:PATH or none" ''

# A torn line does not count until it is whole.
: >"$acks"
tail_shop torn --checkpoint "$WORK/state" --ack "file:$acks" --commit-interval 20ms
wait_until 10 '[[ $(lines torn) == 3 ]]'
last=$(tail -n 1 "$(out torn)" | jq -r .pos)
printf '%s' "$last" >>"$acks"
stop_process torn
check_status 0
wait_free
check_eq "$(confirmed)" "$before" 'slot behind a torn line'
