#!/bin/sh
# idim spectra: published adapters, two checkpoints, what is written and what is refused.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

data=${IDIM_TEST_DATA:-$here/../shared/data}/checkpoints
says() {
    part=$1
    shift
    "$@" >out.txt 2>err.txt && grep -qF -- "$part" out.txt
}
rows() { [ "$(wc -l <"$1")" -eq "$2" ]; }
narrow() { ! grep -q '.\{81\}' "$1"; }
refuses() { refused "$@"; }

if [ -d "$data" ]; then
    lora=$data/roberta-base-lora-mnli/model.safetensors
    check "an adapter without alpha is labelled" says UNSCALED "$idim" spectra "$lora" --plot no --out ./r
    check "its table fits a terminal" narrow out.txt
    check "a row a tensor" rows r/updates.csv 25
    check "a row a value" rows r/spectra.csv 193
    cp r/spectra.csv unscaled.csv
    check "with alpha it is not" says "q x12" "$idim" spectra "$lora" --alpha 16 --each --plot no --out ./r
    check "and no word of scale is said" sh -c '! grep -q UNSCALED out.txt'
    check "a line for every tensor" grep -q "layer.11.attention.self.value" out.txt
    twice() { [ "$(cut -d, -f5 r/spectra.csv | sed -n 2p)" != "$(cut -d, -f5 unscaled.csv | sed -n 2p)" ]; }
    check "the scale is in the values" twice
    cp r/spectra.csv first.csv
    "$idim" spectra "$lora" --alpha 16 --plot no --out ./r >/dev/null
    check "the same command writes the same bytes" same r/spectra.csv first.csv
    if command -v gnuplot >/dev/null; then
        check "figures are drawn" says plots "$idim" spectra "$data/gpt2-lora-tigrinya" --out ./g
        check "a picture of the values" test -s g/plots/spectra.png
        check "a picture over depth" test -s g/plots/depth.svg
        check "rank 1 is drawn over depth" says plots "$idim" spectra "$data/open-calm-1b-lora-r1" --out ./o
        check "they can be drawn later" says "depth as pdf" "$idim" plot ./g --figure depth --format pdf
    else
        echo "skipped: spectra: no gnuplot here"
    fi
    story=$data/stories260K/stories260K.bin
    check "a checkpoint has no update of itself" says "n/a" "$idim" spectra "$story" "$story" --plot no --out ./s
    nothing() { cut -d, -f13,17,27 s/updates.csv | sed 1d | sort -u | grep -qx "0,,1"; }
    check "its norm is 0, all is unchanged, it has no rank" nothing
    check "figures of nothing are not drawn" says updates.csv "$idim" spectra "$story" "$story" --out ./s
    check "and it is said why" grep -q "all updates are zero" err.txt
    check "a checkpoint alone has no update" refuses 2 "--from BASE" "$idim" spectra "$story"
    check "alpha is no checkpoint's" refuses 2 "--alpha" "$idim" spectra "$story" "$story" --alpha 2
    check "a base of another model is refused" refuses 1 "it has no" "$idim" spectra "$lora" --from "$story"
else
    echo "skipped: spectra: no checkpoints in $data"
fi
check "a file that is not there is refused" refuses 1 "none: " "$idim" spectra none
check "what to measure must be named" refuses 2 "is missing" "$idim" spectra
exit "$bad"
