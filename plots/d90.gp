# d90.gp -- score against d: every run a dot, the mean a line, baseline, threshold, d90 and its interval.
#
#     gnuplot -e "folder='results/demo'; format='pdf'" plots/d90.gp
#
# Reads FOLDER/runs.csv and FOLDER/d90.csv and writes FOLDER/plots/OUT.FORMAT; idim is not needed. Set
# with -e: folder (.), out (d90), format (svg, pdf or png), heading (a title of your own),
# target (the file to write). The first row that a space has in d90.csv is its headline and is drawn.

if (!exists("folder")) folder = '.'
if (!exists("out")) out = 'd90'
if (!exists("format")) format = 'svg'
if (!exists("target")) target = folder.'/plots/'.out.'.'.format

set encoding utf8

# ---------------------------------------------------------------- reading
# gnuplot cuts a quoted cell at its comma, so awk makes tabs of the commas that separate.
quoted = ''
do for [i = 1:strlen(folder)] { quoted = quoted.(folder[i:i] eq "'" ? "'\\''" : folder[i:i]) }
csv(name) = "< awk -F'\"' -v OFS= '{ for (i = 1; i <= NF; i += 2) gsub(/,/, \"\\t\", $i); print }' '".quoted."/".name."'"
set datafile commentschars ''
header = ''
set datafile separator "\n"
set table $none
plot csv('runs.csv') every ::0::0 using (header = "\t".stringcolumn(1)."\t", 0) with table
unset table
has(name) = strstrt(header, "\t".name."\t") > 0
set datafile separator "\t"
set datafile columnheaders
set datafile missing NaN # a row that is not meant is passed over, and breaks no line

# The headline of every space, and what its rounding needs.
most = 64
spaces = 0
names = "\n"
array name[most]; array state[most]; array d90[most]; array low[most]; array high[most]
array lower[most]; array upper[most]; array baseline[most]; array bar[most]; array ground[most]
array d_min[most]; array d_max[most]
better = 'higher'
rule = ''
number(text) = strlen(text) ? text + 0 : NaN
take(s) = spaces == most || strstrt(names, "\n".s."\n") ? 0 : (names = names.s."\n", spaces = spaces + 1, \
    name[spaces] = s, state[spaces] = stringcolumn('d90_state'), \
    d90[spaces] = number(stringcolumn('d90_fit')), \
    low[spaces] = number(stringcolumn('d90_low')), lower[spaces] = stringcolumn('d90_low_state'), \
    high[spaces] = number(stringcolumn('d90_high')), upper[spaces] = stringcolumn('d90_high_state'), \
    baseline[spaces] = number(stringcolumn('baseline')), bar[spaces] = number(stringcolumn('threshold')), \
    ground[spaces] = number(stringcolumn('floor')), d_min[spaces] = number(stringcolumn('d_min')), \
    d_max[spaces] = number(stringcolumn('d_max')), better = stringcolumn('better'), \
    rule = spaces == 1 ? stringcolumn('rule') : rule, 1)
set table $none
plot csv('d90.csv') using (take(stringcolumn('space'))) with table
unset table
if (spaces == 0) { print folder.'/d90.csv: no rows; nothing is drawn'; exit status 1 }

# Words that all runs share; '' when they differ or are not known.
data = ''; model = ''; metric = ''; epochs = ''; D = ''
seen = 0
y_low = 1e300; y_high = -1e300
same(now, word) = seen == 1 ? word : now eq word ? now : ''
scored(s) = stringcolumn('role') eq 'score' && stringcolumn('space') eq s && strlen(stringcolumn('score'))
known = (has('data') ? 1 : 0) + (has('model') ? 2 : 0) + (has('metric') ? 4 : 0) + (has('epochs') ? 8 : 0) + (has('D') ? 16 : 0)
look(y) = (seen = seen + 1, \
    data = known & 1 ? same(data, stringcolumn('data')) : '', model = known & 2 ? same(model, stringcolumn('model')) : '', \
    metric = known & 4 ? same(metric, stringcolumn('metric')) : '', epochs = known & 8 ? same(epochs, stringcolumn('epochs')) : '', \
    D = known & 16 ? same(D, stringcolumn('D')) : '', \
    y_low = y < y_low ? y : y_low, y_high = y > y_high ? y : y_high, 1)
set table $none
plot csv('runs.csv') using (stringcolumn('role') eq 'score' && strlen(stringcolumn('score')) ? look(column('score')) : 0) with table
unset table
if (seen == 0) { print folder.'/runs.csv: no scored runs; nothing is drawn'; exit status 1 }

# ---------------------------------------------------------------- the paper: a line taller for each space
rows = spaces > 1 ? spaces : 1
tall = 1 + 0.038 * (rows - 1)
if (format eq 'pdf') {
    set terminal pdfcairo noenhanced color size 16cm,10*tall cm font "Sans,9" linewidth 1.2 rounded
} else { if (format eq 'png') {
    set terminal pngcairo noenhanced size 1600,1000*tall font "Sans,11" fontscale 2 linewidth 2.4 pointscale 2 rounded
} else {
    set terminal svg noenhanced size 800,500*tall font "sans-serif,13" linewidth 1.4 rounded background "#ffffff"
} }

# ---------------------------------------------------------------- words
thousands(s) = strlen(s) > 3 ? thousands(s[1:strlen(s) - 3]).','.s[strlen(s) - 2:*] : s
# rounded to the third digit of d90, ends and all; the CSV has the rest
unit(i) = 10.0 ** floor(log10(d90[i])) / 100
rounded(x, u) = u >= 1 ? sprintf('%.0f', u * floor(x / u + 0.5)) : sprintf('%.'.sprintf('%d', -floor(log10(u) + 0.5)).'f', x)
ends(i) = (lower[i] eq 'below' ? 'below '.sprintf('%.0f', d_min[i]) : rounded(low[i], unit(i))).' to '.\
          (upper[i] eq 'above' ? 'above '.sprintf('%.0f', d_max[i]) : rounded(high[i], unit(i)))
interval(i) = strlen(lower[i]) && strlen(upper[i]) ? ' ('.ends(i).')' : ''
answer(i) = state[i] eq 'exact' ? 'd90 = '.rounded(d90[i], unit(i)).interval(i) : \
            state[i] eq 'above' ? 'd90 > '.sprintf('%.0f', d_max[i]) : \
            state[i] eq 'below' ? 'd90 < '.sprintf('%.0f', d_min[i]) : 'd90 cannot be measured'

if (!exists("heading")) {
    # a checkpoint's keys fill more than a line: its kind alone
    kind(s) = strlen(s) > 36 && strstrt(s, ':') > 1 ? s[1:strstrt(s, ':') - 1] : s
    heading = (strlen(model) ? kind(model) : 'd90').(strlen(data) ? ' on '.kind(data) : '')
    if (strlen(D)) { heading = heading.',  D = '.thousands(D) }
}
rule = (spaces == 1 ? name[1].': ' : '').rule.(strlen(epochs) && epochs ne '0' ? ', '.epochs.(epochs eq '1' ? ' epoch' : ' epochs') : '')
if (spaces == 1 && state[1] ne 'exact') { rule = answer(1).'  ('.rule.')' }
set title heading."\n".rule font ",12" offset 0, -0.3
set ylabel (strlen(metric) ? metric : "score")
set xlabel 'd, trained numbers'.(spaces > 1 ? '  (a mark is one run, a line their mean, a band the 95 % interval of d90)' : '')

# ---------------------------------------------------------------- axes
x_low = 1e300; x_high = 0
do for [i = 1:spaces] {
    x_low = d_min[i] < x_low ? d_min[i] : x_low
    x_high = d_max[i] > x_high ? d_max[i] : x_high
    y_low = baseline[i] < y_low ? baseline[i] : y_low
    y_low = bar[i] < y_low ? bar[i] : y_low
    y_high = baseline[i] > y_high ? baseline[i] : y_high
    y_high = bar[i] > y_high ? bar[i] : y_high
}
# the floor only where it costs at most a third of the height
floors = 0
do for [i = 1:spaces] { if (ground[i] == ground[i] && \
        ((better eq 'lower' ? ground[i] - y_high : y_low - ground[i]) < 0.33 * (y_high - y_low))) { floors = 1 } }
if (floors) { do for [i = 1:spaces] { if (ground[i] == ground[i]) {
    y_low = ground[i] < y_low ? ground[i] : y_low
    y_high = ground[i] > y_high ? ground[i] : y_high } } }
y_room = 0.05 * (y_high > y_low ? y_high - y_low : abs(y_high) + 1e-9)
set yrange [y_low - y_room : y_high + y_room]
decades = log10(x_high / x_low)
x_room = decades > 0 ? 10 ** (0.04 * decades) : 1.5
set logscale x
set xrange [x_low / x_room : x_high * x_room]
if (x_high < 1e6) {
    set xtics format '%.0f'
    if (decades < 3.2) {
        set xtics add ('' 1 1)
        do for [e = floor(log10(x_low)) : ceil(log10(x_high))] {
            do for [m in (decades < 1 ? '1 2 3 4 5 7' : '1 2 5')] { set xtics add (sprintf('%.0f', m * 10 ** e) m * 10 ** e) } }
    }
} else {
    set xtics ('' 1)
    do for [e = floor(log10(x_low)) : ceil(log10(x_high))] {
        set xtics add ('10'.word('⁰ ¹ ² ³ ⁴ ⁵ ⁶ ⁷ ⁸ ⁹ ¹⁰ ¹¹ ¹²', e + 1) 10 ** e) }
}
set border 3 linecolor '#404040'
set tics nomirror out scale 0.7 textcolor '#202020'
set grid xtics ytics linetype 1 linecolor '#e4e4e4' linewidth 0.6

# Okabe and Ito's colours, told apart by every kind of colour vision
array colours[8] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#8c6d31']
array shape[8] = [7, 5, 9, 13, 11, 15, 2, 1]
colour(i) = colours[(i - 1) % 8 + 1]
tint(i, alpha) = '#'.alpha.colour(i)[2:7]
figure(y) = sprintf(abs(y) < 100 ? '%.3g' : '%.0f', y)

# ---------------------------------------------------------------- lines, bands, marks
side = better eq 'lower' ? -1 : 1
set rmargin 17
lines = '' # of three widths: gnuplot's svg joins lines that differ in their dashes alone
do for [i = 1:spaces] {
    key = sprintf('%.6g %.6g|', baseline[i], bar[i])
    if (strstrt(lines, key) == 0) {
        lines = lines.key
        ink = strstrt(lines, '|') == strlen(lines) ? '#404040' : colour(i)
        gap = abs(baseline[i] - bar[i]) / (y_high - y_low + 2 * y_room) < 0.05 ? 0.45 : 0
        if (baseline[i] == baseline[i]) {
            set arrow from graph 0, first baseline[i] to graph 1, first baseline[i] nohead linewidth 1.2 linecolor rgb ink back
            set label 'baseline '.figure(baseline[i]) at graph 1.01, first baseline[i] offset 0, side * gap textcolor rgb ink }
        if (bar[i] == bar[i]) {
            set arrow from graph 0, first bar[i] to graph 1, first bar[i] nohead linewidth 1.25 dashtype (14, 8) linecolor rgb ink back
            set label 'threshold '.figure(bar[i]) at graph 1.01, first bar[i] offset 0, -side * gap textcolor rgb ink }
        if (floors && i == 1 && ground[i] == ground[i]) {
            set arrow from graph 0, first ground[i] to graph 1, first ground[i] nohead linewidth 1.15 dashtype (2, 6) linecolor rgb '#404040' back
            set label 'floor '.figure(ground[i]) at graph 1.01, first ground[i] textcolor rgb '#404040' }
    }
}
left(i) = lower[i] eq 'below' || low[i] < x_low / x_room ? x_low / x_room : low[i]
right(i) = upper[i] eq 'above' || high[i] > x_high * x_room ? x_high * x_room : high[i]
do for [i = 1:spaces] {
    if (strlen(lower[i]) && strlen(upper[i]) && right(i) > left(i) && (spaces == 1 || state[i] eq 'exact')) {
        set object rectangle from first left(i), graph 0 to first right(i), graph 1 \
            fillcolor rgb colour(i) fillstyle transparent solid (spaces > 1 ? 0.10 : 0.16) noborder behind }
    if (state[i] eq 'exact') {
        set label '' at first d90[i], first bar[i] point pointtype 13 pointsize 1.2 linecolor rgb colour(i) front
        set arrow from first d90[i], first bar[i] to first d90[i], graph (side > 0 ? 0 : 1) nohead linewidth 1.2 dashtype (6, 6) linecolor rgb colour(i) front }
}
if (spaces == 1 && state[1] eq 'exact') { # beside the foot of the drop line, where the curve is not
    foot = floors ? 0.12 : 0.05
    foot = side > 0 ? foot : 1 - foot
    if (log(d90[1] / x_low) < 0.6 * log(x_high / x_low)) {
        set label answer(1) at first (strlen(upper[1]) ? right(1) : d90[1]), graph foot left offset 0.8, 0 textcolor rgb colour(1) front
    } else {
        set label answer(1) at first (strlen(lower[1]) ? left(1) : d90[1]), graph foot right offset -0.8, 0 textcolor rgb colour(1) front
    }
}
set bmargin 4.3 + 1.25 * rows
if (spaces > 1) {
    set key at screen 0.5, screen 0.015 center bottom vertical maxcols 1 Left reverse samplen 2.5 spacing 1.15
} else {
    set key at screen 0.5, screen 0.015 center bottom horizontal maxcols 3 Left reverse samplen 2.5 width 1
}
entry(i) = name[i].':  '.answer(i)

# ---------------------------------------------------------------- the picture
set output target
if (spaces == 1) {
    plot csv('runs.csv') using (scored(name[1]) ? column('d_total') : NaN):(column('score')) smooth unique \
             with lines linewidth 1.8 linecolor rgb colour(1) title 'mean', \
         csv('runs.csv') using (scored(name[1]) ? column('d_total') : NaN):(column('score')) \
             with points pointtype 7 pointsize 0.6 linecolor rgb tint(1, '50') title 'one run', \
         NaN with boxes linecolor rgb colour(1) fillstyle transparent solid 0.16 noborder \
             title (strlen(lower[1]) ? '95 % interval' : '')
} else {
    plot for [i = 1:spaces] csv('runs.csv') using (scored(name[i]) ? column('d_total') : NaN):(column('score')) smooth unique \
             with lines linewidth 1.8 linecolor rgb colour(i) notitle, \
         for [i = 1:spaces] csv('runs.csv') using (scored(name[i]) ? column('d_total') : NaN):(column('score')) \
             with points pointtype shape[(i - 1) % 8 + 1] pointsize 0.6 linecolor rgb tint(i, '50') notitle, \
         for [i = 1:spaces] NaN with linespoints linewidth 1.8 linecolor rgb colour(i) \
             pointtype shape[(i - 1) % 8 + 1] pointsize 0.6 title entry(i)
}
unset output
