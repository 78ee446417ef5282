#!/usr/bin/env bash
# Installs what the tests need beside Python: PostgreSQL, Postfix, a browser, calendar programs, npm packages, a Tryton.
# Quick when all of it is there. Where apt may not be used it says what to install, and fails.
set -euo pipefail
cd "$(dirname "$0")/../.."

missing=()
need() { # need PACKAGE COMMAND…: the package is missing when its test command fails
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}
has_postgresql() { compgen -G "/usr/lib/postgresql/*/bin/initdb" || command -v initdb; }
has_library() { ldconfig -p | grep -q "$1"; }
export PATH="$PATH:/usr/sbin:/sbin"

need postgresql has_postgresql
need calcurse command -v calcurse-caldav
need libical3 has_library libical.so.3
need nodejs command -v node
need npm command -v npm
need postfix command -v postfix
need openssl command -v openssl
if [[ " ${missing[*]} " == *" postfix "* ]] && command -v debconf-set-selections >/dev/null; then
    # Left without a configuration, the machine's own Postfix does not start; the tests run one of theirs.
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" debconf-set-selections <<<"postfix postfix/main_mailer_type select No configuration" || true
fi
if [ "${#missing[@]}" -gt 0 ]; then
    .ci/apt "${missing[@]}"
fi
tests/setup/browser.sh

# By content: a checkout may give an older date to a newer file.
installed=tests/node/node_modules/.installed.json
if ! cmp -s tests/node/package-lock.json "$installed"; then
    echo "Installing the npm packages of tests/node"
    npm --prefix tests/node ci --silent --no-audit --no-fund
    cp tests/node/package-lock.json "$installed"
fi

if [ -x tests/setup/tryton.sh ]; then
    tests/setup/tryton.sh
fi
