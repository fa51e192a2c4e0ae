#!/bin/sh
# A short training against its committed history: the same bytes on the numeric kind that made it, elsewhere
# losses within 2e-3 (float sums in another order, over 40 steps) and scores within .02 (two samples of 102).
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

# every x86-64 CPU since 2013 has these kernels: one choice, so that machines meet in one numeric kind
if grep -qw avx2 /proc/cpuinfo 2>/dev/null; then
    OPENBLAS_CORETYPE=Haswell
    export OPENBLAS_CORETYPE
fi
golden=$here/tests/golden/synth-fc-fastfood.csv
check "it trains" "$idim" train --data synth --model fc:width=20 --space fastfood:d=50 --lr .05 --epochs 5 --out ./g
kind=$(column g/runs.csv kind)
near() {
    paste -d, "$golden" g/history.csv | awk -F, 'NR > 1 { for (i = 2; i <= NF / 2; i++) {
        d = $i - $(i + NF / 2); most = i == 6 || i == 8 ? .02 : 2e-3
        if (d > most || d < -most) bad = 1 } } END { exit bad || NR != 6 }'
}
if [ "$kind" = "$(cat "$here/tests/golden/kind")" ]; then
    check "the history has the golden bytes" cmp "$golden" g/history.csv
else
    echo "skipped: the history has the golden bytes: they are of numeric kind $(cat "$here/tests/golden/kind"), this machine is of $kind"
fi
check "the history is near the golden one" near
exit "$bad"
