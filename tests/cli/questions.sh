#!/bin/sh
# A command answers what it was asked, whatever else its folder holds: other data under one name, other questions, other
# asks of the same one, a second process.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

array() { # NAME SHAPE BYTES: a file of unsigned bytes from stdin
    header="{'descr': '|u1', 'fortran_order': False, 'shape': $2, }"
    # shellcheck disable=SC2059 # the octal length is in the format
    { printf "\\223NUMPY\\1\\0\\$(printf %o ${#header})\\0"; printf %s "$header"; cat; } >"$1"
}
data() { # FOLDER A B: 80 samples of four bytes, whose second one says the class, or nothing
    mkdir -p "$1"
    awk -v a="$2" -v b="$3" 'BEGIN { for (i = 0; i < 80; i++) printf "%c%c%c%c", 65 + i * 7 % 5, i % 2 ? a : b, 65 + i * 3 % 4, 70 }' | array "$1/x.npy" "(80, 4)"
    awk 'BEGIN { for (i = 0; i < 80; i++) printf "%c", 1 + i % 2 }' | array "$1/y.npy" "(80,)"
}
data . 90 60
data other 77 76
d90() { "$idim" d90 --lr 1e-2 --quiet --plot no --jobs 1 --seeds 2 "$@"; }
few() { d90 --data synth:n=80 --model fc:width=4,depth=1 --epochs 2 --lr-full 1e-2 --d "$@" >said.txt 2>&1; }
kept() { cp "$1/d90.csv" "$1.csv"; }
as_kept() { same "$1/d90.csv" "$1.csv"; }

# ---- data that differ in their bytes alone
npy() { d90 --data "npy:dir=$1" --model fc:width=4,depth=1 --d 3 --epochs 4 --lr-full 1e-2 --out ./mine; }
own() { npy . >said.txt; }
check "own data are measured" own
kept mine
content() { column mine/runs.csv data.content | sort -u >a.txt && [ "$(wc -l <a.txt)" -eq 1 ] && grep -qxE '[0-9a-f]{64}' a.txt; }
check "runs.csv says which they were" content
check "others under their name are another question" refused 2 "other data under the same name" \
    npy other
moved() { mkdir -p elsewhere && cp x.npy y.npy elsewhere && npy elsewhere >said.txt && as_kept mine; }
check "the same ones elsewhere are the same question" moved
printf '%s\n' 'data = npy:dir=. npy:dir=other; model = fc:width=4,depth=1; d = 3; epochs = 4; seeds = 2; lr = 1e-2; lr-full = 1e-2' 'plot = no; quiet = yes' >both.idim
both() { "$idim" run both.idim --out ./both >said.txt 2>&1 && [ "$(cd both && echo npy*)" = 'npy-dir-.-fc npy-dir-other-fc' ]; }
check "in a sweep file each has its folder" both
check "with the number that it has alone" same both/npy-dir-.-fc/d90.csv mine.csv
runs_of() { [ "$(tail -n +2 both/npy-dir-other-fc/runs.csv | wc -l)" -eq 6 ]; }
check "and its own runs" runs_of

# ---- another question in the same folder
q() { d90 --data "$1" --model "$2" --epochs "$3" --batch "$4" --optimiser "$5" --lr-full 1e-2 --d 3+9 --out ./q; }
asked() { q synth:n=80 fc:width=4 5 32 adam >said.txt; }
check "a question is answered" asked
kept q
check "another number of epochs is another question" refused 2 "epochs=3, not 5" q synth:n=80 fc:width=4 3 32 adam
check "so is another network" refused 2 "width=5, not fc:width=4" q synth:n=80 fc:width=5 5 32 adam
check "other data" refused 2 "data=synth:n=90, not synth:n=80" q synth:n=90 fc:width=4 5 32 adam
check "another batch" refused 2 "batch=16, not 32" q synth:n=80 fc:width=4 5 16 adam
check "another optimiser: each has its folder" refused 2 "--out NAME" q synth:n=80 fc:width=4 5 32 sgd
again() { as_kept q && asked && as_kept q; }
check "asked again the first has its answer" again
two() { d90 --data synth:n=80 --model fc:width=4 --model fc:width=5 --epochs 5 --batch 32 --lr-full 1e-2 --d 3+9 --out ./q >said.txt; }
added() { # what was there lies in a folder of its own then
    two && [ ! -e q/d90.csv ] && same q/synth-fc-width-4/d90.csv q.csv && [ "$("$idim" show ./q | grep -c '^d90 ')" -eq 2 ]
}
check "with the first another one comes in" added
alone() { rm q/synth*/d90.csv && q synth:n=80 fc:width=5 5 32 adam >said.txt && [ "$(cd q && echo synth*/d90.csv)" = synth-fc-width-5/d90.csv ]; }
check "one of several is answered in its own folder" alone

# ---- other asks of the same question
check "a grid is measured" few 3+9+20 --out ./g
kept g
check "so is a second one" few 5+9 --out ./g
more() { [ "$(column g/d90.csv grid_points | sort -u)" = 4 ] && [ "$(column g/d90.csv asks | sort -u)" = 2 ]; }
check "which adds to the first, and that is counted" more
first() { few 3+9+20 --out ./g && as_kept g; }
check "the first asked again has its answer" first
rate() { d90 --data synth:n=80 --epochs 2 --d 3+9 --lr-full "$1" --out ./r >said.txt; }
between() { rate 1e-2 && kept r && rate 1e-4 && ! as_kept r && rate 1e-2 && as_kept r; }
check "so it has with another rate of the baseline between" between

# ---- two processes
cat >inner.sh <<END
# trains; the first run of a seed that the other process does not share starts that one, then what it noted is lost
if [ "\$3" = 3 ] && [ ! -e done ]; then
    touch done
    "$idim" d90 --exec 'sh inner.sh {space} {d} {seed}' --space b --d 3+9 --seeds 2 --quiet --plot no --jobs 1 --out ./at-once >inner.txt 2>&1 || exit 1
    printf '%s\n' '{"format": 1, "asks": [' >lost.json
    grep '"space": "b"' at-once/sweep.json >>lost.json
    echo ']}' >>lost.json
    mv lost.json at-once/sweep.json
fi
awk -v d="\$2" 'BEGIN { s = d ? d / (d + 1) : 1; printf "score=%g val=%g\n", s, s }'
END
at_once() {
    "$idim" d90 --exec 'sh inner.sh {space} {d} {seed}' --space a --d 3+9 --seeds 3 --quiet --plot no --jobs 1 --out ./at-once >said.txt 2>&1 &&
        [ "$(grep -c '"space"' at-once/sweep.json)" -eq 2 ] && [ "$(tail -n +2 at-once/d90.csv | cut -d, -f1 | sort -u | tr '\n' ' ')" = "a b " ]
}
check "of two at once the last writes what both asked" at_once
exit "$bad"
