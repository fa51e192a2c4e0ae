#!/bin/sh
# idim pack, unpack: a kept z there and back, in few bits, where a kept z can stand, of spaces that do not come back
# from the seed, and the bound of what was packed.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

z_of() { echo "$1"/z/*.safetensors; }
score() { "$idim" eval --csv "$@" | tail -1 | cut -d, -f6; }
number() { awk -v key="$1" '{ for (i = 1; i < NF; i++) if ($i == key) { print $(i + 1); exit } }'; }
says() {
    part=$1
    shift
    "$@" >out.txt 2>err.txt && grep -qF -- "$part" out.txt
}

"$idim" train --data synth --space fastfood:d=60 --epochs 8 --lr 3e-2 --seed 3 --keep-z --quiet --out ./t >said.txt
z=$(z_of t)
check "a z is packed" says "as packed" "$idim" pack "$z" a.idim
check "it is smaller" test "$(wc -c <a.idim)" -lt "$(wc -c <"$z")"
quiet() { "$@" >/dev/null; }
check "and comes back" quiet "$idim" unpack a.idim back.safetensors
check "byte for byte" same "$z" back.safetensors
check "the packed file is scored as the z is" test "$(score --z a.idim)" = "$(score --z "$z")"
check "and packed again it is the same" quiet "$idim" pack a.idim b.idim
check "byte for byte too" same a.idim b.idim

check "nothing else is replaced" refused 2 "another name" "$idim" pack "$z" a.idim --bits 5
check "not even what is packed" refused 2 "another name" "$idim" pack "$z" "$z"
echo mine >keep.txt
check "nor a file of somebody else" refused 2 "keep.txt: is there already" "$idim" pack "$z" keep.txt
check "which stays" test "$(cat keep.txt)" = mine
check "unpacked neither" refused 2 "keep.txt: is there already" "$idim" unpack a.idim keep.txt

check "in few bits" says "bits a number" "$idim" pack "$z" c.idim --bits 5
less() { awk -v b="$(sed -n 's/^ *\([0-9.]*\) bits a number.*/\1/p' out.txt)" 'BEGIN { exit !(b > 4 && b <= 5) }'; }
check "no more than were asked for" less
check "which is smaller still" test "$(wc -c <c.idim)" -lt "$(wc -c <a.idim)"
packed=$(awk '$1 == "train" { print $3 }' out.txt)
check "its score is that of the coded network" test "$(printf '%.4f' "$(score --z c.idim --split train)")" = "$packed"
check "a z comes back" quiet "$idim" unpack c.idim c.safetensors
check "that says it was coded" grep -q "not equal" c.safetensors
check "and has the coded network's score" test "$(score --z c.safetensors --split train)" = "$(score --z c.idim --split train)"
check "by k-means" says "8 levels" "$idim" pack "$z" k.idim --bits 3 --codebook kmeans --score no

check "a bound of what was packed" says "kl" "$idim" bound c.idim --out ./r
length() { head -2 r/bound.csv | tail -1 | cut -d, -f"$1"; }
check "d" test "$(length 1)" = 60
says "" "$idim" pack "$z" c.idim --bits 5
bits=$((8 * $(sed -n 's/.*numbers in \([0-9]*\),.*/\1/p' out.txt)))
check "its length is the code's" test "$(length 3)" = "$bits"
extra=$((8 * $(sed -n 's/.*configuration in \([0-9]*\),.*/\1/p' out.txt)))
check "extra is the configuration's" test "$(length 4)" = "$extra"
check "its error is the coded network's" test "$(printf '%.4f' "$(length 5)")" = "$(awk -v a="$packed" 'BEGIN { printf "%.4f", 1 - a }')"
check "samples are the training split's" test "$(length 6)" = "$(awk '$1 == "train" { gsub(",", "", $5); print $5 }' out.txt)"
"$idim" bound c.idim --tried 32 --out ./r >/dev/null
check "what was chosen among 32 costs 5 bits" test "$(length 4)" = "$((extra + 5))"
check "a file without scores has no bound" refused 2 "was not scored" "$idim" bound k.idim
check "nothing is said twice" refused 2 "leave them out" "$idim" bound c.idim --d 5

# directions of a file are not in the seed
cat >directions.py <<'P'
import struct, sys
head = str({"descr": "<f4", "fortran_order": False, "shape": (6, 84)}).encode()
x = [((7 * i * i + 3 * i) % 23 - 11) / 40 for i in range(6 * 84)]
open("p.npy", "wb").write(b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + struct.pack("<504f", *x))
P
if command -v python3 >/dev/null; then
    python3 directions.py
    "$idim" train --data synth --model fc:depth=0 --space file:path=p.npy --epochs 4 --lr 3e-2 --keep-z --quiet --out ./f >said.txt
    z=$(z_of f)
    told=$(score --z "$z" --space file:path=p.npy)
    check "what the seed does not give is in the file" says "do not come back from the seed in" "$idim" pack "$z" f.idim \
        --space file:path=p.npy --bits 8
    check "beside a whole z too" quiet "$idim" pack "$z" g.idim --space file:path=p.npy --score no
    mv p.npy away.npy
    check "so that it is scored without its directions" test "$(score --z g.idim)" = "$told"
    check "a whole z comes back without them" quiet "$idim" unpack g.idim g.safetensors
    check "byte for byte once more" same "$z" g.safetensors
    check "a kept z needs them" refused 2 "path must be given" "$idim" eval --z "$z"
    mv away.npy p.npy
    check "and so does a z that is coded" quiet "$idim" unpack f.idim h.safetensors --space file:path=p.npy

    python3 "$here/tests/cli/gpt2.py" base 0
    "$idim" train --from base --data synthtext:length=8,vocabulary=12,n=64 --steps 20 --batch 8 --lr 3e-2 \
        --space lora:r=2,targets=q+v --save tuned --quiet --out ./l >said.txt
    check "a fine-tuned model is packed" quiet "$idim" pack --from base "$(z_of l)" l.idim
    check "and unpacked as a folder" quiet "$idim" unpack --from base l.idim l.safetensors --save again
    check "bit for bit what training saved" same again/model.safetensors tuned/model.safetensors
    check "its part of each matrix has a scale" says "bits a number" "$idim" pack --from base "$(z_of l)" m.idim --bits 6
    check "it can be merged as a z" quiet "$idim" merge --from base --z m.idim --save merged
    check "texts have no errors to bound" refused 2 "was not scored" "$idim" bound m.idim
    check "a checkpoint must be named" refused 2 "name it by --from" "$idim" pack l.idim n.idim
else
    echo "skipped: pack: python3 is not installed"
fi

check "a model from scratch has no folder" refused 2 "leave --save out" "$idim" unpack a.idim back.safetensors --save none
check "what is not packed is refused" refused 1 "directions.py" "$idim" unpack directions.py x.safetensors
head -c 150 a.idim >cut.idim
check "a cut file too" refused 1 "cut short" "$idim" eval --z cut.idim
check "k-means has few levels" refused 2 "with k-means" "$idim" pack a.idim x.idim --bits 12 --codebook kmeans
exit "$bad"
