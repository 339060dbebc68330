# shellcheck shell=bash
# For scenarios about what the stream says: everything since slot `s` was made, as often as asked
# for, since it is never acknowledged.

. "$CDC_TEST_SUPPORT/tail.sh"

# make_slot: slot `s`; publications come before it.
make_slot() {
  sql "select from pg_create_logical_replication_slot('s', 'pgoutput')" >/dev/null
}

# refused STATUS SENTENCE HINT FLAG...: tail with these flags ends so.
refused() {
  local status=$1 sentence=$2 hint=$3
  shift 3
  run refused cdcctl tail postgres "$PG_CONNINFO" --until now "$@"
  check_refused refused "$status" "$sentence" "$hint"
  check_eq "$(lines refused)" 0 "lines of tail $*"
}

# changes FLAG...: all changes since then, in $(out changes). Nothing but information on stderr.
changes() {
  run changes cdcctl tail postgres "$PG_CONNINFO" --slot s --ack none --until now "$@"
  check_status 0 "tail $*"
  check_eq "$(grep -v "^cdcctl: info: " "$(err changes)" || true)" "" "stderr of tail $*"
}

# Lines without what every run changes, and what every line has: v, source, db, pos, ts, tx.
bare_lines() {
  sed -E -e 's/^\{"v":1,("op":"[a-z]+"),"source":"postgres"(,"db":"postgres")?/{\1/' \
    -e 's/,"pos":"[^"]*"(,"ts":"[^"]*")?(,"tx":\{[^}]*\})?\}$/}/' "$@"
}

# The place of each line, with the first transaction as 1, the second as 2, ...
places() {
  jq -r .pos "$@" | awk -F'#' '!($1 in seen) { seen[$1] = ++count } { print seen[$1] "#" $2 }'
}

# check_lines FILE <<EXPECTED: its bare lines, byte for byte.
check_lines() {
  cat >"$WORK/lines.expected"
  bare_lines "$1" >"$WORK/lines.actual"
  diff -u "$WORK/lines.expected" "$WORK/lines.actual" >"$WORK/lines.diff" ||
    fail "lines of $1: $(<"$WORK/lines.diff")"
}

# check_changes <<EXPECTED: the same of the last `changes`.
check_changes() {
  check_lines "$(out changes)"
}
