#!/bin/sh
# A cheap row of results/reference is trained again, another one with each commit: the same numbers to the last digit on
# the numeric kind that made it, within .02 elsewhere.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

# the kind that every x86-64 CPU since 2013 can be, as in golden.sh
if grep -qw avx2 /proc/cpuinfo 2>/dev/null; then
    OPENBLAS_CORETYPE=Haswell
    export OPENBLAS_CORETYPE
fi
IDIM_DATA=${IDIM_DATA:-$here/../shared/data}
export IDIM_DATA
hash=$(git -C "$here" rev-parse HEAD 2>/dev/null || echo 0)
again() { # NAME SECONDS FOLDER...
    name=$1 seconds=$2
    shift 2
    /usr/bin/python3 "$here/tests/cli/reference.py" choose "$hash" "$seconds" "$@" >row.txt || return 1
    folder=$(sed -n 1p row.txt) id=$(sed -n 2p row.txt)
    set --
    while IFS= read -r word; do set -- "$@" "$word"; done <<EOF
$(tail -n +3 row.txt)
EOF
    rm -rf again
    "$idim" train "$@" --out ./again >out.txt 2>err.txt || { cat err.txt; return 1; }
    /usr/bin/python3 "$here/tests/cli/reference.py" compare "$folder/runs.csv" "$id" again/runs.csv "$(column again/runs.csv kind)" >differs.txt
    code=$?
    if [ $code -eq 3 ]; then
        echo "skipped: $name: run $id of $folder is of another revision"
    else
        check "$name ($id of ${folder##*/})" [ $code -eq 0 ] || :
        cat differs.txt
    fi
}
if ! /usr/bin/python3 -c 'import csv' 2>/dev/null; then
    echo "skipped: a row of results/reference is trained again: no /usr/bin/python3"
    exit 0
fi
ref=$here/results/reference
again "the toy problem scores as it did" 5 "$ref/toy"
again "a policy has the return that it had" 5 "$ref/cartpole" "$ref/pendulum"
if [ -d "$IDIM_DATA/mnist" ]; then
    again "a network on MNIST scores as it did" 12 "$ref/mnist-fc-fastfood" "$ref/mnist-fc-shuffled-pixels"
else
    echo "skipped: a network on MNIST scores as it did: its data are not here"
fi
exit "$bad"
