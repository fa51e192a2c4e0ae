# structure.gp -- the largest singular value of an update over the edge of noise of equal norm, against d:
#     gnuplot -e "file='structure.csv'" structure.gp      writes structure.svg beside it
if (!exists("file")) file = "structure.csv"
set datafile separator ","
set terminal svg size 640,420 font ",13" background "white"
set output file[1:strlen(file) - 4].".svg"
set logscale x
set xrange [80:16000]
set xlabel "d, trained numbers"
set ylabel "largest singular value / edge of noise"
set key outside top center horizontal samplen 1
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror out
set arrow 1 from 686, graph 0 to 686, graph 1 nohead lc rgb "#888888" dt (4, 4)
set label 1 "d90 at baseline 1.0" at 720, graph .06 tc rgb "#666666"
d(s) = strcol(s)[1:1] eq "d" ? real(strcol(s)[2:]) : NaN
of(t) = strcol("tensor") eq t ? column("spectral") / column("noise_edge") : NaN
plot 1 notitle lc rgb "#444444", \
    file using (d("name") * .96):(of("fc1.weight")) title "first layer, 784 x 200" pt 7 ps .6 lc rgb "#0072b2", \
    file using (d("name")):(of("fc2.weight")) title "second, 200 x 200" pt 9 ps .7 lc rgb "#d55e00", \
    file using (d("name") * 1.04):(of("fc3.weight")) title "third, 200 x 10" pt 5 ps .5 lc rgb "#009e73"
