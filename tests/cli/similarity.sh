#!/bin/sh
# idim similarity: an adapter with itself, its layers, checkpoints beside their base; what is refused.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

data=${IDIM_TEST_DATA:-$here/../shared/data}/checkpoints
says() {
    part=$1
    shift
    "$@" >out.txt 2>err.txt && grep -qF -- "$part" out.txt
}
narrow() { ! grep -q '.\{81\}' "$1"; }

if [ -d "$data" ]; then
    gpt2=$data/gpt2-lora-tigrinya lora=$data/roberta-base-lora-mnli/model.safetensors
    check "an adapter is like itself" says "8,8    1.000  +0.990" "$idim" similarity "$gpt2" "$gpt2" --plot no --out ./two
    check "the table fits a terminal" narrow out.txt
    # 36 tensors, four subspaces of 8 directions
    check "a row for all i and j" test "$(wc -l <two/similarity.csv)" -eq $((36 * 4 * 64 + 1))
    check "a row an angle" test "$(wc -l <two/angles.csv)" -eq $((36 * 4 * 8 + 1))
    check "layers of one are compared" says "pairs of layers" "$idim" similarity "$lora" --plot no --out ./one
    # two roles, 66 pairs of layers each
    check "a row for i = j" test "$(wc -l <one/similarity.csv)" -eq $((2 * 66 * 4 * 8 + 1))
    if command -v gnuplot >/dev/null; then
        check "a picture of two" says "similarity as png" "$idim" plot ./two --figure similarity --format png
        check "a picture of layers" says "similarity as png" "$idim" plot ./one --figure similarity --format png
    else
        echo "skipped: similarity: no gnuplot here"
    fi
    check "adapters of other models are refused" refused 1 "no tensor of one name" "$idim" similarity "$lora" "$gpt2"
    story=$data/stories260K/stories260K.bin
    check "a checkpoint needs its base" refused 2 "--from BASE" "$idim" similarity "$story"
    check "what did not move has no directions" says "medians" "$idim" similarity "$story" "$story" --from "$story" --plot no --out ./none
    check "and no rows" test "$(wc -l <none/similarity.csv)" -eq 1
else
    echo "skipped: similarity: no checkpoints in $data"
fi
check "a file that is not there is refused" refused 1 "none: " "$idim" similarity none
exit "$bad"
