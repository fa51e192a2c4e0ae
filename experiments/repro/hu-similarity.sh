#!/bin/sh
# Hu et al. 2021, figures 3 and 4, table 7: do two ranks, or two seeds, learn the same directions, and how much does an
# update amplify what the weights have? OUT/ranks and OUT/seeds have phi less its random expectation and amplification.
# Theirs: ranks 8 and 64 of GPT-3. quick, desk: 4 and 16 of a Llama of width 64; paper: 8 and 64, of a wider model.
data=tinyshakespeare:length=256 small=4 large=16
[ "$SCALE" != quick ] || data=tinyshakespeare:length=128,train=300
[ "$SCALE" != paper ] || { small=8 large=64; }
learn() { # RANK SEED
    [ -e "$OUT/r$1-seed$2/adapter_config.json" ] || "$IDIM" train --from "$FROM" --data "$data" --batch 8 --epochs 1 \
        --space "lora:r=$1,targets=attention+mlp" --lr 3e-3 --seed "$2" --save-adapter "$OUT/r$1-seed$2" --out "$OUT/runs" --quiet
}
learn $small 1
learn $large 1
learn $large 2
"$IDIM" similarity "$OUT/r$small-seed1" "$OUT/r$large-seed1" --from "$FROM" --plot no --out "$OUT/ranks"
"$IDIM" similarity "$OUT/r$large-seed1" "$OUT/r$large-seed2" --from "$FROM" --plot no --out "$OUT/seeds"
# shellcheck source=experiments/repro/lib.inc
. "$FILES/lib.inc"
# table 7, of q: the median over layers, and its least and most. The factor grows as 1/r by itself, the enrichment does not
for of in "ranks $small" "seeds $large"; do
    for what in factor enrichment; do
        plain "$OUT/${of% *}/amplification.csv" | awk -F, -v what=$what -v r="${of#* }" '
            NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $at["role"] == "q" && $at["r"] == r { print $at[what] }' | sort -g |
            awk -v OFS=, -v name="$what of q, r $([ "${of% *}" = ranks ] && echo small || echo large)" '{ x[NR] = $1 } END {
                print "\"" name "\"", (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2, x[1], x[NR] }'
    done
done >"$OUT/rows.csv"
{ echo name,value,low,high && cat "$OUT/rows.csv"; } >"$OUT/measured.csv" && rm "$OUT/rows.csv"
