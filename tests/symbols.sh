#!/bin/sh
# What the library's objects may name: symbols.sh BUILD. No exit, abort, printing to the terminal, rand
# or strcpy; BLAS in linalg alone; no object that can be written, outside base.
set -u
bad=0
say() { echo "$1"; bad=1; }
for o in "$1"/src/*/*.o; do
    floor=$(basename "$(dirname "$o")")
    for s in exit abort printf puts putchar rand srand strcpy strcat sprintf gets; do
        nm -u "$o" | grep -qE " ${s}\$" && say "$o: uses $s"
    done
    if [ "$floor" != linalg ] && nm -u "$o" | grep -qE ' (cblas_|LAPACKE_|openblas_)'; then
        say "$o: calls BLAS; only src/linalg does"
    fi
    if [ "$floor" != base ] && objdump -t "$o" | grep -E ' O \.(data|bss)(\.[a-z]+)?[[:space:]]' |
        grep -vE '\.data\.rel\.ro'; then
        say "$o: has an object that can be written"
    fi
done
exit $bad
