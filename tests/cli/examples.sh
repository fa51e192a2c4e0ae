#!/bin/sh
# Every example that help, README, docs and tables of kinds show: both shells hand it to idim as the same
# words, and idim takes it. What would train is asked with --dry; the data are tiny stand-ins of the real
# shape.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

zsh=$(command -v zsh) || zsh=
[ -n "$zsh" ] || echo "skipped: examples in zsh: zsh is not installed"

# ---------------------------------------------------------------- a world in which they make sense
mkdir bin data data/mnist data/fashion-mnist data/cifar10
ones() { head -c "$1" /dev/zero | tr '\0' '\1'; }
pictures() { { printf '\0\0\010\003\0\0\0\074\0\0\0\034\0\0\0\034'; ones 47040; } >"$1"; }
labels() { { printf '\0\0\010\001\0\0\0\074'; ones 60; } >"$1"; }
for folder in data/mnist data/fashion-mnist .; do
    for part in train t10k; do
        pictures "$folder/$part-images-idx3-ubyte"
        labels "$folder/$part-labels-idx1-ubyte"
    done
done
ones 30730000 | gzip -1 >batch.gz
for i in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
    ln -s "$PWD/batch.gz" "data/cifar10/$i.bin.gz"
done
array() { # NAME SHAPE: of bytes
    header="{'descr': '|u1', 'fortran_order': False, 'shape': $2, }"
    # shellcheck disable=SC2059 # the octal length is in the format
    { printf "\\223NUMPY\\1\\0\\$(printf %o ${#header})\\0"; printf %s "$header"; ones "$3"; } >"$1"
}
array x.npy '(12, 4)' 48
array y.npy '(12,)' 12
printf 'To be, or not to be\n' >book.txt
printf '[UNK]\nto\nbe\n' >vocab.txt
mkdir data/tinyshakespeare data/wikitext2 data/sst2 data/mrpc
i=0
while [ $i -lt 600 ]; do echo "To be, or not to be: that is question $i."; i=$((i + 1)); done >lines.txt
cp lines.txt book.txt
cp lines.txt data/tinyshakespeare/input.txt
for part in train valid test; do cp lines.txt "data/wikitext2/$part.txt"; done
awk 'BEGIN { print "sentence\tlabel"; for (i = 0; i < 60; i++) print "film " i "\t" i % 2 }' >reviews.tsv
cp reviews.tsv data/sst2/train.tsv
cp reviews.tsv data/sst2/dev.tsv
awk 'BEGIN { print "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String"
    for (i = 0; i < 60; i++) print i % 2 "\t1\t2\tnews " i "\tnews of " i }' >data/mrpc/msr_paraphrase_train.txt
cp data/mrpc/msr_paraphrase_train.txt data/mrpc/msr_paraphrase_test.txt
# tensors HEADER BYTES: a safetensors file, with a header of less than 256 letters
tensors() { # shellcheck disable=SC2059 # the octal length is in the format
    { printf "\\$(printf %o ${#1})\\0\\0\\0\\0\\0\\0\\0"; printf %s "$1"; ones "$2"; }; }
mkdir adapter model
tensors '{"w":{"dtype":"U8","shape":[2,3],"data_offsets":[0,6]}}' 6 | tee model.safetensors >model/model.safetensors
tensors '{"q.lora_A":{"dtype":"U8","shape":[1,2],"data_offsets":[0,2]},"q.lora_B":{"dtype":"U8","shape":[3,1],"data_offsets":[2,5]}}' \
    5 >adapter/adapter_model.safetensors
cp adapter/adapter_model.safetensors lora.safetensors
cp -r adapter rank8
cp -r adapter rank64
for folder in base tuned tuned1 tuned2; do # the adapter's base model, and others of its shape
    mkdir $folder
    tensors '{"q.weight":{"dtype":"U8","shape":[3,2],"data_offsets":[0,6]}}' 6 >$folder/model.safetensors
    echo '{"model_type":"llama"}' >$folder/config.json
done
mkdir llama
echo '{"model_type":"llama","hidden_size":8,"num_hidden_layers":2,"num_attention_heads":2,"vocab_size":20,
    "max_position_embeddings":4096,"rms_norm_eps":1e-5}' >llama/config.json
# kept NAME ...: what `idim train ...` keeps, packed
kept() {
    name=$1 && shift
    IDIM_DATA=data "$idim" train "$@" --keep-z --out kept --quiet >/dev/null &&
        IDIM_DATA=data "$idim" pack ${from:-} results/kept/z/*.safetensors "$name" --bits 6 >/dev/null && mv results/kept "kept-$name"
}
kept model.idim --data synth --space fastfood:d=9 --epochs 1
mkdir -p r experiments results/reference/mnist-fc-bound
cp -r "$here/experiments/repro" experiments
cp -r kept-model.idim/z r
cp model.idim packed.idim
"$idim" pack ./r/z/*.safetensors results/reference/mnist-fc-bound/packed.idim --bits 3.5 >/dev/null # as the page there has it
# a checkpoint with a tokenizer, the same trained further, and the adapter that does it
python=$(command -v python3) || python=
if [ -n "$python" ]; then
    python3 "$here/tests/cli/gpt2.py" gpt2 0 512 16
    printf '[UNK]\n[CLS]\n[SEP]\n[PAD]\n[MASK]\nto\nbe\nor\nnot\n' >gpt2/vocab.txt
    IDIM_DATA=data "$idim" train --from gpt2 --data tinyshakespeare:length=32 --space lora:r=1,targets=q --steps 2 \
        --out first --quiet --save gpt2-tuned --save-adapter my-adapter >/dev/null
    from="--from gpt2"
    kept task.idim --from gpt2 --data tinyshakespeare:length=32 --space lora:r=1,targets=q --steps 2
else
    echo "skipped: examples of checkpoints: python3 is not installed"
fi
# the walk's model, a Llama of five layers, and two adapters of it
M=walk
export M
IDIM_DATA=data "$idim" train --model transformer:family=llama,width=32,layers=5,heads=2 --data tinyshakespeare:length=256 --steps 1 \
    --out first --quiet --save $M >/dev/null
for r in 4,small 16,wide; do
    IDIM_DATA=data "$idim" train --from $M --data tinyshakespeare:length=256 --space "lora:r=${r%,*},targets=attention+mlp" --steps 1 \
        --out first --quiet --save-adapter "${r#*,}" >/dev/null
done
"$idim" merge --from $M --adapter small --save together >/dev/null
cp "$here"/docs/python/*.py .
[ -n "$python" ] || { echo '#!/bin/sh' >bin/python3 && chmod +x bin/python3; }
mkdir -p tests/spaces
cp "$here/tests/spaces/directions.npy" tests/spaces
printf 'space,d,seed,score\nfull,,1,.9\nonehot,0,1,.1\nonehot,10,1,.5\nonehot,100,1,.9\n' >my-runs.csv
"$idim" d90 --data synth --space fastfood --space onehot --epochs 2 --seeds 1 --d 5+50 --lr 1e-3 --lr-full 1e-3 --plot no --quiet --out demo >/dev/null 2>&1
cp -r results/demo results/other
cp -r results/demo other
"$idim" export demo --to sent.tar.xz >/dev/null
cp -r results/demo results/mnist-fc
cp -r results/demo results/mnist-lenet
cp -r results/demo sweep7
cp -r results/demo other
"$idim" export demo --to sent.tar.xz >/dev/null
cp my-runs.csv mine.csv
cp my-runs.csv theirs.csv

printf 'data = synth:n=200\nepochs = 1\nd = 5\nlr = 1e-3\nlr-full = 1e-3\nseeds = 1\nplot = no\n' >sweep.idim

# the tutorial's own file, and its folder
sed -n '/^```$/,/^```$/p' "$here/docs/tutorial.md" | grep -v '^```' >tutorial.idim
"$idim" run tutorial.idim --quiet >/dev/null 2>&1
check "the tutorial's file is run" test -s results/tutorial/d90.csv

# idim as the examples find it: it notes the words that came, and trains nothing.
cat >bin/idim <<END
#!/bin/sh
printf '%s\n' "\$@" >"$work/words.txt"
case \$1 in
d90 | train | ranks) case " \$* " in *" --dry "*) ;; *) exec "$idim" "\$@" --dry ;; esac ;;
esac
# an experiment wants its data whole: is there one of this name?
[ "\$1 \$2" != "repro run" ] || exec grep -q "^\$3," "$here/experiments/repro/experiments.csv"
exec "$idim" "\$@"
END
chmod +x bin/idim
PATH=$work/bin:$PATH IDIM_DATA=$work/data
export PATH IDIM_DATA

# ---------------------------------------------------------------- one example
# taken SHELL LINE: it runs, and its words are kept in SHELL.words
taken() {
    case $1 in zsh) "$zsh" -f -c "$2" ;; *) "$1" -c "$2" ;; esac >out.txt 2>err.txt </dev/null
    code=$?
    mv words.txt "$1.words" 2>/dev/null
    [ "$code" -eq 0 ] || echo "$1: exit $code: $(tail -1 err.txt)"
    return "$code"
}
both() {
    taken bash "$1" || return 1
    [ -z "$zsh" ] && return 0
    taken zsh "$1" && cmp bash.words zsh.words
}

for c in $("$idim" --commands); do
    "$idim" "$c" --help | grep '^  idim '
done >lines.txt
"$idim" --help | sed -n 's/^\(  idim [a-z].*\)/\1/p' | grep -v COMMAND >>lines.txt
# extend.md and strains.md speak of kinds that are not there
for file in "$here"/README.md "$here"/results/reference/README.md $(find "$here"/docs -name '*.md' ! -name extend.md ! -name strains.md); do
    grep '^    idim ' "$file"                               # a block of commands
    grep -o '`idim [a-z]* [^`]*`' "$file" | tr -d '`'       # one in a sentence, with what it takes
done >>lines.txt
# a space that a sentence names, as it would be typed; docs/kinds.md holds those of the tables, asked below
grep -ho '`[a-z]*:[a-z]*=[^` ]*`' "$here"/README.md | tr -d '`' |
    sed 's/^/idim train --data synth --space /' >>lines.txt
# a comment stands behind two blanks; words in capitals (NAME, FILE.csv) are for the reader; shared data may be away
sed 's/^ *//; s/   *.*//' lines.txt | grep -v -e ' [A-Z][A-Z]' -e '\.\./shared' -e '/ID\.' -e "${python:-gpt2}" | sort -u >examples.txt
many() { [ "$(wc -l <examples.txt)" -ge 15 ]; }
check "there are examples" many
while read -r line; do
    check "$line" both "$line"
done <examples.txt

# ---------------------------------------------------------------- one example of every kind
of() { "$idim" list "$1" | sed -n 's/^  \([a-z0-9-]*\)  .*/\1/p'; }
example() { "$idim" list "$2" | awk -v t="$1" '/^  example/ { e[++n] = $2 } END { print t == "data" ? e[n] : e[1] }'; }
option() {
    case $1 in
    spaces) echo "--data synth --space" ;;
    models) echo "--data mnist --model" ;;
    data) echo "--data" ;;
    trainers) echo "--data cartpole --trainer" ;;
    optimisers) echo "--data synth --optimiser" ;;
    schedules) echo "--data synth --schedule" ;;
    esac
}
for table in spaces models data trainers optimisers schedules; do
    for kind in $(of "$table"); do
        spec=$(example "$table" "$kind") more=
        case $table-$kind in
        data-idx | data-npy) spec=$spec:dir=. ;;
        data-toy) more=" --model toy:D=30" ;;
        data-*text* | data-tinyshakespeare | data-sst2 | data-mrpc | data-tsv)
            more=" --model transformer:width=8,layers=1,heads=2" ;;
        trainers-supervised) spec="$spec --data synth" ;;
        models-toy) spec="$spec --data toy" ;;
        models-transformer) spec="$spec --data synthtext" ;;
        esac
        line="idim train $(option "$table") $spec$more"
        case $table-$kind in
        models-toy | models-transformer) line="idim train --model $spec" ;;
        trainers-supervised) line="idim train --trainer $spec" ;;
        esac
        if [ "$table-$kind" = spaces-norms ]; then # no network here has norms
            check "$line is refused for its targets alone" refused 2 "norm" bin/idim train --data synth --space norms
        elif [ "$table-$kind" = spaces-file ]; then # a P of as many weights as the tests' network has
            check "$line is refused for its shape alone" refused 2 "a matrix" bin/idim train --data synth --space "$spec"
        else
            check "$line" both "$line"
        fi
    done
done

# ---------------------------------------------------------------- what --dry prints is a command
again() {
    idim d90 --data synth --space 'onehot:targets="*.weight"' --space lora --d 1..4/1 >first.txt &&
        taken bash "$(head -1 first.txt)" && cmp first.txt out.txt || return 1
    [ -z "$zsh" ] || { taken zsh "$(head -1 first.txt)" && cmp first.txt out.txt; }
}
check "the full command of d90 is typed back in both shells" again
train_again() {
    idim train --data synth --space fastfood --d 7 --lr .05 --seeds 2 >first.txt &&
        taken bash "$(head -1 first.txt)" && cmp first.txt out.txt
}
check "the full command of train is typed back" train_again
nothing() { mkdir empty && cd empty && "$idim" d90 --data synth --dry >/dev/null && [ -z "$(ls)" ]; }
check "--dry writes nothing" nothing
cd "$work" || exit 1
check "--dry says what training would refuse" refused 2 "conv" "$idim" d90 --data synth --d 5 --space onehot:targets=conv --dry
exit "$bad"
