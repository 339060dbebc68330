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

from() {
  run refused cdcctl tail "$FLAVOUR" "$MY_URI" --from "$1" --until now "${@:2}"
  echo "--from $1 ${*:2}: $STATUS $(<"$(err refused)")"
  check_status 5 "--from $1"
  check_eq "$(lines refused)" 0 "lines --from $1"
  check_eq "$(grep -c '^hint: ' "$(err refused)")" 1 "hints --from $1"
}
for gtid in auto off; do
  from "$file:$((${here#*:} + 5))" --gtid $gtid
  from "$file:$map" --gtid $gtid
  from "$file:$inside" --gtid $gtid
  from "$file:99999999" --gtid $gtid
  from "nobody.000009:4" --gtid $gtid
done
