#!/bin/sh
# idim memory: published counts from config.json alone, methods, what is refused.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

says() {
    part=$1
    shift
    "$@" >out.txt 2>err.txt && grep -qF -- "$part" out.txt
}
narrow() { ! grep -q '.\{81\}' "$1"; }

mkdir llama gpt2 bert odd
cat >llama/config.json <<'JSON'
{"model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
 "num_attention_heads": 32, "num_key_value_heads": 8, "max_position_embeddings": 131072, "rms_norm_eps": 1e-05,
 "rope_scaling": {"factor": 8.0, "rope_type": "llama3"}, "rope_theta": 500000.0, "tie_word_embeddings": false,
 "vocab_size": 128256}
JSON
cat >gpt2/config.json <<'JSON'
{"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024, "vocab_size": 50257,
 "layer_norm_epsilon": 1e-05}
JSON
cat >bert/config.json <<'JSON'
{"model_type": "bert", "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
 "num_attention_heads": 12, "max_position_embeddings": 512, "vocab_size": 30522, "layer_norm_eps": 1e-12}
JSON
echo '{"model_type": "mamba"}' >odd/config.json

check "Llama 3.1 8B" says "8,030,261,248 numbers, 32 blocks of 218,112,000" "$idim" memory llama --length 64 --batch 1 --out ./r
check "its table fits a terminal" narrow out.txt
check "LoRA of q and v" grep -q "^lora:r=8,targets=q+v *3,407,872 " out.txt
check "16 bytes a number" grep -q "^full,8030261248,.*,32121044992,32121044992,64242089984," r/memory.csv
check "roles are written" grep -q "^down+mlp+kernel,32,1879048192," r/parameters.csv
check "a file is named as well" says "124,439,808 numbers" "$idim" memory gpt2/config.json
# llama2.c: width 4, hidden 4, a layer, a head, 8 tokens, 4 positions; 156 numbers and two tables of 8
{ printf '\4\0\0\0\4\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\10\0\0\0\4\0\0\0' && head -c 688 /dev/zero; } >small.bin
check "a llama2.c file is named as well" says "156 numbers" "$idim" memory small.bin
printf '\2\0\0\0\0\0\0\0{}' >no.safetensors
check "a file without a configuration is refused" refused 1 "no config.json" "$idim" memory no.safetensors
check "classes in place of tokens" says "head+bias" "$idim" memory bert
check "its pooler counts" says "109,483,778 numbers" "$idim" memory bert
check "keys alone" says "109,483,778 numbers" "$idim" memory transformer:family=bert,width=768,layers=12,heads=12,positions=512,vocabulary=30522
check "methods of one's own" says "lora:r=1" "$idim" memory gpt2 --space lora:r=1 --space prefix:prefix=4
check "they alone" sh -c '! grep -q houlsby out.txt'
check "the usual ones have whole names" says "lora:r=8,targets=q+k+v+o " "$idim" memory gpt2
check "layers that are run again keep less" says "layers run again" "$idim" memory gpt2 --recompute
gpt2s=transformer:width=768,layers=12,heads=12,positions=1024,vocabulary=50257
measured() { # within 10 % of the count, of 500 MB and more
    "$idim" memory $gpt2s --batch 1 --length 128 --space full:targets=9..11 --measure 1 --out ./m >out.txt &&
        awk -F, 'NR == 2 { exit !($8 > 5e8 && $9 > .9 && $9 < 1.1) }' m/peak.csv
}
check "memory is as counted" measured
check "one method a process is measured" refused 2 "one method a process" "$idim" memory gpt2 --measure 1
check "another family is refused" refused 1 "none of gpt2, llama, bert, roberta" "$idim" memory odd
check "keys without a vocabulary are refused" refused 2 "vocabulary=N is missing" "$idim" memory transformer:family=gpt2
check "a method without a closed count is refused" refused 2 "one at a time" "$idim" memory gpt2 --space fastfood:d=5
check "a longer text than positions is refused" refused 2 "positions=512" "$idim" memory bert --length 513
check "what is not there is refused" refused 1 "none" "$idim" memory none
exit "$bad"
