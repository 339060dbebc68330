#!/usr/bin/env bash
# Passwords by the server's own way (caching_sha2_password on MySQL), over plain TCP and TLS; a wrong
# one is refused at once; a file is read again at each connection, so that it may change.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop --tls
my_sql "create user app@'%' identified by 'First-1'" \
  "grant $(on_mysql && echo replication client || echo binlog monitor), replication slave, select on *.* to app@'%'"
add_orders 1 2
echo First-1 >"$WORK/password"
chmod 600 "$WORK/password"
app=(cdcctl tail "$FLAVOUR" "mysql://app@127.0.0.1:$MY_PORT/shop" --from "$here" --password-file "$WORK/password")

run plain "${app[@]}" --until now --tls disable
check_status 0 "$(<"$(err plain)")"
check_orders "$(out plain)" 1 2
run tls "${app[@]}" --until now --tls require
check_status 0 "$(<"$(err tls)")"
check_orders "$(out tls)" 1 2

spawn rotated "${app[@]}" --retry-backoff 100ms
wait_streaming
my_sql "alter user app@'%' identified by 'Second-2'"
echo Second-2 >"$WORK/password"
my_sql "kill $(dumps)"
wait_streaming
add_orders 3 4
wait_until 20 '[[ $(lines rotated) == 4 ]]'
stop_process rotated
check_status 0
check_orders "$(out rotated)" 1 4

echo wrong >"$WORK/password"
run wrong "${app[@]}" --until now
check_refused wrong 4 "host '127.0.0.1', port $MY_PORT refuses user 'app'" "the password came"
check_contains "$(grep '^hint' "$(err wrong)")" "$WORK/password"
check_eq "$(grep -c 'wrong' "$(err wrong)" || true)" 0 'the password in words'
