#!/bin/sh
# Figures over several folders: idim plot --by. What they look like is seen by people; here it is asked for what
# a journal asks for.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

if ! command -v gnuplot >/dev/null; then
    echo "skipped: figures: gnuplot is not installed"
    exit 0
fi
scores() { # SPACE BY: three seeds, linear in ln d
    awk -v space="$1" -v by="$2" 'BEGIN { print "space,d,seed,score"
        for (s = 1; s <= 3; s++) { print "full,," s ",.98"; print space ",0," s ",.1"
            for (d = 10; d <= 1000; d *= 10) print space "," d "," s "," .3 + by * log(d) + .005 * s } }'
}
mkdir "it's one"
scores mine .09 >one.csv
scores theirs .08 >two.csv
measure() { "$idim" d90 --scores "$1" --plot no --out "$2" >said.txt 2>err.txt; }
check "one folder" measure one.csv "./it's one"
check "another" measure two.csv ./two
overlay() { "$idim" plot "./it's one" ./two --by "$@" >said.txt 2>err.txt; }
check "both are drawn over each other" overlay space --width column
plots="it's one/plots"
for word in mine theirs 'trained numbers d' threshold baseline; do
    check "the figure says $word" grep -q ">$word" "$plots/overlay.svg"
done
other() { grep -o '<tspan[^>]*>[^<]*' "$plots/overlay.svg" | sed 's/.*>//' | grep -vE '^(mine|theirs|trained numbers d|score|threshold|baseline|d90, 95 % interval|[0-9.]+| *)$'; }
check "it has no title" [ -z "$(other)" ]
cp "$plots/overlay.svg" first.svg
cp "$plots/overlay.gp" left.gp
alone() { rm "$plots"/overlay.* && PATH=$(dirname "$(command -v gnuplot)"):/usr/bin:/bin gnuplot left.gp && same first.svg "$plots/overlay.svg"; }
check "the script draws the same without idim" alone
check "it reads columns by their names" grep -q "column(across)" left.gp
if command -v pdffonts >/dev/null; then
    for w in column:234 page:486 slide:720; do
        check "a ${w%:*} is drawn" overlay space --width "${w%:*}" --format pdf
        check "of that many points" [ "$(pdfinfo "$plots/overlay.pdf" | awk '/^Page size/ { print int($3 + .5) }')" -eq "${w#*:}" ]
        fonts() { pdffonts "$plots/overlay.pdf" | awk 'NR > 2' >fonts.txt && [ -s fonts.txt ] && ! grep -q 'Type 3' fonts.txt; }
        check "its letters are outlines, no Type 3" fonts
        # a line of DejaVu Sans is 1.164 of its size
        size() { pdftotext -bbox "$plots/overlay.pdf" - | awk -F'"' '/>threshold</ { h = $8 - $4; exit !(h > 9.2 && h < 9.42) }'; }
        check "of 8 pt" size
    done
else
    echo "skipped: letters of figures: poppler-utils is not installed"
fi
check "by folder" overlay folder
check "the folders are named" grep -q ">two<" "$plots/overlay.svg"
check "a column that is not there is refused" refused 2 "did you mean space" "$idim" plot ./two --by spce
check "so is one across" refused 2 "no column dd" "$idim" plot ./two --by space --x dd
"$idim" train --data synth --epochs 1 --space fastfood --d 5 --quiet --out ./runs >/dev/null 2>&1
check "runs that nothing was measured of are drawn too" "$idim" plot ./runs --by space
check "a width that nothing heeds is refused" refused 2 "--by" "$idim" plot ./two --width column
exit "$bad"
