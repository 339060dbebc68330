#!/usr/bin/env bash
# Binlog files that lie here give the lines that the server gives, over rotations, from and until
# places; what they lack, and what is wrong with them, is said.
. "$CDC_TEST_SUPPORT/binlog.sh"

compress=()
if [[ $FLAVOUR == mariadb ]]; then compress=(--log-bin-compress=1 --log-bin-compress-min-len=10); fi
my_start "$FLAVOUR" --binlog-row-metadata=FULL "${compress[@]}"
uri="mysql://root@/?socket=$MY_SOCKET"
my_sql 'create database shop' 'create table shop.t (id int unsigned primary key, note text)' \
  'create table shop.other (id int primary key)' "insert into shop.t values (1, 'Käse')"
my_flush
second=$(my_position)
before=$(my_gtids)
if [[ $FLAVOUR == mysql ]]; then
  my_sql 'set session binlog_transaction_compression = on' "insert into shop.t values (2, repeat('two', 900)), (3, null)"
else
  my_sql "insert into shop.t values (2, repeat('two', 900)), (3, null)"
fi
my_sql "update shop.t set note = 'neu' where id = 3" 'insert into shop.other values (1)'
my_sql "xa start 'x'" "insert into shop.t values (10, 'xa')" "xa end 'x'" "xa prepare 'x'"
my_flush
my_sql 'delete from shop.t where id = 1' "xa commit 'x'"
third=$(my_position)
my_sql "insert into shop.t values (4, 'four')" 'truncate shop.other'
my_flush
my_sql "insert into shop.t values (5, 'five')"

keep() { # keep DIR: the server's files as they are now
  mkdir "$1"
  my_binlogs | while IFS= read -r file; do cat "$MY_DIR/data/$file" >"$1/$file"; done
}
keep "$WORK/log"
files=("$WORK"/log/*)
# same NAME OPTION...: from the files as from the server, each with these options.
same() {
  run "$1" cdcctl tail "$FLAVOUR" "${@:2}" --files "${files[@]}"
  check_status 0 "$(<"$(err "$1")")"
  local options=("${@:2}")
  if [[ " $* " != *' --from '* ]]; then options+=(--from beginning); fi
  if [[ " $* " != *' --until '* ]]; then options+=(--until now); fi
  run "$1_live" cdcctl tail "$FLAVOUR" "$uri" "${options[@]}"
  check_status 0 "$(<"$(err "$1_live")")"
  [[ -s $(out "$1") ]] || fail "$1: no lines"
  cmp "$(out "$1")" "$(out "$1_live")" || fail "$1: the lines differ"
  check_eq "$(cat "$(err "$1")")" '' "stderr of $1"
}
same all --emit row,truncate,begin,commit,schema,ddl
check_eq "$(jq -c 'select(.op == "insert") | .after.id' "$(out all)" | tr '\n' ' ')" '1 2 3 1 10 4 5 '
same tables --tables shop.other
same from_place --from "$second"
same from_third --from "$third"
same from_gtid --from "$before"
same until_place --until "$third"
same some --max-events 3
same change --from "$(jq -r 'select(.after.id == 2) | .pos' "$(out all)")"
check_eq "$(jq .after.id "$(out change)" | head -n 1)" 3
same until_change --until "$(jq -r 'select(.after.id == 2) | .pos' "$(out all)")"

# --- some of them; names that say nothing; a gap
run last cdcctl tail "$FLAVOUR" --files "${files[@]: -2}"
check_status 0 "$(<"$(err last)")"
check_contains "$(<"$(err last)")" 'was prepared before the stream began'
mkdir "$WORK/renamed"
cp "${files[0]}" "$WORK/renamed/a.000001"
cp "${files[1]}" "$WORK/renamed/b.000001"
run renamed cdcctl tail "$FLAVOUR" --files "$WORK/renamed/a.000001" "$WORK/renamed/b.000001"
check_status 0
check_eq "$(<"$(err renamed)")" '' 'the GTIDs say that nothing lies between'
cmp <(jq -c 'del(.pos)' "$(out renamed)") <(jq -c 'del(.pos)' "$(out all_live)" | grep -v '"op":"\(begin\|commit\|ddl\|schema\)"' | sed -n "1,$(lines renamed)p")
run gap cdcctl tail "$FLAVOUR" --files "${files[0]}" "${files[3]}"
check_status 0
check_contains "$(<"$(err gap)")" "${files[3]##*/} does not come behind ${files[0]##*/}: what lies between them is not shown"
run late cdcctl tail "$FLAVOUR" --from "$before" --files "${files[@]:2}"
check_status 5 'files that begin too late'
check_contains "$(<"$(err late)")" 'the files begin too late'
run early cdcctl tail "$FLAVOUR" --from "$second" --files "${files[0]}"
check_status 5
check_contains "$(<"$(err early)")" 'is none of the files'
run between cdcctl tail "$FLAVOUR" --from "${second%:*}:$((${second#*:} + 3))" --files "${files[@]}"
check_status 5
check_contains "$(<"$(err between)")" 'has no event at'

# --- cut off, damaged, encrypted, of the other flavour, none at all
mkdir "$WORK/bad"
bad=$WORK/bad/${files[1]##*/}
head -c -50 "${files[1]}" >"$bad"
run cut cdcctl tail "$FLAVOUR" --files "$bad"
check_status 6
check_contains "$(<"$(err cut)")" "cut off inside an "
check_contains "$(<"$(err cut)")" "at ${bad##*/}:"
live=$WORK/bad/${files[-1]##*/}
head -c -10 "${files[-1]}" >"$live"
run live cdcctl tail "$FLAVOUR" --files "$live"
check_status 0 "$(<"$(err live)")"
check_contains "$(<"$(err live)")" "${live##*/} ends inside an event at ${live##*/}:"
check_eq "$(lines live)" 0 'a transaction without an end'
cp "${files[1]}" "$bad"
printf '\xAA' | dd of="$bad" bs=1 seek=$(($(stat -c %s "$bad") / 2)) conv=notrunc status=none
cmp -s "$bad" "${files[1]}" && printf '\x55' | dd of="$bad" bs=1 seek=$(($(stat -c %s "$bad") / 2)) conv=notrunc status=none
run damaged cdcctl tail "$FLAVOUR" --files "$bad"
check_status 6
check_contains "$(<"$(err damaged)")" "${bad##*/}:"
printf '\xFDbin and so on' >"$bad"
run encrypted cdcctl tail "$FLAVOUR" --files "$bad"
check_status 4
check_contains "$(<"$(err encrypted)")" 'is encrypted'
printf 'something else' >"$bad"
run text cdcctl tail "$FLAVOUR" --files "$bad"
check_status 2
run none cdcctl tail "$FLAVOUR" --files "$WORK/bad/log.000009"
check_status 2
run name cdcctl tail "$FLAVOUR" --files "$WORK/bad/copy"
check_status 2
other=$([[ $FLAVOUR == mysql ]] && echo mariadb || echo mysql)
run other cdcctl tail "$other" --files "${files[0]}"
check_status 4
check_contains "$(<"$(err other)")" "cdcctl tail $FLAVOUR --files"
run remember cdcctl tail "$FLAVOUR" --checkpoint "$WORK/state" --files "${files[0]}"
check_status 2
run snapshot cdcctl tail "$FLAVOUR" --snapshot initial --files "${files[0]}"
check_status 2

# --- a log without names: nobody to ask, c1 and c2, or today's catalog
my_sql "set global binlog_row_metadata = $([[ $FLAVOUR == mysql ]] && echo MINIMAL || echo NO_LOG)"
my_flush
my_sql 'create table shop.s (name varchar(10), n int unsigned)' "insert into shop.s values ('Käse', 4294967295)"
my_flush
rm -r "$WORK/log"
keep "$WORK/log"
file=$(my_binlogs | tail -n 2 | head -n 1)
run nameless cdcctl tail "$FLAVOUR" --files "$WORK/log/$file"
check_status 4
check_contains "$(<"$(err nameless)")" 'no server was named'
run asked cdcctl tail "$FLAVOUR" "$uri" --files "$WORK/log/$file"
check_status 0 "$(<"$(err asked)")"
check_eq "$(jq -c .after "$(out asked)")" '{"name":"Käse","n":4294967295}'
run numbered cdcctl tail "$FLAVOUR" --on-schema-mismatch warn --files "$WORK/log/$file"
if [[ $FLAVOUR == mysql ]]; then
  check_status 0
  check_eq "$(jq -c .after "$(out numbered)")" '{"c1":"Käse","c2":4294967295}'
else
  check_status 4 'a sign that nobody knows'
  check_contains "$(<"$(err numbered)")" 'nobody knows'
fi
