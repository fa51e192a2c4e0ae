#!/bin/sh
# A results folder is looked at, cleaned, compared, and carried to another machine.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

d90() { "$idim" d90 --data synth:n=300 --model fc:width=8,depth=1 --epochs 2 --lr 1e-3 --lr-full 1e-3 --keep-z --quiet --plot no --jobs 2 "$@" >said.txt 2>&1; }
check "a sweep runs" d90 --d 5+20 --seeds 2 --out ./one
check "another runs" d90 --d 5+50 --seeds 2 --out ./two

# ---- status
two_networks() {
    printf 'data = synth:n=300\nmodel = fc:width=8,depth=1 fc:width=9,depth=1\nepochs = 2\nd = 5\nseeds = 2\nlr = 1e-3\nlr-full = 1e-3\nplot = no\n' >nets.idim
    "$idim" run nets.idim --quiet >said.txt 2>&1 && "$idim" status nets >nets.txt &&
        grep -qE '^fastfood +5 +4/4 ' nets.txt && [ "$(grep -cE '^full +[1-9][0-9]* +2 ' nets.txt)" -eq 2 ]
}
check "what two networks want is added up" two_networks
"$idim" status ./one >status.txt
check "status says d, done of asked, best" grep -qE '^fastfood +20 +2/2 +0 ' status.txt
check "a baseline is counted as one, by its D" grep -qE '^full +[1-9][0-9]* +2 +0 ' status.txt
check "baselines and floors stand beside the scores" grep -q '^4 of 4 scores, 4 beside, 0 failed' status.txt
check "status is plain text where there is no terminal" test -z "$(tr -d '\11\12\40-\176' <status.txt)"
"$idim" status ./one --csv >status.csv
check "status as CSV has its time" grep -qE '^20[0-9-]+T[0-9:]+Z,fastfood,20,2,2,0,0,0,' status.csv
# both are of the space full, in the order of their ids: some of these sweeps begin with the floor
own_rows() {
    for e in 1 2 3 4; do
        "$idim" d90 --data synth:n=300 --model fc:width=8,depth=1 --epochs "$e" --lr 1e-3 --lr-full 1e-3 --quiet --plot no --d 5 --seeds 1 --out "./e$e" >/dev/null 2>&1
        [ "$("$idim" status "./e$e" --csv | cut -d, -f2-5 | tr '\n' ' ')" = "space,d,asked,done fastfood,5,1,1 full,0,0,1 full,204,0,1 " ] || return 1
    done
}
check "floor and baseline have rows of their own" own_rows
live() { script -qec "TERM=xterm $idim status ./one" /dev/null 2>/dev/null | grep -q "$(printf '\033')\[H"; }
if command -v script >/dev/null; then check "in a terminal it redraws" live; else echo "skipped: status in a terminal: no script(1)"; fi
"$idim" d90 --data synth --epochs 2000 --d 5+50 --lr 1e-3 --lr-full 1e-3 --quiet --plot no --jobs 1 --out ./busy >/dev/null 2>&1 &
leader=$!
n=0
while [ "$n" -lt 500 ] && [ -z "$(find busy/running -name '*.json' 2>/dev/null)" ]; do
    n=$((n + 1))
    sleep .02
done
running() { "$idim" status ./busy | grep -q ' 1 running under 1 leader'; }
check "what runs is counted" running
mkdir -p busy/z
echo x >busy/z/00000000000000000000.safetensors
check "nothing is cleaned while somebody is at work" refused 1 "is at work in it" "$idim" clean ./busy --yes
check "a z that may be of a run under way stays" test -e busy/z/00000000000000000000.safetensors
kill -9 "$leader"
wait "$leader" 2>/dev/null
none() { "$idim" status ./busy | grep -q ' 0 running under 0 leaders'; }
check "a leader that was killed is none" none

# ---- clean
check "there is nothing to clean" grep -q 'nothing to do' <<EOF
$("$idim" clean ./one)
EOF
cp -r one dirty
id=$(basename "$(find dirty/z -name '*.safetensors' | head -1)" .safetensors)
mkdir -p dirty/partial
echo x >"dirty/partial/$id.safetensors"
echo x >dirty/z/00000000000000000000.safetensors
echo x >dirty/runs.csv.0123456789abcdef.tmp
echo x >dirty/runs/gone.bits
printf '{"crc":"torn' >>"$(find dirty/runs -name '*.jsonl' | head -1)"
mkdir dirty/working
printf '+%s\n' "$id" >dirty/working/elsewhere-7-0123abcd
before=$(find dirty -type f | wc -l)
check "nor while another machine may be" refused 1 "remove working/elsewhere-7-0123abcd" "$idim" clean ./dirty --yes
check "then all is there" test "$(find dirty -type f | wc -l)" -eq "$before"
rm -r dirty/working
before=$((before - 1))
"$idim" clean ./dirty >clean.txt
check "clean lists five things" grep -q '^5 files.*nothing was touched' clean.txt
check "clean touches nothing unasked" test "$(find dirty -type f | wc -l)" -eq "$before"
check "clean --yes does it" grep -q '^5 files.*gone' <<EOF
$("$idim" clean ./dirty --yes)
EOF
check "four files are gone" test "$(find dirty -type f | wc -l)" -eq $((before - 4))
check "nothing else is" "$idim" diff ./one ./dirty
check "what was cleaned is clean" grep -q 'nothing to do' <<EOF
$("$idim" clean ./dirty)
EOF

# ---- diff
"$idim" diff ./one ./two >diff.txt
check "diff ends with 4 where runs differ" test $? -eq 4
check "diff names the values" grep -q '^space, only in A: fastfood:d=20$' diff.txt
check "diff names the runs" grep -qE '^run [0-9a-f]{20}, fastfood:d=50, seed 2: only in B$' diff.txt
d90 --d 5+20 --seeds 2 --l2 1e-2 --out ./three
"$idim" diff ./one ./three --csv >diff.csv
check "diff as CSV" grep -q '^difference,run_id,run_id_b,space,' diff.csv

# ---- export, import
check "export writes one file" "$idim" export ./one --to one.tar.gz
check "tar opens it" tar xzf one.tar.gz
sums() { (cd one && sha256sum -c --quiet SHA256SUMS); }
check "sha256sum agrees" sums
rm one/SHA256SUMS
"$idim" export ./one --to again.tar.gz >/dev/null
check "the same folder gives the same bytes" same one.tar.gz again.tar.gz
check "import makes the folder" "$idim" import one.tar.gz --out ./there
check "with all runs" "$idim" diff ./one ./there
check "nothing is measured there, and the sentence says what does it" refused 1 "\`idim collect ./there\` measures" "$idim" show ./there
"$idim" collect ./there >/dev/null
check "collect does" same one/d90.csv there/d90.csv
rm there/d90.csv
tables() { same one/runs.csv there/runs.csv && same one/history.csv there/history.csv && diff -r one/z there/z; }
check "with their bytes" tables
check "and the same command finds all of it" d90 --d 5+20 --seeds 2 --out ./there
check "and measures the same" same one/d90.csv there/d90.csv
files=$(find there | wc -l)
check "a second import changes nothing" "$idim" import one.tar.gz --out ./there
check "and leaves no file" test "$(find there | wc -l)" -eq "$files"
check "xz too" "$idim" export ./two --to two.tar.xz
check "two sweeps merge" "$idim" import two.tar.xz --out ./there
check "into the union" d90 --d 5+50 --seeds 2 --out ./there
check "an ending that is none" refused 2 "name it so" "$idim" export ./one --to one.zip
head -c 3000 one.tar.gz >cut.tar.gz
check "a bundle that is cut short" refused 1 "cut short" "$idim" import cut.tar.gz --out ./no
python=/usr/bin/python3
hostile() { # NAME PATH [link]: a bundle with this member
    "$python" - "$@" <<'END_'
import hashlib, io, sys, tarfile
name, path = sys.argv[1:3]
with tarfile.open(name, "w") as t:
    def add(p, b, kind=tarfile.REGTYPE):
        i = tarfile.TarInfo(p); i.size = len(b); i.type = kind; i.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
        t.addfile(i, io.BytesIO(b))
    add(path, b"" if len(sys.argv) > 3 else b"x\n", tarfile.SYMTYPE if len(sys.argv) > 3 else tarfile.REGTYPE)
    add("s/SHA256SUMS", (hashlib.sha256(b"x\n").hexdigest() + "  " + path.split("/", 1)[-1] + "\n").encode())
END_
}
if [ -x "$python" ]; then
    for path in s/../../evil /etc/evil s/runs/../../evil.jsonl ../runs/a.jsonl s/runs/.a.jsonl s/evil.sh s/runs/a/b.jsonl; do
        hostile bad.tar "$path"
        check "a path that is $path" refused 1 "nothing was written" "$idim" import bad.tar --out ./no
    done
    hostile bad.tar s/runs/a.jsonl link
    check "a link" refused 1 "nothing was written" "$idim" import bad.tar --out ./no
    "$python" - <<'END_'
import hashlib, io, tarfile
with tarfile.open("bad.tar", "w") as t:
    line = hashlib.sha256(b"x\n").hexdigest() + "  runs/a.jsonl\n"
    for p, b in ("s/runs/a.jsonl", b"x\n"), ("s/runs/b.jsonl", b"y\n"), ("s/SHA256SUMS", (2 * line).encode()):
        i = tarfile.TarInfo(p); i.size = len(b); t.addfile(i, io.BytesIO(b))
END_
    check "a sum that stands twice covers for no other file" refused 1 "line 2 of SHA256SUMS" "$idim" import bad.tar --out ./no
    mkdir changed && tar xzf one.tar.gz -C changed && f=$(find changed/one/runs -name '*.jsonl' | head -1) && printf 'x' | dd of="$f" bs=1 seek=300 conv=notrunc 2>/dev/null
    tar cf bad.tar -C changed one && check "a changed byte" refused 1 "not what its checksum says" "$idim" import bad.tar --out ./no
fi
check "what is refused writes nothing" test ! -e no
check "a light one for a reader" "$idim" export ./two --light --to light.tar.gz
mkdir light && tar xzf light.tar.gz -C light
light() { same light/two/d90.csv two/d90.csv && [ -f light/two/report.html ] && [ ! -e light/two/runs ]; }
check "holds CSVs and the report" light
without_idim() { (cd light/two && sha256sum -c --quiet SHA256SUMS && rm -f plots/d90.svg && gnuplot plots/d90.gp && [ -s plots/d90.svg ]); }
if command -v gnuplot >/dev/null; then
    "$idim" plot ./two --format svg >/dev/null && "$idim" export ./two --light --to light.tar.gz >/dev/null && tar xzf light.tar.gz -C light
    check "its figures are drawn again without idim" without_idim
else echo "skipped: figures without idim: no gnuplot here"; fi
"$idim" export nets --light --to nets.tar.gz >/dev/null && tar xzf nets.tar.gz -C light
"$idim" export nets --to nets-all.tar.gz >/dev/null && "$idim" import nets-all.tar.gz --out nets-there >/dev/null && "$idim" collect nets-there >/dev/null
each() { [ "$("$idim" show nets-there | grep -c '^d90 ')" -eq 2 ] && same results/nets/synth-fc-width-9/d90.csv results/nets-there/synth-fc-width-9/d90.csv; }
check "of several questions each is measured there" each
moved() { sed 's/n=300/n=3/' results/nets-there/sweep.json >a.json && mv a.json results/nets-there/sweep.json && rm -r results/nets-there/synth* && "$idim" collect nets-there >a.txt 2>b.txt && grep -q '^not measured: .*none of the runs' b.txt; }
check "without the runs that is said, and the rest is there" moved
"$idim" import nets-all.tar.gz --out gone >/dev/null && sed 's/synth:n=300/mnist:dir=gone/' results/gone/sweep.json >a.json && mv a.json results/gone/sweep.json
gone() { "$idim" collect gone >a.txt 2>b.txt && grep -q '^not measured: .*dir=' b.txt && [ "$(find results/gone -name 'd90.csv' | wc -l)" -eq 0 ]; }
check "without the data too" gone
questions() { (cd results && find nets -name d90.csv | sort) >a.txt && (cd light && find nets -name d90.csv | sort) | cmp -s - a.txt && [ "$(wc -l <a.txt)" -eq 2 ]; }
check "one of several questions holds each" questions
cp -r two large && for f in history runs; do yes "$(tail -1 two/$f.csv)" | head -c 9000000 >>large/$f.csv; done
large() { "$idim" export ./large --light --to large.tar.gz | grep -q '^left out.*: history.csv$' && tar tzf large.tar.gz >a.txt && grep -q large/runs.csv a.txt && ! grep -q history a.txt; }
check "a large history is left out and named, and no other file" large
check "and is no sweep" refused 1 "for reading" "$idim" import light.tar.gz --out ./no
exit "$bad"
