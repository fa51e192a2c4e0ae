#!/bin/sh
# The installed library serves a program that knows nothing of this tree.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

put() { make -s -C "$here" install PREFIX="$work/usr" >install.txt 2>&1; }
check "it installs" put
for f in bin/idim bin/idim-d90 lib/libidim.a lib/libidim.so include/idim.h lib/pkgconfig/idim.pc \
    share/man/man1/idim.1 share/bash-completion/completions/idim share/zsh/site-functions/_idim; do
    check "$f is there" test -e "usr/$f"
done
export PKG_CONFIG_PATH="$work/usr/lib/pkgconfig"
build() { # shellcheck disable=SC2046 # a list of words
    cc -std=c17 -O2 "$here/tests/install/own.c" -o own $(pkg-config --cflags --libs idim) -lm
}
check "a program builds by pkg-config" build
check "it measures its own network" env LD_LIBRARY_PATH="$work/usr/lib" ./own
hidden() { ! nm -D --defined-only usr/lib/libidim.so | awk '{ print $3 }' | grep -v '^idim_'; }
check "no other names are seen" hidden
check "the installed program runs" usr/bin/idim-list spaces
check "the man page is whole" grep -q '^.SH EXIT STATUS' usr/share/man/man1/idim.1
pages() { usr/bin/idim --commands | sed 's/.*/idim-&.1/' | cat - idim.name | sort | cmp -s - have.txt; }
echo idim.1 >idim.name
ls usr/share/man/man1 >have.txt
check "each command has a man page" pages
gone() { make -s -C "$here" uninstall PREFIX="$work/usr" >uninstall.txt 2>&1 && [ -z "$(find usr -type f -o -type l)" ]; }
check "it is gone after uninstall" gone
exit "$bad"
