#!/bin/sh
# Which randomness: designs in one folder are told apart; spaces are compared on the same seeds.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

d90() { "$idim" d90 --data synth --epochs 3 --d 5..100/log3 --quiet --plot no --jobs 1 --out ./f "$@" >said.txt 2>&1; }
words() { tr -s ' \n' ' ' <said.txt; } # lines end where the terminal's do
rows() { grep -cE ',(score|baseline|floor),[0-9]' f/runs.csv; } # those that choose rates are no draws
added() { [ $(($(rows) - before)) -eq "$1" ]; }
column() { # FILE NAME: the first row's cell
    awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) k = i - NF } NR == 2 { print $(NF + k) }' "$1"
}
varies() { [ "$(column f/d90.csv vary)" = "$1" ]; }

check "P is varied" d90 --vary P
# 5 d x 3 seeds, one baseline and one floor: P moves neither
one_baseline() { [ "$(rows)" -eq 17 ]; }
check "P moves no baseline" one_baseline
said() { words | grep -q "P moves between these seeds, all against the one baseline"; }
check "that is said" said
check "d90.csv says what varied" varies P
before=$(rows)
check "theta0 is varied" d90 --vary theta0
# two more seeds, each with floor and baseline: the first draw is the one that P began with
check "the first draw is shared" added 14
check "the latest ask comes first" varies theta0
check "data is varied" d90 --vary data
check "everything is varied" d90
sources() { words | grep -q "sd of ln d90 by source, fastfood: all .* data .* theta0 .* P "; }
check "the sources are told apart" sources
four() { [ "$(wc -l <f/variance.csv)" -eq 5 ]; }
check "variance.csv has a row for each" four
before=$(rows)
check "a design asked twice trains nothing" d90 --vary data
check "nothing is trained twice" added 0
before=$(rows)
check "theta0 and P are crossed" d90 --vary 'P*theta0'
# 3 x 3 draws, of which P's and theta0's own 5 are there; baselines and floors of theta0 too
check "a crossed design uses what is there" added 20
check "its form is one" grep -q '"vary": "theta0\*P"' f/sweep.json
check "it has no interval" [ -z "$(column f/d90.csv d90_high_state)" ]
check "its interaction is a row" grep -q '^fastfood,theta0\*P,theta0\*P,' f/variance.csv
check "spaces are compared" d90 --space fastfood --space dense
ratio() { words | grep -qE 'fastfood: d90 is [0-9.]+ times that of dense \(95 %'; }
check "in words" ratio
six() { [ "$(grep -c '^fastfood,dense,all,' f/paired.csv)" -eq 6 ]; }
check "at each d and in d90" six
"$idim" show ./f >shown.txt
check "show says the same" grep -q "times that of dense" shown.txt
check "report.html has it" grep -q "<h2>Compared</h2>" f/report.html
check "the cost of half the interval" grep -qE "takes about 5 seeds: 14 more runs" said.txt
numpy=/usr/bin/python3
if "$numpy" -c 'import numpy' 2>/dev/null; then
    check "NumPy recomputes all designs" "$numpy" "$here/docs/check_d90.py" f
else
    echo "skipped: NumPy recomputes all designs: python3-numpy is not installed"
fi
check "no source" refused 2 "is none of all, theta0, P, data" "$idim" d90 --vary seed
check "a source twice" refused 2 "there twice" "$idim" d90 --vary 'P*theta0+P'
check "three factors" refused 2 "two factors" "$idim" d90 --vary 'P*theta0*data'
exit "$bad"
