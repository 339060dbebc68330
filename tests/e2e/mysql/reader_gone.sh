#!/usr/bin/env bash
# A reader that goes away, as head does, ends tail with 0 at once, also while nothing happens.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
add_orders 1 3000
set +o pipefail
first=$(cdcctl tail "$FLAVOUR" "$MY_URI" --from "$here" 2>"$(err head)" | head -n 1)
set -o pipefail
check_eq "$(jq .after.id <<<"$first")" 1
check_eq "$(<"$(err head)")" '' 'stderr'

mkfifo "$WORK/pipe"
spawn_into "$WORK/pipe" idle cdcctl tail "$FLAVOUR" "$MY_URI" --from "$(my_position)"
exec {reader}<"$WORK/pipe"
wait_streaming
exec {reader}<&-
finish idle 5
check_status 0 'while nothing happens'
