#!/bin/sh
# idim intruders: counts between two checkpoints, the model that is saved with them scaled; what is refused.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

says() {
    part=$1
    shift
    "$@" >out.txt 2>err.txt && grep -qF -- "$part" out.txt
}
narrow() { ! grep -q '.\{81\}' "$1"; }

# W0 is diagonal, W has 30 h h^T more, h of equal entries: one new direction, on both sides.
numpy() {
    /usr/bin/python3 - <<'PYTHON'
import json, os, struct
import numpy as np
n = 16
def save(folder, w):
    os.makedirs(folder)
    data = w.astype("<f4").tobytes()
    names = {"model.layers.0.self_attn.q_proj.weight": {"dtype": "F32", "shape": [n, n], "data_offsets": [0, len(data)]}}
    head = json.dumps(names).encode()
    head += b" " * (-len(head) % 8)
    open(folder + "/model.safetensors", "wb").write(struct.pack("<Q", len(head)) + head + data)
    open(folder + "/config.json", "w").write('{"model_type":"llama"}')
base = np.diag(np.arange(n, 0, -1.0))
save("base", base)
save("tuned", base + 30.0 / n)
# what is to come out: the first direction times .5
u, s, vt = np.linalg.svd(base + 30.0 / n)
s[0] *= .5
np.savetxt("want.txt", np.linalg.svd((u * s) @ vt, compute_uv=False))
PYTHON
}
agree() {
    cut -d, -f5 "$1" | sed 1d | paste - want.txt | awk '{ d = $1 - $2; if (d * d > 1e-8 * 900) bad = 1 } END { exit bad || NR != 16 }'
}

if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    numpy
    check "an intruder is counted" says "0.5" "$idim" intruders base tuned --k 1+16 --rank 1 --out ./r --plot no
    check "the table fits a terminal" narrow out.txt
    check "one of the first" grep -q '^model.layers.0.self_attn.q_proj.weight,q,0,16,16,0,left,1,[0-9.]*,0.5,[0-9.]*,1,1,' r/intruders.csv
    check "a row for every side, epsilon and k" test "$(wc -l <r/intruders.csv)" -eq 37
    check "a row for every side and vector" test "$(wc -l <r/directions.csv)" -eq 33
    check "it is scaled down" says "1 vectors at epsilon 0.5, k 10 times 0.5" "$idim" intruders base tuned --lambda .5 --save ./milder --nulls no --out ./r --plot no
    "$idim" spectra milder milder --plot no --out ./s >/dev/null
    check "what was saved is a model" test -s milder/config.json
    # its values, as the difference from zeros
    /usr/bin/python3 -c 'import os
b = bytearray(open("base/model.safetensors", "rb").read())
n = int.from_bytes(b[:8], "little")
b[8 + n:] = bytes(len(b) - 8 - n)
os.makedirs("zero")
open("zero/model.safetensors", "wb").write(b)
open("zero/config.json", "w").write("{\"model_type\":\"llama\"}")'
    "$idim" spectra zero milder --plot no --out ./s >/dev/null
    check "with numpy's values" agree s/spectra.csv
    if command -v gnuplot >/dev/null; then
        check "a picture is drawn" says "intruders as png" "$idim" plot ./r --figure intruders --format png
    else
        echo "skipped: intruders: no gnuplot here"
    fi
    check "lambda and save go together" refused 2 "go together" "$idim" intruders base tuned --lambda .5
    check "a file cannot be saved as a model" refused 2 "has no config.json" "$idim" intruders base/model.safetensors tuned/model.safetensors --lambda .5 --save ./m --plot no --out ./r
    check "k is a whole number" refused 2 "whole numbers" "$idim" intruders base tuned --k .5
    check "epsilon is a cosine" refused 2 "no cosine" "$idim" intruders base tuned --epsilon 2
    check "an adapter needs its base" refused 2 "--from BASE" "$idim" intruders tuned
else
    echo "skipped: intruders: no numpy here"
fi
exit "$bad"
