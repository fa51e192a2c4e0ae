#!/bin/sh
# idim compare: spaces of one folder, of two, of CSVs; paired and not; against paired.csv of the sweep.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

says() {
    part=$1
    shift
    "$@" >out.txt 2>err.txt && tr '\n' ' ' <out.txt | tr -s ' ' | grep -qF -- "$part"
}
sweep() {
    seed=$1
    shift
    "$idim" d90 --data synth --d 5..40/log4 --epochs 4 --seeds 3 --seed "$seed" --plot no --quiet --rule own,raw,.5 "$@" >/dev/null
}
sweep 1 --space fastfood --space onehot --out ./one
sweep 11 --space fastfood --out ./other

compare() { "$idim" compare "$@" --rule own,raw,.5 --out ./c; }
check "two spaces of a folder" says "paired on 3 seeds' own crossings, not the mean curves'" compare one:fastfood one:onehot
alike() { sed 's/,[^,]*,[^,]*,[^,]*$//' c/compare.csv | cmp -s - one/paired.csv; } # but for its last columns
check "as the sweep itself compared them" alike
check "one space for both" says "not paired" compare one other --space fastfood
check "other seeds all count" grep -q "d90.*,3,3,1$" c/compare.csv
check "and it is said how" says "intervals are Welch's" compare one:fastfood other
check "the only space needs no name" says "b: other:fastfood" compare one:onehot other
check "a space against itself" says "at none of 5 common d" compare one:fastfood one:fastfood
check "its ratio is 1" awk -F, '/,d90,/ { ok = $(NF - 14) == 1 } END { exit !ok }' c/compare.csv

cp one/runs.csv runs.csv
check "runs.csv alone has the scores" says "paired on 3 seeds' own crossings, not the mean curves'" compare runs.csv:fastfood one:onehot
mkdir -p bare && cp one/runs.csv bare
check "a folder without journals has them too" says "paired on 3 seeds' own crossings, not the mean curves'" compare bare:fastfood bare:onehot

scores() { # crossings of t = .9 at d = 10 e, times what is given
    echo "space,d,seed,score"
    for s in 1 2 3; do
        echo "full,,$s,1"
        echo "mine,$1,$s,.8"
        echo "mine,$2,$s,1.$s"
    done
}
scores 10 100 >a.csv
scores 20 200 >b.csv
check "anybody's scores" says "d90 is 0.50 times that of b.csv:mine" "$idim" compare a.csv b.csv --out ./c
check "the ratio is known" awk -F, '/,d90,/ { x = $(NF - 14) } END { exit !(x > .4999999 && x < .5000001) }' c/compare.csv

check "several spaces want a name" refused 2 "there are fastfood, onehot" "$idim" compare one other
check "a name that is not there" refused 2 "no space none" "$idim" compare one:none other
check "a folder that is not there" refused 1 "no such results folder" "$idim" compare one:fastfood nowhere:fastfood
"$idim" train --data synth --space fastfood:d=5 --epochs 1 --quiet --out ./t >/dev/null
check "a folder without a sweep" refused 2 "no ask is noted" "$idim" compare t one:fastfood
check "higher and lower" refused 2 "cannot be compared" "$idim" compare a.csv one:fastfood --better lower --rule own,gain,.9
exit "$bad"
