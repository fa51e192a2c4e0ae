#!/bin/sh
# run.sh CSV PROGRAM ...: runs each, prints one CSV with a header and keeps it in the file CSV.
set -u
[ -r /proc/loadavg ] && read -r load _ </proc/loadavg && [ "${load%%.*}" -ge 1 ] &&
    echo "bench: this machine is busy (load $load): times and ratios of two threads or jobs mean little" >&2
out=$1
shift
rm -f "$out.failed"
{
    echo "name,what,us,rate,unit,yardstick,yardstick_us,ratio,asked"
    for b in "$@"; do
        "$b" || {
            echo "$b: ended with code $?" >&2
            : >"$out.failed"
        }
    done
} | tee "$out"
[ ! -e "$out.failed" ] || { rm -f "$out.failed" && exit 1; }
