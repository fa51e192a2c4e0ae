#!/bin/sh
# Shuttleworth et al. 2024 in miniature: intruder dimensions over (epsilon, k), rank, alpha and learning rate, and what is
# forgotten of the pre-training text. A model of pretrain.sh learns Shakespeare by LoRA and in full. OUT/NAME has
# intruders.csv (all epsilon and k, both sides, nulls), OUT/forgetting.csv the loss on WikiText-2 beside the new one,
# OUT/shuttleworth.csv all models in one table, OUT/scaled.csv what scaling an intruder down brings back.
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

# ---- what their other figures ask. Taken up where it was, as the above
# shellcheck source=experiments/repro/lib.inc
. "$FILES/lib.inc"
top=${ranks##* } # the highest rank
mid=3e-3
for seed in $seeds; do
    for r in $ranks; do # alpha lr the same at all ranks, as theirs; 3e-3 at r = 8
        learn "lora-r$r-held" "$seed" --space "lora:r=$r,alpha=$((2 * r)),targets=attention+mlp" --lr "$(awk "BEGIN { print .024 / $r }")"
    done
    for r in 1 8; do # B alone is trained, A orthonormal and frozen
        learn "lora-r$r-onlyB-lr$mid" "$seed" --space "lora:r=$r,alpha=$((2 * r)),init=orthonormal,freeze=A,targets=attention+mlp" --lr $mid
    done
done
# the first intruder of each matrix scaled by lambda (theirs: .7 of RoBERTa, r = 8): what comes back, what is lost?
[ -e "$OUT/scaled.csv" ] || echo name,seed,lambda,old_loss,new_loss >"$OUT/scaled.csv"
for seed in $seeds; do
    for name in lora-r1-alpha2r-lr$mid-seed$seed lora-r8-alpha2r-lr$mid-seed$seed; do
        for lambda in 0 .5 .7 .9; do
            ! grep -q "^$name,$seed,$lambda," "$OUT/scaled.csv" || continue
            "$IDIM" intruders "$base" "$OUT/models/$name" --epsilon .5 --k 10 --nulls no --lambda $lambda --save "$OUT/milder/model" \
                --plot no --quiet --out "$OUT/milder"
            echo "$name,$seed,$lambda,$(loss "$OUT/milder/model" "$old"),$(loss "$OUT/milder/model" "$new")" >>"$OUT/scaled.csv"
            rm -r "$OUT/milder"
        done
    done
done
# all of it in one table: intruders at epsilon .5 among the first 10 left vectors, of random updates of that norm, the effective
# rank of the update (mean over its matrices), what was forgotten and what was learned, in nats
old0=$(loss "$base" "$old") new0=$(loss "$base" "$new")
sed 1d "$OUT/forgetting.csv" | while IFS=, read -r name seed old1 new1; do
    [ -e "$OUT/$name/updates.csv" ] || "$IDIM" spectra "$base" "$OUT/models/$name" --plot no --quiet --out "$OUT/$name" >&2
    counts=$(plain "$OUT/$name/intruders.csv" | awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["side"] == "left" && $at["epsilon"] == .5 && $at["k"] == 10 { x += $at["intruders"]; g += $at["null_gaussian"] } END { print x + 0, g + 0 }')
    rank=$(plain "$OUT/$name/updates.csv" | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["role"] !~ /embed|norm/ && $at["effective_rank"] > 0 { n++; x += $at["effective_rank"] } END { print n ? x / n : "" }')
    awk -v OFS=, -v row="$name,$seed,$counts,$rank" -v f="$old1" -v f0="$old0" -v l="$new1" -v l0="$new0" 'BEGIN { print row, f - f0, l0 - l }'
done >"$OUT/rows.csv"
{ echo name,seed,intruders,null_gaussian,effective_rank,forgotten,learned && cat "$OUT/rows.csv"; } >"$OUT/shuttleworth.csv" && rm "$OUT/rows.csv"
# NAME COLUMN OVER: mean of COLUMN of models NAME over that of models OVER (-: as it is); least and most of the seeds, two or more
over() {
    awk -F, -v a="$1" -v column="$2" -v b="$3" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { s = $at["seed"]; name = $at["name"]; sub("-seed" s "$", "", name) }
        name == a { x[s] = $at[column] } name == b { y[s] = $at[column] }
        END { for (s in x) if (b == "-" || y[s] != 0) { v = b == "-" ? x[s] : x[s] / y[s]; sum += v; n++
            low = n == 1 || v < low ? v : low; high = n == 1 || v > high ? v : high }
            if (n) print sum / n (n < 2 ? ",," : "," low "," high) }' "$OUT/shuttleworth.csv"
}
measured() { [ -z "$2" ] || echo "$1,$2"; }
{
    echo name,value,low,high
    awk -F, '/^lora-r8-alpha2r-/ { print $3, $6 }' "$OUT/shuttleworth.csv" | spearman "intruders and forgetting r 8"
    awk -F, '/^lora-/ { print $3, $6 }' "$OUT/shuttleworth.csv" | spearman "intruders and forgetting LoRA"
    awk -F, '/^lora-/ { print $3, $7 }' "$OUT/shuttleworth.csv" | spearman "intruders and what is learned LoRA"
    measured "intruders full" "$(over full-lr$mid intruders -)"
    measured "intruders r 1" "$(over lora-r1-alpha2r-lr$mid intruders -)"
    measured "intruders top rank stable" "$(over "lora-r$top-stable-lr$mid" intruders -)"
    measured "intruders only B over both r 8" "$(over lora-r8-onlyB-lr$mid intruders lora-r8-alpha2r-lr$mid)"
    measured "effective rank alpha 8 over alpha 2r top rank" "$(over "lora-r$top-alpha8-lr$mid" effective_rank "lora-r$top-alpha2r-lr$mid")"
    measured "effective rank full over alpha 2r top rank" "$(over full-lr$mid effective_rank "lora-r$top-alpha2r-lr$mid")"
    measured "forgetting r 8 over full" "$(over lora-r8-alpha2r-lr$mid forgotten full-lr$mid)"
    for what in forgotten learned; do # at lambda .7: the share of it that is gone
        sed 1d "$OUT/scaled.csv" | awk -F, -v what=$what -v old0="$old0" -v new0="$new0" -v file="$OUT/shuttleworth.csv" '
            BEGIN { while ((getline line <file) > 0) { split(line, c, ","); was[c[1]] = what == "forgotten" ? c[6] : c[7] } }
            $3 == .7 && $1 ~ /^lora-r8-/ { now = what == "forgotten" ? $4 - old0 : new0 - $5; v = 1 - now / was[$1]; sum += v; n++
                low = n == 1 || v < low ? v : low; high = n == 1 || v > high ? v : high }
            END { if (n) print "share of the " what " that goes with lambda .7," sum / n (n < 2 ? ",," : "," low "," high) }'
    done
} >"$OUT/measured.csv"
