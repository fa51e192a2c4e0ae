#!/bin/sh
# data/fetch.sh NAME: downloads a data set into data/NAME and checks its sums. Without a network it says
# which files go where. NAME: mnist, fashion-mnist, cifar10.
set -u
cd "$(dirname "$0")" || exit 1
case ${1-} in
mnist)
    url=https://ossci-datasets.s3.amazonaws.com/mnist
    files="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609 train-images-idx3-ubyte.gz
3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c train-labels-idx1-ubyte.gz
8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6 t10k-images-idx3-ubyte.gz
f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6 t10k-labels-idx1-ubyte.gz" ;;
fashion-mnist)
    echo "Debian has it: apt install dataset-fashion-mnist"
    url=http://fashion-mnist.s3-website.eu-central-1.amazonaws.com
    files="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84 train-images-idx3-ubyte.gz
a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845 train-labels-idx1-ubyte.gz
346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073 t10k-images-idx3-ubyte.gz
67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5 t10k-labels-idx1-ubyte.gz" ;;
cifar10)
    url=https://www.cs.toronto.edu/~kriz
    files="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd cifar-10-binary.tar.gz" ;;
*)
    echo "usage: data/fetch.sh mnist|fashion-mnist|cifar10" >&2
    exit 2 ;;
esac
mkdir -p "$1"
if command -v curl >/dev/null; then
    get="curl -fsSL -o"
elif command -v wget >/dev/null; then
    get="wget -qO"
else
    get=false
fi
bad=0
echo "$files" | while read -r sum file; do
    [ -e "$1/$file" ] || $get "$1/$file" "$url/$file" || rm -f "$1/$file"
    if ! echo "$sum  $1/$file" | sha256sum -c --quiet - >/dev/null 2>&1; then
        echo "$1/$file: not here, or not what it should be."
        echo "  Put $url/$file"
        echo "  at  $(pwd)/$1/$file"
        echo "  Its SHA-256 is $sum."
        exit 1
    fi
    echo "$1/$file: good"
done || bad=1
if [ "$bad" -eq 0 ] && [ "$1" = cifar10 ]; then
    tar -xzf cifar10/cifar-10-binary.tar.gz -C cifar10 --strip-components=1
fi
exit "$bad"
