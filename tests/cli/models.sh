#!/bin/sh
# A checkpoint fine-tuned, saved, merged, taken apart: the same function by every way.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

if ! command -v python3 >/dev/null; then
    echo "skipped: models: python3 is not installed"
    exit 0
fi
python3 "$here/tests/cli/gpt2.py" base 0
printf '[UNK]\nto\nbe\n' >base/vocab.txt
python3 "$here/tests/cli/gpt2.py" other 1

text=synthtext:length=8,vocabulary=12,n=64
score() { "$idim" eval --data $text --csv "$@" | tail -1 | cut -d, -f6; }
near() { awk -v a="$(score "$@")" -v b="$told" 'BEGIN { d = a - b; exit !(a > 0 && d < 1e-4 && d > -1e-4) }'; }

quiet() { "$@" >/dev/null; }
train() { "$idim" train --from base --data $text --steps 30 --batch 8 --lr 3e-2 --quiet --out ./t "$@" >said.txt 2>&1; }
check "a checkpoint is trained further and saved" \
    train --space lora:r=2,targets=q+v++full:targets=norm --save tuned --save-adapter adapter
id=$(sed -n 's/^run \([0-9a-f]*\):.*/\1/p' said.txt)
told=$(score --from base --z "t/z/$id.safetensors")
less() { awk -v a="$told" -v b="$(score --from base)" 'BEGIN { exit !(a < b - .05) }'; }
check "training moved the score" less
check "the saved model is the one that was scored" near --from tuned
check "so is the base model with the adapter" near --from base --adapter adapter
check "the configuration keeps its keys" grep -q '"mine": *"kept"' tuned/config.json
check "PEFT's configuration names what was trained" grep -q '"modules_to_save"' adapter/adapter_config.json

check "base and adapter become one model" "$idim" merge --from base --adapter adapter --save merged
check "which is the same one" near --from merged
check "base and z become one model" "$idim" merge --from base --z "t/z/$id.safetensors" --save again
check "the tokenizer goes along" same merged/vocab.txt base/vocab.txt
check "bit for bit what training saved" same again/model.safetensors tuned/model.safetensors

check "the same again is fine" "$idim" merge --from base --adapter adapter --save merged
check "a model does not replace what it is made of" refused 2 "is there already" "$idim" merge --from merged --adapter adapter --save merged
check "which is still the same one" near --from merged
mkdir notes && echo '{"my":"own"}' >notes/config.json
check "nor a file of somebody else" refused 2 "notes/config.json: is there already" \
    "$idim" merge --from base --adapter adapter --save notes
alone() { [ "$(cat notes/config.json)" = '{"my":"own"}' ] && [ "$(ls notes)" = config.json ]; }
check "beside which nothing is written" alone
check "an adapter is not mixed with a model, and that is said before it is trained" refused 2 "merged/config.json: is there already" \
    "$idim" train --from base --data $text --epochs 1 --space lora:r=2,targets=q --save-adapter merged --out ./never
check "nor a model with an adapter" refused 2 "not mixed" "$idim" train --from base --data $text --epochs 1 --save adapter --out ./never
check "nor by extract" refused 2 "not mixed" "$idim" extract base tuned --rank 2 --save merged
check "what is said before leaves no folder" test ! -e never
# what a tokenizer's folder says of it goes along; where there is none that is said; from scratch it is the data's
cp -r base worded && echo '{"do_lower_case":true}' >worded/tokenizer_config.json
cp -r base wordless && rm wordless/vocab.txt
merged_of() { "$idim" merge --from "$1" --adapter adapter --save "$1-merged" >said.txt; }
check "a model with words is merged" merged_of worded
check "without a word" sh -c '! grep -q tokenizer said.txt'
check "and what is said of them lies beside" same worded-merged/tokenizer_config.json worded/tokenizer_config.json
check "one without is" merged_of wordless
check "and that is said" grep -q "no tokenizer was found to copy" said.txt
printf "[UNK]\n[CLS]\n[SEP]\nto\nbe\n" >v.txt
words=tsv:file=./w.tsv,tokenizer=v.txt,length=8
awk 'BEGIN { print "sentence\tlabel"; for (i = 0; i < 60; i++) print (i % 2 ? "to be" : "or not") "\t" i % 2 }' >w.tsv
"$idim" train --data $words --model transformer:width=8,layers=1,heads=2 --steps 2 --quiet --out ./w --save spoken >said.txt
check "words of the data are kept with the model" same spoken/vocab.txt v.txt

bf16() { train --space lora:r=2,targets=q+v --frozen bf16 --save tuned3; }
check "frozen weights are stored in half the memory" bf16
check "what that costs is said" grep -q "step 0 by weights in bf16" said.txt
id=$(sed -n 's/^run \([0-9a-f]*\):.*/\1/p' said.txt)
told=$(sed -n 's/.*(loss \([0-9.]*\)).*/\1/p' said.txt)
check "and eval of its z rounds as training did" near --from base --z "t/z/$id.safetensors"
check "a space that reads every matrix is told so" refused 2 "none is frozen" "$idim" train --data $text --from base \
    --space full --frozen bf16 --quiet --out ./t

check "a space of singular vectors is trained" train --space lora-xs:r=2,targets=o --keep-z
id=$(sed -n 's/^run \([0-9a-f]*\):.*/\1/p' said.txt)
told=$(sed -n 's/.*(loss \([0-9.]*\)).*/\1/p' said.txt)
check "its z is rebuilt where it was trained" near --from base --z "t/z/$id.safetensors"
sed 's/"kind":"[0-9a-f]*"/"kind":"0123456789abcdef"/' "t/z/$id.safetensors" >elsewhere.safetensors
check "and refused where singular vectors may be others" refused 2 "rebuild it there" \
    "$idim" eval --from base --z elsewhere.safetensors

# a head that the task brings has no weights before: sentences of a and b, by which comes first
awk 'BEGIN { print "sentence\tlabel"; for (i = 0; i < 60; i++) print (i % 2 ? "ab" : "ba") (int(i / 2) % 3 ? "a" : "b") "\t" i % 2 }' >x.tsv
"$idim" train --data text:file=./x.tsv,length=8 --model transformer:width=8,layers=2,heads=2 --steps 2 --quiet --out ./lm --save letters >/dev/null
spoken() { "$idim" generate --from letters --prompt ab --tokens 1 >said.txt && grep -q '^ab.' said.txt; }
check "a model of bytes needs no tokenizer to speak" spoken
sentences=tsv:file=./x.tsv,tokenizer=bytes,length=8
classes() { "$idim" train --from letters --data $sentences --steps 5 --batch 8 --quiet --keep-z --out ./c "$@" >said.txt 2>&1; }
# shellcheck disable=SC2120 # refused hands it some
new() { "$idim" intruders "c/z/$id.safetensors" --from letters --data $sentences --quiet --plot no --out ./i "$@"; }
check "a fresh head is trained beside" classes --space lora:r=2,targets=q+v++full:targets=head
id=$(sed -n 's/^run \([0-9a-f]*\):.*/\1/p' said.txt)
told_left() { new | grep -q "^1 matrix was drawn for the task"; }
check "it has no directions before, and that is said" told_left
only_lora() { [ "$(column i/intruders.csv role | sort -u)" = qkv ]; }
check "nor a row" only_lora
check "a z has no files to save scaled" refused 2 "idim merge" new --lambda .5 --save scaled
check "a head alone is trained" classes --space full:targets=head
id=$(sed -n 's/^run \([0-9a-f]*\):.*/\1/p' said.txt)
check "nothing is left to look in" refused 2 "a head drawn for its task" new

check "an adapter is taken out of two models" "$idim" extract base tuned --rank 2 --save out
near_matrices() { awk -v a="$(score --from base --adapter out)" -v b="$told" 'BEGIN { d = a - b; exit !(a > 0 && d < .5 && d > -.5) }'; }
check "its matrices are the trained ones" near_matrices
check "nothing that differs is said" refused 2 "no matrix" "$idim" extract base base --save none

check "all of dora comes back from an adapter" train --space dora:r=1,targets=o --save tuned2 --save-adapter adapter2
id=$(sed -n 's/^run \([0-9a-f]*\):.*/\1/p' said.txt)
told=$(score --from base --z "t/z/$id.safetensors")
check "by its lengths" near --from base --adapter adapter2

check "a z that starts elsewhere is refused" refused 1 "put that checkpoint back" \
    "$idim" eval --from other --z "t/z/$id.safetensors" --data $text
check "a z without its checkpoint is refused" refused 2 "name it by --from" "$idim" eval --z "t/z/$id.safetensors"
check "an adapter alone is refused" refused 2 "by --from" "$idim" eval --adapter adapter --data $text
check "an adapter is no checkpoint" refused 1 "needs its base model" "$idim" eval --from adapter --data $text
check "a space without a low-rank path is no adapter" refused 2 "is no adapter" "$idim" train --from base --data $text \
    --space fastfood:d=5 --steps 2 --quiet --out ./t --save-adapter none
# from scratch: read back it scores as its z does
scratch() { # FAMILY KEYS
    rm -rf new
    "$idim" train --data "$data" --model "transformer:family=$1,width=8,layers=2,heads=2$2" --steps 20 --batch 8 \
        --lr 1e-2 --quiet --out ./t --save new >said.txt || return 1
    id=$(sed -n 's/^run \([0-9a-f]*\):.*/\1/p' said.txt)
    told=$("$idim" eval --data "$data" --csv --z "t/z/$id.safetensors" | tail -1 | cut -d, -f6)
    awk -v a="$("$idim" eval --data "$data" --csv --from new | tail -1 | cut -d, -f6)" -v b="$told" \
        'BEGIN { d = a - b; exit !(a > 0 && d < 1e-4 && d > -1e-4) }'
}
data=$text
check "a GPT-2 from scratch is saved" scratch gpt2 ,positions=12
check "with its own positions" grep -q '"n_positions": 12' new/config.json
check "a Llama is, its pairs of rows as Hugging Face has them" scratch llama ,kv-heads=1,rope=interleaved,tie=yes,eps=1e-3
check "with what its keys say" grep -q '"rms_norm_eps": 0.001' new/config.json
data=$text,classes=2
check "a BERT with classes is" scratch bert ""
check "a RoBERTa is" scratch roberta ""
data=$text
seq 1 400 >numbers.txt
data=text:file=./numbers.txt,length=16,val=.2,test_share=.2
check "one that reads bytes is, and goes on with bytes" scratch gpt2 ,positions=32
model=transformer:family=gpt2,width=8,layers=1,heads=1,positions=16
"$idim" train --data $data --model $model --steps 2 --quiet --out ./own >said.txt
mkdir moved && mv numbers.txt moved
lost() { "$idim" verify ./own --share 1 >out.txt 2>err.txt; [ $? -ne 0 ] && cat out.txt err.txt | grep -q "numbers.txt"; }
check "a folder whose data were moved is not verified" lost
found() { "$idim" verify ./own --share 1 --data text:file=moved/numbers.txt,length=16,val=.2,test_share=.2 | grep -q "1 of 1 the same"; }
check "until it is said where they lie" found
data=$text
check "what a configuration cannot say is refused" refused 2 "its family's" "$idim" train --data $text \
    --model transformer:width=8,layers=1,heads=1,act=relu --steps 2 --quiet --out ./t --save none
check "so is what has no place in a folder" refused 2 "its family's" "$idim" train --data $text \
    --model transformer:width=8,layers=1,heads=1,adapter=houlsby --steps 2 --quiet --out ./t --save none
check "a network that is no transformer keeps its z" refused 2 "keep its z" "$idim" train --data synth --steps 2 \
    --quiet --out ./t --save none

ranks() {
    "$idim" ranks --from base --data $text --steps 20 --batch 8 --space lora:targets=q+v --space full:targets=norm \
        --space fastfood --ranks 1+2 --d 4+40 --lr 1e-2 --lr-full 1e-2 --seeds 1 --quiet --plot no --out ./r >said.txt
}
check "ranks of a checkpoint" ranks
check "it is reported" quiet "$idim" report ./r --latex --plot no
check "as the training of a checkpoint" grep -qE 'A checkpoint \(SHA-256 [0-9a-f]{16}\.\.\.\), transformer:.*, was trained further on synthtext' r/methods.tex
check "with rank and alpha" grep -qF 'lora:targets=q+v (r 1 to 2, alpha 16)' r/methods.tex
check "and a macro for rank and numbers" [ "$(grep -cE '^.newcommand\{.(rank|p)ninetyRLoraTargetsQV\}' r/numbers.tex)" -eq 2 ]
check "no head is fresh here, and that is said" grep -q "none is trained alone" said.txt
check "the plan fits a terminal" sh -c '! sed 1,2d said.txt | grep -v "^idim ranks" | grep -q ".\{81\}"'
# lora of 2 ranks, the norms, fastfood of 2 sizes, and full training
check "what their updates use is told" test "$(wc -l <r/effective.csv)" -eq 6
check "and stands in the table" grep -q " of 2$" said.txt
one=$(grep lora:r=1 r/effective.csv | cut -d, -f1) two=$(grep lora:r=2 r/effective.csv | cut -d, -f1)
alike() { "$idim" similarity "r/z/$one.safetensors" "r/z/$two.safetensors" --from base --quiet --plot no --out ./s >said.txt; }
check "kept runs are compared" alike
check "of one seed all of a small rank's A is a larger one's at step 0" grep -q "A_start .*2,4 *1.000" said.txt
look() { "$idim" spectra "r/z/$two.safetensors" --from base --quiet --plot no --out ./s >said.txt; }
check "a kept run has a spectrum" look
both_looked() { "$idim" spectra base tuned --quiet --plot no >said.txt && "$idim" spectra ./base again/ --quiet --plot no >said.txt; }
check "looks at two things" both_looked
check "leave two folders, named after them" test -s results/spectra-base-tuned/updates.csv -a -s results/spectra-base-again/updates.csv
check "a kept run has a spectrum too" "$idim" spectra "r/z/$two.safetensors" --from base --quiet --plot no
check "in a folder after its id" test -s "results/spectra-r-z-$two/updates.csv"
check "a kept run needs its checkpoint" refused 2 "name it by --from" "$idim" spectra "r/z/$two.safetensors"
fresh() {
    "$idim" ranks --data synth:n=60 --steps 2 --space lora:targets=fc1.weight --ranks 1+2 --controls --lr 1e-2 --lr-full 1e-2 \
        --model fc:width=6,depth=2 --seeds 1 --spectra 0 --quiet --plot no --out ./h >said.txt
}
check "a fresh head alone is beside" fresh
check "in a row of its own" grep -q "^full:targets=head," h/ranks.csv
counts() { sed -n "s/.*,$1,\([0-9]*\),.*/\1/p" h/runs.csv | sort -n | xargs; }
equal() { [ -n "$(counts fastfood:d=[0-9]*)" ] && [ "$(counts fastfood:d=[0-9]*)" = "$(counts '"lora:[^"]*"')" ]; }
check "controls have the ranks' counts" equal
numbers_only() {
    "$idim" ranks --data synth:n=60 --steps 2 --space fastfood --d 5 --lr 1e-2 --lr-full 1e-2 --seeds 1 --spectra 0 --quiet \
        --plot no --out ./n >said.txt
}
check "the head is beside numbers alone too" numbers_only
check "controls without ranks are refused" refused 2 "add --space lora" "$idim" ranks --data synth:n=60 --space fastfood \
    --controls --quiet --out ./c
check "effective ranks that were not asked for are not looked at" test ! -e h/effective.csv
check "one line a method" test "$(wc -l <r/ranks.csv)" -eq 4
check "the rule of a loss is gain" grep -q "own baseline, gain .9" r/ranks.csv
exit "$bad"
