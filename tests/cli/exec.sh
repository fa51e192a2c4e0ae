#!/bin/sh
# Anybody's program as a run: --exec. The program here is a closed form in awk; its d90 is known.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

# The score is ln d / ln 1000 up to d = 1000 less a parabola round the best rate, .01 sqrt(D / d): linear in
# ln d, as is what d90_fit reads between two d, so that d90 at the own baseline 1, raw .9 is 1000^.9 = 501.187.
# Each seed is moved by as much to one side as another to the other.
cat >curve.awk <<'END'
BEGIN {
    D = 1000000
    full = space == "full"
    best = .01 * (full ? 1 : sqrt(D / d))
    s = full ? 1 : log(d) / log(1000) + (seed < 1000000 ? .01 * (seed - 2) : 0)
    s = epochs ? s - .05 * log(lr / best) ^ 2 : .1
    print "epoch 1 of 1"
    printf "score=%.12f val=%.12f D=%d metric=accuracy\n", s, s, D
}
END
command='awk -v space={space} -v d={d} -v lr={lr} -v seed={seed} -v epochs={epochs} -f curve.awk'
d90() {
    "$idim" d90 --exec "$command" --exec-files curve.awk --d 50..1000/log6 --lr-full 3e-3+1e-2+3e-2 \
        --quiet --plot no "$@" >said.txt 2>err.txt
}
cell() { awk -F, -v name="$2" '{ gsub(/"[^"]*"/, "") } NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i } NR == 2 { print $at }' "$1"; }
quiet() { "$idim" "$@" >said.txt 2>err.txt; }
near() { awk -v a="$1" -v b="$2" -v by="$3" 'BEGIN { d = a - b; exit !(d < by && d > -by) }'; }

check "a program is measured" d90 --jobs 1 --out ./one
# rates have three digits: they miss the best by .2 % at the most, the score by 2e-7, d90 by 1e-3
check "d90 is what the closed form says" near "$(cell one/d90.csv d90_fit)" 501.187 .01
check "relative rates need no grid beyond their own" [ "$(grep -c ',tune,' one/runs.csv)" -eq 30 ]
check "two jobs run" d90 --jobs 2 --out ./two
tables_same() { for f in runs.csv history.csv d90.csv; do same "$1/$f" "$2/$f" || return 1; done; }
check "two jobs give the bytes of one" tables_same one two
check "the byte promise is said to be the program's" grep -q "is its promise, not idim's" one/report.html
check "and in the terminal" grep -q "its promise" said.txt
check "verify runs some of them again" quiet verify ./two --share 20%
check "again, nothing is new" d90 --jobs 1 --out ./one
check "and nothing was run" [ "$(cat one/runs/*.jsonl | wc -l)" -eq 63 ]
sed 's/\.1$/.2/' curve.awk >new.awk && mv new.awk curve.awk
check "another content of its files" d90 --jobs 1 --out ./one
check "is other runs" [ "$(cat one/runs/*.jsonl | wc -l)" -eq 126 ]

# spaces that the program alone knows, a rank, and what it says of d
cat >ranks.awk <<'END'
BEGIN { n = space == "full" ? 4096 : 64 * r; print "score=" log(n) / log(4096) " val=0 d=" n " D=4096" }
END
check "a space of its own, by rank" "$idim" d90 --exec "awk -v space={space} -v r={rank} -v s={seed} -f ranks.awk" \
    --space mine --space yours --d 1+4+16+32 --quiet --plot no --out ./ranks >said.txt 2>err.txt
check "d is what it says" near "$(cell ranks/d90.csv d90_fit)" "$(awk 'BEGIN { print 4096 ^ .9 }')" .01
check "without {epochs} there is no floor, which is said" grep -q "^no floor: " said.txt
check "without {lr} no rate is chosen" [ "$(grep -c ',tune,' ranks/runs.csv)" -eq 0 ]
check "nor shown" [ -z "$(cell ranks/runs.csv lr)" ]

# the words of the command
one() { "$idim" train --quiet --out ./words --space own --d 5 --exec "$@"; }
check "no shell reads the command" [ "$("$idim" train --dry --space 'own:k="a b"' --d 5 --exec 'true "{{d}} {d}" '"'\$x;' {space} a\\ b")" = \
    "true '{d} 5' '\$x;' 'own:k=\"a b\"' 'a b'" ]
check "an unknown name is refused" refused 2 "no {dd} is known; did you mean d?" one 'true {dd}'
check "a pipe is refused" refused 2 "| is a shell's word" one 'true {d} | tee x'
check "a variable is refused" refused 2 '$ is a shell' one 'true {d} $HOME'
check "a quote without its end is refused" refused 2 'a " has no other' one 'true "{d}'
check "a program that is not there is refused" refused 2 "no program nosuchprogram" one 'nosuchprogram {d}'
check "an assignment is refused" refused 2 "write env A=1" one 'A=1 true {d}'
check "an option that it would not see is refused" refused 2 "put {batch} into --exec" one 'true {d}' --batch 3
check "seeds that it would not see are refused" refused 2 "put {seed} into it, or ask for --seeds 1" "$idim" d90 --out ./no --exec 'true {d}'
check "rates that it would not see are refused" refused 2 "put {lr} into --exec" "$idim" d90 --lr .1 --out ./no --exec 'true {d} {seed}'
check "a d90 of nothing that is swept is refused" refused 2 "neither {d} nor {rank}" "$idim" d90 --out ./no --exec 'true {seed}'
check "devices for idim itself are refused" refused 2 "gpus=0" "$idim" train --gpus 0 --out ./no

# what goes wrong is one sentence, with the program's last words
fails() {
    part=$1
    shift
    "$idim" train --quiet --out ./fails --space own --d 5 --exec "$@" >said.txt 2>err.txt
    [ $? -eq 3 ] && grep -qF -- "$part" said.txt
}
check "a program that fails" fails "it ended with exit code 3; its last words: one / two" "sh -c 'echo one >&2; echo two >&2; exit 3' {d}"
check "one that a signal ends" fails "it was ended by signal 9" "sh -c 'kill -9 \$\$' {d}"
tries() { [ "$(grep -c 'ended by signal 9' fails/runs/*.jsonl | awk -F: '{ n += $NF } END { print n }')" -eq 3 ]; }
check "is tried three times" tries
check "one without a score" fails "said no score" "true {d}"
check "one whose score is no number" fails "say the metric's worst value" "echo score=nan {d}"
check "one whose score is a word" fails "score=good, which is no number" "echo score=good {d}"
check "one that leaves half a result.json" fails "result.json:2:" "sh -c 'echo { >\$0/result.json' {out} {d}"
rank() {
    "$idim" train --quiet --out ./fails --space own --rank 4 --exec "echo score=.5 {rank}" >said.txt 2>err.txt
    grep -q "print d=N beside the score" said.txt
}
check "a rank alone tells no d" rank
check "relative rates without D" refused 2 "relative rates need D" \
    "$idim" d90 --quiet --plot no --out ./noD --exec "sh -c 'echo score=.5 val=.5' {d} {seed} {lr}"
echo 1 >part
check "files that change meanwhile" fails "they are not what they were" "sh -c 'echo 2 >part; kill -9 \$\$' {d} 1" --exec-files part

# a folder of its own, and a device
check "result.json is read" quiet train --quiet --out ./out --space own --d 5 --exec "sh -c 'echo \"{\\\"score\\\": 0.75, \\\"D\\\": 9}\" >\$0/result.json' {out} {d}"
check "its score is there" [ "$(cell out/runs.csv score)" = 0.75 ]
check "nothing of it is left" [ ! -e out/exec ]
check "what else the program wrote stays" quiet train --quiet --out ./out --space own --d 6 --exec "sh -c 'echo x >\$0/model; echo score=1' {out} {d}"
check "in the run's own folder" [ "$(find out/exec -name model | wc -l)" -eq 1 ]
check "each job has a device" "$idim" d90 --quiet --plot no --out ./gpus --gpus 3+5 --d 5+50 --seeds 4 \
    --exec "sh -c 'echo score=\$CUDA_VISIBLE_DEVICES D=99 metric=threads\$OMP_NUM_THREADS' {d} {seed}" >said.txt 2>err.txt
devices() { [ "$(cut -d, -f12 gpus/runs.csv | sort -u | tr '\n' ' ')" = "3 5 score " ]; }
check "of those that were named" devices
check "and its threads" [ "$(cell gpus/runs.csv metric)" = threads1 ]
echo 'BEGIN { s = "x"; for (i = 0; i < 26; i++) s = s s; for (i = 0; i < 300000; i++) x += i; print "score=1" }' >used.awk
used() { awk -v cpu="$(cell used/provenance.csv cpu_s)" -v rss="$(cell used/provenance.csv peak_rss)" 'BEGIN { exit !(cpu > .02 && rss > 64e6) }'; }
check "its time and memory are counted" quiet train --quiet --out ./used --space own --d 5 \
    --exec "sh -c 'awk -f used.awk; :' {d}"
check "with those of what it started" used

# programs side by side stay in the memory that there is: what one took counts for the next
cat >hog.sh <<'END'
mkdir busy 2>/dev/null || echo "$*" >>beside
awk 'BEGIN { s = "x"; for (i = 0; i < 26; i++) s = s s; for (i = 0; i < 3000000; i++) x += i }'
rmdir busy 2>/dev/null
echo score=1
END
hog() { "$idim" "$@" --quiet --out ./hog --exec "sh hog.sh {d} {seed}" >said.txt 2>err.txt; }
check "one that takes 64 MiB" hog train --space full
check "and in a space" hog train --space own --d 5
check "too much for two: one waits" hog d90 --plot no --space own --d 5 --seeds 5 --jobs 2 --memory .15
check "which is said" grep -q "^memory: .* are under way and .* more of 154 MiB; some jobs wait$" err.txt
check "none ran beside another" [ ! -e beside ]
check "enough for two: none waits" hog d90 --plot no --space own --d 5 --seeds 8 --jobs 2 --memory 1
check "two ran side by side" [ -s beside ]
check "too much for one" refused 1 "more than the 51.2 MiB that there are" "$idim" d90 --plot no --quiet --out ./hog \
    --exec "sh hog.sh {d} {seed}" --space own --d 5 --seeds 9 --memory .05

# signals are passed on; nothing that it started outlives it
cat >slow.sh <<'END'
echo $$ >>"$1"
trap 'echo got it >>"$1"; exit 0' TERM USR1 INT
trap '' HUP
sleep 60 &
echo $! >>"$1"
while :; do sleep .05; done
END
until_true() {
    n=0
    while [ "$n" -lt 1000 ] && ! "$@"; do
        n=$((n + 1))
        sleep .01
    done
}
started() { [ -f "$1" ] && [ "$(wc -l <"$1")" -ge 2 ]; }
gone() { for p in $(grep -v got "$1"); do kill -0 "$p" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$p/status" && return 1; done; return 0; }
stopped() { # signal, exit code, jobs
    "$idim" d90 --quiet --plot no --out "./slow-$1" --jobs 1 --exec "sh slow.sh $1.pids {d} {seed}" >said.txt 2>err.txt &
    leader=$!
    until_true started "$1.pids"
    kill "-$1" "$leader"
    wait "$leader"
    [ $? -eq "$2" ]
}
for s in TERM:75 USR1:75 INT:130 KILL:137; do
    sig=${s%:*}
    check "$sig ends it with ${s#*:}" stopped "$sig" "${s#*:}" 2>/dev/null
    until_true gone "$sig.pids"
    check "$sig: nothing of the program is left" gone "$sig.pids"
    [ "$sig" = KILL ] || check "$sig was passed on" grep -q "got it" "$sig.pids"
done
none() { ! grep -qs . slow-*/runs/*.jsonl; }
check "a program that was stopped is no run" none
sed 's/; exit 0//' slow.sh >deaf.sh
deaf() {
    "$idim" train --quiet --out ./deaf --grace 0 --space own --d 5 --exec "sh deaf.sh deaf.pids {d}" >said.txt 2>err.txt &
    leader=$!
    until_true started deaf.pids
    kill -TERM "$leader"
    wait "$leader"
    [ $? -eq 75 ]
}
check "a program that does not end at a signal is killed" deaf
check "which is said" grep -q "did not end within 0 s" err.txt
check "with all that it started" gone deaf.pids
exit "$bad"
