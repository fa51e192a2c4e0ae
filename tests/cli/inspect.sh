#!/bin/sh
# idim inspect: models, adapters and arrays are known by their content, told in 80 columns and to programs; what is
# wrong is said with exit 1; a file larger than memory is mapped.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"
data=${IDIM_TEST_DATA:-$here/../shared/data}/checkpoints
python=/usr/bin/python3

# put NAME HEADER BYTES: a safetensors file, zeros behind its header (a hole where the file system has them)
put() {
    n=${#2}
    # shellcheck disable=SC2059 # octal
    printf "\\$(printf %03o $((n % 256)))\\$(printf %03o $((n / 256 % 256)))\\0\\0\\0\\0\\0\\0%s" "$2" >"$1"
    truncate -s $((8 + n + $3)) "$1"
}
f32() { printf '"%s":{"dtype":"F32","shape":[%s],"data_offsets":[%s]}' "$1" "$2" "$3"; }

# said FILE PART...: exit 0, 80 columns, every part is there
said() {
    "$idim" inspect "$1" >out.txt 2>err.txt && [ ! -s err.txt ] && [ "$(wc -L <out.txt)" -le 80 ] || return 1
    shift
    for part; do grep -qF -- "$part" out.txt || { cat out.txt; echo "wanted: $part"; return 1; }; done
}
# wrong FILE PART...: exit 1, one sentence, the list is printed all the same
wrong() {
    "$idim" inspect "$1" >out.txt 2>err.txt
    [ $? -eq 1 ] && [ "$(wc -l <err.txt)" -eq 1 ] && grep -q "wrong with it" out.txt && grep -q shape out.txt || return 1
    shift
    for part; do grep -qF -- "$part" out.txt || { cat out.txt; echo "wanted: $part"; return 1; }; done
}

put x.safetensors "{$(f32 w 2,3 0,24)}" 24
check "a file of tensors" said x.safetensors "safetensors file" "6 numbers in 1 tensor, 24 B" "2 x 3"
mkdir peft model
put peft/adapter_model.safetensors "{$(f32 base_model.model.layers.0.q_proj.lora_A.weight 2,4 0,32),$(
    f32 base_model.model.layers.0.q_proj.lora_B.weight 6,2 32,80)}" 80
echo '{"peft_type": "LORA", "r": 2, "lora_alpha": 6, "target_modules": ["q_proj"]}' >peft/adapter_config.json
check "an adapter" said peft "LoRA adapter" "1 pair, rank 2, alpha 6, scale 3" "targets: q_proj" "behind base_model.model."
echo '{"peft_type": "LORA", "r": 3}' >peft/adapter_config.json
check "an adapter of another rank" wrong peft "lora_A has rank 2, and adapter_config.json 3"
echo '{"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 2, "num_attention_heads": 1, "vocab_size": 3}' >model/config.json
put model/model.safetensors "{$(f32 model.embed_tokens.weight 3,2 0,24),$(
    f32 model.layers.0.self_attn.q_proj.weight 2,2 24,40),$(f32 model.layers.1.self_attn.q_proj.weight 2,2 40,56)}" 56
check "a model, folded by layer" said model "Llama" "2 layers of width 2, 1 heads, vocabulary 3" "model.layers.*.self_attn.q_proj.weight" "shows all 3"
check "which goes on with a text" said model "idim generate --from model"
put model/model.safetensors "{$(f32 model.embed_tokens.weight 3,2 0,24),$(
    f32 model.layers.1.self_attn.q_proj.weight 2,2 24,40)}" 40
check "a model with a hole" wrong model "model.layers.0.self_attn.q_proj.weight is missing; 1 of 2 layers have it"
# NaN, found by --numbers alone
put nan.safetensors "{$(f32 w 2 0,8)}" 4
printf '\0\0\300\177' >>nan.safetensors
check "NaN is not looked for unasked" said nan.safetensors "2 numbers"
check "NaN is found by --numbers" refused 1 "w: 1 of 2 numbers are NaN or Inf" "$idim" inspect nan.safetensors --numbers
"$idim" train --data synth --epochs 1 --space fastfood --d 5 --keep-z --out ./kept --quiet >/dev/null 2>&1
check "a kept z" said "$(ls kept/z/*.safetensors)" "idim: z of a run" "5 numbers" "idim eval --z kept/z/"
check "which can be packed" said "$(ls kept/z/*.safetensors)" "idim pack kept/z/"
"$idim" pack kept/z/*.safetensors k.idim --bits 4 >/dev/null
check "a packed model: its run, its parts, where it goes" said k.idim "a trained model, by idim pack" "5 numbers in 1 array" \
    "space=fastfood:d=5" "data=synth" "training samples right" "idim eval --z k.idim" "idim unpack k.idim" "idim bound k.idim"
head -c 100 k.idim >cut.idim
check "a packed model that is cut short" refused 1 "cut.idim" "$idim" inspect cut.idim
packed_json() { "$idim" inspect k.idim --json | grep -q '"idim bound k.idim"' && [ "$("$idim" inspect k.idim --csv | wc -l)" -eq 2 ]; }
check "for programs too" packed_json
check "a file that is not there" refused 1 "nothing" "$idim" inspect nothing
check "a file of nothing known" refused 1 "no file of tensors" "$idim" inspect "$here/Makefile"
check "a damaged file" refused 1 "cut short" sh -c 'head -c 80 x.safetensors >cut.safetensors; "$0" inspect cut.safetensors' "$idim"
mkdir -p res/runs
check "a results folder" refused 2 "idim show" "$idim" inspect ./res
check "two forms at once" refused 2 "not both" "$idim" inspect x.safetensors --csv --json
check "two files as one object" refused 2 "name one" "$idim" inspect x.safetensors peft --json
# what a name tells a terminal is not obeyed
put esc.safetensors '{"a\u001b[31mb":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}' 1
check "names are shown, not obeyed" said esc.safetensors 'a?[31mb'
csv() {
    "$idim" inspect model x.safetensors --csv >out.csv 2>/dev/null
    [ "$(head -1 out.csv)" = path,name,role,layer,type,shape,numbers,bytes,rms,largest,not_finite ] &&
        grep -q '^model,model.layers.1.self_attn.q_proj.weight,q,1,F32,2x2,4,16,,,$' out.csv
}
check "--csv" csv
same_hash() { [ "$("$idim" inspect "$1" --hash | grep SHA)" = "$("$idim" inspect "$2" --hash | grep SHA)" ]; }

# ---------------------------------------------------------------- Python's own files
if $python -c 'import numpy' 2>/dev/null; then
    $python -c 'import numpy as n; n.save("a.npy", n.ones((2, 3), "f4")); n.savez("a.npz", x=n.ones((4, 2)), y=n.arange(4))'
    check "an array of NumPy" said a.npy "NumPy array" "6 numbers" "f4"
    check "an archive of NumPy, and where it goes" said a.npz "NumPy archive" "idim d90 --data npy:file=a.npz"
    check "--json is JSON" sh -c '"$0" inspect peft --json 2>/dev/null | '"$python"' -c "import json, sys
o = json.load(sys.stdin)
assert o[\"tensors\"][0][\"shape\"] == [2, 4] and o[\"parameters\"] == 20 and len(o[\"wrong\"]) == 1"' "$idim"
    # 3 GB that are not there: headers alone are read; 400 MB read through a map that is let go of
    put large.safetensors "{$(f32 w 750000000 0,3000000000)}" 3000000000
    put middle.safetensors "{$(f32 w 100000000 0,400000000)}" 400000000
    peak() { # LIMIT (MB) ARGUMENTS: ru_maxrss counts mapped pages too
        $python - "$idim" "$@" <<'END'
import resource, subprocess, sys
subprocess.run([sys.argv[1], "inspect"] + sys.argv[3:], check=True, stdout=subprocess.DEVNULL)
sys.exit(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 1000 * int(sys.argv[2]))
END
    }
    check "3 GB are mapped, not loaded" peak 100 large.safetensors
    check "numbers of 400 MB are read in less than 100" peak 100 middle.safetensors --numbers
    rm large.safetensors middle.safetensors
else
    echo "skipped: python: numpy is not there"
fi
if $python -c 'import torch' 2>/dev/null; then
    $python - <<'END' 2>/dev/null
import torch
m = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
torch.save(m.state_dict(), "sd.bin")
torch.save(m, "whole.bin")
torch.save(m.state_dict(), "old.bin", _use_new_zipfile_serialization=False)
t = torch.arange(6.).reshape(2, 3)
torch.save({"t": t.t(), "h": t.half(), "b": t.bfloat16(), "p": torch.nn.Parameter(t)}, "mix.bin")
END
    check "a state_dict of PyTorch" said sd.bin "PyTorch file" "32 parameters" "4 x 3"
    check "views and types of PyTorch" said mix.bin "3 x 2" "F16" "BF16"
    check "a whole module of PyTorch is not run" refused 1 "torch.nn.modules.container.Sequential" "$idim" inspect whole.bin
    check "an old file of PyTorch" refused 1 "before PyTorch 1.6" "$idim" inspect old.bin
else
    echo "skipped: torch: Debian's python3-torch is not there"
fi
if $python -c 'import safetensors.numpy' 2>/dev/null; then
    $python -c 'import numpy, safetensors.numpy as s; s.save_file({"w": numpy.zeros((2, 3), "f4")}, "y.safetensors")'
    check "a file of safetensors' own" same_hash x.safetensors y.safetensors
else
    echo "skipped: safetensors: Debian's python3-safetensors is not there"
fi

# ---------------------------------------------------------------- real files
if [ -d "$data" ]; then
    cd "$data" || exit 1
    said() { # as above, in a folder that cannot be written
        out=$("$idim" inspect "$1" 2>&1) || return 1
        shift
        for part; do case $out in *"$part"*) ;; *) echo "$out"; echo "wanted: $part"; return 1 ;; esac; done
    }
    check "GPT-2's adapter" said gpt2-lora-tigrinya "GPT-2 LoRA adapter of gpt2" "811,008 numbers" "36 pairs, rank 8, alpha 32, scale 4" fan_in_fan_out
    check "open-calm's adapter" said open-calm-1b-lora-r1 "GPT-NeoX LoRA adapter" "24 pairs, rank 1, alpha 32, scale 32" F16
    check "whose base model is none of ours" test -z "$("$idim" inspect open-calm-1b-lora-r1 | grep -e --from)"
    check "RoBERTa's adapter, whose alpha nobody says" said roberta-base-lora-mnli "RoBERTa LoRA adapter" "alpha not known (--alpha)" "4 tensors beside"
    check "RoBERTa's adapter with alpha" sh -c '"$0" inspect roberta-base-lora-mnli --alpha 16 | grep -q "alpha 16, scale 2"' "$idim"
    check "its .bin and its safetensors are the same" same_hash roberta-base-lora-mnli roberta-base-lora-mnli/roberta_base_lora_mnli.bin
    check "stories260K" said stories260K/stories260K.bin "llama2.c checkpoint" "260,032 numbers" "5 layers of width 64, 8 heads, vocabulary 512, length 512, head tied" "idim train --from stories260K/stories260K.bin"
else
    echo "skipped: real checkpoints: $data is not here (IDIM_TEST_DATA names its folder)"
fi
exit $bad
