#!/bin/sh
# What d90 answers in words: what a paper measured, where to go on, the toy's known dimension.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

said() { grep -qxF -- "$1" out.txt; }
d90() { "$idim" d90 --epochs 1 --seeds 1 --plot no --jobs 1 --quiet "$@" >out.txt 2>err.txt; }
quick() { d90 --lr 1e-3 --lr-full 1e-3 "$@"; }

# files in MNIST's form: pixels of any kind, labels 0 .. 9 in turn; their number in octal and decimal
images() {
    printf "\\000\\000\\010\\003\\000\\000\\000\\$1\\000\\000\\000\\034\\000\\000\\000\\034"
    seq 100000 | tr '0-9' '\000\033\066\121\154\207\242\275\330\363' | head -c $(($2 * 784))
}
labels() {
    printf "\\000\\000\\010\\001\\000\\000\\000\\$1"
    for _ in $(seq 10 10 "$2"); do printf '\000\001\002\003\004\005\006\007\010\011'; done
}
mkdir files
images 144 100 >files/train-images-idx3-ubyte
labels 144 100 >files/train-labels-idx1-ubyte
images 024 20 >files/t10k-images-idx3-ubyte
labels 024 20 >files/t10k-labels-idx1-ubyte
check "MNIST from a folder of one's own" quick --data mnist:dir=files --d 5+50 --out ./mnist
check "what a paper measured stands there, wherever the files lie" \
    said "  Li et al. 2018: 750 (baseline 1.0), 625 (own baseline)"
check "LeNet without ties" quick --data mnist:dir=files --model lenet:form=untied --d 5 --out ./untied
check "its numbers are others" said "  Li et al. 2018: 600 (baseline 1.0), 450 (own baseline)"
check "a part of MNIST" quick --data mnist:dir=files,train=80 --d 5 --out ./part
nothing() { ! grep -q "Li et al" out.txt; }
check "is not what the paper measured" nothing

# ---------------------------------------------------------------- where to go on
above() { d90 --data synth --model fc:width=20 --rule absolute,.999 --lr 1e-3 --lr-full 1e-3 "$@"; }
check "nothing passes" above --d 5+50 --out ./above
check "d goes on where it ended" said "  go on: --d 50..500/log6"
check "up to D" above --d 5+500 --out ./high
check "and not above it" said "  go on: --d 500..924/log6"
check "nothing passes of a space that has ranks" above --space lora --d 1+2 --out ./ranks
check "ranks go on and not the numbers they train" said "  go on: --d 2..20/log6"

# ---------------------------------------------------------------- a folder of runs alone
check "runs without a measure" "$idim" train --data synth --epochs 1 --lr 1e-3 --quiet --out ./runs
check "plot of them says what can be drawn" refused 1 "--figure history" "$idim" plot ./runs

# ---------------------------------------------------------------- Li et al., section 2: 10 by construction
toy() { "$idim" d90 --data toy --model toy --space dense --d 1..12/1 --seeds 20 --plot no --jobs 1 --quiet --out ./toy >out.txt; }
check "the toy" toy
check "its first d that passes is 10" grep -q "first d that passes: 10$" out.txt
doctor() {
    "$idim" doctor >out.txt && [ "$(sed '/^data/,$d' out.txt | wc -L)" -le 80 ] || return 1
    name=$(sed -n 's/.*"blas":"\([^"]*\)".*/\1/p' runs/runs/*.jsonl | head -1)
    [ -n "$name" ] && tr -s ' \n' ' ' <out.txt | grep -qF -- "${name% }"
}
check "doctor says all of BLAS's name in 80 columns" doctor
exit "$bad"
