#!/bin/sh
# d90 of anybody's scores: a CSV in, estimates out.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

{
    echo "space,d,seed,score"
    for seed in 1 2 3; do
        echo "full,,$seed,.98"
        echo "mine,0,$seed,.1"
        for d in 10:.5 100:.8 1000:.95; do
            echo "mine,${d%:*},$seed,$(awk -v s=$seed -v x="${d#*:}" 'BEGIN { print x + s / 1000 }')"
        done
    done
} >mine.csv
check "scores are measured" "$idim" d90 --scores mine.csv --plot no --out ./m
# threshold .882 on the mean line from (100, .802) to (1000, .952): 10^(2 + .08/.15) = 341.45
fit() { awk -F, 'NR == 2 { for (i = 1; i <= 40; i++) if ($i ~ /^341\.4[0-9]/) found = 1 } END { exit !found }' m/d90.csv; }
check "d90 is where the line says" fit
check "show reads them" "$idim" show ./m
# two spaces: other is mine, .01 lower; at every d -.01 and no spread, so that d90 is lower by one factor
(cat mine.csv; grep '^mine,1' mine.csv | awk -F, -v OFS=, '{ $1 = "other"; $4 -= .01; print }') >two.csv
check "two spaces are measured" "$idim" d90 --scores two.csv --plot no --out ./two
# d90 of other: .01/.15 of a factor of ten further; 10^(-.01/.15) = .857696
ratio() { grep -q '^mine,other,,d90,.*,,3,.*,0\.85769[0-9]*,' two/paired.csv; }
check "their ratio is on the same seeds" ratio
check "show compares them" sh -c '"$1" show ./two | grep -q "mine: d90 is 0.86 times that of other (95 %"' - "$idim"
check "a column that is missing" refused 1 "no column seed" sh -c 'sed s/seed/sede/ mine.csv >bad.csv; "$1" d90 --scores bad.csv --out ./x' - "$idim"
check "a cell that is no number" refused 1 "is no number" sh -c 'sed s/.952/dunno/ mine.csv >bad.csv; "$1" d90 --scores bad.csv --out ./x' - "$idim"
check "a run twice" refused 2 "mine" sh -c '(cat mine.csv; tail -1 mine.csv) >bad.csv; "$1" d90 --scores bad.csv --out ./x' - "$idim"
check "a file that is not there" refused 1 "nothing.csv" "$idim" d90 --scores nothing.csv
exit "$bad"
