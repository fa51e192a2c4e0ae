#!/bin/sh
# A part of the crash test, every sort of fault once; `make crash` does many more.
exec sh "$(dirname "$0")/../crash/crash.sh" "$1" 17
