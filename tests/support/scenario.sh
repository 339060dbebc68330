# shellcheck shell=bash
# The ground of every e2e scenario: checks, processes of its own, an end that leaves nothing behind.
# pg.sh and mysql.sh, which a scenario sources, add the servers.
#
# Everything lives in $WORK, a temporary directory. At the end every process is ended by its id;
# $WORK is removed after success, kept and named after a failure.

if [[ -n ${WORK_IS_OURS:-} ]]; then return; fi
WORK_IS_OURS=yes
set -Eeuo pipefail

CDC_TEST_SUPPORT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CDC_ROOT=$(cd "$CDC_TEST_SUPPORT/../.." && pwd)
CDCCTL=${CDCCTL:-$CDC_ROOT/build/cdcctl}
PATH=$(dirname "$CDCCTL"):$PATH
export CDCCTL PATH LC_ALL=C.UTF-8 TZ=UTC

# Nothing of the caller's own database and cdcctl settings may reach a scenario.
for name in $(compgen -e | grep -E '^(PG[A-Z]+|MYSQL_.*|MARIADB_.*|CDCCTL_.*)$' || true); do unset "$name"; done

declare -A process_ids=()    # spawned and not yet finished: name -> process id
declare -A server_ids=()     # running servers: name -> process id
declare -A server_signals=() # name -> what ends it at once, if not QUIT
server=main
STATUS=0

# --- checks ------------------------------------------------------------------------------------

# fail MESSAGE: ends the scenario, naming the line that called.
fail() {
  local frame=0
  while [[ ${BASH_SOURCE[frame]##*/} == @(scenario|pg|mysql).sh && $frame -lt $((${#BASH_SOURCE[@]} - 1)) ]]; do
    frame=$((frame + 1))
  done
  echo "FAILED ${BASH_SOURCE[frame]}:${BASH_LINENO[frame - 1]}: $*" >&2
  exit 1
}

# skip REASON: ends the scenario as skipped, which ctest reports.
skip() {
  echo "SKIPPED: $*"
  exit 77
}

# check_eq ACTUAL EXPECTED [WHAT]
check_eq() {
  [[ $1 == "$2" ]] || fail "${3:-value}: expected '$2', got '$1'"
}

# check_contains TEXT PART [WHAT]
check_contains() {
  [[ $1 == *"$2"* ]] || fail "${3:-text}: expected to contain '$2', got '$1'"
}

# check_status EXPECTED [WHAT]: of the last `run` or `finish`.
check_status() {
  check_eq "$STATUS" "$1" "${2:-exit status}"
}

# wait_until SECONDS CONDITION: tries the shell command CONDITION until it holds.
wait_until() {
  local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
  until eval "$2"; do
    ((${EPOCHREALTIME/./} < end)) || fail "after $1 s still not: $2"
    sleep 0.02
  done
}

# check_orders FILE FROM TO: FILE holds these orders, each once, in order, and nothing else.
check_orders() {
  cmp -s <(jq -r .after.id "$1") <(seq "$2" "$3") ||
    fail "$1: not the orders $2 to $3, each once: $(jq -r .after.id "$1" | sort -n | uniq -c |
      awk '$1 > 1 { repeated++ } { all++ } END { print all + 0 " different, " repeated + 0 " repeated" }')"
}

# check_refused NAME STATUS SENTENCE HINT: how `run NAME` or `finish NAME` ended, what its one
# error says and advises.
check_refused() {
  local text
  text=$(<"$(err "$1")")
  check_status "$2" "$1: exit status"
  check_contains "$text" "error: $3" "$1: sentence"
  check_contains "$(grep '^hint: ' <<<"$text" || true)" "$4" "$1: hint"
  check_eq "$(grep -c '^cdcctl: error: ' <<<"$text")" 1 "$1: errors"
}

# --- processes ---------------------------------------------------------------------------------

# out NAME, err NAME: the files that hold what a process wrote.
out() { echo "$WORK/$1.out"; }
err() { echo "$WORK/$1.err"; }

# run NAME COMMAND...: runs it to its end and sets STATUS.
run() {
  local name=$1
  shift
  STATUS=0
  "$@" >"$WORK/$name.out" 2>"$WORK/$name.err" || STATUS=$?
}

# spawn NAME COMMAND...: starts it in the background, sets PID. Redirections on the call hold for
# it. Job control gives it a process group, to be ended whole, and SIGINT not ignored.
spawn() {
  local name=$1
  shift
  # Now: the process itself begins later, and nobody may take what an older one wrote for its.
  : >"$WORK/$name.out"
  : >"$WORK/$name.err"
  set -m
  "$@" >"$WORK/$name.out" 2>"$WORK/$name.err" &
  PID=$!
  set +m
  process_ids[$name]=$PID
}

# running NAME: is it still there?
running() {
  [[ -n ${process_ids[$1]:-} ]] && kill -0 "${process_ids[$1]}" 2>/dev/null
}

# finish NAME [SECONDS]: waits for its end (30 s) and sets STATUS.
finish() {
  wait_until "${2:-30}" "! running $1"
  STATUS=0
  wait "${process_ids[$1]}" || STATUS=$?
  unset "process_ids[$1]"
}

# signal_process NAME SIGNAL
signal_process() {
  kill -s "$2" "${process_ids[$1]}"
}

# stop_process NAME [SIGNAL [SECONDS]]: sends TERM (or SIGNAL), waits, sets STATUS.
stop_process() {
  signal_process "$1" "${2:-TERM}"
  finish "$1" "${3:-30}"
}

# lines NAME: how many lines it has written to stdout.
lines() {
  wc -l <"$WORK/$1.out"
}

# spawn_into FILE NAME COMMAND...: spawn with its stdout in FILE, which may be a FIFO.
spawn_into() {
  local file=$1 name=$2
  shift 2
  # shellcheck disable=SC2016
  spawn "$name" bash -c 'exec "${@:2}" >"$1"' - "$file" "$@"
}

# wait_handled PID: until a signal that was sent has reached its handler: two of one kind that wait
# at once are one.
wait_handled() {
  wait_until 5 "! grep -qE '^(SigPnd|ShdPnd):.*[1-9a-f]' /proc/$1/status"
}

# now_ms: milliseconds of a clock, for durations.
now_ms() {
  echo $((${EPOCHREALTIME/./} / 1000))
}

# start_proxy NAME TARGET_PORT [EDIT...]: tcp_proxy.pl in the background, sets PROXY_PORT.
start_proxy() {
  local name=$1
  shift
  rm -f "$(out "$name")"
  spawn "$name" perl "$CDC_TEST_SUPPORT/tcp_proxy.pl" "$@"
  wait_until 10 '[[ -s $(out '"$name"') ]]'
  PROXY_PORT=$(head -n 1 "$(out "$name")")
}

# --- what servers need ---------------------------------------------------------------------------

# as_server COMMAND...: as the user that the servers run as; they refuse root. It is the same for all
# of them, since MariaDB's server package makes none.
as_server() {
  if ((EUID != 0)); then
    "$@"
  else
    (cd "$WORK" && exec setpriv --reuid "$server_account" --regid "$server_group" --init-groups "$@")
  fi
}

choose_account() {
  server_account=$(id -un)
  if ((EUID == 0)); then
    server_account=nobody
    if id postgres >/dev/null 2>&1; then server_account=postgres; fi
  fi
  server_group=$(id -gn "$server_account")
}

# A loopback port that nobody listens on now.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# make_certificates DIR: ca.crt, server.{crt,key} for localhost, client.{crt,key} for the role
# cert_user, and other-ca.crt, which signed none of them.
make_certificates() {
  local dir=$1 who subject
  {
    for who in ca other-ca; do
      openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=cdc test $who" \
        -keyout "$dir/$who.key" -out "$dir/$who.crt"
    done
    for who in server:localhost client:cert_user; do
      subject=${who#*:} who=${who%:*}
      openssl req -newkey rsa:2048 -nodes -subj "/CN=$subject" \
        -keyout "$dir/$who.key" -out "$dir/$who.csr"
      openssl x509 -req -days 2 -in "$dir/$who.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" \
        -CAcreateserial -out "$dir/$who.crt" \
        -extfile <(echo "subjectAltName=DNS:$subject")
    done
  } >"$WORK/openssl.log" 2>&1 || fail "openssl failed: $(cat "$WORK/openssl.log")"
  chmod 600 "$dir"/*.key
}

# --- beginning and end -------------------------------------------------------------------------

# A signal that comes between fork and exec is lost: so it is sent until it works.
end_group() {
  local group=$1 tries=100
  while kill -s TERM -- "-$group" && ((tries-- > 0)); do
    kill -s CONT -- "-$group"
    sleep 0.02
  done
  kill -s KILL -- "-$group"
} 2>/dev/null

# end_server PID SIGNAL
end_server() {
  local pid=$1 signal=$2 tries=500
  kill -s "$signal" "$pid" || return 0
  while kill -0 "$pid" && ((tries-- > 0)); do sleep 0.02; done
  kill -s KILL "$pid"
} 2>/dev/null

# What a log of the test run should hold of a failure, since the directory may not outlive it.
show_traces() {
  local file
  for file in "$WORK"/*.err "$WORK"/*/server.log; do
    [[ -s $file ]] || continue
    echo "--- the end of $file"
    tail -n 15 "$file"
  done >&2
}

clean_up() {
  local status=$? name
  set +e
  trap - ERR
  trap '' INT TERM HUP
  for name in "${!process_ids[@]}"; do end_group "${process_ids[$name]}"; done
  for name in "${!server_ids[@]}"; do end_server "${server_ids[$name]}" "${server_signals[$name]:-QUIT}"; done
  if ((status == 0 || status == 77 || status == 130)); then
    cd / && rm -rf "$WORK"
  else
    show_traces
    echo "kept: $WORK" >&2
  fi
  exit "$status"
}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/cdc.XXXXXXXX")
chmod 711 "$WORK"
export WORK
CALLER_HOME=${HOME:-/}
HOME=$WORK
export HOME
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'echo "FAILED ${BASH_SOURCE[0]}:$LINENO: $BASH_COMMAND" >&2' ERR
choose_account
