#!/bin/sh
# Brings a real Tryton for the tests into .venv-tryton, an environment of its own. Running it again costs nothing.
set -eu
cd "$(dirname "$0")/../.."
wanted=tests/stock_sync/tryton/requirements.txt
home=.venv-tryton
if cmp -s "$wanted" "$home/installed.txt"; then
    exit 0
fi
echo "Installing Tryton 8.2 for the tests (half a minute) ..."
rm -rf "$home"
"${PYTHON:-python3}" -m venv "$home"
"$home/bin/pip" install --quiet --disable-pip-version-check --no-input -r "$wanted"
cp "$wanted" "$home/installed.txt"
