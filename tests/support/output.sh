# shellcheck shell=bash
# For scenarios about --output: table t (id, v), whose rows are numbered; a tail into $file that
# commits only at its end.

. "$CDC_TEST_SUPPORT/crash.sh"

file=$WORK/changes.ndjson
to_file=("${resume[@]}" --output "$file" --commit-interval 1h)
next=1

# insert N: a transaction of N rows, numbered on.
insert() {
  sql "insert into t select g, 'row ' || g from generate_series($next, $next + $1 - 1) g"
  next=$((next + $1))
}

# wait_for_out: until the last row is in the file.
wait_for_out() {
  wait_until 20 "[[ \$(tail -n 1 '$file' 2>/dev/null) == *'\"id\":$((next - 1)),'*'}' ]]"
}

# kill_with_unremembered N FLAG...: a tail that is killed with N rows in the file of which the
# checkpoint knows nothing.
kill_with_unremembered() {
  insert "$1"
  spawn killed cdcctl "${to_file[@]}" "${@:2}"
  wait_for_out
  stop_process killed KILL
  check_status 137
}

# continue_file FLAG...: a tail to the end of what there is.
continue_file() {
  run again cdcctl "${to_file[@]}" --until now "$@"
  check_status 0 "tail $*"
  check_eq "$(lines again)" 0 'lines on stdout'
}

# check_whole FILE...: together they hold the line of every row once, in order.
check_whole() {
  check_eq "$(jq -r .after.id "$@" | xargs)" "$(seq -s' ' $((next - 1)))" "rows in ${*##*/}"
}

# start_output: a server with the table, the publication and the slot.
start_output() {
  pg_start
  sql 'create table t (id int primary key, v text)' 'create publication p for table t' \
    "select from pg_create_logical_replication_slot('s', 'pgoutput')" >/dev/null
}
