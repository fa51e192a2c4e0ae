#!/bin/sh
# Aghajanyan et al. 2020 in miniature: d90 by DID and SAID against pre-training steps and model size, from pretrain.sh's
# checkpoints, and from scratch as the control. A folder each: OUT/desk.sst2w64s4000-d90.
pre=${OUT%/*}/pretrain-$SCALE
"$IDIM" repro run pretrain --scale "$SCALE" --files "$FILES"
tasks='sst2 shakespeare'
[ "$SCALE" != paper ] || tasks='sst2small sst2 shakespeare'
measure() { # TASK NAME WHERE IT STARTS
    to=$OUT/$SCALE.$1$2-d90 part=$SCALE.$1
    shift 2
    "$IDIM" run "$FILES/aghajanyan.sweep" --only "$part" --out "$to" --jobs "$JOBS" --quiet "$@"
}
for task in $tasks; do
    for from in "$pre"/w*-s*; do
        name=${from##*/}
        measure "$task" "${name%-*}${name#*-}" --from "$from"
    done
    for w in $(ls "$pre" | sed -n 's/^w\([0-9]*\)-.*/\1/p' | sort -nu); do
        measure "$task" "w${w}s0" --model "transformer:family=llama,width=$w,layers=4,heads=4,tie=yes,positions=256,vocabulary=256"
    done
done
