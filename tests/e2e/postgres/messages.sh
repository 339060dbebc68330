#!/usr/bin/env bash
# Logical messages: of a transaction in their order and only if it commits, others at once and for
# themselves, whatever their bytes.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t'
make_slot

sql <<'SQL' >/dev/null
begin;
insert into t values (1);
select pg_logical_emit_message(true, 'app', 'line one' || chr(10) || '"two"');
insert into t values (2);
commit;
select pg_logical_emit_message(false, 'alone', 'now');
begin;
insert into t values (3);
select pg_logical_emit_message(true, 'app', 'never');
select pg_logical_emit_message(false, 'alone', 'of a transaction that rolled back');
rollback;
select pg_logical_emit_message(true, 'bytes', '\x00ff'::bytea);
select pg_logical_emit_message(true, '', '');
begin;
insert into t values (4);
savepoint s;
select pg_logical_emit_message(true, 'app', 'of a savepoint that rolled back');
rollback to s;
commit;
SQL

changes --emit row,message
check_changes <<'END'
{"op":"insert","schema":"public","table":"t","key":{"id":1},"after":{"id":1}}
{"op":"message","prefix":"app","content":"line one\n\"two\"","transactional":true}
{"op":"insert","schema":"public","table":"t","key":{"id":2},"after":{"id":2}}
{"op":"message","prefix":"alone","content":"now","transactional":false}
{"op":"message","prefix":"alone","content":"of a transaction that rolled back","transactional":false}
{"op":"message","prefix":"bytes","content":"AP8=","encoding":"base64","transactional":true}
{"op":"message","prefix":"","content":"","transactional":true}
{"op":"insert","schema":"public","table":"t","key":{"id":4},"after":{"id":4}}
END
check_eq "$(places "$(out changes)" | paste -sd' ')" '1#1 1#2 1#3 2#1 3#1 4#1 5#1 6#1' places
# One that stands alone has no transaction, and its commit time is nobody's.
check_eq "$(jq -c 'select(.op == "message") | [.tx != null, .ts != null]' "$(out changes)" |
  paste -sd' ')" '[true,true] [false,false] [false,false] [true,true] [true,true]' 'tx and ts'
cp "$(out changes)" "$WORK/all"

# Each is a place to begin behind.
for n in 1 2 3 4 5 6 7; do
  changes --emit row,message --from "$(jq -r .pos "$WORK/all" | sed -n ${n}p)"
  cmp <(tail -n +$((n + 1)) "$WORK/all") "$(out changes)" || fail "lines behind line $n"
done
