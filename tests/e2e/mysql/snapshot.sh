#!/usr/bin/env bash
# --snapshot initial: the rows that are there, then the changes from that moment on, with nothing lost
# and nothing twice between them; a finished snapshot is not taken again.
. "$CDC_TEST_SUPPORT/binlog_snapshot.sh"

start_server
shop 'create table t (id int primary key, v varchar(100), n int generated always as (id * 2) virtual)' \
     'create table hollow (id int primary key)' \
     'create table bag (n int, v varchar(20))' \
     "insert into t (id, v) with recursive g (i) as (select 1 union all select i + 1 from g where i < 900) select i, concat('row ', i) from g" \
     "insert into bag values (1, 'x'), (1, 'x'), (2, 'it''s'), (3, null)"

# Writers are at work while it is taken.
cat >"$WORK/work.sql" <<'SQL'
begin; update t set v = concat(v, '!') where id % 7 = 0; insert into bag values (4, 'late'); commit;
delete from t where id % 11 = 0;
insert into t (id, v) values (6000, 'late'), (6001, 'late');
update t set id = id + 100000 where id < 5000 and id % 500 = @round;
delete from t where id between 6000 and 6001; delete from bag where n = 4;
SQL
write() {
  local round
  for round in 1 2 3 4 5 6; do { echo "set @round = $round;"; cat "$WORK/work.sql"; } | shop; done
}
spawn writer write
snapshot_shop tail initial
check_status 0
finish writer
check_status 0
snapshot_shop more initial
check_status 0
cat "$(out tail)" "$(out more)" >"$WORK/all"
check_fold "$WORK/all" t hollow bag
check_eq "$(jq -r 'select(.op == "read") | .table' "$(out more)" | wc -l)" 0 'rows read again'
check_contains "$(<"$(err tail)")" 'tables were locked for 0.0' 'the longest lock'

# The form of a line: one position, where the stream begins too.
check_eq "$(jq -r 'select(.op == "read") | keys_unsorted | join(" ")' "$(out tail)" | sort -u)" \
  "$(printf '%s\n' 'v op source db table after pos snapshot ts' 'v op source db table key after pos snapshot ts')" 'members'
check_eq "$(jq -r 'select(.op == "read") | .pos + " " + .snapshot' "$(out tail)" | sort -u | wc -l)" 1 \
  'positions of rows'
[[ $(jq -r 'select(.op == "read") | .pos' "$(out tail)" | sed -n 1p) =~ ^[a-z-]+\.[0-9]+:[0-9]+$ ]] ||
  fail 'pos is no FILE:OFFSET'
[[ ! -e $state/checkpoint_${FLAVOUR}_snapshot.json ]] || fail 'its progress is left behind'
check_eq "$(jq .offset.snapshot "$checkpoint")" null 'offset.snapshot'
[[ $(remembered_gtids) != '' ]] || fail 'no GTIDs are remembered'

# Without --snapshot a remembered one changes nothing.
shop 'insert into hollow values (1)'
resume_shop later --tables 'shop.*'
check_status 0
check_eq "$(ops "$(out later)")" '1 insert'

# --snapshot only ends behind the rows, and changes go on there.
rm -r "$state"
snapshot_shop rows only --snapshot-parallel 3
check_status 0
shop 'update hollow set id = 2'
resume_shop behind --tables 'shop.*'
cat "$(out rows)" "$(out behind)" >"$WORK/all"
check_fold "$WORK/all" t hollow bag
check_eq "$(ops "$(out behind)")" '1 update'

# Some tables, some columns, and an end by count.
run few cdcctl tail "$FLAVOUR" "$MY_URI" --snapshot initial --snapshot-tables '*.bag' --until now
check_status 0
check_eq "$(ops "$(out few)")" '4 read'
run two cdcctl tail "$FLAVOUR" "$MY_URI" --snapshot initial --tables shop.t --columns shop.t:n --max-events 2
check_status 0
check_eq "$(jq -c .after "$(out two)" | xargs)" '{n:14} {n:16}'

# What does not go together, and what cannot be.
run ops cdcctl tail "$FLAVOUR" "$MY_URI" --snapshot initial --ops insert
check_refused ops 2 '--snapshot reads rows, which --ops or --emit leaves out' 'add read to --ops'
run tables cdcctl tail "$FLAVOUR" "$MY_URI" --snapshot initial --snapshot-tables shop.nothing
check_refused tables 2 "--snapshot-tables: no table that can be read matches 'shop.nothing'" 'GRANT SELECT'
if on_mysql; then
  run gtid cdcctl tail mysql "$MY_URI" --snapshot initial --lock none --gtid off --until now
  check_refused gtid 4 '--lock none needs GTIDs at MySQL' '--lock brief'
fi
