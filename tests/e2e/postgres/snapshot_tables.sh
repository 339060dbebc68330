#!/usr/bin/env bash
# What of a table a snapshot reads is what the stream sends: partitions under the name that the
# publication gives them, children each for itself, row filters, column lists; tables that have grown
# since the server looked at their size.
. "$CDC_TEST_SUPPORT/snapshot.sh"

pg_start
sql 'create table m (id int, day int, v text, primary key (id, day)) partition by list (day)' \
    'create table m1 partition of m for values in (1)' \
    'create table m2 (v text, day int not null, id int not null)' \
    'alter table m attach partition m2 for values in (2)' \
    "insert into m select g, g % 2 + 1, 'm' || g from generate_series(1, 100) g" \
    'create table parent (id int primary key, v text)' \
    'create table child (extra int, primary key (id)) inherits (parent)' \
    "insert into parent values (1, 'p')" "insert into child values (2, 'c', 7)" \
    'create table filtered (id int primary key, v text)' \
    "insert into filtered select g, 'f' from generate_series(1, 100) g" \
    'create table listed (id int primary key, hidden text, v text)' \
    "insert into listed values (1, 'secret', 'seen')" \
    'create table full_identity (id int primary key, v text)' \
    'alter table full_identity replica identity full' "insert into full_identity values (5, 'x')" \
    'create table by_index (a int not null, b int not null, c text, unique (b, a))' \
    'alter table by_index replica identity using index by_index_b_a_key' \
    "insert into by_index values (1, 2, 'x')" \
    'create table "Odd ""Name" ("a b" int primary key, "ünicode" text)' \
    "insert into \"Odd \"\"Name\" values (1, 'ü')" \
    'create table grown (id int primary key, v text)' "insert into grown values (0, 'x')" \
    'analyze grown' "insert into grown select g, repeat('x', 500) from generate_series(1, 20000) g" \
    'create publication leaves for table m' \
    'create publication root for table m with (publish_via_partition_root = true)' \
    'create publication rest for table parent, filtered where (id % 10 = 0), listed (id, v),
       full_identity, by_index, "Odd ""Name", grown'

take() { # NAME PUBLICATION OPTION...
  local name=$1 publication=$2
  shift 2
  run "$name" cdcctl tail postgres "$PG_CONNINFO" --publication "$publication" --snapshot initial \
    --until now "$@"
  check_status 0 "snapshot $name"
}
tables_of() {
  jq -r '.schema + "." + .table' "$(out "$1")" | sort | uniq -c | sed 's/^ *//' | paste -s -d ' '
}

take leaves leaves
check_eq "$(tables_of leaves)" '50 public.m1 50 public.m2' 'leaves'
take root root
check_eq "$(tables_of root)" '100 public.m' 'the root'
check_eq "$(jq -c 'select(.key.id == 3) | .after' "$(out root)")" '{"id":3,"day":2,"v":"m3"}' \
  'a row of a leaf with other columns'
take both root,leaves
check_eq "$(tables_of both)" '100 public.m' 'both publications'

take rest rest --snapshot-parallel 3
check_eq "$(tables_of rest)" '1 public.Odd "Name 1 public.by_index 1 public.child 10 public.filtered 1 public.full_identity 20001 public.grown 1 public.listed 1 public.parent' 'tables'
row() { jq -c --arg table "$1" 'select(.table == $table) | [.key, .after]' "$(out rest)"; }
check_eq "$(row parent)" '[{"id":1},{"id":1,"v":"p"}]' 'parent'
check_eq "$(row child)" '[{"id":2},{"id":2,"v":"c","extra":7}]' 'child'
check_eq "$(row listed)" '[{"id":1},{"id":1,"v":"seen"}]' 'column list'
check_eq "$(row full_identity)" '[{"id":5},{"id":5,"v":"x"}]' 'replica identity full'
check_eq "$(row by_index)" '[{"a":1,"b":2},{"a":1,"b":2,"c":"x"}]' 'replica identity index'
check_eq "$(row 'Odd "Name')" '[{"a b":1},{"a b":1,"ünicode":"ü"}]' 'a name that needs quotes'
check_eq "$(jq -r 'select(.table == "filtered") | .key.id' "$(out rest)" | sort -n | xargs)" \
  "$(seq -s' ' 10 10 100)" 'row filter'
check_eq "$(jq -r 'select(.table == "grown") | .key.id' "$(out rest)" | sort -n | uniq | wc -l)" \
  20001 'rows of a table that has grown'

# Without a publication.
run catalog cdcctl tail postgres "$PG_CONNINFO" --snapshot only --tables 'public.m*'
check_status 0
check_eq "$(tables_of catalog)" '100 public.m' 'the uppermost table that is wanted'
run leaf cdcctl tail postgres "$PG_CONNINFO" --snapshot only --tables public.m1
check_status 0
check_eq "$(tables_of leaf)" '50 public.m1' 'a leaf that is asked for'

# The schema comes before the first row.
run schema cdcctl tail postgres "$PG_CONNINFO" --publication rest --snapshot initial --until now \
  --tables public.listed --emit row,schema
check_status 0
check_eq "$(jq -c '[.op, .columns]' "$(out schema)" | sed -n 1p)" \
  '["schema",[{"name":"id","type":"integer","nullable":false,"key":true},{"name":"v","type":"text","nullable":true,"key":false}]]' \
  'schema line'
