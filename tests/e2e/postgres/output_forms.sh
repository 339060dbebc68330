#!/usr/bin/env bash
# --decimal, --binary, --name and --pretty change how a line is written, and nothing else.
. "$CDC_TEST_SUPPORT/stream.sh"

pg_start
sql 'create table t (id int primary key, n numeric, ns numeric[], b bytea, bs bytea[], j jsonb)' \
    'create publication p for table t'
make_slot
sql "insert into t values (1, 12345678901234567890.10, '{1.0,NaN}', '\x00ff10', '{\"\\\\x00\"}', '{\"b\": 1.0}'),
       (2, 'NaN', null, '', '{}', '[]')"

changes
check_changes <<'END'
{"op":"insert","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"n":"12345678901234567890.10","ns":["1.0","NaN"],"b":"AP8Q","bs":["AA=="],"j":{"b":1.0}}}
{"op":"insert","schema":"public","table":"t","key":{"id":2},"after":{"id":2,"n":"NaN","ns":null,"b":"","bs":[],"j":[]}}
END
cp "$(out changes)" "$WORK/usual"
changes --decimal string --binary base64 --name postgres
cmp "$WORK/usual" "$(out changes)" || fail 'the defaults said aloud change the lines'

changes --decimal number --binary hex
check_changes <<'END'
{"op":"insert","schema":"public","table":"t","key":{"id":1},"after":{"id":1,"n":12345678901234567890.10,"ns":[1.0,"NaN"],"b":"00ff10","bs":["00"],"j":{"b":1.0}}}
{"op":"insert","schema":"public","table":"t","key":{"id":2},"after":{"id":2,"n":"NaN","ns":null,"b":"","bs":[],"j":[]}}
END

changes --name 'shop "1"' --emit row,begin,commit
check_eq "$(jq -r .source "$(out changes)" | sort | uniq -c | awk '{ $1 = $1 } 1')" '4 shop "1"' name

changes --pretty
jq . <"$WORK/usual" | diff - <(jq . <"$(out changes)") || fail '--pretty changes the content'
check_eq "$(sed -n '1,3p;11,20p' "$(out changes)")" '{
  "v": 1,
  "op": "insert",
  "after": {
    "id": 1,
    "n": "12345678901234567890.10",
    "ns": [
      "1.0",
      "NaN"
    ],
    "b": "AP8Q",
    "bs": [
      "AA=="' 'pretty lines'

refused 2 "--decimal: 'text' is not one of string, number" '' --decimal text
