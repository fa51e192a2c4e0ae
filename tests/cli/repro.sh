#!/bin/sh
# idim repro: every sweep file can be planned at every scale; a run stands in the report beside what was published.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

files=$here/experiments/repro
repro() { "$idim" repro "$@" --files "$files" >said.txt 2>err.txt; }

check "where no experiments are the mend is named" refused 1 "name their folder by --files" "$idim" repro list
check "experiments are listed" repro list
names() { find "$files" -name '*.sweep' -o -name '*.sh' | sed 's|.*/||; s|\.[a-z]*$||' | sort -u; }
all_listed() { [ "$(sed -nE '/( +[0-9?]+){3}$/s/ .*//p' said.txt | sort)" = "$(names)" ]; }
narrow() { ! grep -q '.\{81\}' said.txt; }
check "the list fits a terminal" narrow
check "each sweep file and script is in the list, and no other" all_listed

IDIM_DATA=${IDIM_DATA:-$here/../shared/data}
export IDIM_DATA
of() { # NAME COLUMN of experiments.csv
    awk -F, -v name="$1" -v column="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) k = i } $1 == name { print $k }' "$files/experiments.csv"
}
# CIFAR-10 takes 7 s a time to be unpacked; a plan reads it and looks at no picture, so black ones do.
data=$IDIM_DATA
mkdir -p data/cifar10
for d in "$IDIM_DATA"/*; do [ "${d##*/}" = cifar10 ] || ln -s "$(cd "$(dirname "$d")" && pwd)/${d##*/}" data; done
head -c 30730000 /dev/zero >data/cifar10/data_batch_1.bin # 10,000 records of 3,073 bytes
for n in data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do ln data/cifar10/data_batch_1.bin data/cifar10/$n.bin; done
IDIM_DATA=$PWD/data
for f in "$files"/*.sweep; do
    name=$(basename "$f" .sweep) from=
    # aghajanyan.sh gives its sweep the checkpoints that it makes: any will do to plan it
    case $name,$(of "$name" checkpoint) in
    aghajanyan,* | *.bin) from=$IDIM_DATA/checkpoints/stories260K/stories260K.bin ;;
    esac
    planned() {
        "$idim" plan "$f" --csv ${from:+--from "$from"} >plan.csv || return 1
        for s in quick desk paper; do # runs of two scales stand under one
            grep -q "^${s}[.,]" plan.csv || "$idim" plan "$f" --only $s --csv ${from:+--from "$from"} | grep -q "^${s}[.,]" || return 1
        done
    }
    data=$(of "$name" data)
    if [ ! -d "$IDIM_DATA/$data" ] || { [ "$from" ] && [ ! -e "$from" ]; }; then
        echo "skipped: $name is planned: its data or its checkpoint are not here"
        continue
    fi
    check "$name is planned" planned
done
if [ -d "$IDIM_DATA/mnist" ]; then # scoring 50,000 samples behind each of a few steps took a minute
    # shellcheck disable=SC3045 # dash, busybox and bash have -t
    bounded() { (ulimit -t 15 && "$idim" plan "$files/mnist-fc-labels.sweep" --only paper) | grep -q 'steps that were timed'; }
    check "an estimate takes a bounded time however long scoring takes" bounded
else
    echo "skipped: an estimate takes a bounded time: its data are not here"
fi
IDIM_DATA=$data
rm -r data
for f in "$files"/*.sh; do
    check "$(basename "$f") is shown by --dry" repro run "$(basename "$f" .sh)" --dry --from .
    check "word by word" same "$f" said.txt
done
cat >steps.sh <<'EOF'
[ -e "$OUT/runs.csv" ] || "$IDIM" train --data synth --steps 2 --quiet --out "$OUT"
echo "$SCALE $FROM $JOBS $FILES"
EOF
mkdir with && cp "$files"/*.csv steps.sh with
by_script() { "$idim" repro run steps --files with --scale desk --from here --jobs 3 >said.txt 2>err.txt; }
check "a script runs in its place" by_script
check "with what was asked for" grep -qx 'desk here 3 with' said.txt
check "in its folder" [ -e results/repro/steps-desk/runs.csv ]
check "and each command is said" grep -q 'train --data synth --steps 2' err.txt
echo "false" >with/steps.sh
fails() { ! by_script; }
check "a step that fails ends it" fails
check "a checkpoint that is nowhere is told" refused 1 "name a checkpoint by --from" env IDIM_DATA=/nowhere "$idim" repro run surface --files "$files"
rm -r results

check "an experiment is planned" repro run toy --dry
check "the command for it is said" grep -qxF "idim plan $files/toy.sweep --only quick --out results/repro/toy-quick --jobs 0" said.txt
check "no results are made of a plan" [ ! -e results ]
check "an experiment runs" repro run toy --jobs 1
one_scale() { grep -q '3 seeds' results/repro/toy-quick/d90.csv && ! grep -q '20 seeds' results/repro/toy-quick/d90.csv; }
check "with the seeds of its scale alone" one_scale
mkdir -p results/reference
cp -r "$here/results/reference/mnist-fc-published" "$here/results/reference/toy" results/reference
check "it is reported" repro report
said() { tr -s ' \n' ' ' <said.txt | grep -qF "$1"; }
check "the band and the verdict stand beside d90" said "mnist-fc, fixed,.9: published 750, band 650 to 900 agrees 763 (692 to 855); fastfood, 100 epochs results/reference/mnist-fc-published"
check "what was run just now is there" said "results/repro/toy-quick"
check "what was not run is named" said "cifar10-fc, own,.9: published 9000 not run"
check "so is what is wanting for a ratio" said "at most 1 not run: mnist-lenet"
narrow() { ! awk 'length($0) > 80' said.txt | grep -q .; }
check "no line is wider than a terminal" narrow
check "it is reported for a page" repro report --markdown
check "as a table" grep -qF '| mnist-fc | fixed,.9 | 750 | 763 | 692 to 855 | 650 to 900 | agrees | fastfood, 100 epochs |' said.txt
check "it is reported for LaTeX" repro report --latex
check "as booktabs tables" grep -qF 'mnist-fc & fixed,.9 & 750 & 763 & 692 to 855 & 650 to 900 & agrees & fastfood, 100 epochs \\' said.txt
check "it is reported as a page" repro report --html
page() { grep -qF '<th scope="row">mnist-fc</th><td>fixed,.9</td><td class="n">750</td><td class="n">763</td>' said.txt && ! grep -q '<script\|http://\|https://' said.txt; }
check "of one file" page
check "two forms at once are refused" refused 2 "one of --markdown" "$idim" repro report --html --latex --files "$files"

mkdir mine
cp "$files"/*.csv mine
agree() { "$idim" repro report --check --files mine >said.txt; }
check "where all agrees a check succeeds" agree
sed -i 's/,750,650,900,/,750,100,200,/' mine/published.csv
differs() {
    "$idim" repro report --check --files mine >said.txt
    [ $? -eq 4 ] && said "band 100 to 200 differs 763"
}
check "what lies outside with its interval differs" differs

check "an unknown experiment is refused" refused 2 "none.sweep: not there" "$idim" repro run none --files "$files"
check "an unknown verb is refused" refused 2 "repro draw: say" "$idim" repro draw --files "$files"
check "a sub-sweep that is none is refused" refused 2 "no sweep nope in it" "$idim" plan "$files/toy.sweep" --only nope
exit "$bad"
