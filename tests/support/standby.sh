# shellcheck shell=bash
# Words for scenarios with a standby: the servers `main` and `standby`, which keeps the failover slots
# of main in step (17). Brings tail.sh along.

. "$(dirname "${BASH_SOURCE[0]}")/tail.sh"

((PG_MAJOR >= 17)) || skip "failover slots need PostgreSQL 17, and this is $PG_MAJOR"

# start_standby: copies the running server main, whose physical slot `for_standby` it reads from.
start_standby() {
  local from=$WORK/main/data to=$WORK/standby/data
  pg_use main
  sql "select pg_create_physical_replication_slot('for_standby', true)" >/dev/null
  mkdir "$WORK/standby"
  psql -X -q -A -t -v ON_ERROR_STOP=1 >"$WORK/backup_label" <<SQL
select pg_backup_start('standby', true) \g /dev/null
\! cp -a '$from' '$to'
select labelfile from pg_backup_stop(false);
SQL
  mv "$WORK/backup_label" "$to"
  rm -rf "$to"/postmaster.* "$to"/pg_replslot/*
  touch "$to/standby.signal"
  cat >>"$to/postgresql.conf" <<CONF
unix_socket_directories = '$WORK/standby'
primary_conninfo = 'host=$PGHOST port=$PGPORT user=postgres dbname=postgres'
primary_slot_name = 'for_standby'
hot_standby_feedback = on
sync_replication_slots = on
wal_receiver_status_interval = 1s
CONF
  if ((EUID == 0)); then chown -R "$server_account:$server_group" "$WORK/standby"; fi
  pg_use standby
  pg_resume
  pg_use main
}

# on NAME COMMAND...: with this server as the current one.
on() {
  local before=$server
  pg_use "$1"
  "${@:2}"
  pg_use "$before"
}

# wait_replayed: until the standby has all that main has written.
wait_replayed() {
  local end
  end=$(on main sql 'select pg_current_wal_flush_lsn()')
  wait_until 20 "[[ \$(on standby sql \"select pg_last_wal_replay_lsn() >= '$end'\") == t ]]"
}

# synced SLOT: how the standby has it: synced, and whether it is temporary, which is not safe.
synced() {
  on standby sql "select case when not synced then 'own' when temporary then 'unsafe' else 'safe' end
    from pg_replication_slots where slot_name = '$1'"
}

# make_safe SLOT: until the standby could be promoted with it; its reader must be at work. A slot's
# needs move on with what the server logs of its transactions.
make_safe() {
  wait_until 30 "on main sql 'select pg_log_standby_snapshot()' >/dev/null; [[ \$(synced $1) == safe ]]"
}

# lose_main: the primary crashes for good, and the standby takes its place.
lose_main() {
  on main pg_kill
  on standby sql 'select pg_promote()' >/dev/null
}

# wait_streaming: until slot s is read; the standby streams as well.
wait_streaming() {
  wait_until 10 '[[ $(sql "select active from pg_replication_slots where slot_name = '"'s'"'") == t ]]'
}
