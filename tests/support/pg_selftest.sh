#!/usr/bin/env bash
# The scenarios' own ground: every kind of server starts, answers, restarts and goes away.
. "$(dirname "$0")/pg.sh"

pg_start work_mem=3MB
check_eq "$(sql 'show wal_level' 'show work_mem')" $'logical\n3MB' settings
sql 'create table t(id int)' 'insert into t values (1)'
pg_restart
pg_kill
pg_resume
check_eq "$(sql 'select count(*) from t')" 1 'rows after a crash'
first=$(sql 'select system_identifier from pg_control_system()')

pg_use other
pg_start_scram --fresh
[[ $(sql 'select system_identifier from pg_control_system()') != "$first" ]] ||
  fail 'a fresh server has the same identity'
sql "create role app login password 'right'"
run bad env PGPASSWORD=wrong psql -X -U app -c 'select 1'
check_status 2
run good env PGPASSWORD=right psql -X -U app -c 'select 1'
check_status 0

pg_use secure
pg_start_tls
tls="$PG_TCP_CONNINFO sslmode=verify-full"
run good psql -X -d "$tls sslrootcert=$PG_CA" -c 'select 1'
check_status 0
run bad psql -X -d "$tls sslrootcert=$PG_DIR/other-ca.crt" -c 'select 1'
check_status 2
check_contains "$(<"$(err bad)")" 'certificate verify failed'

spawn nap sleep 60
running nap || fail 'nap does not run'
stop_process nap INT
check_status 130
pg_use main
check_eq "$(sql 'select 1')" 1 'the first server still answers'
