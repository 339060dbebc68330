#!/usr/bin/env bash
# A place inside an event, inside a transaction, behind the end of a file, in a file that is not
# there: exit 5, and nothing on stdout.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
shop begin 'insert into orders values (1, "a")' 'insert into orders values (2, "b")' commit
add_orders 3 3
file=${here%:*}
inside=$(my_sql "show binlog events in '$file'" | awk -F '\t' -v after="${here#*:}" \
  '$3 ~ /^Write_rows/ && $2 > after { print $2; exit }')
map=$(my_sql "show binlog events in '$file'" | awk -F '\t' -v after="${here#*:}" \
  '$3 == "Table_map" && $2 > after { print $2; exit }')

# from PLACE SENTENCE HINT
from() {
  run refused cdcctl tail "$FLAVOUR" "$MY_URI" --from "$1" --until now --gtid $gtid
  check_refused refused 5 "$2" "$3"
  check_eq "$(lines refused)" 0 "lines --from $1"
}
for gtid in auto off; do
  from "$file:$((${here#*:} + 5))" 'the server does not send its binlog' 'the position lies inside an event'
  for place in $map $inside; do
    from "$file:$place" "the position before $file:" 'take the pos of a change line'
  done
  from "$file:99999999" "the position is ahead of the server: $file has " 'the server was restored or reset'
  from nobody.000009:4 \
    "the server's log no longer has what comes behind the position: the file nobody.000009 is gone, the oldest is $file" \
    'begin anew with a snapshot'
done
