#!/usr/bin/env bash
# A checkpoint that cannot be trusted is exit 5 with the way out, before the server is asked; the
# file stays as it is.
. "$CDC_TEST_SUPPORT/tail.sh"

pg_start
make_shop
add_orders 1 3
state=$WORK/state
file=$state/checkpoint_postgres.json
tail=(cdcctl tail postgres "$PG_CONNINFO" "${SHOP[@]}" --checkpoint "$state")
run first "${tail[@]}" --until now
check_status 0
cp -p "$file" "$WORK/good"
slot=$(confirmed)
asked=$(grep -c START_REPLICATION "$PG_LOG")

# refuses SENTENCE HINT: what stands there now.
refuses() {
  local held
  held=$(md5sum "$file")
  run bad "${tail[@]}"
  check_refused bad 5 "checkpoint file '$file' $1" "$2"
  check_eq "$(md5sum "$file")" "$held" 'the file'
  check_eq "$(<"$(out bad)")" '' lines
  cp -p "$WORK/good" "$file"
}
rewrite='put a good copy back, or write a position with cdcctl checkpoint rewrite'

: >"$file"
refuses 'is empty' "$rewrite"
head -c 100 "$WORK/good" >"$file"
refuses 'is damaged or torn' "$rewrite"
jq '.offset.lsn += 1' "$WORK/good" >"$file"
refuses 'does not fit its content_checksum: it is damaged or was edited by hand' "$rewrite"
jq '.committed_event_count += 1' "$WORK/good" >"$file"
refuses 'does not fit its content_checksum' "$rewrite"
jq '.checkpoint_format_version = 3' "$WORK/good" >"$file"
refuses 'has format version 3; this program reads versions 1 and 2' "$rewrite"
jq 'del(.offset)' "$WORK/good" >"$file"
refuses "has no member 'offset'" "$rewrite"
jq '.source_type = "mysql" | del(.content_checksum)' "$WORK/good" >"$file"
refuses 'says that it is of another source type than its name' 'put the right file back'
chmod 644 "$file"
refuses "has permissions 0644, wider than 0600" "chmod 600 '$file'"

mv "$file" "$state/checkpoint_mysql.json"
run family "${tail[@]}"
check_refused family 5 "directory '$state' holds the checkpoint of a mysql source, not of postgres" \
  'use a dedicated checkpoint directory per source family'
cp -p "$WORK/good" "$file"
run family "${tail[@]}"
check_refused family 5 "mixed checkpoint source families found in directory '$state': mysql, postgres" \
  'use a dedicated checkpoint directory per source family'
rm "$state/checkpoint_mysql.json"

check_eq "$(grep -c START_REPLICATION "$PG_LOG")" "$asked" 'streams started'
check_eq "$(confirmed)" "$slot" slot
check_eq "$(find "$state" -type f)" "$file" 'files left'

# What older programs wrote is read: version 1 with its checksum, version 2 without one.
jq 'del(.content_checksum, .server, .updated_at)' "$WORK/good" >"$file"
add_orders 4 6
run old "${tail[@]}" --until now
check_status 0
check_orders "$(out old)" 4 6
