#!/usr/bin/env bash
# A snapshot that was killed goes on behind the last key, for every type that a key can have; where the
# order of the key cannot be found again the table is read anew, and a redefined one too.
. "$CDC_TEST_SUPPORT/binlog_snapshot.sh"
need_failpoints

start_server
progress=$state/checkpoint_${FLAVOUR}_snapshot.json
# key NAME TYPE EXPRESSION: a table whose key is the expression of i, from 0 to 59.
key() {
  shop "create table $1 (a $2, i int, primary key (a, i))" \
       "insert into $1 with recursive g (i) as (select 0 union all select i + 1 from g where i < 59) select $3, i from g"
}
key k_int 'bigint unsigned' '18446744073709551615 - i div 7'
key k_small 'smallint' '10 - i div 3'
key k_decimal 'decimal(30,5)' "-12345678901234567890.5 + i div 4"
key k_text "varchar(40) character set utf8mb4" "concat('it''s \\\\\\\\ ü€😀 ', i div 9)"
key k_latin 'char(9) character set latin1' "concat('é', i div 9)"
key k_utf16 'varchar(9) character set utf16' "concat('ж', i div 9)"
key k_bytes 'varbinary(9)' 'unhex(hex(i div 5 * 8))'
key k_binary 'binary(3)' "if(i < 20, '', char(i div 5))"
key k_date 'date' "date '2024-02-20' + interval i div 3 day"
key k_datetime 'datetime(6)' "timestamp '2024-02-20 10:11:12.123456' + interval i div 3 microsecond"
key k_timestamp 'timestamp(3)' "timestamp '2024-02-20 10:11:12.123' + interval i div 3 second"
key k_time 'time(2)' "sec_to_time(i div 3 * 1000 - 9000.25)"
key k_year 'year' '2000 + i div 3'
key k_bit 'bit(33)' 'i div 7 + 4294967296'
key k_float 'float' 'i div 5 + 0.1'
key k_enum "enum('z','a','m')" "elt(i % 3 + 1, 'z', 'a', 'm')"
tables=(k_int k_small k_decimal k_text k_latin k_utf16 k_bytes k_binary k_date k_datetime k_timestamp k_time
  k_year k_bit k_float k_enum)
if on_mariadb; then
  key k_uuid uuid "concat('123e4567-e89b-12d3-a456-4266554400', lpad(hex(i div 7), 2, '0'))"
  key k_inet6 inet6 "concat('2001:db8::', hex(i div 7))"
  tables+=(k_uuid k_inet6)
fi
anew=' k_float k_enum '

for table in "${tables[@]}"; do
  rm -rf "$state"
  CDCCTL_FAILPOINT=snapshot_marked@3 run killed "$CDC_FAILPOINTS" tail "$FLAVOUR" "$MY_URI" --tables "shop.$table" \
    --checkpoint "$state" --snapshot initial --commit-interval 0ms --output "$WORK/lines"
  check_status 137 "$table"
  cursor=$(jq -r '.tables[0].cursor_position' "$progress")
  done_rows=$(jq '.tables[0].rows_processed' "$progress")
  ((done_rows > 3 && done_rows < 60)) || fail "$table: killed behind $done_rows rows"
  if [[ $anew == *" $table "* ]]; then
    check_eq "$cursor" null "$table: cursor"
    done_rows=0
  else
    check_eq "$(jq length <<<"$cursor")" 2 "$table: cursor $cursor"
  fi
  id=$(jq -r .snapshot_id "$progress")
  run rest cdcctl tail "$FLAVOUR" "$MY_URI" --tables "shop.$table" --checkpoint "$state" --snapshot only
  check_status 0 "$table"
  check_eq "$(lines rest)" "$((60 - done_rows))" "$table: rows behind $cursor"
  check_eq "$(jq -r .snapshot "$(out rest)" | sort -u)" "$id" "$table: id"
  cat "$WORK/lines" "$(out rest)" >"$WORK/all"
  check_eq "$(jq .after.i "$WORK/all" | sort -un | wc -l)" 60 "$table: rows behind $cursor"
  rm "$WORK/lines"
done

# What a run without --snapshot, and a damaged file, say.
interrupt() {
  rm -rf "$state"
  CDCCTL_FAILPOINT=snapshot_marked@3 run killed "$CDC_FAILPOINTS" tail "$FLAVOUR" "$MY_URI" --tables "shop.k_int" \
    --checkpoint "$state" --snapshot initial --commit-interval 0ms
  check_status 137
}
interrupt
resume_shop without --tables shop.k_int
check_refused without 5 'a snapshot was interrupted: rows are missing before the changes' '--snapshot initial goes on with it'
sed -i -E 's/"cursor_position": .*/"cursor_position": "[\\"x; drop table k_int\\", 1]",/' "$progress"
snapshot_shop damaged initial --tables shop.k_int
check_refused damaged 5 'the progress of the snapshot cannot be read: cursor_position of shop.k_int is no key of it' 'begin anew'

interrupt
shop 'alter table k_int add column more int'
snapshot_shop altered only
check_status 0
check_contains "$(<"$(err altered)")" 'table shop.k_int was redefined since it was read: reading it again'
check_eq "$(jq -r 'select(.table == "k_int") | .after.i' "$(out altered)" | wc -l)" 60 'rows of a redefined table'
