# spectra.gp -- singular values of every tensor's update: a panel for each role, a line for each tensor,
# coloured by its layer; dashed: a random update of equal rank (or, of full rank, equal norm) in the middle layer.
#
#     gnuplot -e "folder='results/spectra'; format='pdf'" plots/spectra.gp
#
# Reads FOLDER/spectra.csv and writes FOLDER/plots/OUT.FORMAT; idim is not needed. Set with -e: folder (.),
# out (spectra), format (svg, pdf or png), heading (a title of your own), target (the file to write).

if (!exists("folder")) folder = '.'
if (!exists("out")) out = 'spectra'
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

# The roles in their order, and what the axes need.
most = 24
roles = 0; names = "\n"
array name[most]; array tensors[most]; array middle[most]
low = 1e300; high = 0; last = 0; layers = 0; unscaled = 0
text(s) = strlen(s) ? s : '-'
find(r) = sum [k = 1:roles] (name[k] eq r ? k : 0)
new(r) = find(r) || roles == most ? 0 : (roles = roles + 1, name[roles] = r, tensors[roles] = 0, middle[roles] = '', 1)
number(s) = strlen(s) ? s + 0 : NaN
note(r, i, s, l, u) = (new(r), tensors[find(r)] = tensors[find(r)] + (i == 1), \
    last = i > last ? i : last, layers = l == l && l > layers ? l : layers, unscaled = u == 0 ? 1 : unscaled, \
    high = s > high ? s : high, low = s > 0 && s < low ? s : low, 1)
set table $none
plot csv('spectra.csv') using (note(text(stringcolumn('role')), column('index'), column('sigma'), number(stringcolumn('layer')), column('scaled'))) with table
# the tensor in the middle of each role lends its null curve
array seen[most]
do for [k = 1:roles] { seen[k] = 0 }
pick(r, t) = (k_ = find(r), seen[k_] = seen[k_] + 1, middle[k_] = seen[k_] == int(tensors[k_] / 2) + 1 ? t : middle[k_], 1)
plot csv('spectra.csv') using (column('index') == 1 ? pick(text(stringcolumn('role')), stringcolumn('tensor')) : 0) with table
unset table
if (roles == 0) { print folder.'/spectra.csv: no rows; nothing is drawn'; exit status 1 }
if (high == 0) { print folder.'/spectra.csv: all updates are zero; nothing is drawn'; exit status 1 }
low = low < 1e-7 * high ? 1e-7 * high : low # below it is rounding

# ---------------------------------------------------------------- the paper
across = roles > 4 ? 3 : roles > 1 ? 2 : 1
down = (roles + across - 1) / across
tall = 130 + 290 * down
if (format eq 'pdf') {
    set terminal pdfcairo noenhanced color size 16cm,tall*16.0/900 cm font "Sans,8" linewidth 1.1 rounded
} else { if (format eq 'png') {
    set terminal pngcairo noenhanced size 1800,2*tall font "Sans,10" fontscale 2 linewidth 2 pointscale 2 rounded
} else {
    set terminal svg noenhanced size 900,tall font "sans-serif,12" linewidth 1.2 rounded background "#ffffff"
} }
set border 3 linecolor '#404040'
set tics nomirror out scale 0.7 textcolor '#202020'
set grid xtics ytics linetype 1 linecolor '#e4e4e4' linewidth 0.6
# viridis: as dark in grey as it is low
set palette defined (0 '#440154', 1 '#3b528b', 2 '#21908c', 3 '#5dc863', 4 '#d8c520')
set cbrange [0 : (layers > 0 ? layers : 1)]
unset key
set logscale y
set yrange [low / 1.3 : high * 1.3]
set ytics format '%g'
if (high / low < 300) { set ytics ('' high)
    do for [e = floor(log10(low)) : ceil(log10(high))] { do for [m in '1 2 5'] { set ytics add (sprintf('%g', m * 10.0 ** e) m * 10.0 ** e) } } }
single = last == 1 # one value a tensor: drawn over depth
if (single) {
    set xrange [-0.5 : layers + 0.5]
} else {
    if (last > 40) { set logscale x }
    set xrange [1 : last]
}
if (!exists("heading")) { heading = 'singular values of the updates'.(unscaled ? ' WITHOUT their scale (of B A)' : '') }
set output target
if (layers > 0) { set label 1 'layer' at screen 0.916, screen 0.80 center }
set multiplot layout down, across margins 0.095, 0.87, 62.0 / tall, 1 - 72.0 / tall spacing 0.07, 84.0 / tall \
    title heading.(single ? '' : '; dashed: a random update of equal size') font ",13"

# A line is drawn piece by piece, from the row before of the same tensor.
before = ''; x0 = 0; y0 = 0
step(id, x, y) = (X = x0, Y = y0, same = id eq before, before = id, x0 = x, y0 = y, same ? X : NaN)
of(k) = text(stringcolumn('role')) eq name[k]
layer(s) = strlen(s) ? s + 0 : 0
null(none) = strlen(stringcolumn('null_rank')) ? column('null_rank') : column('null')
do for [k = 1:roles] {
    set title sprintf('%s: %d', name[k], tensors[k]).(tensors[k] == 1 ? ' tensor' : ' tensors') offset 0, -0.6
    set ylabel (k % across == 1 || across == 1 ? 'singular value' : '')
    set xlabel (k > roles - across ? (single ? 'layer' : 'index') : '')
    if (k == 1 && layers > 0) {
        set colorbox user origin 0.905, 0.27 size 0.018, 0.5
        set cbtics scale 0.5
    } else { unset colorbox }
    if (k > 1) { unset label 1 }
    before = ''
    if (single) {
        plot csv('spectra.csv') using (of(k) ? layer(stringcolumn('layer')) : NaN):(column('sigma')):(layer(stringcolumn('layer'))) \
                 with linespoints pointtype 7 pointsize 0.6 linewidth 1 linecolor palette
    } else {
        plot csv('spectra.csv') using (step(stringcolumn('tensor'), column('index'), column('sigma'))):(Y):(x0 - X):(y0 - Y):(of(k) && y0 >= low ? layer(stringcolumn('layer')) : NaN) \
                 with vectors nohead linewidth 1 linecolor palette, \
             csv('spectra.csv') using (stringcolumn('tensor') eq middle[k] ? column('index') : NaN):(null(0)) \
                 with lines linewidth 1.4 dashtype (8, 5) linecolor rgb '#c04040'
    }
}
unset multiplot
unset output
