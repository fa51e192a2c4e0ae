#!/bin/sh
# Nobody's figure yet: when does an update in a random subspace show structure (papers.md 3.18)? The spectra of updates
# at rising d, beside full training's: OUT/dN/updates.csv has the largest singular value (spectral), the noise's edge, how
# many values are above it, and the effective rank beside a random update's of equal norm. d90 of this network is near 700.
case $SCALE in
quick) ds='200 800 3200' data=mnist:train=2000,test=500 epochs=2 ;;
desk) ds='100 200 400 800 1600 3200 6400 12800' data=mnist epochs=10 ;;
paper) ds='100 200 400 800 1600 3200 6400 12800 25600 51200' data=mnist epochs=20 ;;
esac
learn() { # NAME OPTIONS: the kept z, then its spectra
    name=$1
    shift
    [ ! -e "$OUT/$name/updates.csv" ] || return 0
    "$IDIM" train --data $data --model fc --epochs $epochs --keep-z --out "$OUT/runs-$name" --quiet "$@"
    "$IDIM" spectra "$OUT/runs-$name"/z/*.safetensors --plot no --quiet --out "$OUT/$name"
}
for d in $ds; do # the rate of all weights times sqrt(D / d)
    learn "d$d" --space "fastfood:d=$d" --lr "$(awk "BEGIN { print 1e-3 * sqrt(199210 / $d) }")"
done
learn full --space full --lr 1e-3
learn lora8 --space lora:r=8 --lr 3e-3
