# shellcheck shell=bash
# Words for scenarios about snapshots: publication `p`, slot `s`, checkpoint in $state, and a fold of
# lines into what the tables must hold.

. "$(dirname "${BASH_SOURCE[0]}")/crash.sh"

initial=("${resume[@]}" --create-slot --snapshot initial)

# fold FILE...: the rows of each table that the lines lead to, as `schema.table TAB row`, sorted. By
# key where there is one; else a bag, in which an update takes one equal row out.
fold() {
  perl "$CDC_TEST_SUPPORT/fold.pl" "$@" | LC_ALL=C sort
}

# table_rows TABLE...: the same from the server.
table_rows() {
  local table
  for table in "$@"; do
    sql "copy (select to_jsonb(t) from only $table t) to stdout (format csv, quote e'\x01', delimiter e'\x02')" |
      perl "$CDC_TEST_SUPPORT/fold.pl" --rows "$table"
  done | LC_ALL=C sort
}

# check_fold FILE TABLE...: the lines lead to what the tables hold.
check_fold() {
  local file=$1
  shift
  fold "$file" >"$WORK/folded"
  table_rows "$@" >"$WORK/expected"
  diff "$WORK/expected" "$WORK/folded" >"$WORK/fold.diff" ||
    fail "${file##*/} does not fold to the table: $(wc -l <"$WORK/fold.diff") lines differ, such as $(head -n 5 "$WORK/fold.diff")"
}

# ops FILE: how many lines there are of each operation: `3 insert 10 read`.
ops() {
  jq -r .op "$1" | sort | uniq -c | xargs
}
