# similarity.gp -- subspace similarity as Hu et al. draw it (figures 3 and 4), less what random subspaces have:
# of two adapters over i and j, in one layer; of one adapter over its layers, for all of its directions.
#
#     gnuplot -e "folder='results/similarity'; format='pdf'" plots/similarity.gp
#
# Reads FOLDER/similarity.csv and writes FOLDER/plots/OUT.FORMAT; idim is not needed. Set with -e: folder (.),
# out (similarity), format (svg, pdf or png), at (which layer of two adapters; the middle one), target.

if (!exists("folder")) folder = '.'
if (!exists("out")) out = 'similarity'
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

room = 24
roles = 0; kinds = 0
array name[room]; array kind[5]
layers = -1; most_i = 0; most_j = 0; within = 0; largest = 0
text(s) = strlen(s) ? s : '-'
number(s) = strlen(s) ? s + 0 : 0
role_at(r) = sum [k = 1:roles] (name[k] eq r ? k : 0)
kind_at(w) = sum [k = 1:kinds] (kind[k] eq w ? k : 0)
new(r) = role_at(r) || roles == room ? 0 : (roles = roles + 1, name[roles] = r, 1)
sort(w) = kind_at(w) || kinds == 5 ? 0 : (kinds = kinds + 1, kind[kinds] = w, 1)
note(r, w, a, b, i, j, x) = (new(r), sort(w), layers = a > layers ? a : layers, layers = b > layers ? b : layers, \
    within = a != b ? 1 : within, most_i = i > most_i ? i : most_i, most_j = j > most_j ? j : most_j, \
    largest = x > largest ? x : largest, 1)
set table $none
plot csv('similarity.csv') using (note(text(stringcolumn('role')), stringcolumn('what'), number(stringcolumn('layer')), number(stringcolumn('other_layer')), column('i'), column('j'), column('excess'))) with table
unset table
if (roles == 0) { print folder.'/similarity.csv: no rows; nothing is drawn'; exit status 1 }
if (!exists("at")) at = int((layers + 1) / 2)

# ---------------------------------------------------------------- the paper: a row of panels for each role
across = kinds > 4 ? kinds : 4
side = 145
wide = 120 + 195 * across
tall = 95 + (side + 45) * roles
if (format eq 'pdf') {
    set terminal pdfcairo noenhanced color size 16cm,tall*16.0/wide cm font "Sans,8" linewidth 1.1 rounded
} else { if (format eq 'png') {
    set terminal pngcairo noenhanced size 2*wide,2*tall font "Sans,10" fontscale 2 linewidth 2 rounded
} else {
    set terminal svg noenhanced size wide,tall font "sans-serif,12" linewidth 1.2 rounded background "#ffffff"
} }
set border 3 linecolor '#404040'
set tics nomirror out scale 0.5 textcolor '#202020'
# viridis: as dark in grey as it is low
set palette defined (0 '#440154', 1 '#3b528b', 2 '#21908c', 3 '#5dc863', 4 '#d8c520')
top_of_scale = within ? (largest > 0.3 ? 1.0 : largest > 0.1 ? 0.3 : 0.1) : 1.0
set cbrange [0 : top_of_scale]
unset key
set xrange [(within ? -0.5 : 0.5) : (within ? layers : most_j) + 0.5]
set yrange [(within ? layers : most_i) + 0.5 : (within ? -0.5 : 0.5)]
step(n) = n <= 8 ? 1 : ceil(n / 4.0)
set xtics step(within ? layers : most_j)
set ytics step(within ? layers : most_i)
set output target
said(w) = w eq 'A' ? 'A' : w eq 'B' ? 'B' : w eq 'A_start' ? 'A at step 0' : w eq 'update_in' ? 'update, inputs' : 'update, outputs'
set multiplot title (within ? 'similarity between layers (all directions), less the random expectation' : \
    'similarity of two adapters in layer '.sprintf('%d', at).', less the random expectation') font ",13"
do for [r = 1:roles] {
    do for [k = 1:kinds] {
        left = 0.085 + 0.80 * (k - 1) / across
        set lmargin at screen left
        set rmargin at screen left + 0.62 / across
        set tmargin at screen 1 - (66.0 + (side + 45) * (r - 1)) / tall
        set bmargin at screen 1 - (66.0 + (side + 45) * (r - 1) + 140) / tall
        set title (r == 1 ? said(kind[k]) : '') offset 0, -0.6
        set ylabel (k == 1 ? name[r].(within ? ': layer' : ': i') : '') offset 0.5, 0
        set xlabel (r == roles ? (within ? 'layer' : 'j') : '') offset 0, 0.3
        if (r == 1 && k == 1) { set colorbox user origin 0.90, 1 - (66.0 + 140) / tall size 0.016, 140.0 / tall; set cbtics top_of_scale / 2 scale 0.4 } else { unset colorbox }
        of(row) = text(stringcolumn('role')) eq name[r] && stringcolumn('what') eq kind[k]
        if (within) {
            plot csv('similarity.csv') using (of(0) && column('i') == most_i ? number(stringcolumn('other_layer')) : NaN):(number(stringcolumn('layer'))):(0.5):(0.5):(column('excess')) \
                     with boxxyerror fillstyle solid noborder linecolor palette, \
                 csv('similarity.csv') using (of(0) && column('i') == most_i ? number(stringcolumn('layer')) : NaN):(number(stringcolumn('other_layer'))):(0.5):(0.5):(column('excess')) \
                     with boxxyerror fillstyle solid noborder linecolor palette
        } else {
            plot csv('similarity.csv') using (of(0) && number(stringcolumn('layer')) == at ? column('j') : NaN):(column('i')):(0.5):(0.5):(column('excess')) \
                     with boxxyerror fillstyle solid noborder linecolor palette
        }
    }
}
unset multiplot
unset output
