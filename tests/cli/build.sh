#!/bin/sh
# Builds are right when only a part is new: in a copy of the tree, without optimisation. Nothing is built twice;
# a header that is touched rebuilds what includes it and no more; one by one gives the bytes of two at a
# time.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

mkdir tree && cp -R "$here/Makefile" "$here/src" "$here/plots" tree && cd tree || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
lib=build/t/libidim.a
# the sources that were compiled, one a line
built() { make --no-print-directory VARIANT=t CFLAGS=-O0 "$@" 2>&1 | sed -n 's!^  cc build/t/\(.*\)\.o$!\1.c!p' | sort; }
includes() { grep -l "#include \"$1\"" src/*/*.c | sort; }

built -j2 $lib >first.txt
whole() { [ -s $lib ] && ls src/*/*.c | sort | grep -v src/base/cpu.c | cmp -s - first.txt; }
check "two at a time build the library from nothing" whole
nothing() { [ -z "$(built $lib)" ]; }
check "what is built is not built again" nothing
touched() { # HEADER: included by sources alone
    touch "src/$1"
    built $lib >again.txt
    includes "$1" | cmp -s - again.txt && [ -s again.txt ]
}
check "a touched header rebuilds what includes it and no more" touched spaces/frame.h
through() { # a header that headers include
    touch src/spaces/space.h
    built $lib >again.txt
    includes spaces/frame.h | grep -vxFf again.txt >missing.txt
    [ ! -s missing.txt ] && ! grep -q 'src/\(base\|linalg\|format\|data\|nn\)/' again.txt
}
check "a header rebuilds what includes it through another" through
flags() { [ "$(make --no-print-directory VARIANT=t CFLAGS='-O0 -DOTHER' build/t/src/base/mem.o | wc -l)" -eq 1 ]; }
check "other flags rebuild" flags
scripts() {
    built $lib >/dev/null
    echo '# more' >>plots/d90.gp
    built $lib >again.txt
    grep -qx src/report/plot.c again.txt && [ "$(wc -l <again.txt)" -le 2 ]
}
check "an edited figure script rebuilds what holds it" scripts
cp -R build/t/src/base two && cp build/t/src/report/plot.o two
one_by_one() {
    rm -r build/t/src/base build/t/src/report/plot.o
    built -j1 $lib >/dev/null
    for o in build/t/src/base/*.o build/t/src/report/plot.o; do cmp "$o" "two/$(basename "$o")" || return 1; done
}
check "one by one gives the bytes of two at a time" one_by_one
exit "$bad"
