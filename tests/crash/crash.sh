#!/bin/sh
# crash.sh PROGRAM [POINTS]: a real sweep is killed, or a call of it fails, at so many points that a seed draws;
# the same command again must end in the bytes of the sweep that nobody disturbed: nothing lost, nothing twice.
# Says ok or not ok for each sort of fault and the figure; without cc or a tmpfs, skipped with a word.
set -u
idim=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
points=${2:-60}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
mounted=''
end() {
    if [ -n "$mounted" ]; then umount "$mounted" 2>/dev/null; fi
    rm -rf "$work"
}
trap end EXIT
cd "$work" || exit 1
bad=0 tried=0 lost=0 seed=${CRASH_SEED:-1}

draw() { # a number from 1 to $1
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    drawn=$((seed / 8 % $1 + 1))
}
sweep() {
    "$idim" d90 --data synth:n=300 --model fc:width=8,depth=1 --d 5+20+40 --epochs 2 --seeds 2 --lr 1e-3+1e-2 --lr-full 1e-3 \
        --keep-z --plot no --quiet --jobs 2 --out "$@"
}
tables_same() {
    for f in runs.csv history.csv d90.csv; do cmp -s "whole/$f" "$1/$f" || return 1; done
    diff -r -x '*.tmp' whole/z "$1/z" >/dev/null
}
# The same command once more; then all must be there.
finish() {
    sweep "./$1" >again.txt 2>&1
    code=$?
    tried=$((tried + 1))
    if [ "$code" -eq 0 ] && tables_same "$1"; then
        rm -rf "$1"
        return 0
    fi
    lost=$((lost + 1))
    echo "lost: $2: $(diff -rq whole "$1" | grep -v 'provenance\|report\|runs:' | tr '\n' ' ') $(tail -1 again.txt)"
    rm -rf "$1"
    return 1
}
say() { # NAME, lost before
    if [ "$lost" -eq "$2" ]; then echo "ok $1"; else
        echo "not ok $1"
        bad=1
    fi
}

if ! sweep ./whole >said.txt 2>&1; then
    cat said.txt
    echo "not ok the sweep that nobody disturbs"
    exit 1
fi
if ! ${CC:-cc} -O1 -shared -fPIC -o shim.so "$here/shim.c" -ldl 2>cc.txt; then
    echo "skipped: crash test: the shim cannot be compiled: $(head -1 cc.txt)"
    exit 0
fi
shimmed() { # CRASH_AT, folder
    head -c 4096 /dev/zero >counts
    (
        export CRASH_COUNTS="$work/counts" CRASH_AT="$1" LD_PRELOAD="$work/shim.so"
        sweep "./$2"
    ) >shim.txt 2>&1
}
# how often each is called
shimmed '' counted
total() { od -An -t d8 -v -w8 -N88 counts | awk -v n="$1" 'NR == n { print $1 }'; }
n=0 most=0
for call in write fsync fdatasync rename mkdir open memalign mmap spawn unlink read; do
    n=$((n + 1))
    eval "calls_$call=$(total "$n")"
done
rm -rf counted

each=$(((points + 16) / 17))
for fault in write:kill fsync:kill fdatasync:kill rename:kill mkdir:kill open:kill memalign:kill unlink:kill \
    write:ENOSPC write:ENOSPC+ fdatasync:EIO rename:EIO mkdir:ENOSPC memalign:ENOMEM mmap:ENOMEM spawn:EAGAIN open:ENOSPC; do
    call=${fault%:*} how=${fault#*:} before=$lost
    eval "most=\$calls_$call"
    for _ in $(seq "$each"); do
        [ "$most" -gt 0 ] || continue
        draw "$most"
        shimmed "$call:$drawn:$how" hurt
        finish hurt "$call:$drawn:$how"
    done
    say "$call ($most calls) that ends in $how" "$before"
done

# signals that nobody can catch, at some time
kill_at() { # whom
    setsid sh -c 'exec "$@" >killed.txt 2>&1' sh "$idim" d90 --data synth:n=300 --model fc:width=8,depth=1 --d 5+20+40 \
        --epochs 2 --seeds 2 --lr 1e-3+1e-2 --lr-full 1e-3 --keep-z --plot no --quiet --jobs 2 --out ./hurt &
    leader=$!
    draw 60
    sleep "$(awk -v k="$drawn" 'BEGIN { print k / 50 }')"
    case $1 in
    leader) kill -9 "$leader" 2>/dev/null ;;
    worker) for w in $(cat /proc/"$leader"/task/"$leader"/children 2>/dev/null | cut -d' ' -f1); do kill -9 "$w" 2>/dev/null; done ;;
    all) kill -9 -- "-$leader" 2>/dev/null ;;
    esac
    wait "$leader" 2>/dev/null
}
for whom in worker leader all; do
    before=$lost
    for _ in $(seq $((each < 3 ? each : 3))); do
        kill_at "$whom"
        finish hurt "kill -9 of $whom at $drawn/50 s"
    done
    say "kill -9 of $whom" "$before"
done

# journals and bits cut short or changed under it
before=$lost
for _ in $(seq "$each"); do
    for what in jsonl bits; do
        for how in cut change; do
            cp -r whole hurt
            rm hurt/*.csv
            file=$(find hurt/runs -name "*.$what" | sort | head -1)
            size=$(wc -c <"$file")
            draw "$size"
            if [ "$how" = cut ]; then truncate -s $((drawn - 1)) "$file"; else
                printf '\377' | dd of="$file" bs=1 seek=$((drawn - 1)) conv=notrunc 2>/dev/null
            fi
            finish hurt "$what: $how at $drawn"
        done
    done
done
say "a journal cut or changed under it" "$before"

# the calendar goes back by a day
before=$lost
head -c 4096 /dev/zero >counts
(
    export CRASH_COUNTS="$work/counts" CRASH_CLOCK=-86400 CRASH_AT=fdatasync:3:kill LD_PRELOAD="$work/shim.so"
    sweep ./hurt
) >shim.txt 2>&1
finish hurt "clock set back"
say "a clock set back, and flock that answers ENOSYS" "$before"

# a disk that is full: a small one of its own
if [ "$(id -u)" -eq 0 ] && mkdir small && mount -t tmpfs -o size=64k tmpfs small 2>/dev/null; then
    mounted=$work/small
    before=$lost
    for size in 16k 32k 48k; do
        mount -o "remount,size=$size" "$mounted"
        sweep ./small/hurt >small.txt 2>&1
        mount -o remount,size=64m "$mounted"
        cp -r small/hurt hurt 2>/dev/null
        rm -rf small/hurt
        finish hurt "a disk of $size"
    done
    say "a disk that is full" "$before"
else
    echo "skipped: a disk that is full: no tmpfs can be mounted here"
fi
echo "points tried: $tried, lost: $lost"
exit "$bad"
