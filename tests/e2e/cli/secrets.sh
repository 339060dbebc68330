#!/usr/bin/env bash
# A password among the arguments is gone from the process list, and nowhere printed.
set -eu
: "${CDCCTL:?names the binary}"
for name in $(compgen -e | grep -E '^(PG[A-Z]+|CDCCTL_.*)$' || true); do unset "$name"; done
dir=$(mktemp -d)
pid=
cleanup() {
  if [ -n "$pid" ]; then kill -KILL "$pid" 2>/dev/null || true; fi
  rm -rf "$dir"
}
trap cleanup EXIT

# The configuration file is a FIFO without a writer: the process waits after the scrub.
mkfifo "$dir/config"
"$CDCCTL" --config "$dir/config" lease show 'postgresql://u:hush1@h/db' \
  >"$dir/out" 2>"$dir/err" &
pid=$!
for _ in $(seq 100); do
  tr '\0' ' ' <"/proc/$pid/cmdline" >"$dir/cmdline" || true
  grep -qF 'u:*****@h' "$dir/cmdline" && break
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.05
done
if ! grep -qF 'u:*****@h' "$dir/cmdline" || grep -q hush "$dir/cmdline"; then
  echo "FAIL: the process list shows: $(cat "$dir/cmdline")"
  exit 1
fi
: >"$dir/config" &
wait "$pid" || true
pid=
wait
if grep -q hush "$dir/out" "$dir/err"; then
  echo "FAIL: a password was printed"
  exit 1
fi
echo ok
