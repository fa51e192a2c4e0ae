#!/bin/sh
# Writes what is made in docs/ into a folder:   docs/make.sh IDIM FOLDER
#
# The man page is the program's own. In a page, what stands between a line <!-- made by: COMMAND --> and the
# line <!-- end --> is what COMMAND prints: `idim ...`, or `code FILE [FROM TO]`, the lines of a source file
# between two patterns. `make docs` writes into docs/, `make lint` compares.
set -eu
program=$1 out=$2
mkdir -p "$out"

idim() { "$program" "$@"; }
code() {
    echo '```c'
    if [ $# -eq 1 ]; then cat "$1"; else sed -n "/$2/,/$3/p" "$1"; fi
    echo '```'
}
made() {
    inside=
    while IFS= read -r line; do
        case $line in
        '<!-- made by: '*' -->')
            printf '%s\n' "$line"
            line=${line#<!-- made by: }
            eval "${line% -->}" </dev/null
            inside=1 ;;
        '<!-- end -->') inside= ;;
        esac
        [ "$inside" ] || printf '%s\n' "$line"
    done
    [ -z "$inside" ]
}

idim --man >"$out/idim.1.new"
mv "$out/idim.1.new" "$out/idim.1"
for page in docs/*.md; do
    new=$out/$(basename "$page").new
    made <"$page" >"$new"
    mv "$new" "${new%.new}"
done
