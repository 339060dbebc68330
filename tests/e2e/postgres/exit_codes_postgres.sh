#!/usr/bin/env bash
# Every exit code of the table in cdcctl(1) is reached by a tail of PostgreSQL or a command beside
# it, each failure with a hint, as text and as JSON.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start --tcp
make_shop
add_orders 1 3
state=$WORK/state
tail=(cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}")

# fails CODE FAULT COMMAND...: with this exit code, one error line that names it and a hint, and
# nothing on stdout.
fails() {
  run json "${@:3}" --log-format json
  check_status "$1" "${*:3}"
  check_eq "$(jq -c 'select(.level == "error") | [.fault, .exit, (.message | length > 0), (.hint | length > 0)]' "$(err json)")" \
    "[\"$2\",$1,true,true]" "${*:3}"
  check_eq "$(<"$(out json)")" '' 'stdout'
}

run ok "${tail[@]}" --ack none --until now
check_status 0
check_orders "$(out ok)" 1 3

run no cdcctl force-reset-checklist --change-ticket OPS-1
check_status 1
check_contains "$(<"$(err no)")" 'checklist failed: --snapshot-backed-up is required'

fails 2 usage "${tail[@]}" --slto s
fails 2 usage cdcctl tail postgres 'postgresql://u@[::1/db'
fails 3 unavailable "${tail[@]}" --host 127.0.0.1 --port "$(free_port)"
fails 4 refused "${tail[@]}" --user nobody
fails 4 refused "${tail[@]}" --tables public.items
fails 5 state cdcctl tail postgres "$PG_CONNINFO" --publication shop --slot missing
mkdir "$state"
echo '{' >"$state/checkpoint_postgres.json"
chmod 600 "$state/checkpoint_postgres.json"
fails 5 state "${tail[@]}" --checkpoint "$state"
start_proxy proxy "$PGPORT" I:cut:1
fails 6 protocol cdcctl tail postgres "${SHOP[@]}" \
  "host=127.0.0.1 port=$PROXY_PORT user=postgres dbname=postgres sslmode=disable gssencmode=disable"
fails 7 output "${tail[@]}" --output /dev/full
fails 7 output "${tail[@]}" --checkpoint "$WORK/no/where"

# A bug asks for a report, and costs no more than a crash: what was not remembered comes again.
if [[ -x ${CDC_FAILPOINTS:-} ]]; then
  rm -r "$state"
  end=$(sql "select pg_current_wal_lsn() - '0/0'")
  bug=("$CDC_FAILPOINTS" "${tail[@]:1}" --checkpoint "$state" --until now)
  CDCCTL_FAILPOINT=bug:before_sync run bug "${bug[@]}"
  check_refused bug 70 'unexpected: bug:before_sync' 'this is a bug in cdcctl: please report it with this message'
  wait_free
  (($(confirmed) < end)) || fail "the slot behind a bug is at $(confirmed), the transaction's end is $end"
  CDCCTL_FAILPOINT=bug:before_sync run bug "${bug[@]}" --log-format json
  check_status 70
  check_eq "$(jq -c 'select(.level == "error") | [.fault, .exit, .message]' "$(err bug)")" \
    '["internal",70,"unexpected: bug:before_sync"]'
  wait_free
  run again "${bug[@]}"
  check_status 0
  check_orders "$(out again)" 1 3
fi

mkfifo "$WORK/pipe"
for signal in TERM INT; do
  sql 'truncate orders'
  add_orders 1 30000 "$(printf 'x%.0s' {1..200})"
  spawn_into "$WORK/pipe" blocked "${tail[@]}" --ack none
  exec 3<"$WORK/pipe"
  wait_blocked blocked
  signal_process blocked $signal
  wait_handled "$PID"
  stop_process blocked $signal 5
  exec 3<&-
  check_status "$([[ $signal == TERM ]] && echo 143 || echo 130)" "the second SIG$signal"
  wait_free
done
