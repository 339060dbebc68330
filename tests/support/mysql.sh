# shellcheck shell=bash
# What an e2e scenario needs of MySQL and MariaDB: private servers of either flavour. A scenario
# sources this file first; tests/e2e/README.md shows how one is written.
#
# MariaDB is Debian's own package, MySQL what scripts/servers makes. Both are spoken to with
# MariaDB's client as root without a password.
. "$(dirname "${BASH_SOURCE[0]}")/scenario.sh"

# Both small; a crash of the server, not of the machine, is what they must survive.
MY_COMMON=(--bind-address=127.0.0.1 --skip-name-resolve --character-set-server=utf8mb4
  --innodb-buffer-pool-size=16M --innodb-flush-log-at-trx-commit=2 --sync-binlog=0
  --table-open-cache=100 --secure-file-priv=)
MY_MYSQL=(--server-id=97 --log-bin=binlog --gtid-mode=ON --enforce-gtid-consistency=ON
  --performance-schema=OFF --mysqlx=0)
MY_MARIADB=(--server-id=10 --log-bin=mdb-bin --binlog-format=ROW --log-warnings=2)

# my_find_server FLAVOUR: sets my_program, my_version; skips where the server cannot be had.
my_find_server() {
  local why prefix
  case $1 in
    mysql)
      prefix=$(HOME=$CALLER_HOME "$CDC_ROOT/scripts/servers" mysql 2>"$WORK/servers.err") || {
        why=$(tail -n 1 "$WORK/servers.err")
        skip "MySQL 9: ${why:-scripts/servers failed}"
      }
      my_program=$prefix/bin/mysqld
      my_version=$(<"$prefix/version")
      ;;
    mariadb)
      my_program=$(PATH=$PATH:/usr/sbin type -P mariadbd) || skip 'MariaDB: no mariadbd here'
      my_version=$("$my_program" --no-defaults --version)
      ;;
    *) fail "neither mysql nor mariadb: $1" ;;
  esac
  type -P mariadb >/dev/null || skip "$1: MariaDB's client is not here"
  as_server test -x "$my_program" || skip "$1: $server_account may not run $my_program"
}

# my_new_data FLAVOUR DIR [INIT_OPTION...]: an empty data directory.
my_new_data() {
  local flavour=$1 dir=$2
  shift 2
  if [[ $flavour == mysql ]]; then
    as_server "$my_program" --no-defaults --initialize-insecure --datadir="$dir" \
      --secure-file-priv= --performance-schema=OFF "$@"
  else
    as_server mariadb-install-db --no-defaults --skip-test-db --skip-name-resolve \
      --auth-root-authentication-method=normal --datadir="$dir" "$@"
  fi >"$WORK/install.log" 2>&1 || fail "no new data directory: $(tail -n 5 "$WORK/install.log")"
  # A copy must not have the identity of the original.
  rm -f "$dir/auto.cnf"
}

# my_copy_template FLAVOUR DIR [INIT_OPTION...]: a copy of the one below $CDC_MY_TEMPLATE for this
# version and these options, which is made once.
my_copy_template() {
  local flavour=$1 dir=$2 template
  shift 2
  template=$CDC_MY_TEMPLATE/$flavour-$(printf '%s\n' "$my_version" "$@" | sha256sum | cut -c 1-16)
  mkdir -p "$CDC_MY_TEMPLATE"
  (
    flock 9
    if [[ ! -d $template ]]; then
      rm -rf "$template.part"
      my_new_data "$flavour" "$dir" "$@"
      mv "$dir" "$WORK/template"
      cp -a "$WORK/template" "$template.part"
      mv "$template.part" "$template"
      rm -rf "$WORK/template"
    fi
  ) 9>"$CDC_MY_TEMPLATE/$flavour.lock"
  cp -a --reflink=auto "$template" "$dir"
  if ((EUID == 0)); then chown -R "$server_account:$server_group" "$dir"; fi
}

# my_use NAME: the functions below speak of this server from now on. The first is called main.
my_use() {
  server=$1
  MY_DIR=$WORK/$server
  MY_SOCKET=$MY_DIR/socket
  MY_LOG=$MY_DIR/server.log
  MY_HOST=127.0.0.1
  MY_USER=root
  MY_CA=$MY_DIR/ca.crt
  MY_PORT= MY_FLAVOUR= MY_OPTIONS=()
  if [[ -f $MY_DIR/port ]]; then MY_PORT=$(<"$MY_DIR/port"); fi
  if [[ -f $MY_DIR/flavour ]]; then
    MY_FLAVOUR=$(<"$MY_DIR/flavour")
    MY_PROGRAM=$(<"$MY_DIR/program")
    mapfile -t MY_OPTIONS <"$MY_DIR/options"
  fi
  export MY_SOCKET MY_HOST MY_PORT MY_USER MY_FLAVOUR
}

# Starts the server as our child and waits until it answers; clean_up ends it.
my_launch() {
  local pid end=$((SECONDS + 60))
  rm -f "$MY_DIR/pid"
  as_server "$MY_PROGRAM" --no-defaults --datadir="$MY_DIR/data" --socket="$MY_SOCKET" \
    --port="$MY_PORT" --pid-file="$MY_DIR/pid" "${MY_OPTIONS[@]}" \
    </dev/null >>"$MY_LOG" 2>&1 9>&- &
  pid=$!
  # Nothing in it is worth a clean end, and nobody wants to hear of that.
  disown $pid
  server_signals[$server]=KILL
  server_ids[$server]=$pid
  until [[ -s $MY_DIR/pid ]] && my_sql 'select 1' >/dev/null 2>&1; do
    kill -0 $pid 2>/dev/null && ((SECONDS < end)) || return 1
    sleep 0.05
  done
  server_ids[$server]=$(<"$MY_DIR/pid")
}

# my_make_certificates: prints the options that make the server use them.
my_make_certificates() {
  make_certificates "$MY_DIR"
  if ((EUID == 0)); then chown "$server_account:$server_group" "$MY_DIR/server.key"; fi
  printf '%s\n' "--ssl-ca=$MY_DIR/ca.crt" "--ssl-cert=$MY_DIR/server.crt" "--ssl-key=$MY_DIR/server.key"
}

# my_start mysql|mariadb [--tls] [--init OPTION]... [--OPTION=VALUE...]: a new server on its own socket and
# loopback port. Sets and exports MY_SOCKET, MY_HOST, MY_PORT, MY_USER, MY_FLAVOUR; MY_DIR/data has
# its files. It has an identity of its own, and the binlog is on: row format, and GTIDs on MySQL.
#   --tls           certificates of our own in MY_DIR: MY_CA, other-ca.crt; for the name localhost
#   --init OPTION   for making the data directory and for the server, as --lower-case-table-names=1
my_start() {
  local flavour=$1 init=() tls=no tries=5
  shift
  while [[ ${1:-} == --init || ${1:-} == --tls ]]; do
    if [[ $1 == --tls ]]; then tls=yes; else init+=("$2") && shift; fi
    shift
  done
  my_find_server "$flavour"
  MY_DIR=$WORK/$server
  mkdir -p "$MY_DIR"
  if ((EUID == 0)); then chown "$server_account:$server_group" "$MY_DIR"; fi
  if [[ -n ${CDC_MY_TEMPLATE:-} ]]; then
    my_copy_template "$flavour" "$MY_DIR/data" "${init[@]}"
  else
    my_new_data "$flavour" "$MY_DIR/data" "${init[@]}"
  fi
  echo "$flavour" >"$MY_DIR/flavour"
  echo "$my_program" >"$MY_DIR/program"
  local own=MY_${flavour^^}[@]
  printf '%s\n' "${MY_COMMON[@]}" "${!own}" "${init[@]}" "$@" >"$MY_DIR/options"
  if [[ $tls == yes ]]; then my_make_certificates >>"$MY_DIR/options"; fi
  while ((tries-- > 0)); do
    free_port >"$MY_DIR/port"
    my_use "$server"
    if my_launch; then
      # The test run's summary says which servers ran.
      echo "starting $(my_name) $(grep -oE '[0-9]+(\.[0-9]+)+' <<<"$my_version" | head -n 1)"
      return
    fi
    kill -s KILL "${server_ids[$server]}" 2>/dev/null || true
    unset "server_ids[$server]"
    # Somebody took the port in between; nothing else gets better by trying.
    grep -q 'Address already in use' "$MY_LOG" || break
  done
  fail "$flavour does not start: $(tail -n 5 "$MY_LOG")"
}

my_name() {
  if [[ $MY_FLAVOUR == mysql ]]; then echo MySQL; else echo MariaDB; fi
}

# my_end SIGNAL: and waits for the end.
my_end() {
  local pid=${server_ids[$server]}
  kill -s "$1" "$pid"
  unset "server_ids[$server]"
  wait_until 60 "! kill -0 $pid 2>/dev/null"
}

# my_stop: an orderly end.
my_stop() {
  my_end TERM
}

# my_kill: the server crashes; it recovers at the next my_resume.
my_kill() {
  my_end KILL
}

# my_resume [--OPTION=VALUE...]: starts a server that was stopped or killed; options stay.
my_resume() {
  if (($# > 0)); then
    printf '%s\n' "$@" >>"$MY_DIR/options"
    my_use "$server"
  fi
  my_launch || fail "$MY_FLAVOUR does not start again: $(tail -n 5 "$MY_LOG")"
}

# my_restart [--OPTION=VALUE...]
my_restart() {
  my_stop
  my_resume "$@"
}

# my_client ARGUMENT...: MariaDB's client at the current server; bare rows, full of detail in errors.
my_client() {
  mariadb --no-defaults --no-auto-rehash --socket="$MY_SOCKET" --user="$MY_USER" \
    --default-character-set=utf8mb4 --skip-column-names --batch --raw "$@"
}

# my_sql STATEMENT...: runs them in one session, prints bare rows; without arguments it reads stdin.
my_sql() {
  if (($# == 0)); then
    my_client
  else
    printf '%s;\n' "$@" | my_client
  fi
}

# my_flush: ends the binlog file, so that the next event is in a new one.
my_flush() {
  my_sql 'flush binary logs'
}

# my_binlogs: the names of the server's binlog files, oldest first.
my_binlogs() {
  my_sql 'show binary logs' | cut -f 1
}

# my_position: FILE:OFFSET where the binlog ends now.
my_position() {
  local statement='show binary log status'
  if [[ $MY_FLAVOUR == mariadb ]]; then statement='show master status'; fi
  my_sql "$statement" | awk -F '\t' '{print $1 ":" $2}'
}

# my_gtids: MySQL's gtid_executed, MariaDB's gtid_binlog_pos.
my_gtids() {
  if [[ $MY_FLAVOUR == mysql ]]; then
    my_sql 'select @@gtid_executed' | tr -d '\n'
  else
    my_sql 'select @@gtid_binlog_pos'
  fi
}

my_use main
