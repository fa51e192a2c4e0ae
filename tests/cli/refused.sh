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
check "d that is missing" refused 2 "d" "$idim" train --data synth --space fastfood
check "an unknown optimiser" refused 2 "did you mean adam" "$idim" train --data synth --optimiser adm
check "d above D" refused 2 "lower --d" "$idim" d90 --data synth --d 100000000 --out ./x
check "d that is no whole number" refused 2 "whole number" "$idim" d90 --data synth --d 2.5 --out ./x
check "a space that has no d" refused 2 "neither d nor r" "$idim" d90 --data synth --space full --out ./x
check "a rule that is none" refused 2 "rule" "$idim" d90 --data synth --d 5 --epochs 1 --seeds 1 --rule own,raw,9 --out ./x
check "rates without a validation split" refused 2 "validation" "$idim" d90 --data synth:val=0 --out ./x
check "nothing to train" refused 2 "epochs" "$idim" d90 --data synth --epochs 0 --out ./x
check "a folder that is not there" refused 1 "no results folder" "$idim" verify ./nothing
check "files that are not there" refused 1 "dir=" "$idim" train --data mnist:dir=nowhere
mkdir runs-only runs-only/runs
check "a folder without d90.csv" refused 1 "d90.csv" "$idim" show ./runs-only
printf 'not gzip' | tee train-images-idx3-ubyte.gz >train-labels-idx1-ubyte
check "a file that is no IDX" refused 1 "no IDX file" "$idim" train --data mnist:dir=.
check "targets that match nothing" refused 2 "conv" "$idim" train --data synth --space full:targets=conv --epochs 1 --out ./x
check "rows claimed twice" refused 2 "do not meet" "$idim" train --data synth --space full:targets=head++full --epochs 1 --out ./x
if [ -w /dev/full ]; then
    full() { "$idim" list >/dev/full 2>err.txt; [ $? -eq 1 ] && grep -q full err.txt; }
    check "a full disk is not exit 0" full
fi
# three commands to copy, five usual options at most (or all of fewer), 80 columns
help() {
    "$idim" "$1" --help >out.txt 2>err.txt && [ ! -s err.txt ] && [ "$(wc -L <out.txt)" -le 80 ] &&
        [ "$(sed -n 3,5p out.txt | grep -c '^  .*idim '"$1")" -eq 3 ] && [ "$(grep -c '^  --' out.txt)" -le 5 ]
}
for c in $("$idim" --commands); do
    check "$c --help is on stdout: three commands, five options, 80 columns" help "$c"
done
short() { "$idim" --help >out.txt && [ "$(wc -l <out.txt)" -le 40 ] && [ "$(wc -L <out.txt)" -le 80 ]; }
check "--help is at most 40 lines" short
lists() {
    "$idim" list >all.txt && [ "$(wc -L <all.txt)" -le 80 ] || return 1
    for k in $(sed -n 's/^  \([a-z0-9.-][a-z0-9.-]*\) .*/\1/p' all.txt); do
        "$idim" list "$k" >out.txt && [ -s out.txt ] && [ "$(wc -L <out.txt)" -le 80 ] || return 1
    done
}
check "idim list NAME shows all that idim list names, 80 columns" lists
ln -s "$idim" idim-list
check "a link's name is its command" sh -c './idim-list spaces | grep -q fastfood'
"$idim" --completion >completion
echo '. ./completion; COMP_WORDS=(idim train --epo); COMP_CWORD=2; _idim; echo "${COMPREPLY[@]}"' >complete.bash
check "completion knows options in bash" test "$(bash complete.bash)" = --epochs
cat >complete.zsh <<'END'
autoload -U +X compinit bashcompinit; compinit -u -d ./zcompdump; bashcompinit; . ./completion
() { emulate -L sh; setopt kshglob noshglob braceexpand # as bashcompinit calls it
     COMP_WORDS=(idim train --epo); COMP_CWORD=2; _idim; echo "${COMPREPLY[@]}"; }
END
if command -v zsh >/dev/null; then
    zsh -f complete.zsh >zsh.txt 2>&1 # all options of train: zsh itself chooses among them
    check "completion knows options in zsh" grep -q '^--help --data .*--epochs .*--quiet$' zsh.txt
else
    echo "skipped: completion in zsh: it is not here"
fi
exit "$bad"
