# surface.gp -- score over (rank, numbers), and the numbers that nine tenths take at each rank:
#     gnuplot -e "folder='results/repro/surface-desk'" surface.gp      writes surface.svg into it
# Reads runs.csv and ranks.csv. A space is "fastfood@lora:r=4,...", "lora:..." or "fastfood".
if (!exists("folder")) folder = "."
csv(name) = "< awk -F'\"' -v OFS= '{ for (i = 1; i <= NF; i += 2) gsub(/,/, \"\\t\", $i); print }' '".folder."/".name."'"
set datafile separator "\t"
set datafile columnheaders
set datafile missing NaN
set encoding utf8
set terminal svg size 900,420 font ",13" background "white"
set output folder."/surface.svg"

# the rank of a space: 0 is LoRA itself, infinity (1e9) all weights, NaN another space
before(s) = strstrt(s, ",") ? s[1:strstrt(s, ",") - 1] : s
inner(s) = strstrt(s, "@lora:r=") ? real(before(s[strstrt(s, "@lora:r=") + 8:])) : s[1:5] eq "lora:" ? 0 : s eq "fastfood" ? 1e9 : NaN
threshold = NaN
set table $none
plot csv("ranks.csv") using (threshold = column("threshold"), 0) with table
unset table
score(rank) = stringcolumn("role") eq "score" && inner(stringcolumn("space")) == rank ? column("score") : NaN

set multiplot layout 1,2
set border 3
set tics nomirror out
set logscale x
set xlabel "trained numbers"
set ylabel "nats on test text"
set key top right samplen 1 spacing 1.1
set arrow 1 from graph 0, first threshold to graph 1, first threshold nohead lc rgb "#888888" dt (4, 4)
set label 1 "nine tenths of full training" at graph .02, first threshold left offset 0, -.6 tc rgb "#666666"
color = "#0072b2 #009e73 #d55e00 #000000 #cc79a7"
titles = '"random, of rank 1" "of rank 4" "of rank 16" "of all weights" "LoRA, r = 1 to 16"'
rank(i) = i == 1 ? 1 : i == 2 ? 4 : i == 3 ? 16 : i == 4 ? 1e9 : 0
plot for [i = 1:5] csv("runs.csv") using "d_total":(score(rank(i))) smooth unique with linespoints \
    pt 7 ps .5 lw 1.6 lc rgb word(color, i) title word(titles, i)
unset arrow 1; unset label 1
set logscale xy
set xrange [.8:90]
set xlabel "rank of the LoRA whose numbers are chosen at random"
set ylabel "numbers that nine tenths take"
set xtics (1, 2, 4, 8, 16, "all" 64)
set key bottom left
at(s) = inner(s) == 1e9 ? 64 : inner(s) == 0 ? NaN : inner(s)
is(word_) = stringcolumn("p90_state") eq word_
# what there is of rank r: LoRA's own count
count(r) = r * per_rank
per_rank = NaN
take(s, n) = (inner(s) == 0 ? per_rank = n : 0, 0)
set table $none
plot csv("ranks.csv") using (take(stringcolumn("space"), column("d_max") / column("rank_max"))) with table
unset table
set yrange [1000:200000]
plot sample [r = 1:16] '+' using (r):(count(r)) with lines lc rgb "#cc79a7" lw 1.6 title "LoRA's own count", \
    csv("ranks.csv") using (at(stringcolumn("space"))):(is("exact") ? column("p90") : NaN):"p90_low":"p90_high" \
        with yerrorbars pt 7 lc rgb "#0072b2" title "random numbers of it, 95 %", \
    csv("ranks.csv") using (at(stringcolumn("space"))):(is("above") ? column("d_max") : NaN):(0):(column("d_max") * .6) \
        with vectors lc rgb "#d55e00" title "more than were tried"
unset multiplot
