#!/usr/bin/env bash
# The installed package builds a program by find_package and by pkg-config, and the program sees
# changes of a real server.
. "$CDC_TEST_SUPPORT/pg.sh"

here=$CDC_ROOT/tests/install
flags=(${CDC_SANITIZE:+-fsanitize=$CDC_SANITIZE})

run install cmake --install "$CDC_BUILD" --prefix "$WORK/prefix"
check_status 0 "$(<"$(err install)")"
"$WORK/prefix/bin/cdcctl" --version >/dev/null

run configure cmake -S "$here/consumer" -B "$WORK/consumer" -G Ninja -DCMAKE_CXX_COMPILER="$CDC_CXX" \
  -DCMAKE_PREFIX_PATH="$WORK/prefix" -DCMAKE_CXX_FLAGS="${flags[*]}"
check_status 0 "$(<"$(err configure)")"
run make cmake --build "$WORK/consumer"
check_status 0 "$(<"$(out make)")"

pkg_config_flags() {
  # The package was configured for another prefix than the one it stands in now.
  PKG_CONFIG_PATH=$(dirname "$(find "$WORK/prefix" -name libcdc.pc)") \
    pkg-config --define-variable=prefix="$WORK/prefix" "$@" libcdc
}
read -ra compile < <(pkg_config_flags --cflags)
read -ra link < <(pkg_config_flags --libs)
run compile "$CDC_CXX" -std=c++20 "${flags[@]}" "${compile[@]}" "$here/embed.cpp" \
  -o "$WORK/embed" "${link[@]}"
check_status 0 "$(<"$(err compile)")"

pg_start
sql 'create table t (id int primary key)' 'create publication p for table t'
for program in "$WORK/consumer/embed" "$WORK/embed"; do
  sql 'truncate t'
  spawn embed "$program" "$PG_CONNINFO" p 4
  wait_until 20 'grep -q ready "$(err embed)"'
  sql 'insert into t values (1)' 'update t set id = 2' 'delete from t'
  finish embed 20
  check_status 0 "$(<"$(err embed)")"
  check_eq "$(<"$(out embed)")" $'schema public.t\ninsert public.t\nupdate public.t\ndelete public.t'
done
