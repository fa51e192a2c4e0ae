# search.gp -- steps against the interval's half-width: an adaptive search beside the whole grid.
#
#     gnuplot -e "file='results/reference/search/mnist-fc-small.csv'; target='search.svg'" bench/search.gp
#
# Reads a CSV of bench/replay.c; idim is not needed. Set with -e: file, format (svg, pdf or png), target.

if (!exists("file")) file = 'replay.csv'
if (!exists("format")) format = 'svg'
if (!exists("target")) target = 'search.'.format

set encoding utf8
set datafile separator ','
set datafile columnheaders
if (format eq 'pdf') {
    set terminal pdfcairo noenhanced color size 8.5cm,6.4cm font "Sans,8" rounded
} else { if (format eq 'png') {
    set terminal pngcairo noenhanced size 1000,750 font "Sans,10" fontscale 1.6 linewidth 2 pointscale 2 rounded
} else {
    set terminal svg noenhanced size 560,420 font "sans-serif,13" rounded background '#ffffff'
} }
set output target
set logscale y
set xlabel "half-width of the 95 % interval (ln d90)"
set ylabel "training steps"
set grid ytics linecolor rgb '#dddddd'
set xrange [0:*]
set border 3
set tics nomirror out
set key top right samplen 2
plot file using (column('half_width')):(column('grid_steps')) with linespoints lw 2 pt 4 dt 2 lc rgb '#555555' title 'grid', \
     '' using (column('half_width')):(column('grid_steps_1')) with linespoints lw 2 pt 8 dt 3 lc rgb '#999999' title 'grid, one tuning seed', \
     '' using (column('half_width')):(column('search_steps')) with linespoints lw 2 pt 7 lc rgb '#0072b2' title 'search'
