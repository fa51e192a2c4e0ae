# overlay.gp -- sweeps over each other: every run a mark, a group's mean a line. Untitled, for a paper or a slide.
#
#     gnuplot -e "folders='results/a	results/b'; by='space'; width='column'; format='pdf'" plots/overlay.gp
#
# Reads runs.csv of each folder, a tab between their names, and d90.csv where it is there, by the names of their
# columns; writes FIRST/plots/overlay.FORMAT; idim is not needed. Set with -e: folders (.), by (space: a column of
# runs.csv, or folder), across (d_total), up (score), width (page 6.75 in, column 3.25 in, slide 10 in), format (svg, pdf,
# png), target (the file to write), x_label, y_label. Letters are 8 pt. Groups are told apart by colour, by
# dashes and by the shape of their marks, so that a grey print tells them apart too.

if (!exists("folder")) folder = '.'
if (!exists("folders")) folders = folder
if (!exists("by")) by = 'space'
if (!exists("across")) across = 'd_total'
if (!exists("up")) up = 'score'
if (!exists("width")) width = 'page'
if (!exists("format")) format = 'svg'

set encoding utf8

# ---------------------------------------------------------------- reading
# gnuplot cuts a quoted cell at its comma, so awk makes tabs of the commas that separate.
most = 64
array path[most]; array quoted[most]; array called[most]; array measured[most]
n = 0
rest = folders."\t"
while (strlen(rest)) {
    at = strstrt(rest, "\t")
    n = n + 1
    path[n] = rest[1:at - 1]
    rest = rest[at + 1:*]
    quoted[n] = ''
    do for [i = 1:strlen(path[n])] { quoted[n] = quoted[n].(path[n][i:i] eq "'" ? "'\\''" : path[n][i:i]) }
    called[n] = path[n]
    while (strstrt(called[n], '/') && strstrt(called[n], '/') < strlen(called[n])) { called[n] = called[n][strstrt(called[n], '/') + 1:*] }
    measured[n] = system("test -f '".quoted[n]."/d90.csv' && echo 1") eq '1'
}
if (!exists("target")) target = path[1].'/plots/overlay.'.format
csv(k, name) = "< awk -F'\"' -v OFS= '{ for (i = 1; i <= NF; i += 2) gsub(/,/, \"\\t\", $i); print }' '".quoted[k]."/".name."'"
set datafile commentschars ''
set datafile separator "\t"
set datafile columnheaders
set datafile missing NaN

# Groups in the order in which they are met; the runs as $runs: group, x, y.
array name[most]
groups = 0
names = "\n"
met(s) = strstrt(names, "\n".s."\n")
group(s) = (met(s) || groups == most ? 0 : (names = names.s."\n", groups = groups + 1, name[groups] = s, 0), \
    (here = 0, sum [i = 1:groups] (here = name[i] eq s ? i : here, 0), here))
metric = ''
metrics = 0
x_low = 1e300; x_high = -1e300; y_low = 1e300; y_high = -1e300
there(k) = stringcolumn('role') eq 'score' && strlen(stringcolumn(up)) && strlen(stringcolumn(across)) ? \
    (x_low = column(across) < x_low ? column(across) : x_low, x_high = column(across) > x_high ? column(across) : x_high, \
    y_low = column(up) < y_low ? column(up) : y_low, y_high = column(up) > y_high ? column(up) : y_high, \
    now = stringcolumn('metric'), metrics = metrics + (metric eq now ? 0 : 1), metric = now, \
    group(by eq 'folder' ? called[k] : stringcolumn(by))) : 0
set table $runs
plot for [k = 1:n] csv(k, 'runs.csv') using (g = there(k)):(g ? column(across) : NaN):(g ? column(up) : NaN) with table if (g > 0)
unset table
if (groups == 0) { print folders.': no scored runs with '.across.' and '.up.'; nothing is drawn'; exit status 1 }

# The headline of every space of every folder, where spaces are what is told apart.
heads = 0
array space[most]; array owner[most]; array d90[most]; array low[most]; array high[most]; array bar[most]
lines = ''
array level[most]; array kind[most]
levels = 0
level[1] = NaN; kind[1] = '' # which gnuplot looks at though there be none
number(text) = strlen(text) ? text + 0 : NaN
line(v, which) = strlen(v) && levels < most && strstrt(lines, which.v.'|') == 0 ? \
    (lines = lines.which.v.'|', levels = levels + 1, level[levels] = v + 0, kind[levels] = which, 1) : 0
head(k) = (seen = 0, sum [i = 1:heads] (seen = space[i] eq stringcolumn('space') && owner[i] == k ? 1 : seen, 0), \
    seen || heads == most ? 0 : (heads = heads + 1, space[heads] = stringcolumn('space'), owner[heads] = k, \
    d90[heads] = stringcolumn('d90_state') eq 'exact' ? number(stringcolumn('d90_fit')) : NaN, \
    low[heads] = number(stringcolumn('d90_low')), high[heads] = number(stringcolumn('d90_high')), \
    bar[heads] = number(stringcolumn('threshold')), \
    line(stringcolumn('baseline'), 'b') + line(stringcolumn('threshold'), 't')))
do for [k = 1:n] {
    if (measured[k] && up eq 'score') {
        set table $none
        plot csv(k, 'd90.csv') using (head(k)) with table
        unset table
    }
}
do for [i = 1:levels] {
    y_low = level[i] < y_low ? level[i] : y_low
    y_high = level[i] > y_high ? level[i] : y_high
}

# ---------------------------------------------------------------- the paper
wide = width eq 'column' ? 3.25 : width eq 'slide' ? 10 : 6.75
marks = 0
do for [i = 1:heads] { marks = marks + (d90[i] == d90[i] && across eq 'd_total' && (by eq 'space' || by eq 'folder')) }
entries = groups + (levels > 0 ? 2 : 0) + (marks > 0 ? 1 : 0)
columns = width eq 'column' ? 1 : 2
tall = 0.2 + wide * (width eq 'column' ? 0.75 : 0.56) + 0.14 * ceil(entries / (1.0 * columns))
if (format eq 'pdf') {
    set terminal pdfcairo noenhanced color size wide in,tall in font "Sans,8" fontscale 0.75 linewidth 0.6 rounded
} else { if (format eq 'png') { # 300 dots an inch
    set terminal pngcairo noenhanced size 300*wide,300*tall font "Sans,8" fontscale 300.0/96 linewidth 2.5 pointscale 2.5 rounded
} else { # 96 units an inch
    set terminal svg noenhanced size 96*wide,96*tall font "sans-serif,10.67" linewidth 0.8 rounded background "#ffffff"
} }
marked = format eq 'svg' ? 0.6 : 1 # its marks are larger
unset title
if (!exists("x_label")) x_label = across eq 'd_total' ? 'trained numbers d' : across
if (!exists("y_label")) y_label = up eq 'score' && metrics == 1 && strlen(metric) ? metric : up
set xlabel x_label."\n " offset 0, 0.4 # a line more, so that the key keeps its distance
set ylabel y_label offset 1, 0

# ---------------------------------------------------------------- axes
y_room = 0.05 * (y_high > y_low ? y_high - y_low : abs(y_high) + 1e-9)
set yrange [y_low - y_room : y_high + y_room]
wide_range = x_low > 0 && x_high / x_low >= 8
if (wide_range) {
    decades = log10(x_high / x_low)
    x_room = 10 ** (0.04 * decades)
    set logscale x
    set xrange [x_low / x_room : x_high * x_room]
    if (x_low >= 1 && x_high < 1e6) {
        set xtics format '%.0f'
        if (decades < 3.2) {
            set xtics ('' 1)
            do for [e = floor(log10(x_low)) : ceil(log10(x_high))] {
                do for [m in (decades < 1.2 && width ne 'column' ? '1 2 3 5 7' : '1 2 5')] { set xtics add (sprintf('%.0f', m * 10 ** e) m * 10 ** e) } }
        }
    } else { set xtics format '%.0e' }
} else {
    x_room = x_high > x_low ? 0.04 * (x_high - x_low) : abs(x_high) + 1
    set xrange [x_low - x_room : x_high + x_room]
}
set border 3 linecolor '#404040' linewidth 0.8
set xtics offset 0, 0.2
set tics nomirror out scale 0.6 textcolor '#000000'
set grid xtics ytics linetype 1 linecolor '#e4e4e4' linewidth 0.5

# Okabe and Ito's colours, in an order in which neighbours differ in grey too
array colours[8] = ['#000000', '#d55e00', '#0072b2', '#e69f00', '#009e73', '#56b4e9', '#cc79a7', '#8c6d31']
array shape[8] = [7, 4, 9, 12, 11, 6, 5, 2]
# dash, gap, dash, gap; the first is a line without gaps
# from the ninth on the colours come again, with other dashes and shapes
other(i) = (i - 1 + 3 * ((i - 1) / 8)) % 8 + 1
dash(i) = other(i)
set dashtype 2 (18, 8)
set dashtype 3 (5, 5)
set dashtype 4 (18, 6, 4, 6)
set dashtype 5 (34, 8)
set dashtype 6 (10, 6)
set dashtype 7 (18, 6, 4, 5, 4, 6)
set dashtype 8 (2, 5)
set dashtype 9 (8, 6)
drawn(i) = kind[i] eq 'b' ? 1 : 9
colour(i) = colours[(i - 1) % 8 + 1]

# ---------------------------------------------------------------- the picture
set key below maxrows ceil(entries / (1.0 * columns)) Left reverse samplen 4 spacing 1.05 width 1
do for [i = 1:heads] {
    g = 0
    do for [j = 1:groups] { if (name[j] eq (by eq 'folder' ? called[owner[i]] : space[i])) { g = j } }
    if (marks && g > 0 && d90[i] == d90[i]) {
        # intervals at one threshold stand a little above each other
        at = bar[i] + (0.5 * (heads + 1) - i) * 0.028 * (y_high - y_low)
        set label '' at first d90[i], first at point pointtype 13 pointsize 0.9 * marked linecolor rgb colour(g) front
        if (low[i] == low[i] && high[i] == high[i]) {
            set arrow from first low[i], first at to first high[i], first at heads size screen 0.006, 90 linewidth 2 linecolor rgb colour(g) front }
    }
}
set output target
plot for [i = 1:levels] level[i] with lines linewidth 0.8 dashtype drawn(i) linecolor rgb '#808080' notitle, \
     for [i = 1:groups] $runs using ($1 == i ? $2 : NaN):3 smooth unique with lines linewidth 1.8 \
         dashtype dash(i) linecolor rgb colour(i) notitle, \
     for [i = 1:groups] $runs using ($1 == i ? $2 : NaN):3 with points pointtype shape[other(i)] pointsize 0.45 * marked \
         linewidth 0.7 linecolor rgb colour(i) notitle, \
     for [i = 1:groups] NaN with linespoints linewidth 1.8 dashtype dash(i) linecolor rgb colour(i) \
         pointtype shape[other(i)] pointsize 0.6 * marked title name[i], \
     NaN with lines linewidth 0.8 linecolor rgb '#808080' title (levels > 0 ? 'baseline' : ''), \
     NaN with lines linewidth 0.8 dashtype 9 linecolor rgb '#808080' title (levels > 0 ? 'threshold' : ''), \
     NaN with points pointtype 13 pointsize 0.9 * marked linecolor rgb '#000000' title (marks > 0 ? 'd90, 95 % interval' : '')
unset output
