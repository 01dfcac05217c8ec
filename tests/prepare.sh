#!/bin/sh
# Installs the servers and the browser the tests talk to, where they are missing.
# As root on Debian by apt; otherwise it names each missing package.
set -eu

missing=""
need() { # need PACKAGE TEST...
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
need postgresql sh -c 'ls /usr/lib/postgresql/*/bin/postgres || command -v postgres'
need redis-server sh -c 'command -v redis-server'
need chromium sh -c 'command -v chromium'
need coturn sh -c 'command -v turnserver'

[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    if apt-get update -qq >"$log" 2>&1 && apt-get install -y -qq --no-install-recommends $missing >"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    tail -n 20 "$log"
    rm -f "$log"
fi
for package in $missing; do
    echo "Missing: $package (as root: apt-get install $package). Its tests will be skipped."
done
[ -z "${STRICT:-}" ]
