#!/bin/sh
# idim bound: the scale line of papers.md 3.15, what is written, what is refused.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

says() {
    part=$1
    shift
    "$@" >out.txt 2>err.txt && grep -qF -- "$part" out.txt
}
mnist() { "$idim" bound --d 750 --train-error .1 --samples 60000 "$@"; }

check "32 bits a number" says "occam   0.47" mnist
check "the same by kl" grep -q "kl      0.4[34]" out.txt
check "4 bits a number" says "occam   0.23" mnist --bits 4 --out ./r
check "the row is kept" grep -q "^750,4,3000,64,0.1,60000,0.05," r/bound.csv
check "a length stands for d bits" says "in 2000 bits and 64 more" mnist --length 2000
check "what says nothing is said" says "says nothing" "$idim" bound --d 100000 --train-error .5 --samples 100
check "an error must be given" refused 2 "train-error" "$idim" bound --d 5 --samples 60
check "samples must be given" refused 2 "number of training samples" "$idim" bound --d 5 --train-error .1
check "it is a share" refused 2 "train-error" "$idim" bound --d 5 --samples 60 --train-error 3
check "delta is below 1" refused 2 "delta" mnist --delta 1
check "no numbers are no network" refused 2 "--d is missing" "$idim" bound --train-error 0 --samples 5
exit "$bad"
