#!/usr/bin/env bash
# A toasted value that an update left alone is named in `unchanged`, never null; where the old row
# or the old key holds it, `after` has it.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql <<'SQL'
create table t (id int primary key, note text, n int, other text);
create table f (id int primary key, note text, n int);
alter table f replica identity full;
create table k (code text primary key, n int);
alter table t alter note set storage external, alter other set storage external;
alter table f alter note set storage external;
alter table k alter code set storage external;
create publication p for all tables;
SQL
make_slot

sql <<'SQL'
insert into t values (1, repeat('a', 3000), 1, repeat('b', 3000));
update t set n = 2;
update t set note = null;
update t set note = 'short', other = repeat('c', 3000);
update t set id = 2;
insert into f values (1, repeat('d', 3000), 1);
update f set n = 2;
delete from f;
insert into k values (repeat('k', 2400), 1);
update k set n = 2;
update k set code = 'short';
SQL

# short FILE: long runs of one letter as its number of letters.
short() {
  perl -pe 's/"((\w)\2{99,})"/"\"$2*" . length($1) . "\""/ge' "$1"
}

changes
short "$(out changes)" >"$WORK/short"
check_lines "$WORK/short" <<'END'
{"op":"insert","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"note":"a*3000","n":1,"other":"b*3000"}}
{"op":"update","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"n":2},"unchanged":["note","other"]}
{"op":"update","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"note":null,"n":2},"unchanged":["other"]}
{"op":"update","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"note":"short","n":2,"other":"c*3000"}}
{"op":"update","schema":"public","table":"t","key":{"id":1},"after":{"id":2,"note":"short","n":2},"unchanged":["other"]}
{"op":"insert","schema":"public","table":"f","key":{"id":1},"after":{"id":1,"note":"d*3000","n":1}}
{"op":"update","schema":"public","table":"f","key":{"id":1},"before":{"id":1,"note":"d*3000","n":1},"after":{"id":1,"note":"d*3000","n":2}}
{"op":"delete","schema":"public","table":"f","key":{"id":1},"before":{"id":1,"note":"d*3000","n":2}}
{"op":"insert","schema":"public","table":"k","key":{"code":"k*2400"},"after":{"code":"k*2400","n":1}}
{"op":"update","schema":"public","table":"k","key":{"code":"k*2400"},"after":{"code":"k*2400","n":2}}
{"op":"update","schema":"public","table":"k","key":{"code":"k*2400"},"after":{"code":"short","n":2}}
END

# A hidden column is hidden there too.
changes --tables public.t --ops update --exclude-columns public.t:other --max-events 2
check_changes <<'END'
{"op":"update","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"n":2},"unchanged":["note"]}
{"op":"update","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"note":null,"n":2}}
END
