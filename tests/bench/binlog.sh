#!/usr/bin/env bash
# The measurements of scripts/bench --engine mysql: see there. Each workload fills one file of the
# binlog; every run reads that file over loopback TCP. Client CPU is user and system; the table has
# medians of per-round ratios.
. "$(dirname "$0")/../support/mysql.sh"
bench=${CDC_BENCH:?the directory of bench_measure and bench_binlog_fetch}
results=$WORK/results.tsv # flavour workload variant round wall cpu rss_kb
rounds=3
parts=nswx
divide=1
flavours='mysql mariadb'
raw=

while (($# > 0)); do
  case $1 in
    --rounds) rounds=$2 ;;
    --only) parts=$2 ;;
    --divide) divide=$2 ;;
    --flavours) flavours=$2 ;;
    --raw) raw=$2 ;;
    *) echo "unknown argument: $1" >&2 && exit 2 ;;
  esac
  shift 2
done

say() { echo "$*" >&2; }

# --- workloads -----------------------------------------------------------------------------------

narrow='(id bigint primary key, customer int, status varchar(20), total decimal(10,2), at datetime)'
narrow_row="n, n % 1000, concat('status ', n % 7), n % 10000 / 100.0, '2026-11-20 08:00:00'"

# procedure COUNT STATEMENT: runs the statement, which may use the number i, COUNT times and commits
# each time.
procedure() {
  my_client bench <<SQL
drop procedure if exists work;
delimiter //
create procedure work() begin declare i int default 0;
  while i < $1 do $2; commit; set i = i + 1; end while; end//
delimiter ;
call work();
SQL
}

numbers() { # FROM TO: a derived table n
  echo "(select a.d + b.d * 10 + c.d * 100 + $1 as n from digits a, digits b, digits c) v"
}

work_n() { # narrow rows, 1000 a transaction
  my_sql "create table bench.n $narrow"
  procedure $((2000 / divide)) "insert into n select $narrow_row from $(numbers 'i * 1000')"
}
rows_n() { echo $((2000 / divide * 1000)); }

work_s() { # transactions of one row
  my_sql "create table bench.s $narrow"
  procedure $((200000 / divide)) "insert into s select $narrow_row from (select i as n) v"
}
rows_s() { echo $((200000 / divide)); }

work_w() { # wide rows with JSON
  my_sql "create table bench.w (id bigint primary key, $(printf 'c%d int, ' {1..14})$(printf \
    't%d varchar(40), ' {1..13})j json, d double)"
  local values
  values="$(printf 'n + %d, ' {1..14})$(printf "'value %d', " {1..13})"
  procedure $((200 / divide)) "insert into w select n, $values json_object('a', n, 'b', \
    json_array('x', 1.5, true)), n / 3 from $(numbers 'i * 1000')"
}
rows_w() { echo $((200 / divide * 1000)); }

work_x() { # one transaction of two million rows
  my_sql "create table bench.x $narrow"
  procedure 1 "insert into x select $narrow_row from (select a.n * 1000 + v.n as n from \
    (select a.d + b.d * 10 + c.d * 100 + e.d * 1000 as n from digits a, digits b, digits c, digits e \
    where a.d + b.d * 10 + c.d * 100 + e.d * 1000 < $((2000 / divide))) a, $(numbers 0)) v"
}
rows_x() { echo $((2000 / divide * 1000)); }

# --- one run -------------------------------------------------------------------------------------

# measured WORKLOAD VARIANT ROUND COMMAND...: VARIANT with -pipe goes through cat, whose CPU is not
# counted.
measured() {
  local workload=$1 variant=$2 round=$3
  shift 3
  if [[ $variant == *-pipe ]]; then
    "$bench/bench_measure" "$WORK/taken" "$@" | cat >/dev/null
  else
    "$bench/bench_measure" "$WORK/taken" "$@" >/dev/null
  fi
  awk -v OFS='\t' -v flavour="$MY_FLAVOUR" -v workload="$workload" -v variant="$variant" \
    -v round="$round" '{print flavour, workload, variant, round, $1, $2 + $3, $4}' "$WORK/taken" \
    >>"$results"
}

uri() { echo "mysql://root@127.0.0.1:$MY_PORT/bench"; }
ours() { # WORKLOAD VARIANT ROUND OPTION...
  measured "$1" "$2" "$3" cdcctl tail "$MY_FLAVOUR" "$(uri)" --from "$file:4" --until "$file:$end" \
    --gtid off "${@:4}"
}
peer() { # WORKLOAD VARIANT ROUND OPTION...
  measured "$1" "$2" "$3" "$peer_program" --no-defaults --read-from-remote-server --host=127.0.0.1 \
    --port="$MY_PORT" --user=root "${@:4}" "$file"
}
fetch() { # WORKLOAD ROUND
  measured "$1" fetch "$2" "$bench/bench_binlog_fetch" "$(uri)" "$file" "$end"
}

workload() {
  local name=$1 round found
  say "$MY_FLAVOUR: workload $name"
  my_flush
  file=$(my_binlogs | tail -n 1)
  "work_$name"
  end=$(my_position)
  end=${end#*:}
  my_flush
  found=$(cdcctl tail "$MY_FLAVOUR" "$(uri)" --from "$file:4" --until "$file:$end" --gtid off | wc -l)
  check_eq "$found" "$("rows_$name")" "lines of workload $name"
  for round in $(seq "$rounds"); do
    say "  round $round"
    ours "$name" cdcctl "$round"
    if [[ $name == x ]]; then continue; fi
    peer "$name" peer "$round" -vv --base64-output=decode-rows
    fetch "$name" "$round"
    ours "$name" cdcctl-pipe "$round"
    if [[ $MY_FLAVOUR == mysql ]]; then ours "$name" cdcctl-tls "$round" --tls require; fi
  done
  my_sql "drop table bench.$name"
}

# --- the table -----------------------------------------------------------------------------------

median() {
  sort -g | awk '{v[NR] = $1} END {if (NR) printf "%.3g\n", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2}'
}

# ratio FLAVOUR WORKLOAD A B FIELD: median over the rounds of A's field by B's.
ratio() {
  awk -F '\t' -v f="$1" -v w="$2" -v a="$3" -v b="$4" -v field="$5" '
    $1 == f && $2 == w && $3 == a {x[$4] = $field}
    $1 == f && $2 == w && $3 == b {y[$4] = $field}
    END {for (r in x) if (y[r] > 0) print x[r] / y[r]}' "$results" | median
}

row() {
  if [[ -n $4 ]]; then echo "| $1 | $2 | $3 | $4 |"; fi
}

table() {
  local f w wall=5 cpu=6
  declare -A names=([n]='narrow rows' [s]='one-row transactions' [w]='wide rows')
  declare -A peer_goal=([mysql-n]=6 [mariadb-n]=4 [mysql-s]=5 [mariadb-s]=5 [mysql-w]=6 [mariadb-w]=4)
  declare -A fetch_goal=([n]=12 [s]=6 [w]=6)
  echo "$versions, $(nproc) cores, commit $(git -C "$CDC_ROOT" rev-parse --short HEAD), $rounds" \
    "rounds$( ((divide > 1)) && echo ", 1/$divide of the rows")."
  echo
  echo '| ratio | server | goal | measured |'
  echo '|---|---|---|---|'
  for w in n s w; do
    for f in $flavours; do
      row "CPU, peer -vv / cdcctl: ${names[$w]}" "$f" "at least ${peer_goal[$f-$w]}" "$(ratio "$f" $w peer cdcctl $cpu)"
    done
  done
  for f in $flavours; do
    row "wall, peer -vv / cdcctl: ${names[n]}" "$f" 'at least 4' "$(ratio "$f" n peer cdcctl $wall)"
  done
  for w in n s w; do
    for f in $flavours; do
      row "CPU, cdcctl / fetch only: ${names[$w]}" "$f" "at most ${fetch_goal[$w]}" "$(ratio "$f" $w cdcctl fetch $cpu)"
    done
  done
  for w in n s w; do
    row "CPU, TLS / plain: ${names[$w]}" mysql 'at most 1.6' "$(ratio mysql $w cdcctl-tls cdcctl $cpu)"
    for f in $flavours; do
      row "CPU, pipe / null device: ${names[$w]}" "$f" 'at most 1.35' "$(ratio "$f" $w cdcctl-pipe cdcctl $cpu)"
    done
  done
  for w in n s w x; do
    for f in $flavours; do
      row "peak RSS, MiB: ${names[$w]:-two million rows in one transaction}" "$f" 'at most 64' \
        "$(awk -F '\t' -v f="$f" -v w=$w '$1 == f && $2 == w && $3 ~ /^cdcctl/ && $7 > m {m = $7} END {if (m) printf "%.1f", m / 1024}' "$results")"
    done
  done
  for w in n s w; do
    for f in $flavours; do
      row "CPU of cdcctl, us a row: ${names[$w]}" "$f" '-' "$(awk -F '\t' -v f="$f" -v w=$w -v rows="$("rows_$w")" \
        '$1 == f && $2 == w && $3 == "cdcctl" {print $6 / rows * 1e6}' "$results" | median)"
    done
  done
}

# --- all of it -----------------------------------------------------------------------------------

: >"$results"
versions=
for flavour in $flavours; do
  my_use "$flavour"
  my_start "$flavour" --innodb-buffer-pool-size=512M --sync-binlog=0 \
    --innodb-flush-log-at-trx-commit=0 --max-binlog-size=1G
  versions+="${versions:+, }$flavour $(my_sql 'select version()')"
  peer_program=mariadb-binlog
  if [[ $flavour == mysql ]]; then peer_program=${my_program%mysqld}mysqlbinlog; fi
  my_sql 'create database bench' 'create table bench.digits (d int primary key)' \
    'insert into bench.digits values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)' \
    "create user root@'127.0.0.1' identified by ''" "grant all on *.* to root@'127.0.0.1'" 2>/dev/null || true
  for part in n s w x; do
    if [[ $parts == *$part* ]]; then workload $part; fi
  done
  my_stop
done
table
if [[ -n $raw ]]; then cp "$results" "$raw"; fi
