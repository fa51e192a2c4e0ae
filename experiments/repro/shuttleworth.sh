#!/bin/sh
# Shuttleworth et al. 2024 in miniature: intruder dimensions over (epsilon, k), rank, alpha and learning rate, and what is
# forgotten of the pre-training text. A model of pretrain.sh learns Shakespeare by LoRA and in full. OUT/NAME has
# intruders.csv (all epsilon and k, both sides, nulls), OUT/forgetting.csv the loss on WikiText-2 beside the new one.
# Theirs: alpha = 2 r with alpha lr constant, and alpha fixed; compare ranks by r / n: their r = 16 of 768 is 1 of 64 here.
pre=${OUT%/*}/pretrain-$SCALE
"$IDIM" repro run pretrain --scale "$SCALE" --files "$FILES"
case $SCALE in
quick) base=$pre/w64-s300 ranks='1 8' rates='3e-3' seeds=1 new=tinyshakespeare:length=128,train=200,test=100 ;;
desk) base=$pre/w64-s4000 ranks='1 2 4 8 16 32 64' rates='1e-3 3e-3 1e-2' seeds='1 2 3' new=tinyshakespeare:length=256 ;;
paper) base=$pre/w512-s64000 ranks='1 2 4 8 16 32 64 128 256 512' rates='3e-4 1e-3 3e-3 1e-2' seeds='1 2 3 4 5' new=tinyshakespeare:length=256 ;;
esac
old=text:file=${IDIM_DATA:-data}/wikitext2/train.txt,val=.01,test_share=.01,length=256
[ -e "$OUT/forgetting.csv" ] || echo name,seed,old_loss,new_loss >"$OUT/forgetting.csv"
loss() { "$IDIM" eval --from "$1" --data "$2" --csv | tail -1 | cut -d, -f7; }
learn() { # NAME SEED OPTIONS: trained once, then looked at
    name=$1-seed$2 seed=$2
    shift 2
    [ ! -e "$OUT/$name/intruders.csv" ] || return 0
    "$IDIM" train --from "$base" --data "$new" --batch 8 --epochs 1 --seed "$seed" --save "$OUT/models/$name" \
        --out "$OUT/runs" --quiet "$@"
    echo "$name,$seed,$(loss "$OUT/models/$name" "$old"),$(loss "$OUT/models/$name" "$new")" >>"$OUT/forgetting.csv"
    "$IDIM" intruders "$base" "$OUT/models/$name" --plot no --quiet --out "$OUT/$name"
}
for seed in $seeds; do
    for lr in $rates; do
        learn "full-lr$lr" "$seed" --space full --lr "$(awk "BEGIN { print $lr / 3 }")" # lower, as theirs
        for r in $ranks; do
            learn "lora-r$r-alpha2r-lr$lr" "$seed" --space "lora:r=$r,alpha=$((2 * r)),targets=attention+mlp" --lr "$lr"
            learn "lora-r$r-alpha8-lr$lr" "$seed" --space "lora:r=$r,alpha=8,targets=attention+mlp" --lr "$lr"
            learn "lora-r$r-stable-lr$lr" "$seed" --space "lora:r=$r,scale=rs,targets=attention+mlp" --lr "$lr"
        done
    done
done
