#!/bin/sh
# Aghajanyan et al. 2020 in miniature: d90 by DID and SAID against pre-training steps and model size, from pretrain.sh's
# checkpoints, and from scratch as the control. A folder each: OUT/desk.sst2w64s4000-d90. OUT/gap.csv: beside d90 what was
# learned of the training samples alone (their figure 5); OUT/mrpc.csv: is MRPC learned at all (d90 only where it is)?
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

# shellcheck source=experiments/repro/lib.inc
. "$FILES/lib.inc"

# MRPC: two thirds of its pairs are of one class. A baseline that is not above that by two standard errors has no gain to
# take a share of. From the longest pre-training of each width: rates by validation, then three seeds.
labels=${IDIM_DATA:-data}/mrpc/msr_paraphrase_test.txt
case $SCALE in
quick) pairs='--data mrpc:length=128,train=500 --epochs 1 --batch 16' ;;
desk) pairs='--data mrpc:length=224 --epochs 2 --batch 32' ;;
paper) pairs='--data mrpc:length=256 --epochs 10 --batch 32' ;;
esac
if [ -e "$labels" ]; then
    larger=$(awk -F'\t' 'NR > 1 { n++; ones += $1 } END { x = ones / n; print (x > .5 ? x : 1 - x), n }' "$labels")
    echo name,baseline,larger_class,test_se,clear >"$OUT/mrpc.csv"
    for w in $(ls "$pre" | sed -n 's/^w\([0-9]*\)-.*/\1/p' | sort -nu); do
        s=$(ls "$pre" | sed -n "s/^w$w-s//p" | sort -n | tail -1) to=$OUT/mrpc-w$w
        # shellcheck disable=SC2086 # words
        train() { "$IDIM" train --from "$pre/w$w-s$s" $pairs --space full --out "$to" --jobs "$JOBS" --quiet "$@"; }
        for lr in 3e-4 1e-3 3e-3; do train --lr $lr --role tune --seed 1000001; done
        lr=$(plain "$to/runs.csv" | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
            $at["role"] == "tune" && (best == "" || $at["val"] > best) { best = $at["val"]; lr = $at["lr"] } END { print lr }')
        train --lr "$lr" --seeds 3
        plain "$to/runs.csv" | awk -F, -v OFS=, -v name="w${w}s$s" -v larger="$larger" 'BEGIN { split(larger, l, " ") }
            NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $at["role"] != "tune" { n++; sum += $at["score"] }
            END { x = sum / n; se = sqrt(l[1] * (1 - l[1]) / l[2]); print name, x, l[1], se, (x > l[1] + 2 * se ? "yes" : "no") }' >>"$OUT/mrpc.csv"
        case $(tail -1 "$OUT/mrpc.csv") in
        *,yes) measure mrpc "w${w}s$s" --from "$pre/w$w-s$s" ;;
        *) echo "mrpc from w${w}s$s: its baseline is not clear of the larger class, so that it has no d90: $OUT/mrpc.csv" >&2 ;;
        esac
    done
fi

# Generalisation: training less test score, of full training and of the runs at the least d from d90 on, as it is and over
# 1 - test score for accuracy (theirs). A loss has no such share: its gap is test less training.
for to in "$OUT/$SCALE".*-d90; do
    name=${to##*/}
    name=${name#*.}
    { plain "$to/d90.csv" && plain "$to/runs.csv"; } | awk -F, -v OFS=, -v name="${name%-d90}" '
        $1 == "space" || $1 == "run_id" { runs = $1 == "run_id"; split("", at); for (i = 1; i <= NF; i++) at[$i] = i; next }
        !runs && $at["baseline_rule"] == "own" && $at["threshold_rule"] == "gain" && $at["level"] == .9 && !($1 in d90) {
            spaces[++n] = $1; d90[$1] = $at["d90_state"] == "exact" ? $at["d90_fit"] : ""; state[$1] = $at["d90_state"]; base[$1] = $at["baseline"] }
        runs && ($at["role"] == "baseline" || $at["role"] == "score") && $at["train"] != "" {
            metric = $at["metric"]; D = $at["D"]; s = $at["space"] == "full" ? "full" : $at["space"] " " $at["d_total"]
            if (s != "full") ds[$at["space"]] = ds[$at["space"]] " " $at["d_total"]
            gap = metric == "accuracy" ? $at["train"] - $at["score"] : $at["score"] - $at["train"]
            count[s]++; sum[s] += gap; share[s] += metric == "accuracy" ? gap / (1 - $at["score"]) : 0 }
        function mean(x, s) { return count[s] ? x[s] / count[s] : "" }
        END { for (k = 1; k <= n; k++) { s = spaces[k]; m = split(ds[s], all, " "); d = ""
            for (i = 1; i <= m; i++) if (all[i] + 0 >= d90[s] + 0 && (d == "" || all[i] + 0 < d)) d = all[i] + 0
            if (d90[s] == "") d = ""
            a = metric == "accuracy"
            print name, s, metric, D, state[s], d90[s], base[s], mean(sum, "full"), a ? mean(share, "full") : "", d, mean(sum, s " " d), a ? mean(share, s " " d) : "" } }'
done >"$OUT/rows.csv"
{ echo name,space,metric,D,d90_state,d90,baseline,gap_full,relative_gap_full,d,gap,relative_gap && cat "$OUT/rows.csv"; } >"$OUT/gap.csv"
rm "$OUT/rows.csv"
# do they rise together? Spearman's correlation of d90 and the gap of full training over checkpoints, Fisher's interval
{
    echo name,value,low,high
    for task in $tasks; do
        for space in said fastfood:form=single; do
            awk -F, -v task="$task" -v space="$space" 'index($1, task "w") == 1 && $2 == space && $6 != "" && $8 != "" { print $6, $8 }' "$OUT/gap.csv" |
                spearman "d90 and gap $task $space"
        done
    done
    [ ! -e "$OUT/mrpc.csv" ] || awk -F, -v OFS=, 'NR > 1 { x = $2 - $3; print "mrpc baseline less larger class " $1, x, x - 2 * $4, x + 2 * $4 }' "$OUT/mrpc.csv"
} >"$OUT/measured.csv"
