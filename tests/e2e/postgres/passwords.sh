#!/usr/bin/env bash
# Passwords: read again at every reconnect, so that a rotation needs no restart; a wrong one is
# refused with the user and the place that it came from; none is ever shown.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start_scram
make_shop
sql "create role app login replication password 'hush-1'"
as_app="host=$PGHOST port=$PGPORT user=app dbname=postgres"
place="socket directory '$PG_DIR', port $PGPORT"

# wrong NAME ORIGIN COMMAND...: refused; names the user and where the password came from.
wrong() {
  run "$1" "${@:3}"
  check_refused "$1" 4 "$place refuses user 'app': password authentication failed for user \"app\"" \
    "the password came $2; check it"
}
echo hush-wrong >"$WORK/wrong"
export WRONG=hush-wrong
tail=(cdcctl tail postgres --publication shop --slot s)
wrong file "from the file $WORK/wrong" "${tail[@]}" "$as_app" --password-file "$WORK/wrong"
wrong environment 'from the environment variable WRONG' "${tail[@]}" "$as_app" --password-env WRONG
wrong variable 'from the environment variable PGPASSWORD' env PGPASSWORD=hush-wrong "${tail[@]}" "$as_app"
wrong conninfo 'from the command line or the configuration' "${tail[@]}" "$as_app password=hush-wrong"
wrong uri 'from the command line or the configuration' \
  "${tail[@]}" "postgresql://app:hush-wrong@/postgres?host=$PGHOST&port=$PGPORT"
run none "${tail[@]}" "$as_app"
check_refused none 4 "$place wants a password of user 'app', and none was given" \
  'give one with --password-file, --password-env, PGPASSWORD or ~/.pgpass'

# In a URI it works, is warned about, and is gone from the process list.
spawn uri "${tail[@]}" "postgresql://app:hush-1@/postgres?host=$PGHOST&port=$PGPORT" --log-format json -vv
uri=$PID
wait_streaming
[[ $(tr '\0' ' ' <"/proc/$uri/cmdline") != *hush* ]] || fail 'the process list shows the password'
check_contains "$(tr '\0' ' ' <"/proc/$uri/cmdline")" 'app:******@' 'the process list'
grep -q '"level":"warning".*password' "$(err uri)" || fail 'no warning of a password among the arguments'
stop_process uri
check_status 0
wait_free

# The rotation: new password in the server, then in the file; the tail comes back by itself.
echo hush-1 >"$WORK/secret"
spawn rotated "${tail[@]}" "$as_app" --password-file "$WORK/secret" --retry-backoff 20ms..100ms
wait_streaming
add_orders 1 3
wait_until 10 '[[ $(lines rotated) == 3 ]]'
sql "alter role app password 'hush-2'"
echo hush-2 >"$WORK/secret"
sql "select pg_terminate_backend($(walsenders))" >/dev/null
add_orders 4 6
wait_until 10 '[[ $(lines rotated) -ge 6 ]]'
wait_streaming
# Rotated in the server only: the old one is refused, and that is an end.
sql "alter role app password 'hush-3'" "select pg_terminate_backend($(walsenders))" >/dev/null
finish rotated 10
check_status 4
check_orders "$(out rotated)" 1 6
check_contains "$(<"$(err rotated)")" \
  "error: $place refuses user 'app': password authentication failed for user \"app\""
check_contains "$(<"$(err rotated)")" "hint: the password came from the file $WORK/secret"

! grep -l hush "$WORK"/*.out "$WORK"/*.err || fail 'a password was printed'
