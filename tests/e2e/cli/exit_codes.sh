#!/usr/bin/env bash
# The exit codes that need no server, the help, and what stands on which stream.
set -u
: "${CDCCTL:?names the binary}"
for name in $(compgen -e | grep -E '^(PG[A-Z]+|CDCCTL_.*)$' || true); do unset "$name"; done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

# expect CODE NAME COMMAND...: runs it; its streams are in $dir/out and $dir/err.
expect() {
  local code=$1 name=$2 got
  shift 2
  "$@" >"$dir/out" 2>"$dir/err" </dev/null
  got=$?
  if [ "$got" -ne "$code" ]; then
    echo "FAIL $name: exit $got, expected $code"
    sed 's/^/  /' "$dir/err"
    failures=$((failures + 1))
  fi
}
# has STREAM TEXT / lacks STREAM TEXT: about the last command.
has() {
  grep -qF -- "$2" "$dir/$1" && return
  echo "FAIL: no '$2' in $1:"
  sed 's/^/  /' "$dir/$1"
  failures=$((failures + 1))
}
empty() {
  [ ! -s "$dir/$1" ] && return
  echo "FAIL: $1 is not empty:"
  sed 's/^/  /' "$dir/$1"
  failures=$((failures + 1))
}

expect 2 'no command' "$CDCCTL"; has err 'Usage: cdcctl COMMAND'; empty out
expect 0 '--help' "$CDCCTL" --help; has out 'Global options:'; empty err
expect 0 '-h' "$CDCCTL" -h; has out 'Examples:'; empty err
expect 0 '--version' "$CDCCTL" --version; has out 'libpq'; has out 'OpenSSL'; empty err
expect 2 'unknown command' "$CDCCTL" leese; has err "did you mean 'lease'?"; empty out
expect 2 'unknown option' "$CDCCTL" lease show --jsn "$dir"; has err "did you mean '--json'?"
expect 2 'missing argument' "$CDCCTL" lease show; has err 'DIR is required'
expect 2 'missing config' "$CDCCTL" --config "$dir/none" lease show "$dir"; has err "$dir/none"

# Every command: -h fits one screen with two examples, --help is longer, both on stdout.
paths=$("$CDCCTL" describe | sed -n 's/^ *"path": "\(..*\)",$/\1/p')
[ -n "$paths" ] || { echo 'FAIL: describe names no command'; failures=$((failures + 1)); }
while read -r path; do
  # shellcheck disable=SC2086
  expect 0 "$path -h" "$CDCCTL" $path -h
  empty err
  has out "Usage: cdcctl $path"
  lines=$(wc -l <"$dir/out")
  columns=$(awk '{ if (length > most) most = length } END { print most + 0 }' "$dir/out")
  examples=$(awk '/^Examples:/ { on = 1; next } /^$/ { on = 0 } on' "$dir/out" | wc -l)
  if [ "$lines" -gt 24 ] || [ "$columns" -gt 80 ] || [ "$examples" -lt 2 ]; then
    echo "FAIL $path -h: $lines lines, $columns columns, $examples examples"
    failures=$((failures + 1))
  fi
  # shellcheck disable=SC2086
  expect 0 "$path --help" "$CDCCTL" $path --help
  has out 'Global options:'
done <<END
$paths
END

checklist='force-reset-checklist --change-ticket OPS-7'
all='--snapshot-backed-up --downstream-paused --slot-impact-reviewed --rollback-plan-ready'
# shellcheck disable=SC2086
expect 0 'whole checklist' "$CDCCTL" $checklist $all
[ "$(wc -l <"$dir/out")" -eq 4 ] || { echo 'FAIL: not four lines'; failures=$((failures + 1)); }
has out 'Force-reset preflight checklist passed.'
has out 'Change ticket: OPS-7'
has out 'Summary: destructive recovery preconditions acknowledged.'
grep -qE '^Timestamp: [0-9]{4}(-[0-9]{2}){2}T[0-9:]{8}Z$' "$dir/out" ||
  { echo 'FAIL: no timestamp'; failures=$((failures + 1)); }
empty err
# shellcheck disable=SC2086
expect 1 'incomplete checklist' "$CDCCTL" $checklist --downstream-paused
has err 'checklist failed: --snapshot-backed-up is required'
has err 'checklist failed: --slot-impact-reviewed is required'
has err 'checklist failed: --rollback-plan-ready is required'
has err 'DO NOT RUN FORCE RESET. Complete all checklist acknowledgements first.'
empty out
# shellcheck disable=SC2086
expect 2 'no ticket' "$CDCCTL" force-reset-checklist $all
expect 2 'ticket without value' "$CDCCTL" force-reset-checklist --change-ticket
expect 2 'empty ticket' "$CDCCTL" force-reset-checklist --change-ticket ''
# shellcheck disable=SC2086
expect 2 'unknown acknowledgement' "$CDCCTL" $checklist --snapshot-backed-upp
has err "did you mean '--snapshot-backed-up'?"

mkdir "$dir/state"
owner=$dir/state/.rustcdc_checkpoint.owner
expect 0 'free lease' "$CDCCTL" lease show "$dir/state"; has out 'state: free'
expect 5 'lease of nothing' "$CDCCTL" lease show "$dir/none"; has err "$dir/none"
sleep 0 &
dead=$!
wait "$dead"
printf '%s:%s' "$(uname -n)" "$dead" >"$owner"
expect 0 'dead lease' "$CDCCTL" lease show --json "$dir/state"; has out '"state":"dead"'
expect 0 'clear dead lease' "$CDCCTL" lease clear "$dir/state"; has out "pid $dead"
[ ! -e "$owner" ] || { echo 'FAIL: the lease is still there'; failures=$((failures + 1)); }
printf '%s:%s' "$(uname -n)" $$ >"$owner"
expect 4 'live lease' "$CDCCTL" lease clear --force "$dir/state"
printf 'elsewhere:12' >"$owner"
expect 0 'lease of another host' "$CDCCTL" lease show "$dir/state"; has out 'elsewhere'
expect 4 'other host without force' "$CDCCTL" lease clear "$dir/state"
expect 4 'other host, wrong name' "$CDCCTL" lease clear --force --host wrong "$dir/state"
expect 2 '--host without --force' "$CDCCTL" lease clear --host elsewhere "$dir/state"
expect 0 'other host, forced' "$CDCCTL" lease clear --force --host elsewhere "$dir/state"

if [ -w /dev/full ]; then
  expect 7 'full disk' bash -c '"$0" --help >/dev/full' "$CDCCTL"; has err 'stdout'
fi
expect 0 'reader gone' bash -c 'set -o pipefail; "$0" completion bash | true' "$CDCCTL"

[ "$failures" -eq 0 ] && echo ok
exit "$((failures > 0))"
