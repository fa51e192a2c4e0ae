# hu-stored.gp -- the loss of a stored task against its bytes on disk, by form:
#     gnuplot -e "file='stored.csv'" hu-stored.gp         writes stored.svg beside it
if (!exists("file")) file = "stored.csv"
set datafile separator ","
set terminal svg size 640,420 font ",13" background "white"
set output file[1:strlen(file) - 4].".svg"
set logscale x
set xlabel "bytes of one task"
set ylabel "test loss, nats"
set key outside top center horizontal samplen 1
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror out
of(form) = strcol("form") eq form ? column("loss") : NaN
plot file using "bytes":(of("model")) title "whole model" pt 5 ps .8 lc rgb "#444444", \
    file using "bytes":(of("adapter")) title "adapter" pt 9 ps .8 lc rgb "#d55e00", \
    file using "bytes":(of("z")) title "z" pt 7 ps .6 lc rgb "#0072b2", \
    file using "bytes":(of("packed-6")) title "6 bits" pt 6 ps .7 lc rgb "#009e73", \
    file using "bytes":(of("packed-4")) title "4 bits" pt 4 ps .6 lc rgb "#cc79a7"
