#!/bin/sh
# Runs every benchmark of a build: one CSV row a measurement. FFHT=PATH.so adds that peer.
set -u
echo "name,what,us,yardstick,yardstick_us,ratio"
for b in "$1"/bench/*; do
    case $b in *.o | *.d) continue ;; esac
    "$b" || exit 1
done
