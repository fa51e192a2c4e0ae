# intruders.gp -- intruder dimensions summed over all tensors: against epsilon at the k nearest to 10, and against k
# at the epsilon nearest to .5, on both sides; dashed and dotted: random updates of equal norm.
#
#     gnuplot -e "folder='results/intruders'; format='pdf'" plots/intruders.gp
#
# Reads FOLDER/intruders.csv and writes FOLDER/plots/OUT.FORMAT; idim is not needed. Set with -e: folder (.),
# out (intruders), format (svg, pdf or png), target (the file to write).

if (!exists("folder")) folder = '.'
if (!exists("out")) out = 'intruders'
if (!exists("format")) format = 'svg'
if (!exists("target")) target = folder.'/plots/'.out.'.'.format

set encoding utf8

# ---------------------------------------------------------------- reading
# gnuplot cuts a quoted cell at its comma, so awk makes tabs of the commas that separate.
quoted = ''
do for [i = 1:strlen(folder)] { quoted = quoted.(folder[i:i] eq "'" ? "'\\''" : folder[i:i]) }
csv(name) = "< awk -F'\"' -v OFS= '{ for (i = 1; i <= NF; i += 2) gsub(/,/, \"\\t\", $i); print }' '".quoted."/".name."'"
set datafile commentschars ''
set datafile separator "\t"
set datafile columnheaders
set datafile missing NaN # a row that is not meant is passed over, and breaks no line

rows = 0; at_k = 0; at_e = -1; floors = 0; gaussian = 0; rank = 0
nearer(x, old, to) = rows == 1 || abs(log(x / to)) < abs(log(old / to)) - 1e-9 ? x : old
note(e, k, f) = (rows = rows + 1, at_k = nearer(k, at_k, 10.0), at_e = nearer(e, at_e, 0.5), floors = floors + f, \
    gaussian = gaussian + (strlen(stringcolumn('null_gaussian')) > 0), rank = rank + (strlen(stringcolumn('null_rank')) > 0), 1)
set table $none
plot csv('intruders.csv') using (note(column('epsilon'), column('k'), column('floor'))) with table
unset table
if (rows == 0) { print folder.'/intruders.csv: no rows; nothing is drawn'; exit status 1 }
floors = floors / rows

# ---------------------------------------------------------------- the paper
if (format eq 'pdf') {
    set terminal pdfcairo noenhanced color size 16cm,11.4cm font "Sans,8" linewidth 1.1 rounded
} else { if (format eq 'png') {
    set terminal pngcairo noenhanced size 1800,1280 font "Sans,10" fontscale 2 linewidth 2 pointscale 2 rounded
} else {
    set terminal svg noenhanced size 900,640 font "sans-serif,12" linewidth 1.2 rounded background "#ffffff"
} }
set border 3 linecolor '#404040'
set tics nomirror out scale 0.7 textcolor '#202020'
set grid xtics ytics linetype 1 linecolor '#e4e4e4' linewidth 0.6
set yrange [0 : *]
set output target
set multiplot layout 2,2 margins 0.08, 0.97, 0.14, 0.89 spacing 0.09, 0.14 \
    title 'intruder dimensions, summed over tensors' font ",13"
# one line a quantity: smooth frequency adds up what has one x
kept(side, e, k) = stringcolumn('side') eq side && (e ? abs(column('epsilon') - at_e) < 1e-9 : column('k') == at_k)
number(s) = strlen(s) ? s + 0 : NaN
do for [panel = 1:4] {
    by_k = panel > 2
    side = panel % 2 ? 'left' : 'right'
    set title side.(by_k ? sprintf(', epsilon %g', at_e) : sprintf(', k %d', at_k)) offset 0, -0.6
    set xlabel (by_k ? 'k' : 'epsilon (a thin line: the floor)')
    set ylabel (panel % 2 ? 'intruders' : '')
    unset arrow
    if (!by_k) { set arrow from floors, graph 0 to floors, graph 1 nohead linewidth 0.8 linecolor rgb '#808080' back; set xrange [0 : *]; unset logscale x } else { set xrange [*:*]; set logscale x }
    if (panel == 1) { set key top left Left reverse samplen 3 spacing 1.1 } else { unset key }
    x_of(none) = by_k ? column('k') : column('epsilon')
    plot csv('intruders.csv') using (kept(side, by_k, 0) ? x_of(0) : NaN):(column('intruders')) smooth frequency \
             with linespoints pointtype 7 pointsize 0.6 linewidth 1.8 linecolor rgb '#0072b2' title 'tuned', \
         csv('intruders.csv') using (kept(side, by_k, 0) ? x_of(0) : NaN):(number(stringcolumn('null_gaussian'))) smooth frequency \
             with lines linewidth 1.4 dashtype (2, 5) linecolor rgb '#404040' title (gaussian ? 'random, Gaussian' : ''), \
         csv('intruders.csv') using (kept(side, by_k, 0) ? x_of(0) : NaN):(number(stringcolumn('null_rank'))) smooth frequency \
             with lines linewidth 1.4 dashtype (9, 5) linecolor rgb '#d55e00' title (rank ? 'random, equal rank' : '')
}
unset multiplot
unset output
