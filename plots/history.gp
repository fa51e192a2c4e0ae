# history.gp -- training and validation against epochs, a line for each run: was training finished?
#
#     gnuplot -e "folder='results/demo'; format='pdf'" plots/history.gp
#
# Reads FOLDER/runs.csv and FOLDER/history.csv and writes FOLDER/plots/OUT.FORMAT; idim is not needed. Set
# with -e: folder (.), out (history), format (svg, pdf or png), target (the file to write).

if (!exists("folder")) folder = '.'
if (!exists("out")) out = 'history'
if (!exists("format")) format = 'svg'
if (!exists("target")) target = folder.'/plots/'.out.'.'.format

set encoding utf8
if (format eq 'pdf') {
    set terminal pdfcairo noenhanced color size 16cm,11.0222cm font "Sans,8" linewidth 1.1 rounded
} else { if (format eq 'png') {
    set terminal pngcairo noenhanced size 1800,1240 font "Sans,10" fontscale 2 linewidth 2 pointscale 2 rounded
} else {
    set terminal svg noenhanced size 900,620 font "sans-serif,12" linewidth 1.2 rounded background "#ffffff"
} }

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


# Where each run's d stands: a text "id=log10 d|" that strstrt looks up; the baseline is 0.
book = '|'
d_low = 1e300; d_high = 0
metric = 'score'
note(id, d) = (book = book.id.'='.sprintf('%.6f', d).'|', 1)
runs = 0
scored(d) = (runs = runs + 1, metric = has('metric') ? stringcolumn('metric') : metric, \
    d_low = d < d_low ? d : d_low, d_high = d > d_high ? d : d_high, note(stringcolumn('run_id'), log10(d)))
set table $none
plot csv('runs.csv') using (stringcolumn('role') eq 'score' ? scored(column('d_total')) : \
    stringcolumn('role') eq 'baseline' ? note(stringcolumn('run_id'), -1) : 0) with table
unset table
if (runs == 0) { print folder.'/runs.csv: no scored runs; nothing is drawn'; exit status 1 }
at(id) = strstrt(book, '|'.id.'=')
of(id) = at(id) ? book[at(id) + strlen(id) + 2 : at(id) + strlen(id) + 9] + 0 : NaN

last = 1
set table $none
plot csv('history.csv') using (last = column('epoch') > last ? column('epoch') : last) with table
unset table

if (last < 2) { print folder.'/history.csv: one epoch makes no line; train for two or more'; exit status 1 }

# A line is drawn piece by piece, from the row before of the same run.
before = ''; x0 = 0; y0 = 0
step(id, x, y) = (X = x0, Y = y0, same = id eq before, before = id, x0 = x, y0 = y, same ? X : NaN)
base(id) = of(id) == -1
swept(id) = of(id) >= 0

# ---------------------------------------------------------------- the picture
set border 3 linecolor '#404040'
set tics nomirror out scale 0.7 textcolor '#202020'
set grid xtics ytics linetype 1 linecolor '#e4e4e4' linewidth 0.6
# viridis: as dark in grey as it is low
set palette defined (0 '#440154', 1 '#3b528b', 2 '#21908c', 3 '#5dc863', 4 '#d8c520')
if (d_low >= d_high) { d_low = d_low / 2; d_high = d_high * 2 }
set cbrange [log10(d_low) : log10(d_high)]
unset colorbox
set xrange [1 : last]
if (last <= 10) { set xtics 1 }
set output target
wanted = log10(d_high / d_low) > 2.5 ? '1' : '1 2 5'
set label 1 'd' at screen 0.894, screen 0.83 center
set multiplot layout 2,2 margins 0.08, 0.86, 0.1, 0.91 spacing 0.09, 0.12 \
    title 'every run, epoch by epoch; black: the baseline' font ",13"
piece(name, y) = step(stringcolumn('run_id'), column('epoch'), column(y))
do for [panel = 1:4] {
    y = word('train_loss val_loss train_score val_score', panel)
    set title (word('training validation training validation', panel)) offset 0, -0.6
    set ylabel (panel == 1 ? 'loss' : panel == 3 ? metric : '')
    set xlabel (panel > 2 ? 'epoch' : '')
    if (panel == 2) {
        set colorbox user origin 0.885, 0.2 size 0.018, 0.6
        set cbtics scale 0.5 ('' log10(d_low))
        do for [e = floor(log10(d_low)) : ceil(log10(d_high))] { do for [m in wanted] {
            set cbtics add (sprintf('%.0f', m * 10 ** e) log10(m) + e) } }
    } else { unset colorbox }
    before = ''
    plot csv('history.csv') using (piece('', y)):(Y):(x0 - X):(y0 - Y):(swept(stringcolumn('run_id')) ? of(stringcolumn('run_id')) : NaN) \
             with vectors nohead linewidth 1 linecolor palette notitle, \
         csv('history.csv') using (piece('', y)):(Y):(x0 - X):(base(stringcolumn('run_id')) ? y0 - Y : NaN) \
             with vectors nohead linewidth 1.6 linecolor rgb '#000000' notitle
}
unset multiplot
unset output
