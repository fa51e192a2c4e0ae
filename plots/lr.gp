# lr.gp -- the validation score against every learning rate that was tried: the evidence for tuning.
#
#     gnuplot -e "folder='results/demo'; format='pdf'" plots/lr.gp
#
# One panel a space, one line a d, the best rate of each a ring. A ring at the end of its line says that
# the grid was too narrow. Reads FOLDER/runs.csv, writes FOLDER/plots/OUT.FORMAT; idim is not needed. Set
# with -e: folder (.), out (lr), format (svg, pdf or png), target (the file to write).

if (!exists("folder")) folder = '.'
if (!exists("out")) out = 'lr'
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


# Spaces that were tuned, and their d. A diverged run has no validation score and is not drawn.
spaces = 0
names = "\n"
array name[16]
array ds[16]
d_low = 1e300; d_high = 0
metric = 'score'
lower = 0
meet(s) = strstrt(names, "\n".s."\n") || spaces == 16 ? 0 : (names = names.s."\n", spaces = spaces + 1, name[spaces] = s, ds[spaces] = ' ', 1)
which(s) = sum [k = 1:spaces] (name[k] eq s ? k : 0)
list(k, d) = k == 0 ? 0 : (strstrt(ds[k], ' '.d.' ') ? 0 : (ds[k] = ds[k].d.' ', 1))
tuned = "stringcolumn('role') eq 'tune' && strlen(stringcolumn('val'))"
take(s, d) = (meet(s), list(which(s), d), metric = has('metric') ? stringcolumn('metric') : metric, \
    s eq 'full' ? 0 : (d_low = d + 0 < d_low ? d + 0 : d_low, d_high = d + 0 > d_high ? d + 0 : d_high), 1)
set table $none
plot csv('runs.csv') using (@tuned && stringcolumn('space') ne 'full' ? take(stringcolumn('space'), stringcolumn('d_total')) : 0) with table, \
     csv('runs.csv') using (@tuned && stringcolumn('space') eq 'full' ? take('full', stringcolumn('d_total')) : 0) with table
unset table
if (spaces == 0) { print folder.'/runs.csv: no tuning runs; nothing is drawn'; exit status 1 }
if (d_high == 0) { d_low = 1; d_high = 1 }
if (d_low >= d_high) { d_low = d_low / 2; d_high = d_high * 2 }
lower = strstrt(metric, 'loss') > 0

across = spaces > 2 ? 3 : spaces
down = (spaces + across - 1) / across
tall = 120 + 280 * down
if (format eq 'pdf') {
    set terminal pdfcairo noenhanced color size 16cm,tall*16.0/900 cm font "Sans,8" linewidth 1.1 rounded
} else { if (format eq 'png') {
    set terminal pngcairo noenhanced size 1800,2*tall font "Sans,10" fontscale 2 linewidth 2 pointscale 2 rounded
} else {
    set terminal svg noenhanced size 900,tall font "sans-serif,12" linewidth 1.2 rounded background "#ffffff"
} }

# ---------------------------------------------------------------- the picture
set border 3 linecolor '#404040'
set tics nomirror out scale 0.7 textcolor '#202020'
set grid xtics ytics linetype 1 linecolor '#e4e4e4' linewidth 0.6
# viridis: as dark in grey as it is low
set palette defined (0 '#440154', 1 '#3b528b', 2 '#21908c', 3 '#5dc863', 4 '#d8c520')
set cbrange [log10(d_low) : log10(d_high)]
set logscale x
set xtics format '%g'
unset key
set output target
wanted = log10(d_high / d_low) > 2.5 ? '1' : '1 2 5'
set label 1 'd' at screen 0.904, screen 0.78 center
set multiplot layout down, across margins 0.095, 0.87, 60.0 / tall, 1 - 70.0 / tall spacing 0.07, 80.0 / tall \
    title 'learning rates tried (tuning seeds, validation); a ring is the best of its d' font ",13"
tried_at(d) = @tuned && stringcolumn('space') eq name[k] && stringcolumn('d_total') eq d ? column('lr') : NaN
do for [k = 1:spaces] {
    set title (name[k] eq 'full' ? 'full: the baseline' : name[k]) offset 0, -0.6
    set ylabel (k % across == 1 || across == 1 ? metric : '')
    set xlabel (k > spaces - across ? 'learning rate' : '')
    if (k == 1 && name[1] ne 'full') {
        set colorbox user origin 0.895, 0.25 size 0.018, 0.5
        set cbtics scale 0.5 ('' log10(d_low))
        do for [e = floor(log10(d_low)) : ceil(log10(d_high))] { do for [m in wanted] {
            set cbtics add (sprintf('%.0f', m * 10 ** e) log10(m) + e) } }
    } else { unset colorbox }
    # the best of each d: the mean over seeds, by smooth unique, then its extreme
    tried = ds[k]
    set print $best
    print "lr\tval\td"
    do for [d in tried] {
        set table $line
        plot csv('runs.csv') using (tried_at(d)):(column('val')) smooth unique
        unset table
        top_x = NaN; top_y = NaN
        set datafile separator whitespace
        unset datafile columnheaders
        look(x, y) = (top_y != top_y || (lower ? y < top_y : y > top_y) ? (top_x = x, top_y = y) : 0, 0)
        set table $none
        plot $line using (look($1, $2)) with table
        unset table
        set datafile separator "\t"
        set datafile columnheaders
        print sprintf("%.9g\t%.9g\t%.9g", top_x, top_y, log10(d + 0))
    }
    unset print
    if (name[k] eq 'full') {
        plot for [d in tried] csv('runs.csv') using (tried_at(d)):(column('val')) smooth unique \
                 with linespoints pointtype 7 pointsize 0.35 linewidth 1.2 linecolor rgb '#000000', \
             $best using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#202020'
    } else {
        plot for [d in tried] csv('runs.csv') using (tried_at(d)):(column('val')) smooth unique \
                 with linespoints pointtype 7 pointsize 0.35 linewidth 1.2 linecolor palette cb log10(d + 0), \
             $best using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#202020'
    }
}
unset multiplot
unset output
