#!/usr/bin/env bash
# The rows of an XA transaction come when it commits, at once with one phase, and never after a
# rollback. One that is pending while cdcctl is away is not lost, by GTID and by file and offset.
. "$CDC_TEST_SUPPORT/binlog.sh"

start_shop
xa() { shop "xa start '$1'" "insert into orders values ($2, '$1')" "xa end '$1'" "${@:3}"; }
prepared() { xa "$1" "$2" "xa prepare '$1'"; }
end_xa() { wait_until 10 "shop \"xa $2 '$1'\" 2>/dev/null"; }

xa one 1 "xa commit 'one' one phase"
prepared two 2
add_orders 3 3
end_xa two commit
prepared three 4
end_xa three rollback
changes
check_eq "$(jq -c '[.after.id, .after.status]' "$(out changes)" | xargs -d '\n')" '[1,"one"] [3,"new"] [2,"two"]'
cat "$(out changes)"

for gtid in auto off; do
  rm -rf "$state"
  begin_state
  prepared "p$gtid" "$([[ $gtid == auto ]] && echo 10 || echo 20)"
  prepared "q$gtid" "$([[ $gtid == auto ]] && echo 11 || echo 21)"
  add_orders 12 12
  resume_shop before --gtid $gtid
  check_status 0
  jq -c .offset "$checkpoint"
  end_xa "q$gtid" rollback
  end_xa "p$gtid" commit
  resume_shop after --gtid $gtid
  check_status 0
  jq -c '[.after.id,.pos]' "$(out before)" "$(out after)"
  cat "$(err after)"
done
