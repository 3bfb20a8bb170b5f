#!/usr/bin/env bash
# Prints the command that starts MicroPython >= 1.24 for the tests and the emulated boards; fetches it when it is not there.
# Debian 13 and later: the packaged `micropython`. Debian 12: the Debian 13 package with its own libraries, unpacked into
# the cache folder and started through its own loader, so that nothing on the machine changes.
set -euo pipefail
cache="${STRONGROOM_CACHE:-$(cd "$(dirname "$0")/.." && pwd)/.cache}/micropython"
runner="$cache/micropython"

is_new_enough() {
  "$1" -c 'import sys; sys.exit(0 if sys.implementation.version[:2] >= (1, 24) else 1)' 2>/dev/null
}

if [ -x "$runner" ] && is_new_enough "$runner"; then echo "$runner"; exit 0; fi
if command -v micropython >/dev/null && is_new_enough "$(command -v micropython)"; then
  command -v micropython; exit 0
fi
[ "${1:-}" = "--fetch" ] || { echo "MicroPython >= 1.24 is not installed; 'make setup' fetches it" >&2; exit 1; }
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
  echo "MicroPython >= 1.24 is needed and this system has no apt to fetch it with" >&2; exit 1; }

site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -E '/(debian|raspbian)/?$' | head -n 1)
[ -n "$site" ] || { echo "no Debian mirror is configured in /etc/apt: cannot fetch MicroPython" >&2; exit 1; }
mkdir -p "$cache"/apt/lists/partial "$cache"/apt/archives/partial "$cache"/debs "$cache"/root
chmod 755 "$cache" "$cache"/apt "$cache"/debs
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site trixie main" > "$cache/apt/sources.list"
: > "$cache/apt/status"
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$cache/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
     -o "Dir::State=$cache/apt" -o "Dir::State::status=$cache/apt/status" -o "Dir::Cache=$cache/apt"
     -o APT::Sandbox::User="$(id -un)")
"${apt[@]}" update >&2
(cd "$cache/debs" && "${apt[@]}" download micropython libc6 libffi8 libmbedcrypto16 libmbedtls21 libmbedx509-7 >&2)
for deb in "$cache"/debs/*.deb; do dpkg-deb -x "$deb" "$cache/root"; done
libc_so=$(find "$cache/root/usr/lib" -name libc.so.6 | head -n 1)
lib_dir=$(dirname "$libc_so")
loader=$(find "$lib_dir" -maxdepth 1 -name 'ld-linux*' | head -n 1)
cat > "$runner" <<RUN
#!/bin/sh
exec "$loader" --library-path "$lib_dir" "$cache/root/usr/bin/micropython" "\$@"
RUN
chmod +x "$runner"
is_new_enough "$runner" || { echo "the MicroPython fetched into $cache does not start" >&2; exit 1; }
echo "$runner"
