# shellcheck shell=bash
# Words for scenarios that tail MySQL or MariaDB, whichever $FLAVOUR says: the schema `shop`, what
# was logged in it since `here`, what a tail wrote and remembered. Brings mysql.sh along.

. "$(dirname "${BASH_SOURCE[0]}")/mysql.sh"

FLAVOUR=${FLAVOUR:-mariadb}
state=$WORK/state
checkpoint=$state/checkpoint_$FLAVOUR.json

# on_mysql, on_mariadb: which flavour it is.
on_mysql() { [[ $FLAVOUR == mysql ]]; }
on_mariadb() { [[ $FLAVOUR == mariadb ]]; }

# shop [STATEMENT...]: in the schema shop, all in one session.
shop() {
  if (($# == 0)); then
    my_client --database=shop
  else
    printf '%s;\n' "$@" | my_client --database=shop
  fi
}

# use_server NAME: my_use, and MY_URI, which is where tails connect.
use_server() {
  my_use "$1"
  MY_URI="mysql://root@/shop?socket=$MY_SOCKET"
}

# start_server [OPTION...]: a server with an empty schema shop; `here` is the end of its log.
start_server() {
  my_start "$FLAVOUR" "$@"
  use_server "$server"
  my_sql 'create database shop'
  here=$(my_position)
}

# start_shop [OPTION...]: with the table orders too.
start_shop() {
  start_server "$@"
  shop 'create table orders (id int primary key, status varchar(20))'
  here=$(my_position)
}

# add_orders FROM TO [STATUS]: these rows, in one transaction.
add_orders() {
  local id rows=()
  for ((id = $1; id <= $2; id++)); do rows+=("($id,'${3:-new}')"); done
  (IFS=, && shop "insert into orders values ${rows[*]}")
}

# tail_shop NAME OPTION...: starts a tail of the current server.
tail_shop() {
  spawn "$1" cdcctl tail "$FLAVOUR" "$MY_URI" "${@:2}"
}

# resume_shop NAME OPTION...: a tail from the checkpoint to the end of what there is.
resume_shop() {
  run "$1" cdcctl tail "$FLAVOUR" "$MY_URI" --checkpoint "$state" --until now "${@:2}"
}

# dumps: the connections that a binlog is sent to.
dumps() {
  my_sql 'show processlist' | awk -F '\t' '$5 ~ /^Binlog Dump/ { print $1 }'
}

# wait_streaming [SECONDS]: until exactly one is.
wait_streaming() {
  wait_until "${1:-20}" '[[ $(dumps | wc -l) == 1 ]]'
}

# remembered: the position of the checkpoint; remembered_gtids: its GTIDs.
remembered() { jq -r '.offset | "\(.binlog_file):\(.binlog_pos)"' "$checkpoint"; }
remembered_gtids() { jq -r .offset.gtid "$checkpoint"; }

# begin_state: a checkpoint at the end of the log.
begin_state() {
  resume_shop begin
  check_status 0 'tail for a checkpoint'
  check_eq "$(lines begin)" 0 'lines of the tail for a checkpoint'
}

# changes OPTION...: all changes since `here`, in $(out changes). Nothing but information on stderr.
changes() {
  run changes cdcctl tail "$FLAVOUR" "$MY_URI" --from "$here" --until now "$@"
  check_status 0 "tail $*"
  check_eq "$(grep -v '^cdcctl: info: ' "$(err changes)" || true)" '' "stderr of tail $*"
}

# refused STATUS SENTENCE HINT OPTION...: a tail of what there is since `here` ends so.
refused() {
  local status=$1 sentence=$2 hint=$3
  shift 3
  run refused cdcctl tail "$FLAVOUR" "$MY_URI" --from "$here" --until now "$@"
  check_refused refused "$status" "$sentence" "$hint"
}

# Lines without what every run changes, and what every line has: v, source, db, pos, ts, tx.
bare_lines() {
  sed -E -e 's/^\{"v":1,("op":"[a-z]+"),"source":"'"$FLAVOUR"'"(,"db":"shop")?/{\1/' \
    -e 's/,"pos":"[^"]*"(,"ts":"[^"]*")?(,"tx":\{[^}]*\})?\}$/}/' "$@"
}

# The place of each line, with the first transaction as 1, the second as 2, ...
places() {
  jq -r .pos "$@" | awk -F'#' '!($1 in seen) { seen[$1] = ++count } { print seen[$1] "#" $2 }'
}

# check_lines FILE <<EXPECTED: its bare lines, byte for byte. A line `mysql: ...` or `mariadb: ...`
# is expected of that flavour alone.
check_lines() {
  sed -nE -e "s/^$FLAVOUR: //" -e '/^(mysql|mariadb): /d' -e p >"$WORK/lines.expected"
  bare_lines "$1" >"$WORK/lines.actual"
  diff -u "$WORK/lines.expected" "$WORK/lines.actual" >"$WORK/lines.diff" ||
    fail "lines of $1: $(<"$WORK/lines.diff")"
}

# check_changes <<EXPECTED: the same of the last `changes`.
check_changes() {
  check_lines "$(out changes)"
}
