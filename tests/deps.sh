#!/bin/sh
# Installs those of the named Debian packages that are missing. Says so first; without apt or root it
# prints what is needed and exits 1.
set -u
missing=
for p in "$@"; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
if [ -z "$missing" ]; then
    echo "packages: all there."
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "packages needed, by their Debian names:$missing"
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    root=
elif command -v sudo >/dev/null; then
    root=sudo
else
    echo "packages needed (as root: apt-get install$missing)"
    exit 1
fi
echo "packages: installing$missing"
$root apt-get update -qq || exit 1
# shellcheck disable=SC2086 # a list of words
DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >/dev/null || exit 1
