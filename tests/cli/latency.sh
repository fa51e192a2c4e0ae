#!/bin/sh
# idim latency: a row a method, form and length; what is refused.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

model=transformer:width=16,layers=2,heads=2,vocabulary=50,positions=48
timed() {
    "$idim" latency $model --length 16+32+64 --turns 3 --out ./l >out.txt && [ "$(wc -l <l/latency.csv)" -eq 13 ] &&
        grep -q "^16 tokens" out.txt && grep -q "^32 tokens" out.txt
}
check "all methods at all lengths that there are positions for" timed
longer() { ! grep -q "^64 tokens" out.txt; }
check "a longer text is left out" longer
check "its table fits a terminal" sh -c '! grep -q ".\{81\}" out.txt'
own() { "$idim" latency $model --length 16 --turns 3 --space dora:r=2,targets=o --space full >out.txt && grep -q "^dora:r=2,targets=o *merged" out.txt; }
check "methods of one's own" own
check "no length that fits is refused" refused 2 "has positions for 48" "$idim" latency $model --length 64
check "a length that is none is refused" refused 2 "length" "$idim" latency $model --length 16+x
check "a method that is none is refused" refused 2 "lora" "$idim" latency $model --length 16 --space lorra
check "what is not there is refused" refused 1 "none" "$idim" latency none
exit "$bad"
