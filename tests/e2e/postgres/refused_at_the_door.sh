#!/usr/bin/env bash
# What goes wrong before anything streams: each has one sentence, a hint and its exit code.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
tail=(cdcctl tail postgres --publication shop --slot s)

# Nobody listens: once, and with a host that cannot be resolved.
port=$(free_port)
run nobody "${tail[@]}" "host=127.0.0.1 port=$port user=app dbname=postgres"
check_refused nobody 3 "cannot connect to host '127.0.0.1', port $port" \
  'check that the server runs and listens there, and that a firewall lets this machine in'
check_contains "$(<"$(err nobody)")" 'Connection refused' 'detail'
run socket "${tail[@]}" "host=$WORK port=$port user=app dbname=postgres"
check_refused socket 3 "cannot connect to socket directory '$WORK', port $port" 'check that the server runs'
run name "${tail[@]}" postgresql://app@no-such-host.invalid:$port/postgres
check_refused name 3 "cannot connect to host 'no-such-host.invalid', port $port" 'check that the server runs'

# A server that takes the connection and says nothing.
spawn silent perl -MIO::Socket::INET -e '$| = 1;
  my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 4);
  print $s->sockport, "\n"; sleep 60'
wait_until 5 '[[ -s $(out silent) ]]'
run silence "${tail[@]}" "host=127.0.0.1 port=$(<"$(out silent)") user=app dbname=postgres" --connect-timeout 300ms
check_refused silence 3 "cannot connect to host '127.0.0.1', port $(<"$(out silent)")" 'check that the server runs'
check_contains "$(<"$(err silence)")" 'no answer within 0.3 s'
stop_process silent

run database "${tail[@]}" "${PG_CONNINFO/dbname=postgres/dbname=nowhere}"
check_refused database 2 "cannot connect to socket directory '$PG_DIR', port $PGPORT: database \"nowhere\" does not exist" \
  'check the name of the database'
run role "${tail[@]}" "${PG_CONNINFO/user=postgres/user=nobody}"
check_refused role 4 "socket directory '$PG_DIR', port $PGPORT refuses user 'nobody': role \"nobody\" does not exist" \
  "check the user's name and pg_hba.conf"

sql 'create role plain login'
run privilege "${tail[@]}" "${PG_CONNINFO/user=postgres/user=plain}"
words=$(since 17 \
  'permission denied to start WAL sender: Only roles with the REPLICATION attribute may start a WAL sender process.' \
  'must be superuser or replication role to start walsender')
check_refused privilege 4 \
  "cannot connect to socket directory '$PG_DIR', port $PGPORT: $words" \
  'the role needs the REPLICATION attribute (ALTER ROLE'

for uri in 'postgresql://u:secret@h/db?nonsense=1' 'host=h port' 'postgresql://[::1/db'; do
  run uri "${tail[@]}" "$uri"
  check_refused uri 2 'the connection string cannot be parsed' 'write postgresql://user@host:5432/database or'
  [[ $(<"$(err uri)") != *secret* ]] || fail 'the password was printed'
done
run flag "${tail[@]}" "$PG_CONNINFO" --slto s
check_refused flag 2 "" "did you mean '--slot'?"
check_contains "$(<"$(err flag)")" '--slto'
run flag "${tail[@]}" "$PG_CONNINFO" --from nonsense
check_refused flag 2 "--from: 'nonsense' is not a position of PostgreSQL" 'or beginning, now, or a time such as'
run place "${tail[@]}" "$PG_CONNINFO" --checkpoint "$WORK/no/such/place"
check_refused place 7 "cannot make the checkpoint directory '$WORK/no/such/place': No such file or directory" ''
run without cdcctl tail postgres "$PG_CONNINFO" --publication shop --checkpoint "$WORK/state"
check_refused without 2 '--checkpoint needs a slot that outlives this process' '--slot NAME, with --create-slot'
check_eq "$(sql 'select count(*) from pg_replication_slots')" 1 slots
