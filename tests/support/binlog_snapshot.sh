# shellcheck shell=bash
# Words for scenarios about snapshots of MySQL and MariaDB: a tail that takes one, and a fold of lines
# into what the tables must hold. Brings binlog.sh along.

. "$(dirname "${BASH_SOURCE[0]}")/binlog.sh"

# need_failpoints: skips the scenario where their binary was not built.
need_failpoints() {
  [[ -x ${CDC_FAILPOINTS:-} ]] || skip 'cdcctl_failpoints was not built (-DCDCCTL_FAILPOINTS=ON)'
}

# snapshot_shop NAME MODE OPTION...: rows and changes of the schema shop, up to now, remembered in
# $state.
snapshot_shop() {
  run "$1" cdcctl tail "$FLAVOUR" "$MY_URI" --tables 'shop.*' --checkpoint "$state" \
    --until now --snapshot "${@:2}"
}

# fold FILE...: the rows of each table that the lines lead to, as `schema.table TAB row`, sorted. By
# key where there is one; else a bag, in which an update takes one equal row out.
fold() {
  perl "$CDC_TEST_SUPPORT/fold.pl" "$@" | LC_ALL=C sort
}

# table_rows TABLE...: the same from the server, of tables in the schema shop.
table_rows() {
  local table columns
  for table in "$@"; do
    columns=$(my_sql "select group_concat(concat('''', column_name, ''', cast(\`', column_name, '\` as char)')
      order by ordinal_position) from information_schema.columns
      where table_schema = 'shop' and table_name = '$table'")
    shop "select json_object($columns) from \`$table\`" |
      perl "$CDC_TEST_SUPPORT/fold.pl" --rows "shop.$table"
  done | LC_ALL=C sort
}

# check_fold FILE TABLE...: the lines lead to what the tables hold.
check_fold() {
  local file=$1
  shift
  fold "$file" >"$WORK/folded"
  table_rows "$@" >"$WORK/expected"
  diff "$WORK/expected" "$WORK/folded" >"$WORK/fold.diff" ||
    fail "${file##*/} does not fold to the table: $(wc -l <"$WORK/fold.diff") lines differ, such as $(head -n 5 "$WORK/fold.diff" | cut -c 1-300)"
}

# ops FILE: how many lines there are of each operation: `3 insert 10 read`.
ops() {
  jq -r .op "$1" | sort | uniq -c | xargs
}
