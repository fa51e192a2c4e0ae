#!/bin/sh
# A sweep gives the same bytes whatever the jobs and interruptions, and runs only what is new.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

d90() { "$idim" d90 --data synth --epochs 3 --d 5..100/log3 --quiet --plot no "$@" >said.txt 2>&1; }
tables_same() {
    for f in runs.csv history.csv d90.csv; do same "$1/$f" "$2/$f" || return 1; done
}

check "one job runs" d90 --jobs 1 --out ./one
check "two jobs run" d90 --jobs 2 --out ./two
check "two jobs give the bytes of one" tables_same one two
check "threads change no bytes" d90 --jobs 1 --threads 2 --out ./threads
check "threads give the same bytes" tables_same one threads

# spaces that read their matrix once for several rates, that ride, and pictures: folder, options
jobs_same() {
    to=$1
    shift
    "$idim" d90 --epochs 2 --seeds 2 --quiet --plot no "$@" --jobs 1 --out "./$to-1" >said.txt 2>&1 &&
        "$idim" d90 --epochs 2 --seeds 2 --quiet --plot no "$@" --jobs 2 --out "./$to-2" >said.txt 2>&1 &&
        tables_same "$to-1" "$to-2"
}
check "two jobs give the bytes of one, in teams" jobs_same dense --data synth --model fc:width=20 --space dense --d 5..100/log3
teams() { awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "team") at = i } NR > 1 && $at > 1 { n++ } END { exit !n }' dense-1/provenance.csv; }
check "there were teams" teams
check "two jobs give the bytes of one, of riders" jobs_same lora --data synth --model fc:width=20 --space lora --d 1+2
check "two jobs give the bytes of one, of pictures" jobs_same lenet --data synth:features=784,n=200 --model lenet --space onehot --d 20+200

# what is told: nothing, every run, workers too
told() { "$idim" d90 --data synth --epochs 1 --d 5+50 --lr 1e-3 --lr-full 1e-3 --seeds 1 --plot no --quiet --jobs 1 --log "$1" --out "./told-$1" 2>&1 >/dev/null | grep -c "$2"; }
check "--log warn tells no run" [ "$(told warn .)" -eq 0 ]
check "--log info tells every run" [ "$(told info '^run ')" -eq 4 ]
check "--log debug tells of workers" [ "$(told debug 'a worker starts')" -eq 1 ]

# killed in the middle, without a chance to tidy up, then started again
"$idim" d90 --data synth --epochs 3 --d 5..100/log3 --quiet --jobs 2 --out ./killed >/dev/null 2>&1 &
leader=$!
n=0
while [ "$n" -lt 200 ] && [ "$(cat killed/runs/*.jsonl 2>/dev/null | wc -l)" -lt 5 ]; do
    n=$((n + 1))
    sleep .01
done
kill -9 "$leader" 2>/dev/null
wait "$leader" 2>/dev/null
printf '{"crc":"00000000","torn' >>"$(find killed/runs -name '*.jsonl' | head -1)"
check "it goes on after kill -9" d90 --jobs 2 --out ./killed
check "a killed sweep ends in the same bytes" tables_same one killed
lines() { [ "$(wc -l <killed/runs.csv)" -eq "$(wc -l <one/runs.csv)" ]; }
check "no run stands twice" lines

before=$(wc -l <one/runs.csv)
check "more seeds run" d90 --jobs 1 --seeds 4 --out ./one
# a floor, a baseline and five d for the one new seed; the rates are not chosen again
new() { [ $(($(wc -l <one/runs.csv) - before)) -eq 7 ]; }
check "more seeds run only what is new" new
check "the ask is noted" grep -q '"seeds": "4"' one/sweep.json
# asks, vary and first_seed are the last columns
asks() { # a rule is quoted and holds commas, after it no text does: counted from the end
    [ "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "asks") k = NF - i } NR == 2 { print $(NF - k) }' one/d90.csv)" = 2 ]
}
check "a later ask is counted" asks

check "verify finds the same bytes" "$idim" verify ./two --share 20%
said() { "$idim" verify ./two --share 20% 2>/dev/null | grep -qE '^([0-9]+) of \1 the same bytes$'; }
check "verify says how many" said
check "collect gives the same bytes" "$idim" collect ./two
check "collect is idempotent" tables_same two threads
numpy=/usr/bin/python3
if "$numpy" -c 'import numpy' 2>/dev/null; then
    check "NumPy recomputes d90.csv" "$numpy" "$here/docs/check_d90.py" two
else
    echo "skipped: NumPy recomputes d90.csv: python3-numpy is not installed"
fi
exit "$bad"
