#!/bin/sh
# Signals: what is under way is left in a checkpoint, the exit code says how to go on, and the same command
# again ends in the same bytes. --keep-z: the trained numbers, read back without our code.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

train() { "$idim" train --data synth --model fc:width=50 --space onehot:d=40 --epochs 100 --keep-z "$@" >said.txt 2>err.txt; }

# Waits until COMMAND succeeds, 10 s at most.
until_true() {
    n=0
    while [ "$n" -lt 1000 ] && ! "$@"; do
        n=$((n + 1))
        sleep .01
    done
}
check "it trains" train --out ./one

# The folder is made when signals are caught already, and before the first step: so the checkpoint is of
# step 1, or of a later one.
stopped() {
    "$idim" train --data synth --model fc:width=50 --space onehot:d=40 --epochs 100 --keep-z --out "./$1" >said.txt 2>err.txt &
    until_true [ -d "$1/runs" ]
    kill "-$1" $!
    wait $!
    [ $? -eq "$2" ]
}
for s in TERM:75 USR1:75 INT:130; do
    sig=${s%:*}
    check "$sig ends it with ${s#*:}" stopped "$sig" "${s#*:}"
    check "$sig: one sentence says that it goes on" grep -q "^stopped by signal.*start again" err.txt
    one_line() { [ "$(wc -l <err.txt)" -eq 1 ]; }
    check "$sig: and no more" one_line
    kept() { [ "$(find "$sig/partial" -name '*.safetensors' | wc -l)" -eq 1 ]; }
    check "$sig: its state is kept" kept
    check "$sig: the same command goes on" train --out "./$sig"
    bytes() {
        same one/runs.csv "$sig/runs.csv" && same one/history.csv "$sig/history.csv" &&
            same one/z/*.safetensors "$sig"/z/*.safetensors
    }
    check "$sig: it ends in the same bytes" bytes
    gone() { [ ! -e "$sig/partial" ]; }
    check "$sig: no checkpoint is left" gone
done

# A sweep with workers, signalled again and again: all processes at once, as a terminal does it, and the
# first one alone, as `kill` does.
d90="d90 --data synth --epochs 20 --d 10+50 --seeds 2 --quiet --plot no --jobs 2"
# shellcheck disable=SC2086 # words
check "a sweep runs" "$idim" $d90 --out ./whole >said.txt 2>&1
lines() { cat parts/runs/*.jsonl 2>/dev/null | wc -l; }
more() { [ "$(lines)" -gt "$1" ] || ! kill -0 "$2" 2>/dev/null; }
again_and_again() {
    stops=0 under_way=0
    while [ "$stops" -lt 6 ]; do
        before=$(lines)
        # shellcheck disable=SC2086
        setsid "$idim" $d90 --out ./parts >said.txt 2>err.txt &
        leader=$!
        until_true more "$before" "$leader"
        target=$leader
        [ $((stops % 2)) -eq 0 ] && target=-$leader
        [ "$stops" -lt 5 ] && kill -s TERM -- "$target" 2>/dev/null
        wait "$leader"
        code=$?
        [ "$code" -eq 0 ] && return 0
        [ "$code" -eq 75 ] || return 1
        stops=$((stops + 1))
        [ -d parts/partial ] && under_way=$((under_way + 1))
    done
    return 1
}
check "a sweep that is stopped goes on until it is whole" again_and_again
several() { [ "$stops" -gt 2 ]; }
check "it was stopped several times" several
left() { [ "$under_way" -gt 1 ]; }
check "what was under way was kept" left
tables() { for f in runs.csv history.csv d90.csv; do same "whole/$f" "parts/$f" || return 1; done; }
check "a stopped sweep ends in the same bytes" tables
unfailed() { ! grep -q '"status":"failed"' parts/runs/*.jsonl; }
check "a signal fails no run" unfailed

# onehot keeps lengths, so that ||z|| is the update's norm in runs.csv
cat >z.py <<'END'
import csv, json, struct, sys
import numpy as np
row, = csv.DictReader(open(sys.argv[1] + "/runs.csv"))
data = open(sys.argv[1] + "/z/" + row["run_id"] + ".safetensors", "rb").read()
n, = struct.unpack("<Q", data[:8])
header = json.loads(data[8:8 + n])
meta, z = header["__metadata__"], header["z"]
run = json.loads(meta["run"])
first, last = z["data_offsets"]
numbers = np.frombuffer(data[8 + n + first:8 + n + last], np.float32)
assert (8 + n) % 8 == 0 and z["dtype"] == "F32" and z["shape"] == [40] == [int(row["d_total"])]
assert len(data) == 8 + n + last and meta["id"] == row["run_id"] and meta["kind"] == row["kind"]
assert run["space"] == meta["space"] == "onehot:d=40" and run["seed"] == row["seed"] == "1"
assert meta["frozen"].startswith("regenerable") and "content " in meta["hashed"]
assert abs(np.linalg.norm(numbers.astype(float)) / float(row["update_norm"]) - 1) < 1e-5
END
numpy=/usr/bin/python3
if "$numpy" -c 'import numpy' 2>/dev/null; then
    check "NumPy reads z" "$numpy" z.py one
else
    echo "skipped: NumPy reads z: python3-numpy is not installed"
fi
exit "$bad"
