#!/bin/sh
# embed.sh FILE.gp ... : C source of a table of the files' names (without .gp) and bytes.
set -eu
echo "/* made by plots/embed.sh */"
for f in "$@"; do
    printf 'static const unsigned char plot_%s[] = {' "$(basename "$f" .gp)"
    od -An -v -tu1 "$f" | sed 's/  *\([0-9]\)/,\1/g; s/^,//; s/$/,/'
    echo "0};"
done
echo "static const struct {const char *name; const unsigned char *bytes; size_t n;} plot_scripts[] = {"
for f in "$@"; do
    b=$(basename "$f" .gp)
    printf '    {"%s", plot_%s, sizeof plot_%s - 1},\n' "$b" "$b" "$b"
done
echo "    {NULL, NULL, 0}};"
