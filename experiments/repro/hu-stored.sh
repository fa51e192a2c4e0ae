#!/bin/sh
# Hu et al. 2021, section 4.2: what 1, 10 and 100 fine-tuned tasks take. Bytes are those of files that idim wrote: a whole
# model each (--save), an adapter (--save-adapter, LoRA's alone), the kept z (a seed makes all else), z packed, in full and
# in 6 and 4 bits. OUT/stored.csv: of one task, and of all with the one base model that they share; the loss of what is
# in the file; and the memory that serves all of them at once, 4 bytes a number of the models and z that are held.
# Losses are of one short training each at rates that were not tuned: what packing costs, not which method is best.
case $SCALE in
quick) data=tinyshakespeare:length=128,train=200,test=100 ranks=4 dims=1000 ;;
desk) data=tinyshakespeare:length=256 ranks='1 4 16' dims='300 1000 10000' ;;
paper) data=tinyshakespeare:length=256 ranks='1 2 4 8 16 32 64' dims='100 300 1000 3000 10000 30000' ;;
esac
# shellcheck source=experiments/repro/lib.inc
. "$FILES/lib.inc"
bytes() { cat "$@" | wc -c; }
base=$(bytes "$FROM")
rows=$OUT/rows.csv
: >"$rows"
row() { # FORM BYTES LOSS BASES (0: each is a model by itself)
    awk -v base="$base" -v D="$D" -v d="$d" -v bytes="$2" -v bases="$4" -v models="$models" -v row="$name,$1,$d,$2,$3" 'BEGIN {
        for (n = 1; n <= 100; n *= 10) row = row sprintf(",%.0f", bases * base + n * bytes)
        for (n = 1; n <= 100; n *= 10) row = row sprintf(",%.0f", 4 * (models * D + n * d))
        print row }' >>"$rows"
}
stored() { # NAME SPACE RATE MODELS-HELD-BESIDE-Z [OPTIONS]: trained once
    name=$1 space=$2 rate=$3 models=$4 to=$OUT/$1
    shift 4
    [ -e "$to/runs.csv" ] || "$IDIM" train --from "$FROM" --data "$data" --batch 8 --epochs 1 --space "$space" --lr "$rate" \
        --keep-z --out "$to" --quiet "$@"
    set -- "$to"/z/*.safetensors
    d=$(column "$to/runs.csv" d_total) D=$(column "$to/runs.csv" D)
    row z "$(bytes "$1")" "$(column "$to/runs.csv" score)" 1
    for bits in 0 6 4; do
        [ -e "$to/$bits.idim" ] || "$IDIM" pack --from "$FROM" "$1" "$to/$bits.idim" --bits "$bits" --score no
        "$IDIM" eval --from "$FROM" --z "$to/$bits.idim" --csv >"$to/$bits.csv"
        row "packed$(echo "-$bits" | sed 's/-0//')" "$(bytes "$to/$bits.idim")" "$(column "$to/$bits.csv" score)" 1
    done
}
# full training: a model a task. As a z or packed it is as long
stored full full 1e-3 0 --save "$OUT/full/model"
row model "$(bytes "$OUT"/full/model/model.safetensors "$OUT"/full/model/config.json)" "$(column "$OUT/full/runs.csv" score)" 0
for r in $ranks; do
    for on in q+v attention+mlp; do
        stored "lora-$on-r$r" "lora:r=$r,targets=$on" 3e-3 1 --save-adapter "$OUT/lora-$on-r$r/adapter"
        row adapter "$(bytes "$to"/adapter/adapter_model.safetensors "$to"/adapter/adapter_config.json)" "$(column "$to/runs.csv" score)" 1
    done
    stored "vera-r$r" "vera:r=$r,targets=attention+mlp" 3e-2 1
done
stored houlsby full:targets=adapter 3e-3 1 --model transformer:adapter=houlsby,bottleneck=8
stored pfeiffer full:targets=adapter 3e-3 1 --model transformer:adapter=pfeiffer,bottleneck=16
stored prefix full:targets=prefix 1e-2 1 --model transformer:prefix=32
stored norms norms 1e-2 1 # BitFit's part in a Llama, which has no biases
for n in $dims; do # a seed and d numbers; all weights are formed when it runs
    stored "fastfood-d$n" "fastfood:d=$n" "$(awk "BEGIN { print 1e-3 * sqrt($D / $n) }")" 2
done
{ echo name,form,d,bytes,loss,disk_1,disk_10,disk_100,memory_1,memory_10,memory_100 && cat "$rows"; } >"$OUT/stored.csv" && rm "$rows"
# theirs: 100 tasks of GPT-3, r = 4 of q and v: 354 GB beside 35 TB
{
    echo name,value,low,high
    awk -F, -v OFS=, -v whole="$(sed -n 's/^full,model,.*,\([0-9]*\),[0-9]*,[0-9]*,[0-9]*$/\1/p' "$OUT/stored.csv")" 'NR > 1 {
        x = $8 / whole; print $1 " " $2, x, x, x }' "$OUT/stored.csv"
} >"$OUT/measured.csv"
if command -v gnuplot >/dev/null; then gnuplot -e "file='$OUT/stored.csv'" "$FILES/hu-stored.gp"; fi
