#!/bin/sh
# d90 --search: the same bytes whatever the jobs, interruptions and other runs in the folder; what it took.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

search="d90 --search --data synth --epochs 8 --d 10..1000/log6 --quiet --plot no"
run() { # FOLDER OPTION...
    folder=$1
    shift
    # shellcheck disable=SC2086 # words
    "$idim" $search --out "./$folder" "$@" >said.txt 2>err.txt
}

# Waits until COMMAND succeeds, 10 s at most.
until_true() {
    n=0
    while [ "$n" -lt 1000 ] && ! "$@"; do
        n=$((n + 1))
        sleep .01
    done
}

check "a search runs" run one --jobs 1
check "it says what it took" grep -qE "^search: .*, [0-9]+ runs, .* steps, tuning and baseline counted; the whole grid:" said.txt
interval() { [ -n "$(column one/d90.csv d90_high | head -1)" ]; }
check "d90 has an interval" interval
five() { [ "$(column one/d90.csv seeds | head -1)" -ge 5 ]; }
check "of five seeds at least" five
ends() { [ "$(column one/search.csv end | sort -u | wc -l)" -eq 1 ]; }
check "search.csv says how it ended" ends
# a run's steps are counted in every stage that trained it: all that runs.csv holds, and no more
steps() { [ "$(column one/search.csv steps_total | tail -1)" -eq "$(column one/runs.csv steps_done | awk '{ n += $1 } END { print n }')" ]; }
check "every step is counted" steps
stopped() { column one/runs.csv status | grep -q '^stopped$'; }
check "some runs are stopped" stopped
no_test() { ! grep ',stopped,accuracy,[0-9]' one/runs.csv && ! grep ',tune,[0-9]*,ok,accuracy,[0-9]' one/runs.csv; }
check "no run that chooses has a test score" no_test
# nor has the step 0 that it begins with, which has a validation score
first_floor() { awk -F, '$6 == "floor" && $12 != "" && $14 == "" { n++ } END { exit n != 1 }' one/search.csv && [ "$(grep -c ',floor,1,ok,accuracy,,' one/runs.csv)" -eq 1 ]; }
check "nor has the step 0 that it chooses by" first_floor
check "its runs are scores of anybody's" "$idim" d90 --scores one/runs.csv --plot no --out ./scores

if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    check "NumPy recomputes it" /usr/bin/python3 "$here/docs/check_d90.py" one
else
    echo "skipped: NumPy recomputes it: python3-numpy is not installed"
fi

bytes() {
    for f in d90.csv search.csv runs.csv history.csv; do
        same "one/$f" "$1/$f" || return 1
    done
}
check "two jobs" run two --jobs 2
check "two jobs give the same bytes" bytes two
cp two/sweep.json before.json
check "the same search again" run two --jobs 2
check "it is no second ask" same before.json two/sweep.json
check "it gives the same bytes" bytes two

# killed again and again, everything at once, whenever some more lines are written
lines() { cat parts/runs/*.jsonl 2>/dev/null | wc -l; }
more() { [ "$(lines)" -gt "$1" ] || ! kill -0 "$2" 2>/dev/null; }
killed() {
    kills=0
    while [ "$kills" -lt 5 ]; do
        before=$(lines)
        # shellcheck disable=SC2086
        setsid "$idim" $search --jobs 2 --out ./parts >said.txt 2>err.txt &
        leader=$!
        until_true more "$((before + 3))" "$leader"
        kill -9 -- "-$leader" 2>/dev/null
        wait "$leader" 2>/dev/null
        kills=$((kills + 1))
    done
    run parts --jobs 2
}
check "a search is killed again and again" killed
check "it ends in the same bytes" bytes parts

# the whole grid was there before: it counts up to where the search looks, and no further
grid() { "$idim" d90 --data synth --epochs 8 --d 10..1000/log6 --quiet --plot no --seeds 5 --tune-seeds 3 --out ./grid >said.txt 2>err.txt; }
check "a grid in the folder" grid
check "a search beside it" run grid
check "it goes the same way" same one/search.csv grid/search.csv
asks() { [ "$(column grid/d90.csv asks | head -1)" -eq 2 ]; }
check "that two were asked is marked" asks

check "vary" refused 2 "a search takes seeds of whole runs" "$idim" d90 --search --data synth --vary P --out ./no
check "a place of one d" refused 2 "neither d nor r to search" "$idim" d90 --search --data synth --space fastfood --space full:targets=head --d 2..90/log12 --out ./no
# a program has no epochs to stop at: whole runs, and no floor where it cannot be asked for step 0
cat >score.sh <<'END'
[ "$1" -gt 0 ] 2>/dev/null || { echo "score=.9 val=.9"; exit; }
awk -v d="$1" -v s="$2" 'BEGIN { x = .9 * (1 - exp(-d / 60)) + .002 * (s % 3); print "score=" x " val=" x }'
END
program() { "$idim" d90 --search --exec 'sh score.sh {d} {seed}' --d 10..1000/log6 --quiet --plot no --jobs 2 --out ./program >said.txt 2>err.txt; }
check "a program of one's own" program
near() { [ "$(column program/d90.csv d90_seeds | head -1 | cut -d. -f1)" -ge 120 ] && [ "$(column program/d90.csv d90_seeds | head -1 | cut -d. -f1)" -le 160 ]; }
check "its d90 is where its curve says" near # 60 ln 10 = 138
check "the plan" "$idim" d90 --search --data synth --d 2..100/log12 --dry

exit "$bad"
