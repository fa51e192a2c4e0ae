# depth.gp -- heat map over depth: of every role, how the squared norm of a layer's update is shared out among
# its singular values (left), and how large and how many they are (right).
#
#     gnuplot -e "folder='results/spectra'; format='pdf'" plots/depth.gp
#
# Reads FOLDER/spectra.csv and FOLDER/updates.csv and writes FOLDER/plots/OUT.FORMAT; idim is not needed. Set
# with -e: folder (.), out (depth), format (svg, pdf or png), most (16 values a column), target.

if (!exists("folder")) folder = '.'
if (!exists("out")) out = 'depth'
if (!exists("format")) format = 'svg'
if (!exists("target")) target = folder.'/plots/'.out.'.'.format
if (!exists("most")) most = 16

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

room = 24
roles = 0
array name[room]
layers = -1; last = 0; norms = 0; ranks = 1; unscaled = 0
find(r) = sum [k = 1:roles] (name[k] eq r ? k : 0)
new(r) = find(r) || roles == room ? 0 : (roles = roles + 1, name[roles] = r, 1)
text(s) = strlen(s) ? s : '-'
number(s) = strlen(s) ? s + 0 : NaN
note(r, l, norm, rank, values, u) = (new(r), layers = l > layers ? l : layers, norms = norm > norms ? norm : norms, \
    ranks = rank > ranks ? rank : ranks, last = values > last ? values : last, unscaled = u == 0 ? 1 : unscaled, 1)
set table $none
plot csv('updates.csv') using (strlen(stringcolumn('layer')) ? note(text(stringcolumn('role')), column('layer'), column('norm'), number(stringcolumn('effective_rank')), column('values'), column('scaled')) : 0) with table
unset table
if (roles == 0) { print folder.'/updates.csv: no tensor belongs to a layer; nothing is drawn'; exit status 1 }
last = last > most ? most : last

# ---------------------------------------------------------------- the paper: a row of panels for each role
panel = last > 8 ? 200 : 170
tall = 110 + panel * roles
if (format eq 'pdf') {
    set terminal pdfcairo noenhanced color size 16cm,tall*16.0/900 cm font "Sans,8" linewidth 1.1 rounded
} else { if (format eq 'png') {
    set terminal pngcairo noenhanced size 1800,2*tall font "Sans,10" fontscale 2 linewidth 2 pointscale 2 rounded
} else {
    set terminal svg noenhanced size 900,tall font "sans-serif,12" linewidth 1.2 rounded background "#ffffff"
} }
set border 3 linecolor '#404040'
set tics nomirror out scale 0.5 textcolor '#202020'
# viridis: as dark in grey as it is low
set palette defined (0 '#440154', 1 '#3b528b', 2 '#21908c', 3 '#5dc863', 4 '#d8c520')
set cbrange [0 : 1]
set xrange [-0.5 : layers + 0.5]
if (layers < 12) { set xtics 1 }
unset key
top = 1 - 78.0 / tall
bottom = 58.0 / tall
each = (top - bottom) / roles
gap = 34.0 / tall
set output target
set multiplot title 'updates over depth'.(unscaled ? ', WITHOUT their scale (of B A)' : '') font ",13"
of(k) = text(stringcolumn('role')) eq name[k] && strlen(stringcolumn('layer'))
set label 2 'share of the squared norm, by index' at screen 0.265, screen 1 - 50.0 / tall center
set label 3 'effective rank (bars), norm (line)' at screen 0.76, screen 1 - 50.0 / tall center
do for [k = 1:roles] {
    set bmargin at screen top - k * each + gap / 2
    set tmargin at screen top - (k - 1) * each - gap / 2
    set xlabel (k == roles ? 'layer' : '')
    # the heat map
    set lmargin at screen 0.09
    set rmargin at screen 0.44
    set ylabel name[k] offset 1, 0
    set yrange [last + 0.5 : 0.5]
    set ytics (1)
    if (last > 1) { set ytics add (sprintf('%d', last) last) }
    if (last > 6) { set ytics add (sprintf('%d', last / 2) last / 2) }
    unset y2tics
    if (k == 1) { set colorbox user origin 0.455, top - 0.5 * each - 0.28 * each size 0.014, 0.56 * each; set cbtics 0.5 scale 0.4 } else { unset colorbox }
    plot csv('spectra.csv') using (of(k) && column('index') <= last ? column('layer') : NaN):(column('index')):(0.5):(0.5):(column('share')) \
        with boxxyerror fillstyle solid noborder linecolor palette
    unset label 2
    unset label 3
    # the scalars
    unset colorbox
    set lmargin at screen 0.58
    set rmargin at screen 0.93
    set ylabel ''
    set yrange [0 : ranks * 1.08]
    set ytics autofreq nomirror
    set y2range [0 : norms * 1.08]
    set y2tics autofreq textcolor rgb '#d55e00'
    set border 11
    plot csv('updates.csv') using (of(k) && strlen(stringcolumn('effective_rank')) ? column('layer') : NaN):(column('effective_rank')) \
             with boxes fillstyle solid noborder linecolor rgb '#9ecae1', \
         csv('updates.csv') using (of(k) ? column('layer') : NaN):(column('norm')) axes x1y2 \
             with linespoints pointtype 7 pointsize 0.5 linewidth 1.5 linecolor rgb '#d55e00'
    set border 3
    unset y2tics
}
unset multiplot
unset output
