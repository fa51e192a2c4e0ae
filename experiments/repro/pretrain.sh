#!/bin/sh
# Transformers pre-trained on WikiText-2's bytes by idim itself, with checkpoints along the way: OUT/w64-s4000 is width
# 64 after 4,000 steps of 8 x 256 bytes. aghajanyan.sh and shuttleworth.sh start from them. Each checkpoint goes on from
# the one before, Adam's memory begun anew.
case $SCALE in
quick) widths=64 steps='100 300' ;;
desk) widths='64 128' steps='500 1000 4000' ;;
paper) widths='64 128 256 512' steps='1000 4000 16000 64000' ;; # theirs: RoBERTa-Base, 200,000 steps
esac
# its last hundredth is for testing, as much before it for validation
data=text:file=${IDIM_DATA:-data}/wikitext2/train.txt,val=.01,test_share=.01,length=256
for w in $widths; do
    from="--model transformer:family=llama,width=$w,layers=4,heads=4,tie=yes" before=0
    rate=$(awk "BEGIN { print .2 / $w }") # falls with the width, as is usual: 3e-3 at 64
    for n in $steps; do
        to=$OUT/w$w-s$n
        if [ ! -e "$to/config.json" ]; then
            # shellcheck disable=SC2086 # two words
            "$IDIM" train --data "$data" $from --steps $((n - before)) --batch 8 --lr "$rate" --clip 1 --save "$to" \
                --out "$OUT/runs" --quiet
        fi
        from="--from $to" before=$n
    done
done
