#!/usr/bin/env bash
# Sets up what running and testing need: uv, the Python environment, mosquitto, MicroPython. Safe to run again; quick then.
#   scripts/setup.sh run     what `make run` needs (a missing mosquitto is no reason to stop: the demo has its own broker)
#   scripts/setup.sh test    what `make test` needs; says which tests are skipped for want of what
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-test}
cache="${STRONGROOM_CACHE:-$PWD/.cache}"
mkdir -p "$cache"

say() { echo "setup: $*" >&2; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
may_install() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}
# Debian starts a service when it installs one. The tests start brokers of their own, and a service nobody asked for
# would take the port of one: policy-rc.d is Debian's way to say no, and it is taken away again.
policy=/usr/sbin/policy-rc.d
made_policy=
forbid_services() {
  [ -e "$policy" ] && return
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && made_policy=1 && as_root chmod 755 "$policy"
}
allow_services() {
  [ -z "$made_policy" ] || as_root rm -f "$policy"
  made_policy=
}
trap allow_services EXIT

refreshed=
install() {
  may_install || return 1
  if [ -z "$refreshed" ]; then as_root apt-get update -qq >&2 || true; refreshed=1; fi
  say "installing $*"
  forbid_services
  local done=0
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$cache/apt.log" 2>&1 || done=1
  allow_services
  [ "$done" = 0 ] || { say "apt could not install $*; see $cache/apt.log"; return 1; }
  if [ "$1" = mosquitto ] && [ -d /run/systemd/system ]; then
    as_root systemctl --quiet disable mosquitto.service >/dev/null 2>&1 || true
    say "the mosquitto service was neither started nor enabled; 'systemctl enable --now mosquitto' does both"
  fi
}

python=
for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
  [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
  if "$candidate" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then python=$(command -v "$candidate"); break; fi
done
if [ -z "$python" ]; then
  say "Python 3.11 or later is needed and was not found; install it, or name it with PYTHON=/path/to/python3 make ..."
  exit 1
fi

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
  uv="$cache/uv/bin/uv"
  if [ ! -x "$uv" ]; then
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
      install python3-venv || { say "this Python cannot make environments: install python3-venv (apt-get install python3-venv)"; exit 1; }
    fi
    say "fetching uv into $cache/uv"
    "$python" -m venv "$cache/uv"
    "$cache/uv/bin/pip" install --quiet --disable-pip-version-check uv
  fi
fi

stamp=.venv/.set-up
state=$(cat uv.lock pyproject.toml ./*/pyproject.toml | cksum)
if [ ! -x .venv/bin/python ] || [ "$(cat "$stamp" 2>/dev/null)" != "$state" ]; then
  say "Python environment in .venv"
  UV_PYTHON_DOWNLOADS=never "$uv" sync --frozen --quiet --python "$python"
  echo "$state" > "$stamp"
fi

missing=0
have() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }
want() { # program, package, what goes without it
  have "$1" && return
  install "$2" && have "$1" && return
  missing=1
  say "$1 is not installed and could not be installed (package $2): $3"
}
if [ "$purpose" = run ]; then
  want mosquitto mosquitto "the demo uses its embedded broker"
else
  want mosquitto mosquitto "tests that need a real broker are skipped (most of end to end, faults, access)"
  want openssl openssl "the tests that check certificates against openssl are skipped"
  want strace strace "the bench leaves out the slow disk"
  if [ ! -e /usr/share/fonts/truetype/wqy/wqy-microhei.ttc ] && ! install fonts-wqy-microhei; then
    missing=1
    say "no font with Chinese (package fonts-wqy-microhei): the tests of the PDF register are skipped"
  fi
fi
if ! scripts/micropython.sh --fetch >/dev/null; then
  missing=1
  if [ "$purpose" = run ]; then say "the boards run on CPython instead of MicroPython"
  else say "tests on real MicroPython are skipped"; fi
fi
[ "$missing" = 0 ] || say "to have everything: become root, or run: sudo apt-get install mosquitto openssl strace fonts-wqy-microhei"
exit 0
