#!/usr/bin/env bash
# The measurements of scripts/bench: see there. Every run reads the same WAL, through a copy of one
# slot made before the workload, up to the same end. Pairs are interleaved; a number of the table is
# the median of per-round ratios. Walsender CPU is what the postmaster reaped (10 ms steps).
. "$(dirname "$0")/../support/pg.sh"
bench=${CDC_BENCH:?the directory of bench_measure and bench_latency}
results=$WORK/results.tsv # workload variant round wall cpu walsender_cpu rss_kb
rounds=5
parts=hgedctsla
divide=1
raw=

while (($# > 0)); do
  case $1 in
    --rounds) rounds=$2 ;;
    --only) parts=$2 ;;
    --divide) divide=$2 ;;
    --raw) raw=$2 ;;
    *) echo "unknown argument: $1" >&2 && exit 2 ;;
  esac
  shift 2
done

say() { echo "$*" >&2; }
wants() { [[ $parts == *"$1"* ]]; }

# --- workloads -----------------------------------------------------------------------------------

# transactions COUNT STATEMENT: runs the statement, which may use the number i, COUNT times and
# commits each time.
transactions() {
  sql "do \$\$ begin for i in 0 .. $1 - 1 loop $2; commit; end loop; end \$\$"
}

narrow='(id bigint primary key, customer int, status text, total numeric(10,2))'
narrow_row="n, n % 1000, 'status ' || n % 7, n % 10000 / 100.0"

prepare_h() { sql "create table h $narrow"; }
work_h() {
  transactions $((500 / divide)) \
    "insert into h select $narrow_row from generate_series(i * 1000 + 1, i * 1000 + 1000) n"
}
rows_h() { echo $((500 / divide * 1000)); }

prepare_g() { sql "create table g $narrow"; }
work_g() {
  transactions $((50000 / divide)) "insert into g select $narrow_row from (values (i + 1)) v(n)"
}
rows_g() { echo $((50000 / divide)); }

prepare_e() {
  sql "create table e (id bigint primary key, $(printf 'c%d int, ' {1..25})$(printf 'c%d text, ' {26..49})c50 text)"
}
work_e() {
  local values
  values="$(printf 'n + %d, ' {1..25})$(printf "'value %d', " {26..49})'value 50'"
  transactions $((200 / divide)) \
    "insert into e select n, $values from generate_series(i * 1000 + 1, i * 1000 + 1000) n"
}
rows_e() { echo $((200 / divide * 1000)); }

# The 10 kB are stored outside the row, do not change, and come with every old row.
prepare_d() {
  sql 'create table d (id int primary key, n int, body text)' \
    'alter table d alter body set storage external' 'alter table d replica identity full' \
    "insert into d select n, 0, repeat('0123456789', 1000) from generate_series(1, 1000) n"
}
work_d() { transactions $((50 / divide)) 'update d set n = n + 1'; }
rows_d() { echo $((50 / divide * 1000)); }

prepare_c() { sql "create table c $narrow"; }
work_c() { sql "insert into c select $narrow_row from generate_series(1, $((2000000 / divide))) n"; }
rows_c() { echo $((2000000 / divide)); }

# make_base NAME: the slot base, then the workload; sets `end`.
make_base() {
  say "workload $1"
  "prepare_$1"
  sql "create publication $1 for table $1" \
    "select pg_create_logical_replication_slot('base', 'pgoutput')" >/dev/null
  "work_$1"
  end=$(pg_wal_lsn)
}

drop_base() {
  sql "select pg_drop_replication_slot('base')" >/dev/null
}

# --- one run -------------------------------------------------------------------------------------

# Until nobody is connected any more, so that the postmaster has reaped and counted them.
wait_quiet() {
  wait_until 30 '! grep -qsE "walsender|\[local\]|127\.0\.0\.1" \
    $(sed "s|[0-9]*|/proc/&/cmdline|g; s|/proc//cmdline||g" \
      "/proc/${server_ids[main]}/task/${server_ids[main]}/children")'
}

# Seconds of CPU of the children that the postmaster has reaped.
reaped_cpu() {
  awk -v tick="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); print ($14 + $15) / tick}' \
    "/proc/${server_ids[main]}/stat"
}

# measured WORKLOAD VARIANT ROUND PLUGIN COMMAND...: on a copy of the slot, named run.
# VARIANT with -pipe: through cat, whose CPU counts.
measured() {
  local workload=$1 variant=$2 round=$3 plugin=$4 before after
  shift 4
  sql "select pg_copy_logical_replication_slot('base', 'run', false, '$plugin')" >/dev/null
  wait_quiet
  before=$(reaped_cpu)
  : >"$WORK/reader"
  if [[ $variant == *-pipe ]]; then
    "$bench/bench_measure" "$WORK/writer" "$@" |
      "$bench/bench_measure" "$WORK/reader" cat >/dev/null
  else
    "$bench/bench_measure" "$WORK/writer" "$@" >/dev/null
  fi
  wait_quiet
  after=$(reaped_cpu)
  sql "select pg_drop_replication_slot('run')" >/dev/null
  cat "$WORK/writer" "$WORK/reader" | awk -v OFS='\t' -v key="$workload $variant $round" \
    -v server="$before $after" '
      {wall = $1 > wall ? $1 : wall; cpu += $2 + $3}
      NR == 1 {rss = $4}
      END {split(key, k, " "); split(server, s, " ")
           print k[1], k[2], k[3], wall, cpu, s[2] - s[1], rss}' >>"$results"
}

# ours WORKLOAD VARIANT ROUND [CONNINFO [OPTION...]], theirs the same, wal2json WORKLOAD ROUND
ours() {
  measured "$1" "$2" "$3" pgoutput cdcctl tail postgres "${4:-$PG_CONNINFO}" \
    --slot run --publication "$1" --until "$end" "${@:5}"
}
theirs() {
  measured "$1" "$2" "$3" pgoutput pg_recvlogical -d "${4:-$PG_CONNINFO}" -S run --start -P pgoutput \
    -o proto_version=1 -o "publication_names=$1" --endpos "$end" --no-loop -f /dev/null
}
binary() { # WORKLOAD ROUND
  measured "$1" cdcctl-binary "$2" pgoutput cdcctl tail postgres "$PG_CONNINFO" \
    --slot run --publication "$1" --until "$end" --binary-transfer
}
wal2json() {
  measured "$1" wal2json-pipe "$2" wal2json pg_recvlogical -d "$PG_CONNINFO" -S run --start \
    -o format-version=2 --endpos "$end" --no-loop -f -
}

# in_turn ROUND A B: A first in odd rounds, B first in even ones.
in_turn() {
  local first=$2 second=$3
  if (($1 % 2 == 0)); then first=$3 second=$2; fi
  $first
  $second
}

# Every row once, before anything is timed.
check_rows() {
  local found
  sql "select pg_copy_logical_replication_slot('base', 'run', false, 'pgoutput')" >/dev/null
  found=$(cdcctl tail postgres "$PG_CONNINFO" --slot run --publication "$1" --until "$end" | wc -l)
  check_eq "$found" "$("rows_$1")" "lines of workload $1"
  wait_quiet
  sql "select pg_drop_replication_slot('run')" >/dev/null
}

pairs() {
  local name=$1 round tls="$PG_TCP_CONNINFO sslmode=require"
  for round in $(seq "$rounds"); do
    say "  round $round"
    in_turn "$round" "theirs $name recvlogical $round" "ours $name cdcctl $round"
    case $name in h | d) in_turn "$round" "wal2json $name $round" "ours $name cdcctl-pipe $round" ;; esac
    case $name in h | e) in_turn "$round" "ours $name cdcctl-text $round" "binary $name $round" ;; esac
    if [[ $name == h ]]; then
      theirs_tls() { theirs h recvlogical-tls "$round" "$tls"; }
      ours_tls() { ours h cdcctl-tls "$round" "$tls"; }
      in_turn "$round" theirs_tls ours_tls
    fi
  done
}

# One transaction of two million rows, sent at its commit or before.
streamed() {
  local round
  by_protocol() { ours c "protocol-$1" "$2" "$PG_CONNINFO" --protocol "$1"; }
  for round in $(seq "$rounds"); do
    say "  round $round"
    in_turn "$round" "by_protocol 1 $round" "by_protocol 2 $round"
  done
}

# --- latency -------------------------------------------------------------------------------------

latency_of() { # PLUGIN COMMAND...
  local plugin=$1
  shift
  sql "select pg_create_logical_replication_slot('run', '$plugin')" >/dev/null
  "$bench/bench_latency" "$PG_CONNINFO" $((5000 / divide)) 200 "$@"
  wait_quiet
  sql "select pg_drop_replication_slot('run')" 'truncate latency' >/dev/null
}

latency() {
  local round
  say latency
  sql 'create table latency (id serial, mark text)' 'create publication latency for table latency'
  for round in $(seq "$rounds"); do
    say "  round $round"
    latency_of wal2json pg_recvlogical -d "$PG_CONNINFO" -S run --start -o format-version=2 -f - \
      --no-loop >"$WORK/latency_wal2json"
    latency_of pgoutput cdcctl tail postgres "$PG_CONNINFO" --slot run --publication latency \
      >"$WORK/latency_cdcctl"
    paste -d ' ' "$WORK/latency_cdcctl" "$WORK/latency_wal2json" >>"$WORK/latency.txt"
  done
}

# --- absolute numbers ----------------------------------------------------------------------------

now() { echo "${EPOCHREALTIME/./}"; }

absolute() {
  local begin line i
  say 'absolute numbers'
  make_base h
  for i in $(seq "$rounds"); do
    sql "select pg_copy_logical_replication_slot('base', 'run', false)" >/dev/null
    wait_quiet
    begin=$(now)
    IFS= read -r line < <(cdcctl tail postgres "$PG_CONNINFO" --slot run --publication h)
    echo $(($(now) - begin)) >>"$WORK/first_line.txt"
    [[ $line == '{'* ]] || fail 'no first line'
    wait_quiet
    sql "select pg_drop_replication_slot('run')" >/dev/null
  done
  drop_base
  sql 'drop publication h' 'drop table h'

  spawn tail cdcctl tail postgres "$PG_CONNINFO" --slot stop --create-slot --publication latency_stop
  wait_until 20 "[[ \$(sql \"select count(*) from pg_replication_slots where active\") == 1 ]]"
  sleep 1
  begin=$(now)
  pg_stop fast
  echo $(($(now) - begin)) >"$WORK/fast_stop.txt"
  stop_process tail
  pg_resume
  sql "select pg_drop_replication_slot('stop')" >/dev/null

  make_base c
  sql "select pg_copy_logical_replication_slot('base', 'run', false)" >/dev/null
  spawn tail cdcctl tail postgres "$PG_CONNINFO" --slot run --publication c
  wait_until 60 '[[ $(stat -c %s "$(out tail)") -gt 1000000 ]]'
  begin=$(now)
  stop_process tail
  echo $(($(now) - begin)) >"$WORK/term.txt"
  check_status 0 'tail after SIGTERM'
  rm "$(out tail)"
  wait_quiet
  sql "select pg_drop_replication_slot('run')" >/dev/null
  drop_base
  sql 'drop publication c' 'drop table c'
}

# --- snapshot ------------------------------------------------------------------------------------

# copied VARIANT ROUND COMMAND...: one reading of table s, to /dev/null.
copied() {
  local variant=$1 round=$2 before after
  shift 2
  wait_quiet
  before=$(reaped_cpu)
  "$bench/bench_measure" "$WORK/writer" "$@" >/dev/null
  wait_quiet
  after=$(reaped_cpu)
  awk -v OFS='\t' -v variant="$variant" -v round="$round" -v before="$before" -v after="$after" \
    '{print "s", variant, round, $1, $2 + $3, after - before, $4}' "$WORK/writer" >>"$results"
}

psql_copy() { copied psql "$1" psql -X -d "$PG_CONNINFO" -c 'copy s to stdout'; }
snapshot_by() { # CONNECTIONS ROUND
  copied "cdcctl-$1" "$2" cdcctl tail postgres "$PG_CONNINFO" --snapshot only --tables public.s \
    --snapshot-parallel "$1"
}

snapshot() {
  local round rows=$((5000000 / divide))
  say 'workload s'
  sql "create table s $narrow" "insert into s select $narrow_row from generate_series(1, $rows) n" \
    'vacuum (freeze, analyze) s' checkpoint
  check_eq "$(cdcctl tail postgres "$PG_CONNINFO" --snapshot only --tables public.s | wc -l)" "$rows" \
    'lines of workload s'
  for round in $(seq "$rounds"); do
    say "  round $round"
    in_turn "$round" "psql_copy $round" "snapshot_by 1 $round"
    snapshot_by 2 "$round"
  done
  sql 'drop table s' checkpoint
}

# --- the table -----------------------------------------------------------------------------------

# median of the numbers on stdin
median() {
  sort -g | awk '{v[NR] = $1} END {if (NR) printf "%.3g\n", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2}'
}

# ratio WORKLOAD A FIELD B FIELD: median over the rounds of A's field by B's.
ratio() {
  awk -F '\t' -v w="$1" -v a="$2" -v fa="$3" -v b="$4" -v fb="$5" '
    $1 == w && $2 == a {x[$3] = $fa}
    $1 == w && $2 == b {y[$3] = $fb}
    END {for (r in x) if (y[r] > 0) print x[r] / y[r]}' "$results" | median
}

# row WHAT GOAL MEASURED: only what was measured.
row() {
  if [[ -n $3 ]]; then echo "| $1 | $2 | $3 |"; fi
}

micros_to() { # UNIT_DIVISOR FILE
  if [[ -f $2 ]]; then awk -v by="$1" '{print $1 / by}' "$2" | median; fi
}

latency_ratio() { # FIELD of ours, FIELD of theirs
  if [[ -f $WORK/latency.txt ]]; then
    awk -v a="$1" -v b="$2" '{print $a / $b}' "$WORK/latency.txt" | median
  fi
}

latency_micros() { # FIELD
  if [[ -f $WORK/latency.txt ]]; then awk -v a="$1" '{print $a}' "$WORK/latency.txt" | median; fi
}

table() {
  local w goal wall=4 cpu=5 sender=6
  declare -A wall_goal=([h]=1.05 [g]=1.05 [e]=1.05 [d]=1.10)
  declare -A cpu_goal=([h]=0.60 [g]=0.55 [e]=0.70 [d]=1.15)
  declare -A sender_goal=([h]=0.40 [g]=0.45 [e]=0.40 [d]=0.75)
  declare -A pipe_goal=([h]=0.80 [d]=0.75)
  echo "PostgreSQL $(sql 'show server_version'), $(nproc) cores," \
    "commit $(git -C "$CDC_ROOT" rev-parse --short HEAD), $rounds rounds$( ((divide > 1)) && echo ", 1/$divide of the rows")."
  echo
  echo '| ratio | goal, at most | measured |'
  echo '|---|---|---|'
  for w in h g e d; do
    row "wall, cdcctl / pg_recvlogical: $w" "${wall_goal[$w]}" "$(ratio $w cdcctl $wall recvlogical $wall)"
  done
  for w in h g e d; do
    row "CPU, cdcctl / pg_recvlogical: $w" "${cpu_goal[$w]}" "$(ratio $w cdcctl $cpu recvlogical $cpu)"
  done
  for w in h g e d; do
    row "CPU, cdcctl / walsender: $w" "${sender_goal[$w]}" "$(ratio $w cdcctl $cpu cdcctl $sender)"
  done
  for w in h d; do
    row "wall into cat, cdcctl / pg_recvlogical wal2json: $w" "${pipe_goal[$w]}" \
      "$(ratio $w cdcctl-pipe $wall wal2json-pipe $wall)"
  done
  for w in h e; do
    row "CPU, --binary-transfer / text: $w" '-' "$(ratio $w cdcctl-binary $cpu cdcctl-text $cpu)"
    row "walsender CPU, --binary-transfer / text: $w" '-' \
      "$(ratio $w cdcctl-binary $sender cdcctl-text $sender)"
  done
  row 'CPU over TLS, cdcctl / pg_recvlogical: h' 0.80 "$(ratio h cdcctl-tls $cpu recvlogical-tls $cpu)"
  row 'wall, cdcctl / pg_recvlogical: c (2M rows in one transaction)' '-' \
    "$(ratio c cdcctl $wall recvlogical $wall)"
  row 'wall, snapshot / psql COPY: s (5M narrow rows)' 1.10 "$(ratio s cdcctl-1 $wall psql $wall)"
  row 'CPU, snapshot / its backend: s' 0.55 "$(ratio s cdcctl-1 $cpu cdcctl-1 $sender)"
  row 'wall, two connections / one: s' 0.75 "$(ratio s cdcctl-2 $wall cdcctl-1 $wall)"
  row 'wall, protocol 2 / protocol 1: c' 0.80 "$(ratio c protocol-2 $wall protocol-1 $wall)"
  row 'CPU, protocol 2 / protocol 1: c' '-' "$(ratio c protocol-2 $cpu protocol-1 $cpu)"
  row 'walsender CPU, protocol 2 / protocol 1: c' '-' "$(ratio c protocol-2 $sender protocol-1 $sender)"
  row 'latency p50, cdcctl / pg_recvlogical wal2json' 1.25 "$(latency_ratio 1 3)"
  row 'latency p99, cdcctl / pg_recvlogical wal2json' 1.5 "$(latency_ratio 2 4)"
  echo
  echo '| absolute | goal, at most | measured |'
  echo '|---|---|---|'
  row 'latency p50 / p99, us' '-' \
    "$(latency_micros 1)$([[ -f $WORK/latency.txt ]] && echo " / $(latency_micros 2)")"
  for w in h g e d c s; do
    row "peak RSS, MiB: $w" 24 \
      "$(awk -F '\t' -v w=$w '$1 == w && $2 ~ /^cdcctl/ && $7 > m {m = $7} END {if (m) printf "%.1f", m / 1024}' "$results")"
  done
  for w in 1 2; do
    row "peak RSS, MiB: c, protocol $w" $((w == 1 ? 24 : 64)) \
      "$(awk -F '\t' -v v=protocol-$w '$2 == v && $7 > m {m = $7} END {if (m) printf "%.1f", m / 1024}' "$results")"
    row "wall, s: c, protocol $w" '-' \
      "$(awk -F '\t' -v v=protocol-$w '$2 == v {print $4}' "$results" | median)"
  done
  row 'start to first line, ms' 100 "$(micros_to 1000 "$WORK/first_line.txt")"
  row 'fast stop of the server with tail attached, s' 1 "$(micros_to 1000000 "$WORK/fast_stop.txt")"
  row 'SIGTERM inside two million rows to exit, s' 0.5 "$(micros_to 1000000 "$WORK/term.txt")"
}

# --- all of it -----------------------------------------------------------------------------------

settings=(shared_buffers=512MB max_wal_size=32GB checkpoint_timeout=1h log_replication_commands=off)
if as_server postgres --describe-config | grep '^output_plugin_libraries' >/dev/null; then
  settings+=('output_plugin_libraries=pgoutput, wal2json')
fi
pg_start_tls --fresh "${settings[@]}"
sql 'create table stopped (id int)' 'create publication latency_stop for table stopped'
: >"$results"
for part in h g e d c; do
  wants $part || continue
  make_base $part
  check_rows $part
  pairs $part
  drop_base
  sql "drop publication $part" "drop table $part" checkpoint
done
if wants t; then
  make_base c
  streamed
  drop_base
  sql 'drop publication c' 'drop table c' checkpoint
fi
if wants s; then snapshot; fi
if wants l; then latency; fi
if wants a; then absolute; fi
table
if [[ -n $raw ]]; then cp "$results" "$raw"; fi
if wants a && [[ -x $bench/codec_bench ]]; then
  echo
  "$bench/codec_bench"
fi
