#!/bin/sh
# Nobody's figure yet: when does an update in a random subspace show structure (papers.md 3.18)? The spectra of updates
# at rising d, beside full training's and a LoRA's: OUT/dN-seedS/updates.csv has the largest singular value (spectral), the
# edge of noise of equal norm, how many values are above it, and the effective rank beside a random update's.
# d90 of this network is near 700. OUT/structure.csv: all of them in one table, with the test score.
case $SCALE in
quick) ds='200 800 3200' data=mnist:train=2000,test=500 epochs=2 seeds=1 ;;
desk) ds='100 200 400 800 1600 3200 6400 12800' data=mnist epochs=10 seeds='1 2 3' ;;
paper) ds='100 200 400 800 1600 3200 6400 12800 25600 51200' data=mnist epochs=20 seeds='1 2 3 4 5' ;;
esac
learn() { # NAME SEED OPTIONS: the kept z, then its spectra
    name=$1-seed$2 seed=$2
    shift 2
    [ ! -e "$OUT/$name/updates.csv" ] || return 0
    "$IDIM" train --data "$data" --model fc --epochs "$epochs" --seed "$seed" --keep-z --out "$OUT/runs-$name" --quiet "$@"
    "$IDIM" spectra "$OUT/runs-$name"/z/*.safetensors --plot no --quiet --out "$OUT/$name"
}
for seed in $seeds; do
    for d in $ds; do # the rate of all weights times sqrt(D / d)
        learn "d$d" "$seed" --space "fastfood:d=$d" --lr "$(awk "BEGIN { print 1e-3 * sqrt(199210 / $d) }")"
    done
    learn full "$seed" --space full --lr 1e-3
    learn lora8 "$seed" --space lora:r=8 --lr 3e-3
done
columns='tensor spectral noise_edge noise_above effective_rank null_effective_rank stable_rank relative'
for name in $(for d in $ds; do echo "d$d"; done) full lora8; do
    for seed in $seeds; do
        score=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "score") k = i } END { print $k }' "$OUT/runs-$name-seed$seed/runs.csv")
        awk -F, -v words="$columns" -v head="$name,$seed,$score" 'BEGIN { n = split(words, w, " ") }
            NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
            { printf "%s", head; for (i = 1; i <= n; i++) printf ",%s", $at[w[i]]; print "" }' "$OUT/$name-seed$seed/updates.csv"
    done
done >"$OUT/rows.csv"
{ echo "name,seed,score,$columns" | tr ' ' ',' && cat "$OUT/rows.csv"; } >"$OUT/structure.csv" && rm "$OUT/rows.csv"
if command -v gnuplot >/dev/null; then gnuplot -e "file='$OUT/structure.csv'" "$FILES/structure.gp"; fi
