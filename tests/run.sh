#!/bin/sh
# Runs the tests of the named variants, and with `check` or `cover` among them those of the commands; shows
# what fails, why something was skipped, and one closing line. run.sh VARIANT ...
set -u
passed=0 failed=0 skipped=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
export CMOCKA_MESSAGE_OUTPUT=stdout
export OPENBLAS_NUM_THREADS=1 # as in our own pool; its threads are not built for ThreadSanitizer

count() { grep -c "$1" "$log"; }

# One program: its cases are counted; an end without a summary is one failure.
one() {
    "$@" >"$log" 2>&1
    code=$?
    ok=$(count '^\[       OK \]') bad=$(count '^\[  FAILED  \].*[a-z_]$') skip=$(grep '^\[  SKIPPED \] [a-z]' "$log" | sort -u | wc -l)
    [ "$bad" -gt 0 ] && bad=$(grep '^\[  FAILED  \] [a-zA-Z]' "$log" | sort -u | grep -vc 'test(s)')
    [ "$code" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    if [ "$bad" -gt 0 ]; then
        echo "---- $*: exit $code"
        cat "$log"
    fi
    grep '^skipped:' "$log"
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
}

for variant in "$@"; do
    for t in build/"$variant"/tests/*/*_test build/"$variant"/tests/fuzz/*_fuzz; do
        if [ -x "$t" ]; then one "$t"; fi
    done
done

# A script says `ok NAME`, `not ok NAME` or `skipped: NAME: why`, a line each. Coverage wants the program
# alone, not how it is built.
program='' without=''
case " $* " in
*" check "*) program=build/release/idim ;;
*" cover "*) program=build/cover/idim without=" build install static " ;;
esac
if [ -n "$program" ]; then
    for t in tests/cli/*.sh; do
        case "$without" in *" $(basename "$t" .sh) "*) continue ;; esac
        sh "$t" "$program" >"$log" 2>&1
        code=$?
        ok=$(count '^ok ') bad=$(count '^not ok ') skip=$(count '^skipped: ')
        [ "$code" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
        if [ "$bad" -gt 0 ]; then
            echo "---- $t: exit $code"
            cat "$log"
        fi
        grep '^skipped:' "$log"
        passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
    done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
