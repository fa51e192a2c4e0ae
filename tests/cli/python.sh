#!/bin/sh
# docs/python: a PyTorch training in idim's spaces is idim's own training, and a program for --exec.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

python=/usr/bin/python3
if ! "$python" -c 'import torch' 2>/dev/null; then
    echo "skipped: PyTorch in idim's spaces: python3-torch is not installed"
    exit 0
fi
data=${IDIM_DATA:-$here/../shared/data}
if [ ! -d "$data/mnist" ]; then
    echo "skipped: PyTorch in idim's spaces: MNIST is not here (IDIM_DATA names its folder)"
    exit 0
fi
IDIM_DATA=$data
OMP_NUM_THREADS=1
PYTHONDONTWRITEBYTECODE=1
export IDIM_DATA IDIM_LIBRARY OMP_NUM_THREADS PYTHONDONTWRITEBYTECODE
put() { make -s -C "$here" install PREFIX="$work/usr" >install.txt 2>&1; }
check "the library is installed" put
IDIM_LIBRARY=$work/usr/lib/libidim.so

# losses of 50 steps within 1e-4, scores of 5 seeds within two standard errors: it says so by its exit code
agree() { "$python" "$here/tests/python/agree.py" "$idim" mnist:train=1000,test=1000 >agreement.csv; }
check "PyTorch trains as idim does" agree
columns() { cut -d, -f1-7 "$1" | sed 's/"//g'; }
cases() { [ "$(columns agreement.csv)" = "$(columns "$here/results/reference/pytorch/agreement.csv")" ]; }
check "in the cases of the table that is committed" cases

# the command of docs/programs.md as it stands there
cp "$here"/docs/python/*.py .
sed -n "s/^    \(idim d90 --exec 'python3 train.py .*\)/\1/p" "$here/docs/programs.md" | sed "s|'python3|'$python|" >command.sh
measured() { PATH=$(dirname "$idim"):$PATH sh command.sh >said.txt 2>err.txt; }
check "its command measures d90" measured
row() { awk -F, 'NR == 2 { print $1 }' results/programs/d90.csv; }
check "of the space that it named" [ "$(row)" = fastfood ]
check "with every run" [ "$(grep -c ',ok,' results/programs/runs.csv)" -eq 15 ]
check "and none failed" [ "$(grep -c ',failed,' results/programs/runs.csv)" -eq 0 ]

# what is wrong is idim's sentence
said() { "$python" -c "import idim_space as i; $1" 2>&1 | tail -1 | grep -qF -- "$2"; }
check "a wrong spec is one sentence" said "i.Task('mnst')" "did you mean mnist"
check "so is a space without d" said "i.Space('fastfood', {'w': (3, 4)}, [0] * 12, 1)" "d must be given"
check "and one that must do something after each step" said "i.Space('adalora:r=1', {'w': (3, 4)}, [0] * 12, 1)" "belongs to idim's own training"
exit "$bad"
