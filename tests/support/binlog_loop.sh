# shellcheck shell=bash
# For scenarios that kill at random moments while three writers are at work: transactions of random
# size, some rolled back, some with savepoints that are, and new binlog files in between. CDC_SEED=N
# makes the same choices again, CDC_KILLS=N sets how often; CDC_LONG=1 means hundreds of times.

. "$CDC_TEST_SUPPORT/binlog.sh"

seed=${CDC_SEED:-$RANDOM}
echo "CDC_SEED=$seed"
RANDOM=$seed
kills=${CDC_KILLS:-4}
if [[ ${CDC_LONG:-} == 1 && -z ${CDC_KILLS:-} ]]; then kills=300; fi

# transaction WRITER NUMBER: its statements.
transaction() {
  local rows=$((RANDOM % 20 + 1)) account=$((RANDOM % 10)) end=commit
  if ((RANDOM % 10 == 0)); then rows=$((RANDOM % 1500 + 1)); fi
  if ((RANDOM % 6 == 0)); then end=rollback; fi
  echo "begin;
    insert into events select $1, $2, n, repeat('x', $((RANDOM % 200))) from numbers where n between 1 and $rows;
    update accounts set total = total + $rows where id = $account;"
  if ((RANDOM % 3 == 0)); then
    echo "savepoint a; insert into events values ($1, $2, 0, 'lost');
      update accounts set total = -1 where id = $account; rollback to a;
      savepoint b; insert into events values ($1, $2, -1, 'kept'); release savepoint b;"
  fi
  echo "delete from events where writer = $1 and tx = $2 - 3 and n % 3 = 0; $end; do sleep(0.00$((RANDOM % 10)));"
  if ((RANDOM % 20 == 0)); then echo 'flush binary logs;'; fi
}

# write_load WRITER: one transaction after the other until the file $WORK/enough is there. A server
# that is gone comes back; of what deadlocks the rest counts.
write_load() {
  local number=0 last
  RANDOM=$((seed + $1))
  while [[ ! -e $WORK/enough ]]; do
    last=$((number + 10))
    while ((number < last)); do transaction "$1" $((++number)); done >"$WORK/load.$1"
    my_client --database=shop --force <"$WORK/load.$1" || sleep 0.05
  done
}

# start_load [OPTION...]: the server, what is written to, a checkpoint, and who writes.
start_load() {
  local writer
  start_server "$@"
  shop 'create table numbers (n int primary key)' \
    'create table events (writer int, tx int, n int, body text, primary key (writer, tx, n))' \
    'create table accounts (id int primary key, total bigint not null)'
  (echo 'begin;' && seq 0 1500 | sed 's/.*/insert into numbers values (&);/' && echo 'commit;') | shop
  here=$(my_position)
  shop 'insert into accounts select n, 0 from numbers where n < 10'
  for writer in 1 2 3; do spawn "writer$writer" write_load $writer; done
}

stop_load() {
  local writer
  touch "$WORK/enough"
  for writer in 1 2 3; do
    finish "writer$writer"
    check_status 0 "writer $writer"
  done
}

# kill_tail: the process `tail`, at some moment up to 0.6 s from now.
kill_tail() {
  sleep "$(printf '0.%03d' $((RANDOM % 600)))"
  running tail || fail "tail ended by itself: $(<"$(err tail)")"
  stop_process tail KILL 2>/dev/null
  check_status 137
}

# check_stream FILE once|repeats: its lines, each counted where it first stands, are those of a tail
# that nobody disturbed, whose fold is what the tables hold. With `once` there are no repeats.
check_stream() {
  changes --tables 'shop.events,shop.accounts'
  if [[ $2 == once ]]; then
    cmp "$(out changes)" "$1" || fail "$1: other lines than an undisturbed tail writes"
  else
    awk '!seen[$0]++' "$1" | cmp "$(out changes)" - || fail "$1: other lines than an undisturbed tail writes"
  fi
  perl "$CDC_TEST_SUPPORT/fold.pl" "$(out changes)" | sort >"$WORK/fold"
  {
    shop "select json_object('writer', writer, 'tx', tx, 'n', n, 'body', body) from events" |
      perl "$CDC_TEST_SUPPORT/fold.pl" --rows shop.events
    shop "select json_object('id', id, 'total', total) from accounts" |
      perl "$CDC_TEST_SUPPORT/fold.pl" --rows shop.accounts
  } | sort >"$WORK/tables"
  cmp "$WORK/fold" "$WORK/tables" || fail 'the fold of the lines is not what the tables hold'
  echo "$(lines changes) changes in $(wc -l <"$1") lines"
}
