#!/usr/bin/env bash
# TLS: verify-full with the right CA works; a wrong host name, an unknown CA and no TLS where the user
# needs it are refused in words that say which.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop --tls
my_sql "create user app@'%' identified by 'Secret-1' require ssl" \
  "grant $(on_mysql && echo replication client || echo binlog monitor), replication slave, select on *.* to app@'%'"
add_orders 1 3
export APP_PASSWORD=Secret-1
tail=(cdcctl tail "$FLAVOUR" --from "$here" --until now --retry-max 0 --password-env APP_PASSWORD --user app --port "$MY_PORT")

# good NAME OPTION...
good() {
  run good "${tail[@]}" "$@"
  check_status 0 "$*: $(<"$(err good)")"
  check_orders "$(out good)" 1 3
}
good --host localhost --tls verify-full --tls-ca "$MY_CA"
check_eq "$(<"$(err good)")" '' 'words on stderr'
good --host 127.0.0.1 --tls verify-ca --tls-ca "$MY_CA"
good --host 127.0.0.1 --tls require
check_eq "$(<"$(err good)")" '' 'words on stderr'

run host "${tail[@]}" --host 127.0.0.1 --tls verify-full --tls-ca "$MY_CA"
check_refused host 4 "cannot connect to host '127.0.0.1', port $MY_PORT: TLS/SSL error: Validation of SSL server certificate failed" \
  'has the name that you connect to; --tls verify-ca does not compare names'
run ca "${tail[@]}" --host localhost --tls verify-full --tls-ca "$MY_DIR/other-ca.crt"
check_refused ca 4 "cannot connect to host 'localhost', port $MY_PORT: TLS/SSL error: self-signed certificate" 'TLS failed: check --tls-ca'
run ca "${tail[@]}" --host 127.0.0.1 --tls verify-ca --tls-ca "$MY_DIR/other-ca.crt"
check_refused ca 4 "cannot connect to host '127.0.0.1', port $MY_PORT: TLS/SSL error: self-signed certificate" 'TLS failed: check --tls-ca'
run missing "${tail[@]}" --host localhost --tls verify-full --tls-ca "$MY_DIR/no.crt"
check_refused missing 4 "cannot connect to host 'localhost', port $MY_PORT: TLS/SSL error: No such file" 'check --tls-ca'
run plain "${tail[@]}" --host 127.0.0.1 --tls disable
check_refused plain 4 "host '127.0.0.1', port $MY_PORT refuses user 'app'" 'a user with REQUIRE SSL needs --tls require'
