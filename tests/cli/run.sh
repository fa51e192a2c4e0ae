#!/bin/sh
# idim run: a sweep file's runs in one folder; shares, two leaders, a killed one and mpirun end in the bytes of
# one process.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

cat >s.idim <<'END'
# three sweeps in one folder
data = synth:n=200
epochs = 2
d = 5..50/log2
lr = 1e-2 ; lr-full = 1e-2
seeds = 2
plot = no ; quiet = yes
sweep small { model = fc:width=8; space = fastfood+onehot }
sweep wide { zip { model = fc:width=16 fc:width=20; epochs = 1+2 }
  exclude { model = fc:width=20; d = 30..100 } }
sweep plain { measure = train; space = full dense:d=3 fastfood; d = 4+9; lr = 1e-2+1e-3; seeds = 3 }
END
run() { "$idim" run s.idim "$@" >said.txt 2>&1; }
tables_same() {
    for f in runs.csv history.csv small-synth-fc/d90.csv wide-synth-fc-width-16/d90.csv; do same "$1/$f" "$2/$f" || return 1; done
}
once() { # FOLDER SAID...: what its leaders trained is as many runs as there are
    folder=$1
    shift
    [ "$(sed -n 's/^\([0-9]*\) runs trained.*/\1/p' "$@" | awk '{ n += $1 } END { print n }')" -eq \
        "$(tail -n +2 "$folder/runs.csv" | wc -l)" ] && ! "$idim" status "./$folder" | grep -q 'done twice'
}

# the page's file, as it stands there
sed -n '/^```$/,/^```$/p' "$here/docs/sweeps.md" | grep -v '^```' >page.idim
planned() { "$idim" plan page.idim >said.txt 2>&1 && grep -q '^plain runs  *30  *0  *30$' said.txt && [ ! -e results ]; }
check "the file of docs/sweeps.md is planned, and nothing is made" planned
page() { "$idim" run page.idim --quiet --jobs 2 >said.txt 2>&1; }
check "it runs" page
all_done() { "$idim" plan page.idim | grep -q '^0 to do'; }
check "then nothing is left to do" all_done
rows_csv() { [ "$("$idim" plan page.idim --csv | tail -n +2 | wc -l)" -eq "$(tail -n +2 results/page/runs.csv | wc -l)" ]; }
check "--csv has a row for each run" rows_csv
million() {
    printf 'measure = train\ndata = synth\nspace = fastfood\nd = 10..1000/10\nlr = 1e-4..1e-3/1e-4\nseeds = 1000\n' >m.idim
    "$idim" plan m.idim | grep -q '^1,000,000 to do'
}
check "a million runs are planned" million

printf '%s\n' 'data = cartpole; model = fc:width=20; space = dense; schedule = linear; epochs = 8; d = 30' \
    'lr = 1e-2; lr-full = 1e-2; seeds = 1; plot = no' >cart.idim
foreseen() { # both are measured here and now; scoring each of a few steps as an epoch was 13 times too much
    "$idim" plan cart.idim --jobs 1 | sed -n 's/.*to do: \([0-9]*\):\([0-9]*\) by.*/\1 \2/p' >foreseen.txt
    "$idim" run cart.idim --jobs 1 --quiet >said.txt 2>&1
    wall=$(awk -F, 'NR > 1 { s += $4 } END { print s }' results/cart/provenance.csv)
    awk -v wall="$wall" '{ s = 60 * $1 + $2; if (s > 6 * wall + 2) { print s, "s foreseen," wall, "s taken"; exit 1 } }' foreseen.txt
}
check "an estimate is none of the scoring between the few steps that it times" foreseen
check "a sweep file runs" run --jobs 1 --out ./one
rows() { [ "$(wc -l <one/runs.csv)" -eq 65 ]; }
check "it is as many runs as it says" rows
seq 1 2000 >t.txt
cat >places.idim <<'END'
data = text:file=t.txt,length=8; model = transformer:width=8,layers=1,heads=1 transformer:width=4,layers=1,heads=1
d = 3; steps = 1; lr = 1e-3; lr-full = 1e-3; seeds = 1; plot = no; quiet = yes
END
placed() { # header, floor, baseline, score of each model
    "$idim" run places.idim --out ./places >said.txt 2>&1 && [ "$(cat places/text-*/runs.csv | wc -l)" -eq 8 ]
}
check "a question has its runs, wherever its data lie" placed
printf '%s\n' 'data = synth:n=64; model = fc:width=4; d = 3; lr = 1e-2; lr-full = 1e-2; seeds = 1; plot = no; quiet = yes' \
    'zip { epochs = 1 2 2; l2 = 0 0 1e-3 }' >trained.idim
trained() { # each: header, floor (all share it), baseline, score
    "$idim" run trained.idim --out ./trained >said.txt 2>&1 && [ "$(tail -n +2 trained/runs.csv | wc -l)" -eq 7 ] &&
        [ "$(cat trained/synth*/runs.csv | wc -l)" -eq 12 ]
}
check "questions that differ in how they are trained have their own runs" trained
named() { [ "$(cd trained && echo synth*)" = 'synth-fc-epochs-1 synth-fc-epochs-2-l2-0 synth-fc-epochs-2-l2-0.001' ]; }
check "and folders that are named after that" named
numbered() { # as they were called before
    mkdir -p numbered/synth-n-64-fc-width-4-2 && "$idim" run trained.idim --out ./numbered >said.txt 2>&1 &&
        same numbered/synth-n-64-fc-width-4-2/d90.csv trained/synth-fc-epochs-2-l2-0/d90.csv && [ ! -e numbered/synth-fc-epochs-2-l2-0 ]
}
check "a folder with a number goes on under its name" numbered
nets() {
    "$idim" d90 --data synth:n=64 --data synth:n=80 --model fc:width=4 --model fc:width=5 --epochs 1 --d 3 --lr 1e-2 --lr-full 1e-2 --seeds 1 \
        --plot no --quiet --out ./nets >said.txt 2>&1 && [ "$(cd nets && echo synth*)" = 'synth-n-64-fc-width-4 synth-n-64-fc-width-5 synth-n-80-fc-width-4 synth-n-80-fc-width-5' ]
}
check "several data sets and models on the command line are as many questions" nets
printf '%s\n' 'data = synth:n=64 synth:n=80; model = fc:width=4 fc:width=5; epochs = 1; d = 3; lr = 1e-2; lr-full = 1e-2; seeds = 1; plot = no; quiet = yes' >nets.idim
by_file() { "$idim" run nets.idim --out ./nets >said.txt 2>&1 && grep -q '^0 runs trained' said.txt; }
check "as by a file with these lists" by_file
typed() { "$idim" d90 --data synth --model fc:width=4 --model fc:width=5 --dry >said.txt && head -1 said.txt | grep -q -- ' --model fc:width=4 --model fc:width=5 --space'; }
check "the command is told as it is typed" typed
check "who takes one model refuses two" refused 2 "--model is there twice; it takes one" "$idim" train --data synth --model fc --model lenet
check "ranks too" refused 2 "--data is there twice; it takes one" "$idim" ranks --data synth --data mnist
shown() { [ "$("$idim" show ./trained | grep -c '^./trained/synth\|^d90 ')" -eq 6 ]; }
check "show shows each question under its name" shown
pages() { rm -f trained/*/report.html && [ "$("$idim" report ./trained --plot no | grep -c 'synth-.*/report.html')" -eq 3 ] && [ "$(find trained -name report.html | wc -l)" -eq 3 ]; }
check "report makes a page of each" pages
mkdir -p plain/runs
check "a folder without any names its curve" refused 1 "--figure history" "$idim" show ./plain

printf 'epochs = 1 ; d = 5 ; lr = 1e-2 ; lr-full = 1e-2 ; seeds = 1 ; plot = no ; quiet = yes\nmodel = fc:width=8
sweep a { data = synth:n=60 }\nsweep b { data = synth:n=80 }\n' >data.idim
data() { "$idim" run data.idim --jobs "$1" --out "./data-$1" >said.txt 2>&1; }
check "a worker that was there before a second data set has it too" data 1
check "and so have two" data 2
check "with the same bytes" same data-1/runs.csv data-2/runs.csv

check "again it finds all done" run --jobs 1 --out ./one
nothing() { "$idim" slurm s.idim --out ./one | grep -q 'all runs are done'; }
check "Slurm is told that nothing is left" nothing
check "again nothing is trained" grep -q '^0 runs trained' said.txt

shards() {
    for i in 0 1 2; do "$idim" run s.idim --out ./shards --jobs 1 --shard $i/3 >said-$i.txt 2>&1 & done
    wait
    grep -q 'shard 1 of 0..2, by --shard' said-1.txt
}
check "three shards at once run" shards
check "three shards give the bytes of one process" tables_same one shards
check "three shards do nothing twice" once shards said-0.txt said-1.txt said-2.txt
gone() { [ ! -e shards/working ]; }
check "no claim is left behind" gone

two() {
    for i in 1 2; do "$idim" run s.idim --out ./two --jobs 2 >said-$i.txt 2>&1 & done
    wait
}
check "two leaders at one folder run" two
check "two leaders give the bytes of one" tables_same one two
check "two leaders do nothing twice" once two said-1.txt said-2.txt

killed() {
    "$idim" run s.idim --out ./killed --jobs 1 --shard 0/2 --epochs 60 >/dev/null 2>&1 &
    leader=$!
    n=0
    while [ "$n" -lt 300 ] && [ "$(cat killed/runs/*.jsonl 2>/dev/null | wc -l)" -lt 3 ]; do
        n=$((n + 1))
        sleep .01
    done
    kill -9 "$leader"
    wait "$leader" 2>/dev/null
    run --jobs 1 --out ./killed --shard 1/2 --epochs 60 && run --jobs 2 --out ./whole --epochs 60 &&
        same killed/runs.csv whole/runs.csv
}
check "what a killed shard leaves the other does" killed

check "a stage ends behind itself" run --jobs 1 --out ./stage --stage 1 --lr 1e-2+1e-3
none() { ! grep -q fastfood stage/runs.csv; }
check "stage 1 knows floors and baselines alone" none
check "another numeric kind is refused" refused 2 "kind=0123456789abcdef: this machine's" \
    "$idim" run s.idim --kind 0123456789abcdef --out ./kind
check "a share that is none is refused" refused 2 "shard=3/3" "$idim" run s.idim --shard 3/3 --out ./kind

# a file under the name of what it measures
quiet() { "$idim" "$@" >said.txt 2>&1; }
printf 'data = synth\nspace = fastfood\nd = 5+50\nepochs = 1\nlr = 1e-3\nseeds = 2\nplot = no\n' >of.idim
check "idim d90 takes a sweep file" quiet d90 of.idim --quiet --out ./of
check "as idim run does" quiet run of.idim --quiet --out ./of-run
check "with the same bytes" same of/d90.csv of-run/d90.csv
check "ranks refuses a file of d90" refused 2 "of.idim: its measure is d90, not ranks" "$idim" ranks of.idim --out ./of
check "the file stands first" refused 2 "a sweep file stands before its options" "$idim" d90 --out ./of of.idim
printf 'data = synth\nzip { model = fc+lenet; optimiser = adam+adm }\n' >kind.idim
check "a wrong kind is told with its line" refused 2 "kind.idim:2: adm: no such optimiser" "$idim" plan kind.idim
printf 'data = synth\nmodel = fc:width=4 + fc:width=5\n' >plus.idim
check "a + between kinds with keys has its line and its mend" refused 2 "plus.idim:2: fc:width=4+fc:width=5: a list" "$idim" plan plus.idim
check "on the command line too" refused 2 "blanks cut kinds with keys" "$idim" d90 --data synth --model 'fc:width=4 + fc:width=5' --dry
check "no space of such a list is forgotten" refused 2 "fastfood:d=5+dense:d=4: a list" "$idim" d90 --data synth --space fastfood:d=5+dense:d=4 --dry
check "or its option" refused 2 "--space: foo: no such space" "$idim" plan of.idim --space foo

if command -v mpirun >/dev/null 2>&1; then
    mpi() { mpirun --allow-run-as-root --oversubscribe -n 3 "$idim" run s.idim --jobs 1 --out ./mpi >said.txt 2>&1; }
    check "mpirun's processes share it" mpi
    check "they know their numbers" grep -q 'shard 2 of 0..2, by mpirun' said.txt
    check "mpirun gives the bytes of one process" tables_same one mpi
else
    echo "skipped: mpirun: openmpi-bin is not installed"
fi
cat >long.idim <<'EOF'
data = synthtext:length=8,vocabulary=12,n=40,branch=2,seed=5 ; space = onehot ; d = 5 ; lr = 1e-2 ; lr-full = 1e-2
steps = 2 ; seeds = 1 ; plot = no
model = transformer:family=llama,width=8,layers=1,heads=2,kv-heads=1,hidden=12,positions=128,vocabulary=128,rope=interleaved,theta=20000,norm=layer,eps=0.001,act=relu,tie=yes,drop=0.01,drop-attention=0.01,recompute=yes
model = transformer:width=8,layers=1,heads=1
EOF
check "a network whose name is longer than a file's has its folder" "$idim" run long.idim --jobs 1 --quiet --out ./long
two_questions() { [ "$(find long -mindepth 2 -name d90.csv | wc -l)" -eq 2 ]; }
check "and each of two has its own" two_questions
cat >ranks.idim <<'EOF'
measure = ranks ; data = synth:n=60 ; steps = 2 ; lr = 1e-2 ; lr-full = 1e-2 ; seeds = 1 ; plot = no
model = fc:width=8 fc:width=9
space = lora:targets=fc1.weight ; ranks = 1+2
EOF
two_ranks() { "$idim" run ranks.idim --jobs 1 --quiet --keep-z --out ./rk >said.txt; }
check "ranks of two networks" two_ranks
both() { [ "$(find rk -mindepth 2 -name ranks.csv | wc -l)" -eq 2 ] && [ "$(find rk -mindepth 2 -name effective.csv | wc -l)" -eq 2 ]; }
check "each has its table, and effective ranks of what is kept" both

exit "$bad"
