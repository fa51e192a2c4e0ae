#!/bin/sh
# idim generate: the published story of stories260K, texts of a kept z, what is refused.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

data=${IDIM_TEST_DATA:-$here/../shared/data}/checkpoints/stories260K
says() { # TEXT COMMAND...: nothing else is printed
    want=$1
    shift
    "$@" >out.txt 2>err.txt && [ "$(cat out.txt)" = "$want" ] || { cat out.txt err.txt && return 1; }
}

if [ -r "$data/stories260K.bin" ]; then
    stories="$data/stories260K.bin"
    # huggingface.co/karpathy/tinyllamas, stories260K/readme.md: ./run stories260K.bin -z tok512.bin -t 0.0
    published="Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she \
saw a big, red ball. She wanted to play with it, but it was too high.
Lily's mom said, \"Lily, let's go to the park.\" Lily was sad and didn't know what to do. She said, \"I want to play with \
your ball, but I can't find it.\"
Lily was sad and didn't know what to do. She said, \"I'm sorry, Lily. I didn't know what to do.\"
Lily didn't want to help her mom, so she said, \"I'm sorry, mom. I didn't know what to do.\" Her mom said, \"Don't worry, \
Lily. We can help you."
    check "stories260K tells its published story" says "$published" "$idim" generate --from "$stories"
    check "and a part of it" says "Once upon a time, there was" "$idim" generate --from "$stories" --tokens 7
    check "it goes on with a prompt" says "The dog was a big, red" "$idim" generate --from "$stories" \
        --prompt "The dog" --tokens 6
    drawn() { "$idim" generate --from "$stories" --temperature 1 --tokens 40 "$@"; }
    differ() { [ "$(drawn --seed 1)" != "$(drawn --seed 2)" ] && [ "$(drawn --seed 2)" = "$(drawn --seed 2)" ]; }
    check "a seed draws its own text, always the same" differ
    alike() { [ "$(drawn "$@")" = "$("$idim" generate --from "$stories" --tokens 40)" ]; }
    check "the likeliest alone is the greedy text" alike --top-k 1
    check "so is the smallest share" alike --top-p 0
    check "more than its positions is refused" refused 2 "positions for 512" "$idim" generate --from "$stories" --tokens 512
    cp "$stories" alone.bin
    check "a checkpoint without a tokenizer is refused" refused 2 "name one by --tokenizer" "$idim" generate --from alone.bin
    check "one is named" says "Once upon" "$idim" generate --from alone.bin --tokenizer "$data/tok512.bin" --tokens 2
    awk 'BEGIN { for (i = 0; i < 600; i++) print "word" i; print "[UNK]" }' >vocab.txt
    check "one of more tokens is refused" refused 2 "vocabulary=512" "$idim" generate --from alone.bin --tokenizer vocab.txt
else
    echo "skipped: generate: stories260K is not there"
fi

# a z of a model from scratch: the characters that it was trained on
i=0
while [ $i -lt 400 ]; do echo abcabcabcabc; i=$((i + 1)); done >text.txt
"$idim" train --data text:file=text.txt,tokenizer=chars,length=16 --model transformer:width=16,layers=1,heads=2 --steps 60 \
    --batch 16 --lr 1e-2 --quiet --keep-z --out ./t >said.txt
z=t/z/$(sed -n 's/^run \([0-9a-f]*\):.*/\1/p' said.txt).safetensors
check "a z tells what it was trained on" says "bcabca" "$idim" generate --z "$z" --data text:file=text.txt,tokenizer=chars,length=16 \
    --prompt b --tokens 5
check "no model is refused" refused 2 "give --from" "$idim" generate
check "an adapter alone is refused" refused 2 "give --from, with an --adapter" "$idim" generate --adapter x
exit "$bad"
