#!/usr/bin/env bash
# timeout: 3600
# Snapshot and stream fold to the tables, whatever is written meanwhile and however often tail is
# killed: random writes, killed at random places, started again until it is through. CDC_SEED=N makes
# the same choices again, CDC_SEEDS=N sets how many there are; CDC_LONG=1 means hundreds.
. "$CDC_TEST_SUPPORT/binlog_snapshot.sh"
need_failpoints

first=${CDC_SEED:-$RANDOM}
seeds=${CDC_SEEDS:-3}
if [[ -n ${CDC_SEED:-} ]]; then seeds=1; fi
if [[ ${CDC_LONG:-} == 1 && -z ${CDC_SEEDS:-} && -z ${CDC_SEED:-} ]]; then seeds=300; fi

# number_key N, text_key N, bag N: a random change of the table with a numeric key, of the one with a
# key of text and digits, of the one without a key.
number_key() {
  local id=$((RANDOM % 700))
  case $((RANDOM % 8)) in
    0) echo "insert ignore into k values ($((1000 + $1)), 'new $1');" ;;
    1 | 2) echo "update k set v = 'changed $1' where id = $id;" ;;
    3) echo "update ignore k set id = id + 100000 * ($1 + 1) where id = $id;" ;;
    4) echo "update ignore k set id = id % 100000 order by id desc limit 1;" ;;
    5) echo "delete from k where id = $id;" ;;
    6) echo "delete from k where id = $id; insert ignore into k values ($id, 'again $1');" ;;
    7) echo "update k set v = concat(v, '.') where id % 50 = $((id % 50));" ;;
  esac
}
text_key() {
  local n=$((RANDOM % 300))
  case $((RANDOM % 5)) in
    0) echo "insert ignore into c values ('new', $1.5, 'x');" ;;
    1) echo "update c set v = 'changed $1' where d = $n.25;" ;;
    2) echo "update ignore c set a = 'Ä' where d = $n.25;" ;;
    3) echo "delete from c where d = $n.25;" ;;
    4) echo "replace into c values ('b', $n.25, 'again $1');" ;;
  esac
}
bag() {
  local n=$((RANDOM % 300))
  case $((RANDOM % 4)) in
    0) echo "insert into b values ($((1000 + $1)), 'new');" ;;
    1) echo "update b set v = 'changed $1' where n = $n;" ;;
    2) echo "update b set n = n + 100000 * ($1 + 1) where n = $n;" ;;
    3) echo "delete from b where n = $n;" ;;
  esac
}

# transaction NUMBER
transaction() {
  local i
  case $((RANDOM % 300)) in
    0) echo 'truncate k;' && return ;;
    1) echo 'truncate c;' && return ;;
    2) echo 'truncate b;' && return ;;
    3 | 4) echo 'alter table k engine = innodb;' && return ;;
  esac
  echo 'begin;'
  for ((i = RANDOM % 4; i >= 0; --i)); do
    if ((RANDOM % 4 == 0)); then
      echo "savepoint a; $(number_key "$1$i") $(bag "$1$i") $( ((RANDOM % 2)) && echo 'rollback to a;' || echo 'release savepoint a;')"
    else
      echo "$(number_key "$1$i") $(text_key "$1$i") $(bag "$1$i")"
    fi
  done
  if ((RANDOM % 6 == 0)); then echo 'rollback;'; else echo 'commit;'; fi
  echo "do sleep(0.0$((RANDOM % 20)));"
}

writes() {
  local number
  for ((number = 1; number <= 80; ++number)); do transaction $number; done
}

prepare() {
  my_sql 'drop database shop' 'create database shop'
  {
    echo 'create table k (id int primary key, v varchar(200));'
    echo 'create table c (a varchar(20) character set latin1, d decimal(9,2), v text, primary key (a, d));'
    echo 'create table b (n int, v text);'
    seq 0 699 | sed 's/.*/insert into k values (&, "old &");/'
    seq 0 299 | sed 's/.*/insert into c values (elt(& % 4 + 1, "a", "b", "é", ""), &.25, "old");/'
    seq 0 299 | sed 's/.*/insert into b values (&, "old");/'
  } | (echo 'begin;' && cat && echo 'commit;') | shop
  rm -rf "$state" "$WORK/lines"
}

# One life of tail: it is killed somewhere, or ends because all was read.
places=(snapshot_marked snapshot_file_saved before_sync after_sync after_save snapshot_read)
live() {
  local place=${places[RANDOM % ${#places[@]}]}@$((RANDOM % 40 + 1))
  local options=(tail "$FLAVOUR" "$MY_URI" --tables 'shop.*' --checkpoint "$state" --snapshot initial
    --commit-interval 0ms --until now --snapshot-parallel "$((RANDOM % 3 + 1))" --lock "$lock")
  if ((seed % 2 == 0)); then
    CDCCTL_FAILPOINT=$place run life "$CDC_FAILPOINTS" "${options[@]}" --output "$WORK/lines"
  else
    CDCCTL_FAILPOINT=$place run life "$CDC_FAILPOINTS" "${options[@]}"
    # A line that was torn comes again whole.
    perl -ne 'print if /\n\z/' "$(out life)" >>"$WORK/lines"
  fi
  [[ $STATUS == 0 || $STATUS == 137 ]] || fail "seed $seed: status $STATUS: $(<"$(err life)")"
}

check_seed() {
  local lives tables=(k c) killed=0 lock=brief
  RANDOM=$seed
  if ((RANDOM % 2)); then lock=none; fi
  prepare
  writes >"$WORK/writes.sql"
  spawn writer my_client --database=shop --force <"$WORK/writes.sql"
  for ((lives = RANDOM % 6; lives > 0; --lives)); do
    live
    if [[ $STATUS == 137 ]]; then killed=$((killed + 1)); fi
  done
  finish writer 60
  CDCCTL_FAILPOINT= run life cdcctl tail "$FLAVOUR" "$MY_URI" --tables 'shop.*' --checkpoint "$state" \
    --snapshot initial --until now $( ((seed % 2 == 0)) && echo "--output $WORK/lines")
  check_status 0 "seed $seed: the last life"
  cat "$(out life)" >>"$WORK/lines"
  # A snapshot in one go has every row once; one that was interrupted cannot tell rows without a key.
  if ((killed == 0)) && ! { [[ $lock == none ]] && on_mysql; }; then
    tables+=(b)
  else
    sed -i '/"table":"b"/d' "$WORK/lines"
  fi
  echo "CDC_SEED=$seed: lock $lock, killed $killed times, $(wc -l <"$WORK/lines") lines"
  check_fold "$WORK/lines" "${tables[@]}"
}

start_server
for ((seed = first; seed < first + seeds; ++seed)); do
  check_seed
done
