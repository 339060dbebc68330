#!/usr/bin/env bash
# The completion scripts parse in their shells, and bash completes what it should.
set -eu
: "${CDCCTL:?names the binary}"
for name in $(compgen -e | grep -E '^(PG[A-Z]+|CDCCTL_.*)$' || true); do unset "$name"; done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/state"
touch "$dir/file.toml"

for shell in bash zsh fish; do
  "$CDCCTL" completion "$shell" >"$dir/$shell"
  if command -v "$shell" >/dev/null; then "$shell" -n "$dir/$shell"; fi
done

# shellcheck source=/dev/null
source "$dir/bash"
compopt() { :; }

# complete_words WORD...: what bash offers for the last word.
complete_words() {
  COMP_WORDS=(cdcctl "$@")
  COMP_CWORD=$#
  _cdcctl
  printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
}
# offers EXPECTED WORD...
offers() {
  local expected=$1 got
  shift
  got=$(complete_words "$@")
  case " $got" in
    *" $expected "*) ;;
    *) echo "FAIL: '$*' offers '$got', not '$expected'"; exit 1 ;;
  esac
}
# nothing_like UNWANTED WORD...
nothing_like() {
  local unwanted=$1 got
  shift
  got=$(complete_words "$@")
  case " $got" in
    *" $unwanted "*) echo "FAIL: '$*' offers '$unwanted'"; exit 1 ;;
  esac
}

offers lease le
offers 'clear show' lease ''
offers --json lease show --j
offers --log-format lease show --log-fo
offers 'json text' lease show --log-format ''
offers 'json' lease show --log-format = j
offers "$dir/state" lease show "$dir/st"
offers "$dir/state" -v lease show "$dir/st"
nothing_like "$dir/file.toml" lease show "$dir/"
offers "$dir/file.toml" --config "$dir/fi"
offers 'bash fish zsh' completion ''
nothing_like describe ''
echo ok
