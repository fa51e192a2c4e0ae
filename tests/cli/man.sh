#!/bin/sh
# The man pages: the overview names every command, a command's page has all its options, roff has nothing to
# say about any of them.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

page() { "$idim" --man "$1" >"idim-$1.1"; }
options() { # of its page: those of --help all, in any order
    "$idim" "$1" --help all | sed -n 's/^  --\([A-Za-z0-9.-]*\).*/\1/p' | sort >help.txt
    sed -n 's/^\.B \\-\\-\([^ ]*\).*/\1/p' "idim-$1.1" | sed 's/\\-/-/g' | sort | cmp -s - help.txt
}
"$idim" --man >idim.1
for c in $("$idim" --commands); do
    check "$c has a page" page "$c"
    check "the page of $c has all its options" options "$c"
    check "the overview names $c" grep -q "^\.BR idim.-$c (1)\$" idim.1
done
check "a page of no command" refused 2 "did you mean train" "$idim" --man trian
named() { ! grep "['\`]" ./*.1; } # roff may make other characters of these
check "quotes are named, so that they can be copied" named
if command -v groff >/dev/null; then
    clean() { groff -man -Tutf8 -ww -z "$1" 2>&1 | awk '{ print } END { exit NR > 0 }'; }
    for f in *.1; do
        check "roff takes $f as it is" clean "$f"
    done
else
    echo "skipped: man: no groff here to read the pages"
fi
exit "$bad"
