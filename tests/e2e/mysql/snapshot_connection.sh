#!/usr/bin/env bash
# timeout: 240
# A snapshot over TLS, with rows of more than one packet; connections that are lost in the middle are
# made again, and nothing is missing; memory stays small, and a signal ends it at once.
. "$CDC_TEST_SUPPORT/binlog_snapshot.sh"

start_server --tls --max-allowed-packet=64M
my_sql "create user u@'%' identified by 'p'" "grant all on *.* to u@'%'"
uri="mysql://u:p@127.0.0.1:$MY_PORT/shop"
secure=(--tls verify-ca --tls-ca "$MY_CA")
shop 'create table wide (id int primary key, b longblob)' \
     "insert into wide values (1, repeat('a', 100000)), (2, repeat('b', 16777204)), (3, repeat('c', 20000000)), (4, '')"
run wide cdcctl tail "$FLAVOUR" "$uri" "${secure[@]}" --tables shop.wide --snapshot only --binary hex
check_status 0
perl -ne '
  /"after":\{"id":(\d+),"b":"([0-9a-f]*)"/ or die "line $.\n";
  my $byte = substr($2, 0, 2);
  die "line $. is damaged\n" if $2 ne $byte x (length($2) / 2);
  print "$1 ", length($2) / 2, " $byte\n"' \
  "$(out wide)" >"$WORK/wide"
check_eq "$(xargs <"$WORK/wide")" '1 100000 61 2 16777204 62 3 20000000 63 4 0' 'long rows'
shop 'drop table wide'

shop 'create table t (id int primary key auto_increment, pad varchar(2000) character set latin1)' \
     "insert into t (pad) values (repeat('x', 1000))"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do shop 'insert into t (pad) select pad from t'; done

# Its sessions are ended while the reader of the lines is slow.
mkfifo "$WORK/gate"
spawn_into "$WORK/gate" tail cdcctl tail "$FLAVOUR" "$uri" "${secure[@]}" --tables shop.t --snapshot initial \
  --snapshot-parallel 2 --idle-exit 2s
exec 7<"$WORK/gate"
head -c 1000000 <&7 >"$WORK/head"
for id in $(my_sql "select id from information_schema.processlist where user = 'u'"); do
  my_sql "kill $id" 2>/dev/null || true
done
shop "update t set pad = 'changed' where id % 1000 = 1" 'delete from t where id % 1000 = 2'
cat "$WORK/head" - <&7 >"$WORK/lines"
finish tail 60
check_status 0
check_contains "$(<"$(err tail)")" 'going on with snapshot'
check_fold "$WORK/lines" t

run all command time -f %M cdcctl tail "$FLAVOUR" "$uri" "${secure[@]}" --tables shop.t --snapshot only
check_status 0
if [[ -z ${CDC_SANITIZE:-} ]]; then
  peak=$(tail -n 1 "$(err all)")
  ((peak < 65536)) || fail "$peak KiB of memory"
fi

# The reader takes nothing, or everything: a signal ends it either way.
for reader in 'sleep 30' 'cat'; do
  spawn stopped bash -c 'exec cdcctl "$@" > >('"$reader"' >/dev/null)' - tail "$FLAVOUR" "$uri" "${secure[@]}" \
    --tables shop.t --snapshot initial
  wait_until 20 'grep -q "reading the rows" $(err stopped)'
  before=$(now_ms)
  signal_process stopped TERM
  if [[ $reader == sleep* ]]; then signal_process stopped TERM; fi
  finish stopped 10
  (($(now_ms) - before < 3000)) || fail "$reader: ended after $(($(now_ms) - before)) ms"
done
