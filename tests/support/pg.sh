# shellcheck shell=bash
# What an e2e scenario needs of PostgreSQL: private servers. A scenario sources this file first;
# tests/e2e/README.md shows how one is written.
. "$(dirname "${BASH_SOURCE[0]}")/scenario.sh"

# The server's programs; psql and the other clients are always Debian's.
PG_BIN=${CDC_PG_BIN:-/usr/lib/postgresql/15/bin}
PG_MAJOR=$("$PG_BIN/postgres" -V 2>/dev/null | grep -oE '[0-9]+' | head -n 1 || echo 0)
PATH=$PG_BIN:/usr/lib/postgresql/15/bin:$PATH

# since MAJOR TEXT OTHERWISE: TEXT where the server is that new.
since() {
  if ((PG_MAJOR >= $1)); then echo "$2"; else echo "$3"; fi
}

# --- servers -----------------------------------------------------------------------------------

# new_cluster DIR: an empty cluster with its own system identifier.
new_cluster() {
  as_server initdb -D "$1" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
    >"$WORK/initdb.log" 2>&1 || fail "initdb failed: $(cat "$WORK/initdb.log")"
}

# copy_template DIR: a cluster copied from the one in $CDC_PG_TEMPLATE, which is made once. All
# copies have one system identifier: `pg_start --fresh` where that matters.
copy_template() {
  (
    flock 9
    if [[ ! -f $CDC_PG_TEMPLATE/PG_VERSION ]]; then
      new_cluster "$1"
      rm -rf "$CDC_PG_TEMPLATE" "$CDC_PG_TEMPLATE.part"
      cp -a "$1" "$CDC_PG_TEMPLATE.part"
      mv "$CDC_PG_TEMPLATE.part" "$CDC_PG_TEMPLATE"
      rm -rf "$1"
    fi
  ) 9>"$CDC_PG_TEMPLATE.lock"
  cp -a --reflink=auto "$CDC_PG_TEMPLATE" "$1"
  if ((EUID == 0)); then chown -R "$server_account:$server_group" "$1"; fi
}

# write_settings DIR METHOD LISTEN TLS SETTING...: the configuration of the cluster in DIR/data.
write_settings() {
  local dir=$1 method=$2 listen=$3 tls=$4 host=host setting
  shift 4
  {
    echo "listen_addresses = '$listen'"
    echo "unix_socket_directories = '$dir'"
    cat <<'CONF'
wal_level = logical
max_connections = 50
max_wal_senders = 20
max_replication_slots = 30
max_prepared_transactions = 10
shared_buffers = 32MB
fsync = off
autovacuum = off
max_wal_size = 4GB
log_replication_commands = on
log_line_prefix = '%m [%p] '
lc_messages = 'C'
CONF
    if [[ $tls == yes ]]; then
      host=hostssl
      echo "ssl = on"
      echo "ssl_ca_file = '$dir/ca.crt'"
      echo "ssl_cert_file = '$dir/server.crt'"
      echo "ssl_key_file = '$dir/server.key'"
    fi
    for setting in "$@"; do echo "${setting%%=*} = '${setting#*=}'"; done
  } >"$dir/data/conf.part"
  cat "$dir/data/conf.part" >>"$dir/data/postgresql.conf"
  rm "$dir/data/conf.part"
  {
    echo "local all,replication postgres trust"
    if [[ $tls == yes ]]; then echo "hostssl all,replication cert_user 127.0.0.1/32 cert"; fi
    echo "local all,replication all $method"
    echo "$host all,replication all 127.0.0.1/32 $method"
  } >"$dir/data/pg_hba.conf"
}

# prepare_cluster FRESH TCP TLS METHOD SETTING...: makes the current server's directory.
prepare_cluster() {
  local fresh=$1 tcp=$2 tls=$3 method=$4 dir=$WORK/$server listen=
  shift 4
  mkdir -p "$dir"
  if ((EUID == 0)); then chown "$server_account:$server_group" "$dir"; fi
  if [[ $fresh == no && -n ${CDC_PG_TEMPLATE:-} ]]; then
    copy_template "$dir/data"
  else
    new_cluster "$dir/data"
  fi
  if [[ $tls == yes ]]; then
    make_certificates "$dir"
    if ((EUID == 0)); then chown "$server_account:$server_group" "$dir/server.key"; fi
  fi
  if [[ $tcp == yes ]]; then listen=127.0.0.1; fi
  write_settings "$dir" "$method" "$listen" "$tls" "$@"
}

# pg_use NAME: the functions below, and PG_CONNINFO, speak of this server from now on. The first
# one is called main.
pg_use() {
  server=$1
  PG_DIR=$WORK/$server
  PGHOST=$PG_DIR
  PGPORT=54321
  if [[ -f $PG_DIR/port ]]; then PGPORT=$(<"$PG_DIR/port"); fi
  PGUSER=postgres
  PGDATABASE=postgres
  PG_CONNINFO="host=$PGHOST port=$PGPORT user=$PGUSER dbname=$PGDATABASE"
  PG_TCP_CONNINFO="host=localhost hostaddr=127.0.0.1 port=$PGPORT user=$PGUSER dbname=$PGDATABASE"
  PG_CA=$PG_DIR/ca.crt
  PG_LOG=$PG_DIR/server.log
  export PGHOST PGPORT PGUSER PGDATABASE PG_CONNINFO PG_TCP_CONNINFO
}

# Starts the postmaster as our child and waits for it; clean_up ends it.
launch() {
  local pid state
  as_server "$PG_BIN/postgres" -D "$PG_DIR/data" -p "$PGPORT" \
    </dev/null >>"$PG_LOG" 2>&1 9>&- &
  pid=$!
  while :; do
    state=$(sed -n 8p "$PG_DIR/data/postmaster.pid" 2>/dev/null || true)
    if [[ ${state// /} == @(ready|standby) ]]; then break; fi
    kill -0 $pid 2>/dev/null || return 1
    sleep 0.02
  done
  server_ids[$server]=$(sed -n 1p "$PG_DIR/data/postmaster.pid")
}

# pg_start [--fresh] [--tcp] [--tls] [--auth METHOD] [SETTING=VALUE ...]: a new server; sets and
# exports PG_CONNINFO, PGHOST, PGPORT, PGUSER, PGDATABASE.
#   --fresh        its own system identifier
#   --tcp          listens on 127.0.0.1 too: PG_TCP_CONNINFO
#   --tls          the same, and only with TLS there: certificates in $PG_DIR, PG_CA
#   --auth METHOD  how everyone but postgres on the socket proves who they are (scram-sha-256)
pg_start() {
  local fresh=no tcp=no tls=no method=trust
  while [[ ${1:-} == --* ]]; do
    case $1 in
      --fresh) fresh=yes ;;
      --tcp) tcp=yes ;;
      --tls) tcp=yes tls=yes ;;
      --auth) method=$2 && shift ;;
      *) fail "pg_start: unknown option $1" ;;
    esac
    shift
  done
  [[ -x $PG_BIN/postgres ]] || skip "no PostgreSQL server in $PG_BIN"
  pg_use "$server"
  prepare_cluster $fresh $tcp $tls "$method" "$@"
  local tries=1
  if [[ $tcp == yes ]]; then tries=5; fi
  while ((tries-- > 0)); do
    if [[ $tcp == yes ]]; then free_port >"$PG_DIR/port"; fi
    pg_use "$server"
    if launch; then
      # The test run's summary says which servers ran.
      grep -o -m 1 'starting PostgreSQL [0-9.]*' "$PG_LOG"
      return
    fi
  done
  fail "PostgreSQL does not start: $(tail -n 5 "$PG_LOG")"
}

# pg_start_tls [OPTION ...]: pg_start --tls.
pg_start_tls() {
  pg_start --tls "$@"
}

# pg_start_scram [OPTION ...]: everyone but postgres on the socket needs a password.
pg_start_scram() {
  pg_start --auth scram-sha-256 "$@"
}

# pg_stop [fast|smart|immediate]: and waits for the end.
pg_stop() {
  local pid=${server_ids[$server]} signal=INT
  case ${1:-fast} in
    smart) signal=TERM ;;
    immediate) signal=QUIT ;;
  esac
  kill -s $signal "$pid"
  unset "server_ids[$server]"
  wait_until 60 "! kill -0 $pid 2>/dev/null"
}

# pg_kill: the server crashes; it recovers at the next pg_resume.
pg_kill() {
  pg_stop immediate
}

# pg_resume: starts a server that was stopped or killed.
pg_resume() {
  launch || fail "PostgreSQL does not start again: $(tail -n 5 "$PG_LOG")"
}

# pg_restart: stops it fast and starts it again.
pg_restart() {
  pg_stop fast
  pg_resume
}

# sql STATEMENT...: runs each, prints bare rows; without arguments it reads stdin.
sql() {
  local arguments=() statement
  for statement in "$@"; do arguments+=(-c "$statement"); done
  PGOPTIONS='-c client_min_messages=warning' psql -d "$PG_CONNINFO" -X -q -A -t \
    -v ON_ERROR_STOP=1 "${arguments[@]}"
}

# pg_wal_lsn: the end of WAL.
pg_wal_lsn() {
  sql 'select pg_current_wal_lsn()'
}

pg_use main
