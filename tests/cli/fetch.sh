#!/bin/sh
# data/fetch.sh from a folder in place of the network: what comes, what is kept, what is said.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"
if ! command -v curl >/dev/null; then
    echo "skipped: fetch: curl is not here"
    exit 0
fi
images=train-images-idx3-ubyte.gz labels=t10k-labels-idx1-ubyte.gz
fetch() { IDIM_MIRROR="file://$work/mirror" "$here/data/fetch.sh" "$@" >said.txt 2>err.txt; }
fails() { ! fetch "$@"; }
usage() { fetch "$@"; [ $? -eq 2 ]; }
says() { grep -qF -- "$1" said.txt; }
reads() {
    "$idim" train --data "mnist:dir=c,train=200,test=100" --space fastfood --d 20 --epochs 1 --out out >out.txt
}
mkdir mirror

check "no name is usage" usage
check "an unknown name is usage" usage mnits
check "without a network it fails" fails mnist a/b
check "it says which file goes where" says "to      $work/a/b/$images"
check "it says from where" says "file://$work/mirror/$labels"
check "it says what it must be" says "SHA-256 440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
check "nothing is left of what did not come" test -z "$(ls a/b)"
echo "<html>welcome to the hotel</html>" >"mirror/$images"
check "another file is refused" fails mnist a
check "it is said" says "$images: what came from file://$work/mirror is not what it should be"
check "it is not kept" test -z "$(find a -type f)"
check "cifar10 is one archive" fails cifar10 a
check "it is named" says "to      $work/a/cifar-10-binary.tar.gz"
check "sst2's training file has another name there" fails sst2 a
check "both are named" says "  file://$work/mirror/train_full.tsv
    to      $work/a/train.tsv"
head -c 10797147 /dev/zero >mirror/train.txt
check "where the size alone is known, another one is refused" fails wikitext2 d
check "it is not kept either" test ! -e d/train.txt
printf x >>mirror/train.txt
check "the right size is kept" fails wikitext2 d
check "under its name" test -s d/train.txt
rm mirror/train.txt

real=${IDIM_TEST_DATA:-$here/../shared/data}/mnist
if [ ! -e "$real/$images" ]; then
    echo "skipped: fetch: $real is not here (IDIM_TEST_DATA names the folder above it)"
    exit "$bad"
fi
cp "$real"/*.gz mirror
rm "mirror/$labels"
check "one that is missing is a failure" fails mnist c
check "it alone is listed" test "$(grep -c '^    to ' said.txt)" -eq 1
check "the others are kept" same "$real/$images" "c/$images"
rm "mirror/$images"
# only its end is right, so it must be joined to the part that is here
{ head -c 1000 /dev/zero; tail -c +1001 "$real/$labels"; } >"mirror/$labels"
head -c 1000 "$real/$labels" >"c/$labels.part"
check "a part is gone on with, what is there is not fetched again" fetch mnist c
check "it is whole" same "$real/$labels" "c/$labels"
check "no part is left" test -z "$(find c -name '*.part')"
check "idim reads them" reads
echo x >>"c/$labels"
check "a changed file is found" fails mnist c
check "and left alone" test -s "c/$labels"
exit "$bad"
