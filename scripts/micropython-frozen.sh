#!/usr/bin/env bash
# Prints the command of a MicroPython 1.25 with the firmware and its emulation frozen in; builds it when the sources
# have changed. Names, constants and code then lie in the program, as an ESP32 has them in its flash.
# Needs a Debian mirror in /etc/apt, dpkg-source (dpkg-dev), gcc, make and python3. Source, TLS library and the C library
# that goes with it are those of Debian 13, in the cache folder; nothing on the machine changes.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd)
cache="${STRONGROOM_CACHE:-$home/.cache}/micropython-frozen"
runner="$cache/micropython"

for tool in apt-get dpkg-deb dpkg-source gcc make python3; do
  command -v "$tool" >/dev/null || { echo "$tool is needed to build MicroPython" >&2; exit 1; }
done

fetch() {
  local site keys=/usr/share/keyrings/debian-archive-keyring.gpg
  site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -E '/(debian|raspbian)/?$' | head -n 1)
  [ -n "$site" ] || { echo "no Debian mirror is configured in /etc/apt: cannot fetch MicroPython" >&2; exit 1; }
  rm -rf "$cache"
  mkdir -p "$cache"/apt/lists/partial "$cache"/apt/archives/partial "$cache"/packages "$cache"/root
  chmod 755 "$cache" "$cache"/apt "$cache"/packages
  printf '%s [signed-by=%s] %s trixie main\n' deb "$keys" "$site" deb-src "$keys" "$site" > "$cache/apt/sources.list"
  : > "$cache/apt/status"
  local apt=(apt-get -qq -o "Dir::Etc::sourcelist=$cache/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
             -o "Dir::State=$cache/apt" -o "Dir::State::status=$cache/apt/status" -o "Dir::Cache=$cache/apt"
             -o APT::Sandbox::User="$(id -un)")
  "${apt[@]}" update
  (cd "$cache/packages"
   "${apt[@]}" download libc6 libffi8 libffi-dev libmbedcrypto16 libmbedtls21 libmbedx509-7 libmbedtls-dev
   # apt has checked both against the signed list of the mirror.
   "${apt[@]}" source --download-only micropython
   for deb in *.deb; do dpkg-deb -x "$deb" "$cache/root"; done
   dpkg-source --no-check -x micropython_*.dsc "$cache/source")
  make -s -C "$cache/source/mpy-cross"
  touch "$cache/fetched"
}

build() {
  local lib_dir include loader
  lib_dir=$(dirname "$(find "$cache/root/usr/lib" -name libc.so.6 | head -n 1)")
  loader=$(find "$lib_dir" -maxdepth 1 -name 'ld-linux*' | head -n 1)
  include="$cache/root/usr/include"
  PYTHONPATH="$home/firmware/sim" python3 -m strongroom_sim.frozen "$cache/frozen"
  # As the packaged one that runs the other tests, without Java and a database; the C library's own headers are the
  # machine's, its newer self is there when it runs.
  make -s -j "$(nproc)" -C "$cache/source/ports/unix" BUILD="$cache/build" FROZEN_MANIFEST="$cache/frozen/manifest.py" \
    MICROPY_SSL_AXTLS=0 MICROPY_SSL_MBEDTLS=1 MICROPY_PY_BTREE=0 MICROPY_PY_FFI=1 MICROPY_PY_JNI=0 \
    LIBFFI_CFLAGS="-idirafter $include -idirafter $include/$(basename "$lib_dir")" LIBFFI_LDFLAGS="-L$lib_dir -lffi -ldl" \
    LDFLAGS_EXTRA="-L$lib_dir -Wl,--allow-shlib-undefined"
  cat > "$runner" <<RUN
#!/bin/sh
exec "$loader" --library-path "$lib_dir" "$cache/build/micropython" "\$@"
RUN
  chmod +x "$runner"
}

[ -e "$cache/fetched" ] || fetch >&2
build >&2
# The interpreter can be told from the packaged one by what it carries.
"$runner" -c 'import sys; sys.path[:] = [".frozen"]; import tls, strongroom_node' >&2 || {
  echo "the MicroPython built in $cache does not start" >&2; exit 1; }
echo "$runner"
