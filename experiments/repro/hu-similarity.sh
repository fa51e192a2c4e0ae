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
