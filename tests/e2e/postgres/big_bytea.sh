#!/usr/bin/env bash
# A bytea of 600 MB, which as text would be longer than what a server can send, passes in binary.
. "$CDC_TEST_SUPPORT/stream.sh"
[[ -n ${CDC_LONG:-} ]] || skip 'needs 4 GB of memory and half a minute: CDC_LONG=1'

pg_start
sql 'create table big (id int primary key, b bytea)' 'alter table big alter b set storage external' \
  'create publication p for table big'
make_slot
sql "insert into big select 1, string_agg(repeat(chr(96 + n), 100000000)::bytea, '')
  from generate_series(1, 6) n"

refused 6 "the server ended the stream of slot 's': invalid memory alloc request size" \
  '--binary-transfer' --slot s --ack none
changes --binary-transfer
# The line is too long for tools that read whole lines.
begin=$(head -c 1000 "$(out changes)" | grep -bo '"b":"' | sed -n '$s/:.*//p')
check_eq "$(tail -c +$((begin + 6)) "$(out changes)" | head -c 800000000 | base64 -d | md5sum)" \
  "$(sql 'select md5(b) from big')  -" 'the value'
