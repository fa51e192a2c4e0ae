# shuttleworth.gp -- what was learned beside what was forgotten, and intruders against rank, from shuttleworth.csv:
#     gnuplot -e "folder='results/repro/shuttleworth-desk'" shuttleworth.gp      writes shuttleworth.svg into it
if (!exists("folder")) folder = "."
set datafile separator ","
set datafile columnheaders
set datafile missing NaN
set terminal svg size 900,420 font ",13" background "white"
set output folder."/shuttleworth.svg"
file = folder."/shuttleworth.csv"
set border 3
set tics nomirror out
set multiplot layout 1,2
cut(s) = s[1:strstrt(s, "-") - 1]
rank(s) = s[1:6] eq "lora-r" ? real(cut(s[7:])) : NaN
mine(pattern, x) = strstrt(strcol("name"), pattern) == 1 ? x : NaN
held(x) = strstrt(strcol("name"), "-held") > 0 ? x : NaN
way(word_, x) = strstrt(strcol("name"), word_) > 0 ? x : NaN
set xlabel "learned of the new text, nats"
set ylabel "forgotten of the old text, nats"
set xrange [1.68:2.06]
set yrange [.3:1.1]
set key top left samplen 1
plot file using (mine("lora-r1-", column("learned"))):"forgotten" title "LoRA, r = 1" pt 7 ps .5 lc rgb "#d55e00", \
    file using (mine("lora-r8-", column("learned"))):"forgotten" title "r = 8" pt 7 ps .5 lc rgb "#e69f00", \
    file using (mine("lora-r64-", column("learned"))):"forgotten" title "r = 64" pt 7 ps .5 lc rgb "#0072b2", \
    file using (mine("full-", column("learned"))):"forgotten" title "all weights" pt 9 ps .9 lc rgb "#000000"
set logscale x 2
set xrange [.8:80]
set yrange [0:110]
set xlabel "rank, of 64"
set ylabel "intruders at epsilon = .5"
set key top right
plot file using (held(rank(strcol("name")))):"intruders" title "alpha = 2r, alpha lr held" pt 7 ps .6 lc rgb "#d55e00", \
    file using (way("alpha8-lr3e-3", rank(strcol("name")))):"intruders" title "alpha = 8" pt 5 ps .6 lc rgb "#0072b2", \
    file using (way("alpha2r-lr3e-3", rank(strcol("name")))):"intruders" title "alpha = 2r, one lr" pt 9 ps .7 lc rgb "#009e73"
unset multiplot
