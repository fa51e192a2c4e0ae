#!/bin/sh
# bank.sh: the bank of runs that mnist-fc-small.csv was replayed against, into ./bank-fc. Every rate is an ask of
# its own, so that all seeds are scored at all rates; the last two bring the baseline's other rates.
set -eu
q="--data mnist:train=11000,test=5000 --model fc:width=100,depth=1 --epochs 16 --seeds 24 --plot=no --quiet --out ./bank-fc"
for r in 1 .3 3 .1; do
    # shellcheck disable=SC2086 # words
    idim d90 $q --d 100..2000/log12 --lr-full 3e-3 --lr "rel:$r"
done
# shellcheck disable=SC2086
idim d90 $q --d 2000 --lr-full 1e-3 --lr rel:3
# shellcheck disable=SC2086
idim d90 $q --d 2000 --lr-full 1e-2 --lr rel:.3
