#!/bin/sh
# idim repro: every sweep file can be planned at every scale; a run stands in the report beside what was published.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

files=$here/experiments/repro
repro() { "$idim" repro "$@" --files "$files" >said.txt 2>err.txt; }

check "experiments are listed" repro list
all_listed() {
    for f in "$files"/*.sweep; do grep -q "^$(basename "$f" .sweep) " said.txt || return 1; done
    [ "$(tail -n +2 said.txt | wc -l)" -eq "$(find "$files" -name '*.sweep' | wc -l)" ]
}
check "each sweep file is in the list, and no other" all_listed

IDIM_DATA=${IDIM_DATA:-$here/../shared/data}
export IDIM_DATA
for f in "$files"/*.sweep; do
    name=$(basename "$f" .sweep)
    planned() {
        for s in quick desk paper; do
            "$idim" plan "$f" --only $s --csv >plan.csv && grep -q "^${s}[.,]" plan.csv || return 1
        done
    }
    case $name in
    mnist* | cifar10*)
        if [ ! -d "$IDIM_DATA/${name%%-*}" ]; then
            echo "skipped: $name: its data are not here"
            continue
        fi ;;
    esac
    check "$name is planned" planned
done

check "an experiment is planned" repro run toy --dry
check "the command for it is said" grep -qxF "idim plan $files/toy.sweep --only quick --out results/repro/toy-quick --jobs 0" said.txt
check "no results are made of a plan" [ ! -e results ]
check "an experiment runs" repro run toy --jobs 1
one_scale() { grep -q '3 seeds' results/repro/toy-quick/d90.csv && ! grep -q '20 seeds' results/repro/toy-quick/d90.csv; }
check "with the seeds of its scale alone" one_scale
mkdir -p results/reference
cp -r "$here/results/reference/mnist-fc-published" "$here/results/reference/toy" results/reference
check "it is reported" repro report
row() { grep -qE "$1" said.txt; }
check "the band and the verdict stand beside d90" row '^mnist-fc  *fixed,.9  *750  *763  *650 to 900  *692 to 855  *agrees \(fastfood, 100 epochs\)$'
check "what was run just now is there" row '^    results/repro/toy-quick'
check "what was not run is named" row '^cifar10-fc  *own,.9  *9000  *not run$'
check "it is reported for a page" repro report --markdown
check "as a table" grep -qF '| mnist-fc |  | fixed,.9 | 750 | 763 | 650 to 900 |' said.txt

mkdir mine
cp "$files"/*.csv mine
sed -i 's/,750,650,900,/,750,100,200,/' mine/published.csv
read_mine() { "$idim" repro report --files mine >mine.txt; }
check "another band is read" read_mine
differs() { grep -q "763 .*100 to 200 .*differs" mine.txt; }
check "what lies outside with its interval differs" differs

check "an unknown experiment is refused" refused 2 "none.sweep: not there" "$idim" repro run none --files "$files"
check "an unknown verb is refused" refused 2 "repro draw: say" "$idim" repro draw --files "$files"
check "a sub-sweep that is none is refused" refused 2 "no sweep nope in it" "$idim" plan "$files/toy.sweep" --only nope
exit "$bad"
