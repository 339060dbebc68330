#!/usr/bin/env bash
# binlog status says what a server has of its log and what a checkpoint needs of it; binlog
# purge-safe removes the files before that, and none where the checkpoint is not one of this server.
. "$CDC_TEST_SUPPORT/binlog.sh"

my_start "$FLAVOUR"
uri="mysql://root@/?socket=$MY_SOCKET"
my_sql 'create database shop' 'create table shop.t (id int primary key)'
insert() { my_sql "insert into shop.t values ($1)"; }
# remember DIR OPTION...: a checkpoint behind all that there is.
remember() { run remember cdcctl tail "$FLAVOUR" "$uri" --checkpoint "$1" --until now "${@:2}" && check_status 0; }
# settle: MariaDB writes a little behind each new file, when it comes to it.
settle() { wait_until 10 '[[ $(my_position) == $(sleep 0.5 && my_position) ]]'; }
mapfile -t old < <(my_binlogs)
insert 1
my_flush
insert 2
settle

# --- status without a checkpoint
run plain cdcctl binlog status "$uri"
check_status 0 "$(<"$(err plain)")"
check_contains "$(<"$(out plain)")" "oldest: ${old[0]}"
check_contains "$(<"$(out plain)")" "end: $(my_position)"
check_eq "$(sed -n '/^FILE/,$p' "$(out plain)")" "$(printf 'FILE\tBYTES\n' && my_sql 'show binary logs' | cut -f 1,2)" files
run json cdcctl binlog status "$uri" --json
check_eq "$(jq -c '[.ok, .flavor, .end, .gtids, .total_bytes == (.files | map(.bytes) | add), .checkpoints]' "$(out json)")" \
  "[true,\"$FLAVOUR\",\"$(my_position)\",\"$(my_gtids)\",true,[]]"
my_sql 'set global binlog_expire_logs_seconds = 172800'
run expiry cdcctl binlog status "$uri"
check_contains "$(<"$(out expiry)")" 'the server removes a file 2d after it was last written to'
my_sql 'set global binlog_expire_logs_seconds = 0'
run expiry cdcctl binlog status "$uri"
check_contains "$(<"$(out expiry)")" 'the server removes no file by itself'

# --- a checkpoint: which file it needs, and how much lies behind it
remember "$WORK/a"
needed=$(my_position)
insert 3
my_flush
insert 4
my_flush
settle
remember "$WORK/b"
for dir in a b; do
  run "$dir" cdcctl binlog status "$uri" --checkpoint "$WORK/$dir" --json
  check_status 0 "$(<"$(err "$dir")")"
done
check_eq "$(jq -c '.checkpoints[0] | [.first_needed, .exact]' "$(out a)")" "[\"${needed%:*}\",true]"
# What lies behind the place in its file, and the two files after it.
check_eq "$(jq '.checkpoints[0].bytes_behind' "$(out a)")" \
  "$(my_sql 'show binary logs' | awk -v file="${needed%:*}" -v offset="${needed#*:}" \
    '$1 == file { on = 1; sum -= offset } on { sum += $2 } END { print sum }')" 'bytes behind'
check_eq "$(jq '.checkpoints[0].bytes_not_needed + .checkpoints[0].bytes_behind' "$(out a)")" \
  "$(($(jq .total_bytes "$(out a)") - ${needed#*:}))" 'bytes not needed'
check_eq "$(jq -r '.checkpoints[0].first_needed' "$(out b)")" "$(my_binlogs | tail -n 1)"
check_eq "$(jq '.checkpoints[0].bytes_behind' "$(out b)")" 0

# --- purge-safe keeps what the oldest checkpoint needs; without --yes it only says so
run plan cdcctl binlog purge-safe "$uri" --checkpoint "$WORK/b" --checkpoint "$WORK/a" </dev/null
check_status 0 "$(<"$(err plan)")"
check_eq "$(<"$(out plan)")" "PURGE BINARY LOGS TO '${needed%:*}';"
check_eq "$(my_binlogs | head -n 1)" "${old[0]}" 'nothing was removed'
run purge cdcctl binlog purge-safe "$uri" --checkpoint "$WORK/a" --checkpoint "$WORK/b" --yes --json
check_status 0 "$(<"$(err purge)")"
check_eq "$(jq -r '[.first_needed, .statement, .removed_files == .files, .removed_bytes == .bytes] | join(" ")' "$(out purge)")" \
  "${needed%:*} PURGE BINARY LOGS TO '${needed%:*}' true true"
check_eq "$(my_binlogs | head -n 1)" "${needed%:*}"
remember "$WORK/a"
check_eq "$(jq -c .after.id "$(out remember)" | tr '\n' ' ')" '3 4 ' 'what the checkpoint needed is there'

# --- by GTID alone, and with a place behind what the set lacks
edit() { # edit DIR FILTER: changes a checkpoint's offset, with the checksum of it
  jq "del(.content_checksum) | $2" "$WORK/$1/checkpoint_$FLAVOUR.json" >"$WORK/edited"
  cat "$WORK/edited" >"$WORK/$1/checkpoint_$FLAVOUR.json"
}
cp -a "$WORK/b" "$WORK/gtid"
insert 5
my_flush
insert 6
run rewrite cdcctl checkpoint rewrite "$WORK/gtid" --pos "$(jq -r .offset.gtid "$WORK/b/checkpoint_$FLAVOUR.json")" --against "$uri"
check_status 0 "$(<"$(err rewrite)")"
check_eq "$(jq -r '.offset.binlog_file' "$WORK/gtid/checkpoint_$FLAVOUR.json")" null 'a checkpoint without a place'
run gtid cdcctl binlog status "$uri" --checkpoint "$WORK/gtid" --json
check_status 0 "$(<"$(err gtid)")"
file=$(jq -r '.offset.binlog_file' "$WORK/b/checkpoint_$FLAVOUR.json")
check_eq "$(jq -c '.checkpoints[0] | [.first_needed, .exact]' "$(out gtid)")" "[\"$file\",false]"
run gtid cdcctl binlog purge-safe "$uri" --checkpoint "$WORK/gtid"
check_eq "$(<"$(out gtid)")" "PURGE BINARY LOGS TO '$file';"

# --- an XA transaction that waits for its outcome is needed, however far the log has gone on
my_flush
xa_file=$(my_binlogs | tail -n 1)
my_sql "xa start 'x'" 'insert into shop.t values (100)' "xa end 'x'" "xa prepare 'x'"
my_flush
insert 7
my_flush
insert 8
# Where the place to go on stays before the transaction, the end is never remembered.
remember "$WORK/gtid" --idle-exit 3s
check_eq "$(jq -c .after.id "$(out remember)" | tr '\n' ' ')" '5 6 7 8 '
# A file stays, with exit 1, while a dump that has just ended still has it open.
purge() {
  run xa cdcctl binlog purge-safe "$uri" --checkpoint "$WORK/gtid" --yes
  ((STATUS == 0))
}
wait_until 20 purge
my_binlogs | grep -qxF "$xa_file" || fail "the file of the prepared transaction is gone"
my_sql "xa commit 'x'"
remember "$WORK/gtid"
check_eq "$(jq -c .after.id "$(out remember)" | tail -n 1)" 100 'its rows come'

# --- a place inside a transaction counts too
my_flush
my_sql 'insert into shop.t values (200), (201), (202)'
my_flush
my_flush
run inside cdcctl tail "$FLAVOUR" "$uri" --checkpoint "$WORK/gtid" --max-events 2
check_status 0
check_eq "$(jq -c '.offset.in_transaction.ordinal' "$WORK/gtid/checkpoint_$FLAVOUR.json")" 2
inside=$(jq -r '.offset.in_transaction.position' "$WORK/gtid/checkpoint_$FLAVOUR.json")
run inside cdcctl binlog status "$uri" --checkpoint "$WORK/gtid" --json
check_eq "$(jq '.checkpoints[0].bytes_behind > 0' "$(out inside)")" true
[[ $(jq -r '.checkpoints[0].first_needed' "$(out inside)") < "${inside%:*}x" ]] || fail 'the transaction is not kept'
remember "$WORK/gtid"
check_eq "$(jq -c .after.id "$(out remember)")" 202

# --- nothing to remove
run first cdcctl binlog purge-safe "$uri" --checkpoint "$WORK/gtid" --yes
check_status 0
run nothing cdcctl binlog purge-safe "$uri" --checkpoint "$WORK/gtid" --yes
check_status 0
check_contains "$(<"$(out nothing)")" 'Nothing can go'

# --- what does not fit removes nothing
remaining=$(my_binlogs)
run lost cdcctl binlog purge-safe "$uri" --checkpoint "$WORK/b" --yes
check_status 5 'a checkpoint whose files are gone'
check_contains "$(<"$(err lost)")" 'no longer has'
run lost cdcctl binlog status "$uri" --checkpoint "$WORK/b"
check_status 1
check_contains "$(<"$(out lost)")" 'problem: '
run none cdcctl binlog purge-safe "$uri" --checkpoint "$WORK/none" --yes
check_status 5 'no checkpoint'
run none cdcctl binlog purge-safe "$uri"
check_status 2 'no --checkpoint'
cp -a "$WORK/gtid" "$WORK/unknown"
edit unknown 'del(.server)'
run unknown cdcctl binlog purge-safe "$uri" --checkpoint "$WORK/unknown" --yes
check_status 4 'a checkpoint that does not say its server'
check_contains "$(<"$(err unknown)")" 'does not say which server'
run unknown cdcctl binlog status "$uri" --checkpoint "$WORK/unknown"
check_status 0 'a look is allowed'
cp -a "$WORK/gtid" "$WORK/other"
edit other '.server |= with_entries(if (.value | type) == "string" then .value = "3e11fa47-71ca-11e1-9e33-c80aa9429562" else . end)'
run other cdcctl binlog purge-safe "$uri" --checkpoint "$WORK/other" --yes
check_status 4 'a checkpoint of another server'
check_contains "$(<"$(err other)")" '3e11fa47-71ca-11e1-9e33-c80aa9429562'
run other cdcctl binlog status "$uri" --checkpoint "$WORK/other" --json
check_status 1
check_eq "$(jq -r '.checkpoints[0].problems[0].code' "$(out other)")" server_changed
check_eq "$(my_binlogs)" "$remaining" 'all files are still there'

# --- privileges are named
my_sql "create user u@localhost" 'grant replication slave, replication client on *.* to u@localhost'
run denied cdcctl binlog purge-safe "mysql://u@/?socket=$MY_SOCKET" --checkpoint "$WORK/gtid"
check_status 0 "$(<"$(err denied)")"
my_flush
insert 9
remember "$WORK/gtid"
run denied cdcctl binlog purge-safe "mysql://u@/?socket=$MY_SOCKET" --checkpoint "$WORK/gtid" --yes
check_status 4
check_contains "$(<"$(err denied)")" "$([[ $FLAVOUR == mysql ]] && echo BINLOG_ADMIN || echo 'BINLOG ADMIN')"
