# hu-methods.gp -- score against trained numbers, every way to fine-tune in one figure; means and ranges over seeds:
#     gnuplot -e "folder='results/repro/hu-methods-desk'" hu-methods.gp      writes methods.svg into it
if (!exists("folder")) folder = "."
# method, numbers, mean, least, most
rows(method) = "< awk -F'\"' -v OFS= '{ for (i = 1; i <= NF; i += 2) gsub(/,/, \"\\t\", $i); print }' '".folder."/runs.csv' | ".\
    "awk -F'\\t' -v want='".method."' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } ".\
    "$at[\"role\"] != \"score\" && $at[\"role\"] != \"baseline\" || $at[\"status\"] != \"ok\" { next } ".\
    "{ s = $at[\"space\"]; m = $at[\"model\"]; name = s ~ /^lora.*mlp/ ? \"lora\" : s ~ /^lora/ ? \"lora-qv\" : s ~ /norm/ ? \"norms\" : ".\
    "s ~ /prefix/ ? \"prefix\" : s ~ /adapter/ ? (m ~ /houlsby/ ? \"houlsby\" : \"pfeiffer\") : s == \"full\" ? (m ~ /adapter|prefix/ ? \"\" : \"full\") : \"top\" } ".\
    "name == want { d = $at[\"d_total\"]; x = $at[\"score\"]; n[d]++; sum[d] += x; ".\
    "if (n[d] == 1 || x < low[d]) low[d] = x; if (n[d] == 1 || x > high[d]) high[d] = x } ".\
    "END { for (d in n) print d, sum[d] / n[d], low[d], high[d] }' | sort -g"
set encoding utf8
set terminal svg size 720,440 font ",13" background "white"
set output folder."/methods.svg"
set border 3
set tics nomirror out
set logscale x
set xrange [400:400000]
set xlabel "trained numbers"
set ylabel "nats on test text"
set key outside right center samplen 1.5
methods = "lora lora-qv houlsby pfeiffer prefix norms top full"
titles = '"LoRA, attention and MLP" "LoRA, q and v" "Houlsby" "Pfeiffer" "prefix" "norms" "top layers" "all weights"'
colors = "#0072b2 #56b4e9 #d55e00 #e69f00 #cc79a7 #999999 #009e73 #000000"
shapes = "7 7 5 9 11 3 13 1"
plot for [i = 1:words(methods)] rows(word(methods, i)) using 1:2:3:4 with yerrorlines lw 1.4 ps .8 pt int(word(shapes, i)) \
    lc rgb word(colors, i) title word(titles, i)
