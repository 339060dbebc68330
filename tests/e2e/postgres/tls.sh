#!/usr/bin/env bash
# TLS: verify-full with the right CA works; a wrong host name, an unknown CA and --tls disable where
# the server wants TLS are refused in words that say which.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start_tls
make_shop
add_orders 1 3
tail=(cdcctl tail postgres --publication shop --slot s --ack none --until now)
there="port=$PGPORT user=postgres dbname=postgres"

run good "${tail[@]}" "host=localhost hostaddr=127.0.0.1 $there" --tls verify-full --tls-ca "$PG_CA"
check_status 0
check_orders "$(out good)" 1 3
check_eq "$(<"$(err good)")" '' 'words on stderr'
run libpq "${tail[@]}" "host=localhost hostaddr=127.0.0.1 $there sslmode=verify-full sslrootcert=$PG_CA"
check_status 0
run certificate "${tail[@]}" "host=localhost hostaddr=127.0.0.1 port=$PGPORT user=cert_user dbname=postgres" \
  --tls verify-full --tls-ca "$PG_CA" --tls-cert "$PG_DIR/client.crt" --tls-key "$PG_DIR/client.key"
check_status 4 'a role that is not there'
check_contains "$(<"$(err certificate)")" 'role "cert_user" does not exist'
sql 'create role cert_user login replication'
run certificate "${tail[@]}" "host=localhost hostaddr=127.0.0.1 port=$PGPORT user=cert_user dbname=postgres" \
  --tls verify-full --tls-ca "$PG_CA" --tls-cert "$PG_DIR/client.crt" --tls-key "$PG_DIR/client.key"
check_status 0
check_orders "$(out certificate)" 1 3

tail+=(--retry-max 0)
# The certificate is localhost's.
run host "${tail[@]}" "host=elsewhere.test hostaddr=127.0.0.1 $there" --tls verify-full --tls-ca "$PG_CA"
check_refused host 4 "cannot connect to host 'elsewhere.test', port $PGPORT" \
  'TLS failed: connect by a name that the certificate has, or say --tls verify-ca'
check_contains "$(<"$(err host)")" 'server certificate for "localhost" does not match host name "elsewhere.test"'
run ca "${tail[@]}" "host=localhost hostaddr=127.0.0.1 $there" --tls verify-full --tls-ca "$PG_DIR/other-ca.crt"
check_refused ca 4 "cannot connect to host 'localhost', port $PGPORT" \
  "TLS failed: give the CA that signed the server's certificate with --tls-ca"
check_contains "$(<"$(err ca)")" 'certificate verify failed'
run missing "${tail[@]}" "host=localhost hostaddr=127.0.0.1 $there" --tls verify-full --tls-ca "$PG_DIR/no.crt"
check_refused missing 4 "cannot connect to host 'localhost', port $PGPORT" 'TLS failed: check --tls-ca'
check_contains "$(<"$(err missing)")" "$PG_DIR/no.crt"
run plain "${tail[@]}" "host=localhost hostaddr=127.0.0.1 $there" --tls disable
check_refused plain 4 \
  "host 'localhost', port $PGPORT refuses user 'postgres': no pg_hba.conf entry for host \"127.0.0.1\", user \"postgres\", database \"postgres\", no encryption" \
  "say --tls require, or check the user's name and pg_hba.conf"

# A name that is not local, and nothing said of TLS: encrypted, but nobody vouches for the server.
run quiet "${tail[@]}" "host=db.test hostaddr=127.0.0.1 $there"
check_status 0
check_contains "$(<"$(err quiet)")" "warning: the certificate of host 'db.test', port $PGPORT is not verified"
check_contains "$(<"$(err quiet)")" 'hint: give its CA with --tls-ca, or say --tls require'
run vouched "${tail[@]}" "host=db.test hostaddr=127.0.0.1 $there" --tls-ca "$PG_CA"
check_refused vouched 4 "cannot connect to host 'db.test', port $PGPORT" 'TLS failed'
