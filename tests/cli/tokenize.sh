#!/bin/sh
# idim tokenize: counts, ids, whether the text comes back; and where the tables of characters come from.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

printf 'Unaffable, the end.\n' >text.txt
printf '[UNK]\nun\n##aff\n##able\nthe\n,\n.\n' >vocab.txt
says() { "$idim" tokenize text.txt --tokenizer "$1" >out.txt 2>err.txt && grep -qF -- "$2" out.txt; }
ids() { [ "$("$idim" tokenize text.txt --ids --tokenizer "$1")" = "$2" ]; }

check "bytes are counted" says bytes "text.txt: 20 bytes, 20 tokens, 1 bytes a token; decoded it is the same text"
check "the characters of a text are counted" says chars "chars: chars, 14 tokens"
check "words are counted" says vocab.txt "20 bytes, 7 tokens"
check "what WordPiece loses is said" says vocab.txt "decoded it is another text from byte 0 on"
check "ids are printed" ids vocab.txt "1 2 3 5 4 0 6"
check "a tokenizer that is not there is refused" refused 1 "nowhere: no such tokenizer" "$idim" tokenize text.txt --tokenizer nowhere
check "a text that is not there is refused" refused 1 "none.txt: cannot be opened" "$idim" tokenize none.txt
gzip -k text.txt
packed() { [ "$("$idim" tokenize text.txt.gz --ids)" = "$("$idim" tokenize text.txt --ids)" ]; }
check "a packed text is the same" packed

made() { python3 "$here/src/format/unicode.py" >table.h && cmp table.h "$here/src/format/unicode_table.h"; }
if [ "$(python3 -c 'import unicodedata; print(unicodedata.unidata_version)' 2>/dev/null)" = 14.0.0 ]; then
    check "the tables of characters are Python's" made
else
    echo "skipped: tokenize: no python3 with Unicode 14.0.0 here"
fi
exit "$bad"
