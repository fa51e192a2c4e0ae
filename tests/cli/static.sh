#!/bin/sh
# The one-file program runs where nothing else is: in an empty chroot.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

if [ "$(id -u)" -ne 0 ] || ! grep -q avx2 /proc/cpuinfo; then
    echo "skipped: the static program: needs root for chroot, and a CPU of x86-64-v3"
    exit 0
fi
build() { make -s -C "$here" static >build.txt 2>&1; }
check "make static builds one file" build
mkdir empty
cp "$here/build/static/idim" empty/
check "it needs no library" sh -c '! ldd empty/idim >/dev/null 2>&1'
check "it trains in an empty chroot" chroot empty /idim train --data synth --space fastfood:d=50 --epochs 2 --out ./r
check "it keeps its results" test -s empty/r/runs.csv
exit "$bad"
