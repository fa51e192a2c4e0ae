#!/bin/sh
# idim report: the page in a real browser, where one is installed, and what a paper takes from a folder.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

quiet() { "$idim" "$@" >said.txt 2>err.txt; }
check "a folder is measured" quiet d90 --data synth --model fc:width=20 --epochs 1 --seeds 3 --d 5+50+500 --lr 1e-3+1e-2 --plot no --quiet --out ./here
check "it is reported" quiet report ./here --latex --markdown
check "what was written is said" grep -qxF "./here/report.html  tables.tex  numbers.tex  methods.tex  chosen_rates.tex  report.md" said.txt

# ---------------------------------------------------------------- the page
page=here/report.html
count() { grep -o "$1" "$page" | wc -l; }
check "the page has every run" [ "$(count '<tr class="')" -eq $(($(wc -l <here/runs.csv) - 1)) ]
check "nothing is fetched" [ "$(grep -cE '(src|href)="?(http|//)|url\(' "$page")" -eq 0 ]
check "one script stands in it" [ "$(count '<script')" -eq 1 ]
check "every d90 is there with its asks" grep -qF '>asks</th>' "$page"
check "the command to type again is there" grep -qF '<pre>idim d90 --data synth --model fc:width=20' "$page"
check "every picture has words" [ "$(grep -oE '<img [^>]*>|<pre role="img"[^>]*>' "$page" | grep -cvE 'alt="[^"]|aria-label="[^"]')" -eq 0 ]
if command -v chromium >/dev/null; then
    browser() { HOME=$work timeout 60 chromium --headless --no-sandbox --disable-gpu --enable-logging=stderr "$@" 2>console.txt; }
    shown() { browser --dump-dom "$1" >dom.html; }
    check "a browser shows it" shown "file://$work/$page"
    check "without an error on the console" [ "$(grep -c CONSOLE console.txt)" -eq 0 ]
    check "its own script may run" grep -q '<button type="button">score</button>' dom.html
    # a copy that lets the test's script run too, which clicks on a head
    scores() { sed 's/<tr/\n<tr/g' dom.html | sed -n 's/.*<tr class="\(score\|baseline\)"[^>]*>\(<td[^>]*>[^<]*<\/td>\)\{5\}<td class="n">\([0-9.]*\)<.*/\3/p'; }
    clicked() { # HOW OFTEN
        sed 's/<meta http-equiv[^>]*>//; s|</body>|<script>for (var i = 0; i < '"$1"'; i++) document.querySelectorAll("table.runs th button")[5].click()</script></body>|' "$page" >clicked.html
        shown "file://$work/clicked.html"
        scores >order.txt
        [ "$(wc -l <order.txt)" -eq 12 ]
    }
    check "a click on a head" clicked 1
    check "sorts" sort -c -g order.txt
    check "two clicks" clicked 2
    check "sort the other way" sort -c -g -r order.txt
    filtered() {
        sed 's/<meta http-equiv[^>]*>//; s|</body>|<script>var f = document.querySelector("input[type=search]"); f.value = "score 500"; f.dispatchEvent(new Event("input"))</script></body>|' "$page" >clicked.html
        shown "file://$work/clicked.html"
        [ "$(grep -c '<tr class="[a-z]*">' dom.html)" -eq 3 ]
    }
    check "words filter" filtered
    if command -v pdftotext >/dev/null; then
        print() { # headless Chromium prints by a script of its own: so ours is taken out, not scripts turned off
            sed 's|<script>.*</script>||' "$page" >still.html
            browser --print-to-pdf="$work/page.pdf" "file://$work/still.html" >said.txt && pdftotext -layout page.pdf page.txt
        }
        check "it is printed without scripts" print
        scored() { awk -F, 'NR > 1 && /,score,|,baseline,/ { print $1 }' here/runs.csv; }
        all() { for id in $(scored); do grep -q "$id" page.txt || return 1; done; }
        check "with all scored runs" all
        check "and without what paper does not do" [ "$(grep -c 'filter by' page.txt)" -eq 0 ]
    fi
else
    echo "skipped: the page in a browser: chromium is not installed"
fi

# ---------------------------------------------------------------- for a paper
rows=$(($(wc -l <here/d90.csv) - 1))
check "each d90 is a macro" [ "$(grep -c '^\\newcommand{\\dninety[A-Za-z]*}{' here/numbers.tex)" -eq $((2 * rows)) ]
check "each by a name of its own" [ "$(sed -n 's/^\\newcommand{\(.*\)}{.*/\1/p' here/numbers.tex | sort | uniq -d | wc -l)" -eq 0 ]
check "the headline is the names of folder and space" grep -q '^\\newcommand{\\dninetyHereFastfoodInterval}{' here/numbers.tex
balanced() { awk '{ gsub(/\\[{}]/, ""); n += gsub(/{/, "") - gsub(/}/, "") } END { exit n != 0 }' "$1"; }
for f in tables numbers methods chosen_rates; do check "$f.tex closes what it opens" balanced "here/$f.tex"; done
check "booktabs" grep -q '\\toprule' here/tables.tex
for part in '1 epochs of adam' '3 values of d from 5 to 500' 'in batches of 128' 'own baseline, raw .9' "Student's t" 'Scored: seeds 1 to 3' \
    'runs of seed 1 of a stream of their own' 'chosen, for each d and for the baseline alike,' 'In fastfood: rates 0.001, 0.01' ' tried at each d' 'idim 0'; do
    check "the settings name $part" grep -qF -- "$part" here/methods.tex
done
taken() { column here/runs.csv space >/dev/null; awk -F, '$2 == "fastfood" && $6 == 50 && $8 == "score" { print $26; exit }' here/runs.csv; }
check "a row a place has rates tried and taken" grep -q "^fastfood & 50 & 0.001, 0.01.* & $(taken) " here/chosen_rates.tex
check "a grid that is relative" quiet d90 --data synth:n=60 --model fc:width=6 --epochs 1 --seeds 1 --d 2+20 --lr rel:.3+rel:1 --lr-full 1e-3 --plot no --quiet --out ./relative
check "is reported" quiet report ./relative/ --latex
check "and known by its runs" grep -qE 'In fastfood: rates .*0.3.* 1.* times sqrt\(D/d\) times the baseline.s rate tried at each d' relative/methods.tex
check "with a baseline that was not tuned" grep -qF 'Baseline: rates given and not tuned; taken: 0.001.' relative/methods.tex
both_names() { cat here/numbers.tex relative/numbers.tex | sed -n 's/^\\newcommand{\(.*\)}{.*/\1/p' | sort | uniq -d | wc -l; }
check "macros of two folders do not meet" [ "$(both_names)" -eq 0 ]
check "Markdown has table and settings" [ "$(grep -cE '^\| fastfood |^## Settings' here/report.md)" -eq 2 ]
check "a folder that measured nothing is refused" refused 1 "no results folder" "$idim" report ./nowhere
exit "$bad"
