#!/usr/bin/env bash
# scripts/servers without a mirror: says why there is no server, or uses the one it has.
. "$(dirname "$0")/scenario.sh"

export CDC_SERVERS_CACHE=$WORK/cache CDC_APT_MIRROR=http://127.0.0.1:9/
servers=$CDC_ROOT/scripts/servers
command -v apt-get >/dev/null || skip 'no apt-get here'

# ask STATUS [ARGUMENT...]
ask() {
  local expected=$1
  shift
  run ask "$servers" "$@"
  check_status "$expected" "$(<"$(err ask)")"
}

ask 2
ask 2 oracle
ask 77 mysql
check_contains "$(<"$(err ask)")" "unstable suite cannot be had: E: "
check_eq "$(<"$(out ask)")" '' 'what is printed where nothing is there'

# The answer is remembered for a while: no mirror is asked again.
rm -rf "$CDC_SERVERS_CACHE/apt"
ask 77 mysql
check_contains "$(<"$(err ask)")" 'cannot be had: E: '
[[ ! -d $CDC_SERVERS_CACHE/apt ]] || fail 'the mirror was asked again'

# An older server serves, and it is said that it is older.
prefix=$CDC_SERVERS_CACHE/mysql-0123456789abcdef
mkdir -p "$prefix"
echo "$prefix" >"$CDC_SERVERS_CACHE/mysql.current"
touch "$prefix/stamp"
touch -d '2 days ago' "$CDC_SERVERS_CACHE/mysql.current"
ask 0 --refresh mysql
check_eq "$(<"$(out ask)")" "$prefix"
check_contains "$(<"$(err ask)")" 'using the MySQL that was fetched before'

# So it does without asking where that was done within a day.
touch "$CDC_SERVERS_CACHE/mysql.current"
ask 0 mysql
check_eq "$(<"$(out ask)")" "$prefix"
check_eq "$(<"$(err ask)")" '' 'messages where nothing is to be said'

# Without its stamp a prefix is not whole.
rm "$prefix/stamp"
ask 77 mysql
check_eq "$(<"$(out ask)")" '' 'what is printed of half a server'

# Nothing is taken that the keyring does not vouch for.
rm -rf "$CDC_SERVERS_CACHE"
index=main/binary-$(dpkg --print-architecture)/Packages
mkdir -p "$WORK/mirror/dists/unstable/${index%/*}"
cd "$WORK/mirror/dists/unstable"
printf '%s\n' 'Package: mysql-server-core' 'Version: 9' "Architecture: $(dpkg --print-architecture)" \
  'Filename: pool/x.deb' 'Size: 1' "SHA256: $(printf x | sha256sum | cut -d ' ' -f 1)" >"$index"
printf '%s\n' 'Suite: unstable' 'SHA256:' \
  " $(sha256sum "$index" | cut -d ' ' -f 1) $(stat -c %s "$index") $index" >Release
cd /
CDC_APT_MIRROR=file://$WORK/mirror ask 77 mysql
check_contains "$(<"$(err ask)")" 'is not signed'
rm -rf "$CDC_SERVERS_CACHE"

# A scenario is skipped with the reason.
run scenario bash -c '. "$0/mysql.sh"; my_start mysql' "$CDC_TEST_SUPPORT"
check_status 77
check_contains "$(<"$(out scenario)")" "SKIPPED: MySQL 9: Debian's unstable suite cannot be had: E: "
