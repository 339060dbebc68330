#!/usr/bin/env bash
# The scenarios' own ground: a server of the given flavour starts, answers, restarts, crashes and
# goes away.
# usage: mysql_selftest.sh mysql|mariadb
. "$(dirname "$0")/mysql.sh"

flavour=$1
my_start "$flavour" --binlog-row-metadata=FULL
check_eq "$(my_sql 'select @@binlog_row_metadata' 'select @@log_bin')" $'FULL\n1' settings
is_mariadb=$(my_sql "select version() like '%MariaDB%'")
check_eq "$is_mariadb" "$([[ $flavour == mariadb ]] && echo 1 || echo 0)" 'the flavour'
my_sql 'create database d' 'create table d.t (id int primary key, t text)' \
  "insert into d.t values (1, 'Käse 🧀')"
[[ -n $(my_gtids) ]] || fail 'no GTIDs'

files=$(my_binlogs | wc -l)
my_flush
check_eq "$(my_binlogs | wc -l)" "$((files + 1))" 'binlog files after a flush'
check_eq "$(my_position | cut -d : -f 1)" "$(my_binlogs | tail -n 1)" 'the current file'
as_server test -s "$MY_DIR/data/$(my_binlogs | head -n 1)" || fail 'no such binlog file'

my_restart --binlog-row-image=MINIMAL
check_eq "$(my_sql 'select @@binlog_row_image')" MINIMAL 'an option given at a restart'
my_sql 'insert into d.t values (2, null)'
my_kill
my_resume
check_eq "$(my_sql 'select * from d.t order by id')" $'1\tKäse 🧀\n2\tNULL' 'rows after a crash'

# The way of a client on the network, with a password and the flavour's own plugin for it.
my_sql "create user app@'127.0.0.1' identified by 'right'" "grant all on d.* to app@'127.0.0.1'"
tcp=(mariadb --no-defaults --protocol=tcp --host="$MY_HOST" --port="$MY_PORT" --user=app -N)
run good env MYSQL_PWD=right "${tcp[@]}" -e 'select count(*) from d.t'
check_status 0 "$(<"$(err good)")"
check_eq "$(<"$(out good)")" 2
run bad env MYSQL_PWD=wrong "${tcp[@]}" -e 'select 1'
check_status 1
check_contains "$(<"$(err bad)")" 'Access denied'

first=$MY_PORT
identity='select @@server_uuid'
if [[ $flavour == mariadb ]]; then identity='select @@port'; fi
one=$(my_sql "$identity")
my_use other
my_start "$flavour" --tls --init --lower-case-table-names=1 --server-id=98
[[ $MY_PORT != "$first" && $(my_sql "$identity") != "$one" ]] || fail 'two servers of one identity'
check_eq "$(my_sql 'select @@server_id')" 98
check_eq "$(my_sql 'show databases' | grep -c '^d$' || true)" 0 'databases of the other server'
check_eq "$(my_sql 'select @@lower_case_table_names')" 1 'an option for a new data directory'
my_sql "create user s@'%' identified by 'x' require ssl"
tls=(env MYSQL_PWD=x mariadb --no-defaults --protocol=tcp --host=localhost --port="$MY_PORT" --user=s
  --ssl-verify-server-cert -e 'select 1')
run good "${tls[@]}" --ssl-ca="$MY_CA"
check_status 0 "$(<"$(err good)")"
run bad "${tls[@]}" --ssl-ca="$MY_DIR/other-ca.crt"
check_status 1
check_contains "$(<"$(err bad)")" 'certificate'
my_stop
my_use main
check_eq "$(my_sql 'select 1')" 1 'the first server still answers'
