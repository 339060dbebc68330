#!/usr/bin/env bash
# The rows of an XA transaction come when it commits, at once with one phase, and never after a
# rollback. One that is pending while cdcctl is away is not lost, by GTID and by file and offset.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
# begin_xa NAME ID STATEMENT...: one that inserts an order.
begin_xa() { shop "xa start '$1'" "insert into orders values ($2, '$1')" "xa end '$1'" "${@:3}"; }
prepare_xa() { begin_xa "$1" "$2" "xa prepare '$1'"; }
# end_xa NAME OUTCOME: the connection that prepared it may take a moment to let go.
end_xa() { wait_until 10 "shop \"xa $2 '$1'\" 2>/dev/null"; }

begin_xa one 1 "xa commit 'one' one phase"
prepare_xa two 2
add_orders 3 3
end_xa two commit
prepare_xa three 4
end_xa three rollback
changes --emit row,commit
check_eq "$(jq -c 'select(.after) | [.after.id, .after.status]' "$(out changes)" | xargs -d '\n')" \
  '[1,"one"] [3,"new"] [2,"two"]'

first=10
for gtid in auto off; do
  rm -rf "$state"
  begin_state
  prepare_xa "kept$gtid" $first
  prepare_xa "dropped$gtid" $((first + 1))
  add_orders $((first + 2)) $((first + 2))
  resume_shop before --gtid $gtid
  check_status 0
  check_orders "$(out before)" $((first + 2)) $((first + 2))
  # By MySQL's GTIDs the server sends what is pending again, and nothing else. Elsewhere all comes
  # again that was committed since it was prepared.
  resume_shop between --gtid $gtid
  check_status 0
  end_xa "dropped$gtid" rollback
  end_xa "kept$gtid" commit
  resume_shop after --gtid $gtid
  check_status 0
  check_eq "$(<"$(err after)")" "$(grep '^cdcctl: info' "$(err after)")" 'words on stderr'
  if on_mysql && [[ $gtid == auto ]]; then
    check_eq "$(lines between)" 0 'lines while nothing new is committed'
    check_orders "$(out after)" $first $first
  else
    cmp "$(out before)" "$(out between)" || fail 'other lines for the same transaction'
    check_eq "$(jq .after.id "$(out after)" | xargs)" "$((first + 2)) $first"
  fi
  check_eq "$(remembered)" "$(my_position)"
  check_eq "$(remembered_gtids)" "$(my_gtids)"
  first=$((first + 10))
done
