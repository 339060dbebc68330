#!/usr/bin/env bash
# timeout: 3600
# Snapshot and stream fold to the table, whatever is written meanwhile and however often tail is
# killed: random writes, killed at random places, started again until it is through. CDC_SEED=N makes
# the same choices again, CDC_SEEDS=N sets how many there are; CDC_LONG=1 means hundreds.
. "$CDC_TEST_SUPPORT/snapshot.sh"
need_failpoints

first=${CDC_SEED:-$RANDOM}
seeds=${CDC_SEEDS:-2}
if [[ -n ${CDC_SEED:-} ]]; then seeds=1; fi
if [[ ${CDC_LONG:-} == 1 && -z ${CDC_SEEDS:-} && -z ${CDC_SEED:-} ]]; then seeds=300; fi

# keyed STATEMENT NUMBER, bag NUMBER: a random change of the table with and of the one without a key.
keyed() {
  local id=$((RANDOM % 700)) big="repeat(md5('$RANDOM'), 120)"
  case $((RANDOM % 9)) in
    0) echo "insert into k values ($((1000 + $1)), rpad('new $1', 210), $big);" ;;
    1 | 2) echo "update k set v = rpad('changed $1', 210) where id = $id;" ;;
    3) echo "update k set big = $big where id = $id;" ;;
    4) echo "update k set id = id + 100000 * ($1 + 1) where id = $id;" ;;
    5) echo "update k set id = id % 100000 where id in (select max(id) from k) and not exists
         (select from k o where o.id = k.id % 100000);" ;;
    6) echo "delete from k where id = $id;" ;;
    7) echo "delete from k where id = $id; insert into k values ($id, 'again $1', $big);" ;;
    8) echo "update k set v = v || '.' where id % 50 = $((id % 50));" ;;
  esac
}
bag() {
  local n=$((RANDOM % 400))
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
  case $((RANDOM % 400)) in
    0) echo 'truncate k;' && return ;;
    1) echo 'truncate b;' && return ;;
    2) echo 'vacuum full k;' && return ;;
    [3-9] | 1? | 2?) echo 'vacuum k; vacuum b;' && return ;;
  esac
  echo 'begin;'
  for ((i = RANDOM % 4; i >= 0; --i)); do
    if ((RANDOM % 4 == 0)); then
      echo "savepoint a; $(keyed "$1$i") $(bag "$1$i") $( ((RANDOM % 2)) && echo 'rollback to a;' || echo 'release a;')"
    else
      echo "$(keyed "$1$i") $(bag "$1$i")"
    fi
  done
  if ((RANDOM % 6 == 0)); then echo 'rollback;'; else echo 'commit;'; fi
  echo "do \$\$ begin perform pg_sleep(0.0$((RANDOM % 20))); end \$\$;"
}

writes() {
  local number
  for ((number = 1; number <= 80; ++number)); do transaction $number; done
}

# The first pages of k are free and the others full: rows that are updated move there.
prepare() {
  sql 'drop publication if exists p' 'drop table if exists k, b' \
      'create table k (id int primary key, v text, big text)' \
      'alter table k alter big set storage external' \
      'create table b (n int, v text) with (fillfactor = 10)' 'alter table b replica identity full' \
      "insert into k select -g, repeat('old', 70) from generate_series(1, 700) g" \
      "insert into k select g, repeat('old', 70), repeat(md5(g::text), 120) from generate_series(0, 699) g" \
      'delete from k where id < 0' 'vacuum k' \
      "insert into b select g, repeat('b', 60) from generate_series(0, 399) g" \
      'create publication p for table k, b'
  rm -rf "$state" "$WORK/lines"
}

# One life of tail: it is killed somewhere, or ends because all was read.
places=(snapshot_marked snapshot_file_saved before_sync after_sync after_save after_acknowledge
  snapshot_read)
live() {
  local place=${places[RANDOM % ${#places[@]}]}@$((RANDOM % 40 + 1))
  local options=(--commit-interval 0ms --until now --snapshot-parallel $((RANDOM % 2 + 1)))
  if ((seed % 2 == 0)); then
    CDCCTL_FAILPOINT=$place run life "$CDC_FAILPOINTS" "${initial[@]}" "${options[@]}" \
      --output "$WORK/lines"
  else
    CDCCTL_FAILPOINT=$place run life "$CDC_FAILPOINTS" "${initial[@]}" "${options[@]}"
    # A line that was torn comes again whole.
    perl -ne 'print if /\n\z/' "$(out life)" >>"$WORK/lines"
  fi
  [[ $STATUS == 0 || $STATUS == 137 ]] || fail "seed $seed: status $STATUS: $(<"$(err life)")"
}

check_seed() {
  local lives tables=(public.k) killed=0
  RANDOM=$seed
  prepare
  writes >"$WORK/writes.sql"
  spawn writer psql -X -q -d "$PG_CONNINFO" -f "$WORK/writes.sql"
  for ((lives = RANDOM % 6 + 1; lives > 0; --lives)); do
    live
    if [[ $STATUS == 137 ]]; then killed=$((killed + 1)); fi
  done
  finish writer
  check_status 0 "seed $seed: writer"
  CDCCTL_FAILPOINT= run life cdcctl "${initial[@]}" --until now \
    $( ((seed % 2 == 0)) && echo "--output $WORK/lines")
  check_status 0 "seed $seed: the last life"
  cat "$(out life)" >>"$WORK/lines"
  # Without a key only a file that is cut back at each start holds every row once.
  if ((seed % 2 == 0)); then tables+=(public.b); fi
  if ((seed % 2 == 1)); then sed -i '/"table":"b"/d' "$WORK/lines"; fi
  echo "CDC_SEED=$seed: killed $killed times, $(wc -l <"$WORK/lines") lines"
  check_fold "$WORK/lines" "${tables[@]}"
  sql "select pg_drop_replication_slot('s')" >/dev/null
}

pg_start
for ((seed = first; seed < first + seeds; ++seed)); do
  check_seed
done
