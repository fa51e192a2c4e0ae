#!/bin/sh
# What is wrong is refused in one sentence, with the exit code that says what kind of wrong it is.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

check "an unknown command" refused 2 "did you mean train" "$idim" trian
check "an unknown option" refused 2 "did you mean epochs" "$idim" train --epoch 3
check "an option twice" refused 2 "there twice" "$idim" train --epochs 3 --epochs 4
check "an option without its value" refused 2 "needs a value" "$idim" train --epochs
check "a word too many" refused 2 "nothing stands beside" "$idim" train synth
check "a missing name" refused 2 "is missing" "$idim" show
check "a number that is none" refused 2 "epochs" "$idim" train --epochs twelve
check "a number out of range" refused 2 "val" "$idim" train --data synth:val=2
check "an unknown data set" refused 2 "did you mean mnist" "$idim" train --data mnits
check "an unknown model" refused 2 "no such model" "$idim" train --data synth --model resnet
check "an unknown space" refused 2 "did you mean fastfood" "$idim" train --data synth --space fastfod:d=5
check "an unknown key" refused 2 "form" "$idim" train --data synth --space fastfood:d=5,from=single
check "an unknown schedule" refused 2 "did you mean cosine" "$idim" train --data synth --schedule cosin
for o in "data synth:feature=9 features" "model fc:widht=9 width" "optimiser adam:beta=.9 beta" \
    "schedule cosine:ends=.1 end" "space onehot:target=all targets"; do
    # shellcheck disable=SC2086 # an option, its value, what is meant
    set -- $o
    check "a misspelt key of --$1" refused 2 "did you mean $3" "$idim" train "--$1" "$2" --dry
done
check "d that is missing" refused 2 "d" "$idim" train --data synth --space fastfood
check "an unknown optimiser" refused 2 "did you mean adam" "$idim" train --data synth --optimiser adm
check "d above D" refused 2 "lower --d" "$idim" d90 --data synth --d 100000000 --out ./x
check "d that is no whole number" refused 2 "whole number" "$idim" d90 --data synth --d 2.5 --out ./x
check "a space that has no d" refused 2 "neither d nor r" "$idim" d90 --data synth --space full --out ./x
check "a rule that is none" refused 2 "rule" "$idim" d90 --data synth --d 5 --epochs 1 --seeds 1 --rule own,raw,9 --out ./x
check "rates without a validation split" refused 2 "validation" "$idim" d90 --data synth:val=0 --out ./unsplit
check "nothing to train" refused 2 "epochs" "$idim" d90 --data synth --epochs 0 --out ./x
printf '# nothing yet\n\nplot = no\n' >empty.idim
for c in plan run d90 ranks slurm; do
    check "a sweep file that names nothing: $c" refused 2 "empty.idim names nothing to run" "$idim" $c empty.idim
done
for c in show plot report; do
    check "$c of a folder that is not there" refused 1 "results/nosuch: no results folder" "$idim" $c nosuch
    check "$c of a folder that is none" refused 1 "/etc: no results folder" "$idim" $c /etc
done
check "a folder that is not there" refused 1 "no results folder" "$idim" verify ./nothing
check "files that are not there" refused 1 "dir=" "$idim" train --data mnist:dir=nowhere
mkdir runs-only runs-only/runs
check "a folder without d90.csv" refused 1 "d90.csv" "$idim" show ./runs-only
printf 'not gzip' | tee train-images-idx3-ubyte.gz >train-labels-idx1-ubyte
check "a file that is no IDX" refused 1 "no IDX file" "$idim" train --data mnist:dir=.
check "a role for d90" refused 2 "leave --role out" "$idim" d90 --data synth --role tune --out ./x
check "targets that match nothing" refused 2 "conv" "$idim" train --data synth --space full:targets=conv --epochs 1 --out ./x
check "rows claimed twice" refused 2 "do not meet" "$idim" train --data synth --space full:targets=head++full:targets=fc --epochs 1 --out ./x
for c in $("$idim" --commands); do
    case $c in show | plot | collect | verify) folder=./v ;; *) folder= ;; esac
    # shellcheck disable=SC2086 # no name, or one
    check "an option that $c has not" refused 2 "no option --nonsense" "$idim" "$c" $folder --nonsense 3
    [ -z "$folder" ] || check "$c of a folder that is not there" refused 1 "./nothing" "$idim" "$c" ./nothing
done
check "collect of two folders" refused 2 "one too many" "$idim" collect ./a ./b
touch file
check "train into a file" refused 1 "a file where a folder is wanted" "$idim" train --data synth --out ./file/x
check "train where nothing can be made" refused 1 "cannot be made" "$idim" train --data synth --out /proc/idim
# the folder is made before anything is trained
d90_into() { "$idim" d90 --data synth --d 5 --out "$1" >/dev/null 2>err.txt; [ $? -eq 1 ] && grep -q "$2" err.txt; }
check "d90 into a file" d90_into ./file/x "a file where a folder is wanted"
check "d90 where nothing can be made" d90_into /proc/idim "cannot be made"
check "scores that are not there" refused 1 "none.csv" "$idim" d90 --scores none.csv
check "a range without an end" refused 2 "an end is missing" "$idim" d90 --data synth --d 5.. --out ./fresh
check "a range of no values a decade" refused 2 "values a decade, is above 0" "$idim" d90 --data synth --d 5..100/log0 --out ./fresh
check "a rate relative to nothing" refused 2 "stands behind rel:" "$idim" d90 --data synth --lr rel: --out ./fresh
check "a table that is no data set" refused 2 "goes by npy" "$idim" train --data csv:file=a.csv
check "a folder for a file, by its own name" refused 1 "/tmp: cannot be read" "$idim" train --data text:file=/tmp
once() { ! grep -q "//" err.txt; }
check "with one slash" once
head -c 800 /dev/zero | tr '\0' a >oneline.txt
check "a text of one line" refused 2 "cut at the ends of lines" "$idim" train --data text:file=oneline.txt,length=8 \
    --model transformer:width=8,layers=1,heads=2
check "devices in another grammar" refused 2 "0+1" "$idim" d90 --exec "true {d} {seed}" --gpus 0,1 --d 5 --out ./x
check "a program that does not see the seed" refused 2 "put {seed} into it" "$idim" d90 --exec "true {d}" --d 5 --out ./fresh
check "a command of help that is none" refused 2 "no command nix" "$idim" help nix
helped() { "$idim" help train >out.txt && "$idim" train --help | cmp -s - out.txt; }
check "idim help train is idim train --help" helped
printf 'a;b\n1;2\n' >semicolons.csv
check "semicolons are named" refused 1 "between semicolons" "$idim" d90 --scores semicolons.csv
printf 'space,d,seed,score\nfull,,1,.9\na,-5,1,.5\n' >below.csv
check "a d below 0 is named" refused 1 'below.csv:3: column d: "-5" is below 0' "$idim" d90 --scores below.csv
printf 'space,d,seed,score\na,5,1,.5\na,10,1,.9\n' >alone.csv
check "scores without a baseline" refused 2 "there is no baseline" "$idim" d90 --scores alone.csv
absolute() { "$idim" d90 --scores alone.csv --rule absolute,.8 --plot no --out ./alone >/dev/null; }
check "which a threshold of one's own does not need" absolute
echo '{"model_type":"llama"}' >config.json
check "a configuration goes to memory" refused 1 "idim memory" "$idim" inspect config.json
check "plot in a form that is none" refused 2 "form" "$idim" plot ./nothing --formt svg

# ---------------------------------------------------------------- a full disk
tiny() { "$idim" d90 --data synth --epochs 1 --seeds 1 --d 5+50 --lr 1e-3 --lr-full 1e-3 --plot no --jobs 1 --quiet --out "$1" >/dev/null 2>&1; }
check "a tiny sweep" tiny ./v
full() {
    "$idim" "$@" >/dev/full 2>err.txt
    [ $? -eq 1 ] && grep -q full err.txt
}
if [ -w /dev/full ]; then
    for c in --help --man --completion "--completion zsh" --version list doctor "show ./v" "collect ./v" "verify ./v" \
        "d90 --data synth --dry" "train --data synth --dry" "show --help"; do
        # shellcheck disable=SC2086 # words
        check "a full disk is not exit 0: $c" full $c
    done
fi
# three commands to copy, five usual options at most (or all of fewer), 80 columns
help() {
    "$idim" "$1" --help >out.txt 2>err.txt && [ ! -s err.txt ] && [ "$(wc -L <out.txt)" -le 80 ] &&
        [ "$(sed -n 3,5p out.txt | grep -c '^  .*idim '"$1")" -eq 3 ] && [ "$(grep -c '^  --' out.txt)" -le 5 ]
}
for c in $("$idim" --commands); do
    check "$c --help is on stdout: three commands, five options, 80 columns" help "$c"
done
# ---------------------------------------------------------------- 3, 4, 75, 130
# more than the memory that there is, whatever the machine
big() {
    # shellcheck disable=SC3045 # dash, busybox and bash have -v
    (ulimit -v 2000000 && OPENBLAS_NUM_THREADS=1 "$idim" d90 --data synth --epochs 1 --seeds 1 --d "$1" --lr 1e-3 \
        --lr-full 1e-3 --space dense --plot no --jobs 1 --quiet --out ./big >out.txt 2>err.txt)
    [ $? -eq 3 ] && grep -q "dense:d=20000, seed 1: failed: .*less" err.txt
}
check "runs that failed are listed, exit 3" big 20000
check "the rest is measured all the same" big 5+20000
# tamper EDIT: a journal changed by hand, with checksums made to fit
cp -r v kind && cp -r v gone
tamper() {
    journal=$(ls "$1"/runs/*.jsonl) || return 1
    while read -r line; do
        members=$(printf %s "$line" | cut -c 19- | sed "$2")
        crc=$(printf %s "$members" | gzip -c | tail -c 8 | od -An -tx4 -N4 | tr -d ' ')
        printf '{"crc":"%s",%s\n' "$crc" "$members"
    done <"$journal" >changed && mv changed "$journal"
}
# verified CODE FIRST THEN FOLDER: the first line and a later one
verified() {
    "$idim" verify "./$4" --share 1 >out.txt 2>err.txt
    [ $? -eq "$1" ] && head -2 out.txt | grep -q "^$2" && grep -q "$3" out.txt
}
check "a changed score has a checksum that fits" tamper v 's/"score":[0-9.]*/"score":0.5/'
check "verify finds differences, exit 4" verified 4 "0 of 4 the same bytes" "largest difference: run .*(score, test data)" v
check "another numeric kind" tamper kind 's/"kind":"[0-9a-f]*"/"kind":"0123456789abcdef"/'
check "verify names both numeric kinds" verified 0 "4 of 4 the same bytes" "kind 0123456789abcdef there, [0-9a-f]* here" kind
check "another revision's ids" tamper gone 's/"id":"..../"id":"0000/'
check "verify counts what has another id as a difference" verified 4 "0 of 4 the same bytes" "^4 not compared" gone
mkdir -p empty/runs
check "verify of nothing is refused" refused 1 "nothing to compare" "$idim" verify ./empty

# what a journal lost is said once, whether the work goes wrong before the tables are written or after
cp -r v torn && printf '{"crc":"00000000","torn\n' >>"$(ls torn/runs/*.jsonl)"
noted() {
    "$idim" d90 --epochs 1 --seeds 1 --d 5+50 --plot no --jobs 1 --quiet --out ./torn "$@" >out.txt 2>err.txt
    [ $? -eq 2 ] && [ "$(grep -c "was cut or changed" err.txt)" -eq 1 ] && [ "$(wc -l <err.txt)" -eq 2 ]
}
check "a damaged line is said where nothing can be trained" noted --data synth --lr fast
check "a damaged line is said once where nothing can be measured" noted --data synth --lr 1e-3 --lr-full 1e-3 --rule own,raw,9

# stopped SIGNAL CODE: in the middle of a sweep, after its first runs
stopped() {
    "$idim" d90 --data synth --epochs 20 --d 5..100/log3 --jobs 2 --quiet --plot no --out "./stop$1" >/dev/null 2>err.txt &
    leader=$!
    n=0
    while [ "$n" -lt 1000 ] && [ "$(cat "stop$1"/runs/*.jsonl 2>/dev/null | wc -l)" -lt 2 ]; do
        n=$((n + 1))
        sleep .01
    done
    kill "-$1" "$leader"
    wait "$leader"
    code=$?
    [ "$code" -eq "$2" ] && [ "$(wc -l <err.txt)" -eq 1 ] && "$idim" collect "./stop$1" >/dev/null
}
check "TERM stops a sweep, exit 75" stopped TERM 75
check "USR1 stops a sweep, exit 75" stopped USR1 75
check "INT ends a sweep with what is finished kept, exit 130" stopped INT 130
# in /proc, for ps need not be there; a worker is of this program and stands in this folder
no_workers() {
    for p in /proc/[0-9]*; do
        [ "$(readlink "$p/exe")" = "$(readlink -f "$idim")" ] && [ "$(readlink "$p/cwd")" = "$(pwd -P)" ] && return 1
    done 2>/dev/null
    [ -r /proc/self/exe ]
}
check "no worker outlives its leader" no_workers

short() { "$idim" --help >out.txt && [ "$(wc -l <out.txt)" -le 54 ] && [ "$(wc -L <out.txt)" -le 80 ]; }
check "--help is at most 54 lines" short
lists() {
    "$idim" list >all.txt && [ "$(wc -L <all.txt)" -le 80 ] || return 1
    for k in $(sed -n 's/^  \([a-z0-9.-][a-z0-9.-]*\) .*/\1/p' all.txt); do
        "$idim" list "$k" >out.txt && [ -s out.txt ] && [ "$(wc -L <out.txt)" -le 80 ] || return 1
    done
}
check "idim list NAME shows all that idim list names, 80 columns" lists
ln -s "$idim" idim-list
check "a link's name is its command" sh -c './idim-list spaces | grep -q fastfood'
exit "$bad"
