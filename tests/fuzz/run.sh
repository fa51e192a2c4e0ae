#!/bin/sh
# run.sh BUILD SECONDS [NAME ...]: each fuzzer for so long. Its corpus is kept in BUILD/corpus/NAME for
# the next time; what broke it lies in BUILD/broken: mend it, then put it into tests/fuzz/seeds/NAME.
set -u
build=$1 seconds=$2
shift 2
mkdir -p "$build/broken"
bad=0
for target in "$build"/tests/fuzz/*_fuzz; do
    name=$(basename "$target" _fuzz)
    [ $# -gt 0 ] && case " $* " in *" $name "*) ;; *) continue ;; esac
    mkdir -p "$build/corpus/$name"
    for seed in tests/fuzz/seeds/"$name"/*; do
        if [ -e "$seed" ]; then cp "$seed" "$build/corpus/$name"; fi
    done
    if "$target" "$build/corpus/$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=4096 \
        -artifact_prefix="$build/broken/$name-" >"$build/$name.log" 2>&1; then
        echo "$name: $(grep -oE 'Done [0-9]+ runs' "$build/$name.log")"
    else
        echo "$name: broken; $build/$name.log"
        bad=1
    fi
done
exit "$bad"
