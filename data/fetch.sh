#!/bin/sh
# Downloads a data set and checks its SHA-256 sums:   data/fetch.sh NAME [FOLDER]
#
# NAME is mnist, fashion-mnist, cifar10, tinyshakespeare, wikitext2, sst2 or mrpc; FOLDER is data/NAME beside
# this script, where idim looks when it is started in the folder above. A file appears under its name when it is whole and its sum is right;
# until then it is FILE.part, and the same command goes on where it broke off. What is there already
# is checked and not fetched again. Without a network it says which files go where. IDIM_MIRROR=URL
# takes the files from another place. Exit: 0 all there, 1 something is missing, 2 usage.
set -u
unset CDPATH
case ${1-} in
mnist)
    from=https://ossci-datasets.s3.amazonaws.com/mnist
    files="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609 train-images-idx3-ubyte.gz
3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c train-labels-idx1-ubyte.gz
8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6 t10k-images-idx3-ubyte.gz
f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6 t10k-labels-idx1-ubyte.gz" ;;
fashion-mnist)
    from=http://fashion-mnist.s3-website.eu-central-1.amazonaws.com
    files="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84 train-images-idx3-ubyte.gz
a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845 train-labels-idx1-ubyte.gz
346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073 t10k-images-idx3-ubyte.gz
67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5 t10k-labels-idx1-ubyte.gz" ;;
cifar10)
    from=https://www.cs.toronto.edu/~kriz
    files="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd cifar-10-binary.tar.gz" ;;
tinyshakespeare)
    from=https://raw.githubusercontent.com/karpathy/char-rnn/HEAD/data/tinyshakespeare
    files="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed input.txt" ;;
wikitext2)
    from=https://raw.githubusercontent.com/pytorch/examples/HEAD/word_language_model/data/wikitext-2
    files="bytes:10797148 train.txt
f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8 valid.txt
d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0 test.txt" ;;
sst2)
    from=https://raw.githubusercontent.com/eyalbd2/Reproducing-AutoPrompt/HEAD/glue_data/SST-2
    files="48eac26399f8456935f81dd9e3a745c1430adb6c62e233ccfe22db4a0d15d1d1 train.tsv train_full.tsv
54a9c12c77e402fc14d6a66a506f24d999f596b0176eb777c972cccc2f9cc4b0 dev.tsv" ;;
mrpc) # for non-commercial use (MSR-SSLA)
    from=https://raw.githubusercontent.com/wasiahmad/paraphrase_identification/HEAD/dataset/msr-paraphrase-corpus
    files="61a88818ec384d8465297dda1883b469f1b22d442ab90183d13e06233b180591 msr_paraphrase_train.txt
0360d0d3427a0ae14882e2b3a799df0fab6cb5203d5e8ee481949283da62acb6 msr_paraphrase_test.txt" ;;
*)
    echo "usage: data/fetch.sh mnist|fashion-mnist|cifar10|tinyshakespeare|wikitext2|sst2|mrpc [FOLDER]" >&2
    exit 2 ;;
esac
name=$1
from=${IDIM_MIRROR:-$from}
mkdir -p "${2:-$(dirname "$0")/$name}" && cd "${2:-$(dirname "$0")/$name}" || exit 1

# A line of files: its sum (bytes:N where only the size is published), its name, and its name there if it is
# another one.
load() { # FILE: into FILE.part, going on where that ends
    if command -v curl >/dev/null; then
        curl -fsSL --connect-timeout 20 -C - -o "$1.part" "$from/${remote:-$1}"
    elif command -v wget >/dev/null; then
        wget -q -T 20 -t 2 -c -O "$1.part" "$from/${remote:-$1}"
    else
        echo "neither curl nor wget is here" >&2
        return 1
    fi
}
get() {
    [ -s "$1.part" ] || rm -f "$1.part"
    load "$1" && return 0
    case $? in 22 | 33 | 36 | 8) # the server has no ranges, or not this one: once more from the start
        [ -e "$1.part" ] && rm -f "$1.part" && load "$1" && return 0 ;;
    esac
    [ -s "$1.part" ] || rm -f "$1.part"
    return 1
}
good() {
    case $sum in
    bytes:*) [ -e "$1" ] && [ "$(wc -c <"$1")" -eq "${sum#bytes:}" ] ;;
    *) echo "$sum  $1" | sha256sum -c --status - 2>/dev/null ;;
    esac
}

missing=
while read -r sum file remote; do
    if [ -e "$file" ]; then
        if good "$file"; then
            echo "$file: good"
        else
            echo "$file: is here, but is not what it should be; move it away"
            missing="$missing $file"
        fi
        continue
    fi
    if ! good "$file.part" && get "$file" && ! good "$file.part"; then
        echo "$file: what came from $from is not what it should be"
        rm -f "$file.part"
    fi
    if good "$file.part"; then
        mv "$file.part" "$file"
        echo "$file: good"
    else
        missing="$missing $file"
    fi
done <<END
$files
END
[ -z "$missing" ] && exit 0

echo "
Not all of $name could be fetched. Bring these files here in some other way:
"
echo "$files" | while read -r sum file remote; do
    case " $missing " in *" $file "*)
        echo "  $from/${remote:-$file}
    to      $(pwd)/$file"
        case $sum in bytes:*) echo "    bytes   ${sum#bytes:}" ;; *) echo "    SHA-256 $sum" ;; esac ;;
    esac
done
[ "$name" = fashion-mnist ] && echo "
Or from Debian: apt install dataset-fashion-mnist"
exit 1
