#!/bin/sh
# Hu et al. 2021, table 1: a merged LoRA costs nothing at inference; unmerged, and as adapters and prefixes, methods cost
# time, most for few and short texts. OUT/latency.csv: the time of a pass over that of the plain model in the same turn.
# Methods of 9,000 to 12,000 numbers each (4 % of the model). full: the plain model again, what the clock alone does.
# Theirs: GPT-2 medium on a GPU, adapters of 11M numbers; paper has its shape (drawn weights: speed does not ask them).
cells='1x128 x101' model=$FROM low=2 mid=8 high=16 long=32
case $SCALE in
desk) cells='1x128 x301 16x256 x51 32x512 x25' ;; # texts x tokens, turns
paper) cells='1x128 x101 16x256 x51 32x512 x51' low=8 mid=112 high=224 long=64
    model=transformer:family=gpt2,width=1024,layers=24,heads=16,positions=1024,vocabulary=50257 ;;
esac
# shellcheck source=experiments/repro/lib.inc
. "$FILES/lib.inc"

# first: is a merged LoRA the same model? Its loss beside that of the one which was trained beside the weights
data=tinyshakespeare:length=128,train=200,test=100
[ -e "$OUT/merged/config.json" ] || "$IDIM" train --from "$FROM" --data "$data" --batch 8 --steps 50 \
    --space lora:r=8,targets=q+v --lr 1e-2 --save "$OUT/merged" --out "$OUT/runs" --quiet
"$IDIM" eval --from "$OUT/merged" --data "$data" --csv >"$OUT/merged.csv"
awk -v a="$(column "$OUT/merged.csv" score)" -v b="$(column "$OUT/runs/runs.csv" score)" -v OFS=, 'BEGIN {
    print "name,value,low,high"; x = a - b; print "loss merged less unmerged", x, x, x }' >"$OUT/measured.csv"

rm -f "$OUT/latency.csv"
timed() { # NAME SPACE
    "$IDIM" latency "$model" --batch "${cell%x*}" --length "${cell#*x}" --turns "$turns" --space "$2" --out "$OUT/one"
    # the first row of each is the plain model itself
    [ -e "$OUT/latency.csv" ] || sed '1!d; s/^/name,/' "$OUT/one/latency.csv" >"$OUT/latency.csv"
    sed "1,2d; s/^/$1,/" "$OUT/one/latency.csv" >>"$OUT/latency.csv"
}
# shellcheck disable=SC2086 # a list
set -- $cells
while [ $# -gt 0 ]; do
    cell=$1 turns=${2#x}
    shift 2
    timed full full
    timed lora-qv lora:r=8,targets=q+v
    timed lora-all "lora:r=$low,targets=attention+mlp"
    timed houlsby "houlsby:bottleneck=$mid"
    timed pfeiffer "pfeiffer:bottleneck=$high"
    timed prefix "prefix:prefix=$long"
done
plain "$OUT/latency.csv" | awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { form = $at["form"]; print $1 (form ? " " form : "") " " $at["batch"] "x" $at["length"], $at["ratio"], $at["ratio_from"], $at["ratio_to"] }' \
    >>"$OUT/measured.csv"
rm -r "$OUT/one"
