#!/usr/bin/env bash
# Installs a browser and the driver that fits it, from where the system has them. CHROMIUM= and CHROMEDRIVER= name others.
set -euo pipefail
cd "$(dirname "$0")/../.."
snaps=${SNAP_BIN:-/snap/bin}
release=${OS_RELEASE:-/etc/os-release}
system=
[ ! -r "$release" ] || system=$(sed -n 's/^ID="\{0,1\}\([a-z]*\)"\{0,1\}$/\1/p' "$release")

works() { command -v "$1" >/dev/null && "$1" --version >/dev/null 2>&1; }

if [ -n "${CHROMIUM:-}" ] && [ -n "${CHROMEDRIVER:-}" ]; then
    exit 0
fi
case $system in
    ubuntu)
        # Its packages chromium-browser and chromium-chromedriver are empty but for a call of the snap.
        if works "$snaps/chromium.chromedriver" || { works google-chrome && works chromedriver; }; then
            exit 0
        fi
        if ! .ci/snap chromium; then
            echo "Or install another Chrome with its chromedriver, and name them:  CHROMIUM=… CHROMEDRIVER=… make test" >&2
            exit 1
        fi
        ;;
    *)
        missing=()
        works chromium || works chromium-browser || works google-chrome || missing+=(chromium)
        works chromedriver || missing+=(chromium-driver)
        [ "${#missing[@]}" = 0 ] || .ci/apt "${missing[@]}"
        ;;
esac
