#!/bin/sh
# idim slurm's script on a real Slurm of three nodes that this test starts on loopback and stops again: a signal
# before the limit, the requeue that answers it, stages one behind the other, the bytes of one process.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

cat >s.idim <<'END'
data = synth:n=2000
model = fc:width=100
epochs = 80
d = 5+20+50
lr = 1e-2+1e-3
lr-full = 1e-2+1e-3
seeds = 2
plot = no
END
"$idim" slurm s.idim --hours .001 --jobs 1 --most 3 --out ./cluster >submit.sh 2>said.txt ||
    "$idim" slurm s.idim --hours .01 --jobs 1 --most 3 --out ./cluster >submit.sh
script() { sh -n submit.sh && [ "$(grep -c '^previous=.(sbatch' submit.sh)" -eq 3 ]; }
check "the script has an array for each stage" script
mkdir bin
printf '#!/bin/sh\n[ "$*" = "show config" ] && echo "MaxArraySize            = 3"\n' >bin/scontrol
chmod +x bin/scontrol
arrays() { "$idim" slurm s.idim --hours .01 --epochs 20000 --jobs 1 --out ./cluster --quiet | grep -o 'array=0-.*' | sort -u | tail -1; }
below() { [ "$(PATH=$work/bin:$PATH arrays)" = array=0-1 ]; }
check "arrays stay below the MaxArraySize that scontrol says" below
lines() {
    for word in 'signal=USR1@300' requeue 'open-mode=append' 'scontrol requeue' 'dependency=afterany'; do
        grep -q -- "$word" submit.sh || return 1
    done
}
check "the script says what Slurm is to do" lines

if ! command -v slurmctld >/dev/null 2>&1 || ! command -v munged >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
    echo "skipped: a real Slurm: slurm-wlm and munge are not installed, or this is not root"
    exit "$bad"
fi
if ! "$here/tests/slurm/up.sh" "$work/slurm" 3 2 >up.txt 2>&1; then
    echo "skipped: a real Slurm: it did not start: $(tail -1 up.txt)"
    exit "$bad"
fi
trap '"$here/tests/slurm/down.sh" "$work/slurm" >/dev/null 2>&1; rm -rf "$work"' EXIT
# shellcheck disable=SC1091 # made by up.sh
. "$work/slurm/env"
PATH=$(dirname "$idim"):$PATH
export PATH

# Slurm counts limits in minutes: the signal comes 55 s before the end of one, within 5 s
# of the start; so short a sweep is one share a stage, here three
sed -e 's/USR1@300/USR1@55/' -e 's/--time=[0-9]*/--time=1/' -e 's/--array=0-0/--array=0-2/' \
    -e 's|TASK_ID/1|TASK_ID/3|' submit.sh >quick.sh
check "the script is taken" sh quick.sh
stopped() { cat cluster/slurm-*.log 2>/dev/null | grep -q 'stopped by signal 10'; } # USR1
ended() {
    n=0
    while [ -n "$(squeue -h -o %A)" ] && [ "$n" -lt 180 ]; do
        # the limit's signal may find all done: one element is sent its own, until that comes in the middle of its work
        if [ $((n % 2)) -eq 1 ] && ! stopped; then
            scancel --signal=USR1 "$(squeue -h -r -t R -o %i | head -1)" 2>/dev/null
        fi
        n=$((n + 1))
        sleep .5
    done
    [ -z "$(squeue -h -o %A)" ]
}
check "all stages end" ended
"$idim" run s.idim --out ./one --jobs 2 --quiet >said.txt 2>&1
tables_same() {
    for f in runs.csv history.csv d90.csv; do same "one/$f" "cluster/$f" || return 1; done
}
check "Slurm's shards give the bytes of one process" tables_same
shares() { cat cluster/slurm-*.log | grep -q "shard 1 of 0..2"; }
check "elements know their shares" shares
check "one was stopped in the middle" stopped
# idim ended with 75, the script had Slurm start it again: as often as it was stopped, and no other element
requeued() {
    for log in cluster/slurm-*.log; do
        element=${log#cluster/slurm-}
        again=$(scontrol show job "${element%.log}" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p')
        [ "${again:-none}" = "$(grep -c 'stopped by signal 10' "$log")" ] || return 1
    done
}
check "each stop was answered by a requeue of that element" requeued
exit "$bad"
