#!/bin/sh
# Runs of two numeric kinds in one folder: idim d90 says so, trains one of the other kind again and says how
# far apart they are.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

d90() { "$idim" d90 --data synth --epochs 2 --d 10+50 --seeds 1 --jobs 1 --quiet --plot no --out ./k "$@" >said.txt 2>&1; }

# The line of one run of d=50 as another machine might have written it: its kind, and one loss moved by .5.
cat >other.py <<'END'
import glob, re, sys, zlib
path, = glob.glob("k/runs/*.jsonl")
lines = open(path).read().splitlines()
for i, line in enumerate(lines):
    if '"d":50,' in line and '"role":"score"' in line:
        rest = re.sub('"kind":"[0-9a-f]{16}"', '"kind":"00000000000000ff"', line[len('{"crc":"00000000",'):])
        loss = re.search('"loss":([0-9.e-]+)', rest)
        rest = rest.replace(loss.group(0), '"loss":%r' % (float(loss.group(1)) + float(sys.argv[1])))
        lines[i] = '{"crc":"%08x",' % zlib.crc32(rest.encode()) + rest
open(path, "w").write("\n".join(lines) + "\n")
END
check "it runs" d90
silent() { ! grep -q "numeric kinds" said.txt; }
check "one kind is no word" silent
if python3 -c 'import zlib' 2>/dev/null; then
    python3 other.py 0
    check "it reads runs of two kinds" d90
    check "the same numbers are said" grep -q "note: these runs come from 2 numeric kinds; run .* of kind 00000000000000ff, done again here .*, gives the same numbers" said.txt
    python3 other.py .5
    check "it reads numbers that moved" d90
    check "the largest difference is said" grep -q "differs by at most 0.5 (loss, test data), its score by 0$" said.txt
else
    echo "skipped: two kinds in one folder: python3 is not installed"
fi
exit "$bad"
