#!/usr/bin/env bash
# A checkpoint moves to any position that a person can write; skipping needs a yes, repeating is
# announced, the old file is kept, and against a server no position is left that it would pass over.
. "$CDC_TEST_SUPPORT/pg.sh"

pg_start
sql 'create table orders (id int primary key)' 'create publication p for table orders'
state=$WORK/state
file=$state/checkpoint_postgres.json
rewrite() { cdcctl checkpoint rewrite "$state" "$@"; }
copies() { find "$state" -name "checkpoint_postgres.json.$1.*" | wc -l; }
number() { sql "select '$1'::pg_lsn - '0/0'"; }

# --- what must be said
run nothing rewrite
check_status 2 'no position'
run both rewrite --lsn 0/1 --pos 0/2
check_status 2 'two positions'
run current rewrite --current
check_status 2 '--current without a server'
run no_slot rewrite --lsn 0/1634FA0
check_status 2 'a new checkpoint without a slot'
check_contains "$(<"$(err no_slot)")" '--slot'
run bad rewrite --lsn 0/XYZ --slot orders
check_status 2 'not a position'
run unknown_type rewrite --lsn 0/1 --slot orders --source-type mongodb
check_status 2 'an unknown source'
[[ ! -e $state ]] || fail 'a refused rewrite has made the directory'

# --- a new one, offline; the runbook's LSN in both forms
run dry rewrite --lsn 0/1634FA0 --slot orders --dry-run
check_status 0
[[ ! -e $state ]] || fail 'a dry run has made the directory'
run new rewrite --lsn 0/1634FA0 --slot orders
check_status 0
check_contains "$(<"$(out new)")" 'move: nothing -> 0/1634FA0'
check_contains "$(<"$(out new)")" 'lsn as a number: 23285664'
check_eq "$(jq -c '[.checkpoint_format_version, .source_type, .committed_event_count, .offset.lsn, .offset.slot_name]' "$file")" \
  '[2,"postgres",0,23285664,"orders"]'
check_eq "$(stat -c %a "$file")" 600 'mode of the file'
check_eq "$(stat -c %a "$state")" 700 'mode of the directory'
check_eq "$(copies '*')" 0 'no copy of nothing'

# --- forward needs a yes; what was there stays there
sum=$(sha256sum <"$file")
run forward rewrite --lsn 23285764
check_status 4 'forward without --accept-gap'
check_contains "$(<"$(err forward)")" 'moving from 0/1634FA0 to 0/1635004 skips changes: 100 bytes'
check_contains "$(<"$(err forward)")" '--accept-gap'
check_eq "$(sha256sum <"$file")" "$sum" 'a refused rewrite leaves the file'
run dry rewrite --lsn 23285764 --dry-run --json
check_status 0
check_eq "$(jq -c '[.old.position, .new.position, .direction, .kept, .written]' "$(out dry)")" \
  '["0/1634FA0","0/1635004","forward",null,false]'
check_eq "$(sha256sum <"$file")" "$sum" 'a dry run leaves the file'
run forward rewrite --lsn 23285764 --accept-gap --json
check_status 0
kept=$(jq -r .kept "$(out forward)")
check_eq "$(sha256sum <"$kept")" "$sum" 'the copy is the old file'
check_eq "$(stat -c %a "$kept")" 600 'mode of the copy'
[[ $kept =~ \.json\.bak\.[0-9]{8}T[0-9]{6}Z$ ]] || fail "name of the copy: $kept"

# --- back is announced; in the middle of a transaction; nothing else changes
jq '.committed_event_count = 77 | .server = {system_identifier: "1", database: "d"} | del(.content_checksum)' \
  "$file" >"$WORK/edited"
cat "$WORK/edited" >"$file"
run back rewrite --pos '0/1634FA0#2'
check_status 0
check_contains "$(<"$(out back)")" 'move: 0/1635004 -> 0/1634FA0#2'
check_contains "$(<"$(out back)")" 'come again'
check_contains "$(<"$(err back)")" '--against'
check_eq "$(jq -c '[.offset.in_transaction.position, .offset.in_transaction.ordinal, .offset.lsn]' "$file")" \
  '["0/1634FA0",2,23285664]'
check_eq "$(jq -c '[.committed_event_count, .server.system_identifier, .offset.slot_name]' "$file")" \
  '[77,"1","orders"]' 'kept as it was'
run within rewrite --pos '0/1634FA0#5' --dry-run
check_contains "$(<"$(out within)")" '3 changes of one transaction forward'

# --- damaged, too open, owned
head -c 100 "$file" >"$WORK/torn"
cat "$WORK/torn" >"$file"
run slotless rewrite --lsn 0/5
check_status 2 'a damaged file does not say the slot'
run unknown rewrite --lsn 0/5 --slot orders
check_status 4 'nobody knows what a move from a damaged file skips'
check_contains "$(<"$(err unknown)")" 'moving from unreadable to 0/5 may skip changes: unknown'
run change rewrite --lsn '0/5#1' --slot orders
check_status 2 '--lsn with the pos of a change'
run repaired rewrite --lsn 0/5 --slot orders --accept-gap
check_status 0
check_eq "$(copies corrupt)" 1 'the damaged file is kept'
cmp -s "$WORK/torn" "$state"/checkpoint_postgres.json.corrupt.* || fail 'the damaged file has changed'
chmod 644 "$file"
run open rewrite --lsn 0/6 --accept-gap
check_status 5 'permissions too wide'
check_contains "$(<"$(err open)")" "chmod 600 '$file'"
chmod 600 "$file"
spawn owner bash -c 'printf "%s:%s" "$(uname -n)" $$ >"$0/.rustcdc_checkpoint.owner"; sleep 60' "$state"
wait_until 10 '[[ -s $state/.rustcdc_checkpoint.owner ]]'
run owned rewrite --lsn 0/6 --accept-gap
check_status 4 'somebody owns the directory'
check_contains "$(<"$(err owned)")" 'checkpoint owner lease conflict'
stop_process owner
run free rewrite --lsn 0/6 --accept-gap
check_status 0
[[ ! -e $state/.rustcdc_checkpoint.owner ]] || fail 'the lease is left behind'
touch "$state/checkpoint_mysql.json"
run mixed rewrite --lsn 0/7 --accept-gap
check_status 5 'two source families'
rm "$state/checkpoint_mysql.json"

# --- against a server
rm -r "$state"
against=(--against "$PG_CONNINFO")
run no_such_slot rewrite --current --slot nobody "${against[@]}"
check_status 5 'a slot that the server does not have'
[[ ! -e $state ]] || fail 'a refused rewrite has made the directory'
run slot cdcctl slot create "$PG_CONNINFO" --slot orders --json
start=$(jq -r .consistent_point "$(out slot)")
run at_slot rewrite --lsn "$start" --slot orders "${against[@]}"
check_status 0
check_eq "$(jq -r .server.system_identifier "$file")" "$(sql 'select system_identifier from pg_control_system()')"
check_eq "$(jq -c '[.server.database, .server.timeline]' "$file")" '["postgres",1]'
run below rewrite --lsn $(($(number "$start") - 8)) "${against[@]}"
check_status 4 'below what the slot has confirmed'
check_contains "$(<"$(err below)")" "slot 'orders' has confirmed $start"
run beyond rewrite --lsn FF/0 --accept-gap "${against[@]}"
check_status 5 'beyond the end of the log'
check_contains "$(<"$(err beyond)")" "postgres checkpoint/slot divergence for slot 'orders': checkpoint_lsn=FF/0 is ahead"
check_eq "$(jq .offset.lsn "$file")" "$(number "$start")" 'nothing has changed'
sql 'insert into orders values (1)'
run current rewrite --current "${against[@]}"
check_status 4 '--current skips'
run current rewrite --current --accept-gap "${against[@]}"
check_status 0
((  $(jq .offset.lsn "$file") > $(number "$start") )) || fail '--current did not move'
run back rewrite --lsn "$start" "${against[@]}"
check_status 0 'back to what the slot still has'
check_eq "$(<"$(err back)")" '' 'the server was asked'

# A new checkpoint at a place that the slot is behind of skips as well.
rm -r "$state"
run fresh rewrite --current --slot orders "${against[@]}"
check_status 4 'a new checkpoint that skips'
run fresh rewrite --current --slot orders --accept-gap "${against[@]}"
check_status 0

# --- in the middle of a snapshot: at the same place it goes on, at any other its rows need a yes
rm -r "$state"
sql 'create table rows (id int primary key, v text)' 'create publication q for table rows' \
  "insert into rows select g, repeat('x', 500) from generate_series(1, 3000) g"
read_rows=(tail postgres "$PG_CONNINFO" --publication q --slot rows --checkpoint "$state" --snapshot initial)
run begun cdcctl "${read_rows[@]}" --create-slot --max-events 100
check_status 0
id=$(jq -r .offset.snapshot "$file")
place=$(jq .offset.lsn "$file")
run same rewrite --lsn "$place" --slot rows "${against[@]}" --json
check_status 0 'the same place'
check_eq "$(jq -r '[.direction, .given_up_snapshot, .new.offset.snapshot] | map(. // "-") | join(" ")' "$(out same)")" \
  "none - $id"
check_eq "$(jq -r .offset.snapshot "$file")" "$id" 'the snapshot is under way'
sql "insert into rows values (5000, 'late')"
for options in "--lsn $((place - 8))" "--lsn $place --slot orders" "--pos $(jq -r .new.position "$(out same)")#1"; do
  # shellcheck disable=SC2086
  run other rewrite $options
  check_status 4 "another place: $options"
  check_contains "$(<"$(err other)")" "snapshot $id is under way, and cannot go on from"
  check_contains "$(<"$(err other)")" 'hint: let tail --snapshot initial finish it first'
done
run dry rewrite --lsn $((place - 8)) --dry-run
check_status 0
check_contains "$(<"$(out dry)")" "snapshot: $id is given up"
check_contains "$(<"$(err dry)")" 'add --accept-gap'
run rest cdcctl "${read_rows[@]}" --until now
check_status 0
check_eq "$(jq -r .after.id "$(out begun)" "$(out rest)" | sort -nu | wc -l)" 3001 'rows'
rm -r "$state"
sql "select pg_drop_replication_slot('rows')" >/dev/null
run begun cdcctl "${read_rows[@]}" --create-slot --max-events 100
check_status 0
sql "insert into rows values (5001, 'late')"
run other rewrite --current --accept-gap "${against[@]}" --json
check_status 0
check_eq "$(jq -r .given_up_snapshot "$(out other)")" "$(jq -r .offset.snapshot "$(jq -r .kept "$(out other)")")"
run none cdcctl tail postgres "$PG_CONNINFO" --publication q --checkpoint "$state" --snapshot initial --until now
check_status 0
check_eq "$(lines none)" 0 'rows of a snapshot that was given up'
check_contains "$(<"$(err none)")" 'the checkpoint knows of no snapshot that is under way'

# --- tail goes on after the change whose pos was given
rm -r "$state"
sql 'insert into orders select generate_series(11, 15)'
run look cdcctl tail postgres "$PG_CONNINFO" --publication p --slot orders --ack none --until now
pos=$(jq -r 'select(.after.id == 12).pos' "$(out look)")
check_contains "$pos" '#2'
run pos rewrite --pos "$pos" --slot orders --accept-gap "${against[@]}"
check_status 0
run tail cdcctl tail postgres "$PG_CONNINFO" --publication p --checkpoint "$state" --until now
check_status 0
check_eq "$(jq -r .after.id "$(out tail)" | tr '\n' ' ')" '13 14 15 ' 'what comes after that change'

# --- another server
pg_use other
pg_start --fresh
sql "select pg_create_logical_replication_slot('orders', 'pgoutput')" >/dev/null
run other rewrite --current --against "$PG_CONNINFO" --accept-gap
check_status 4 'another server'
check_contains "$(<"$(err other)")" "$(sql 'select system_identifier from pg_control_system()')"
check_contains "$(<"$(err other)")" "$(jq -r .server.system_identifier "$file")"
run other rewrite --current --against "$PG_CONNINFO" --accept-gap --accept-server-change
check_status 0
check_eq "$(jq -r .server.system_identifier "$file")" "$(sql 'select system_identifier from pg_control_system()')"
