# shellcheck shell=bash
# For scenarios with transactions that are open at the same time, which the server sends before they
# end. Brings pg.sh along.

if ! declare -F pg_start >/dev/null; then . "$(dirname "${BASH_SOURCE[0]}")/pg.sh"; fi

# All that --emit knows but progress, which comes when it comes.
LINES_KEPT=row,truncate,begin,commit,schema,message,prepare,commit_prepared,rollback_prepared

declare -A session_inputs=() # open sessions: name -> the descriptor that it reads from
session_steps=0

# session NAME STATEMENTS: in a connection that stays open between calls; waits until they are done.
session() {
  local name=$1 fd
  if [[ -z ${session_inputs[$name]:-} ]]; then
    mkfifo "$WORK/session_$name"
    spawn "session_$name" psql -d "$PG_CONNINFO" -X -q -A -t -v ON_ERROR_STOP=1 \
      -f "$WORK/session_$name"
    exec {fd}>"$WORK/session_$name"
    session_inputs[$name]=$fd
  fi
  session_steps=$((session_steps + 1))
  printf '%s\n\\echo step %d\n' "$2" $session_steps >&"${session_inputs[$name]}"
  wait_until 30 "grep -qx 'step $session_steps' '$(out "session_$name")' || ! running session_$name"
  running "session_$name" || fail "session $name: $(<"$(err "session_$name")")"
}

# What makes a transaction large for the server, with logical_decoding_work_mem=64kB, and adds
# nothing that is published: the table `padding`.
PAD="insert into padding select g, repeat('x', 100) from generate_series(1, 700) g;"
make_padding() { sql 'create table padding (id int, text text)'; }

# copy_slot FROM TO: so that both read the same WAL.
copy_slot() { sql "select pg_copy_logical_replication_slot('$1', '$2')" >/dev/null; }

# drop_slots: all.
drop_slots() {
  wait_until 10 "[[ -z \$(sql 'select 1 from pg_replication_slots where active') ]]"
  sql 'select pg_drop_replication_slot(slot_name) from pg_replication_slots' >/dev/null
}

# server_major: 15, 16 ...
server_major() { sql "select current_setting('server_version_num')::int / 10000"; }
