#!/bin/sh
# idim doctor: a line for each thing, marked where it could be better, with the mend.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

# shellcheck disable=SC2120 # doctor [FOLDER]; the lines joined, each NAME VALUE
doctor() {
    "$idim" doctor "$@" >out.txt && sed '/^data/,$d' out.txt | awk '
        /^                 / { sub(/^ +/, " "); printf "%s", $0; next } { gsub(/ +/, " "); printf "%s%s", n++ ? "\n" : "", $0 }
        END { print "" }' >lines.txt && [ "$(sed '/^data/,$d' out.txt | wc -L)" -le 80 ]
}
said() { grep -qE "$1" lines.txt || ! cat lines.txt; }

check "doctor" doctor
check "BLAS runs on one thread in a job" said '^ blas threads 1 '
doctor_of_8() { OPENBLAS_NUM_THREADS=8 doctor; }
check "doctor where eight BLAS threads are asked for" doctor_of_8
check "BLAS runs on one all the same" said '^ blas threads 1 in each job, whatever OPENBLAS_NUM_THREADS is: 8'
check "memory is told for each job" said '^!? memory [0-9.]+ [KMGT]iB'
check "results/ is not there yet" said '^ folder results, to be made in \.$'
check "the numbered lines are all of them" test "$(grep -c '^!' out.txt)" -eq "$(sed -n 's/^\([0-9]*\) of these.*/\1/p' out.txt | grep . || echo 0)"
check "doctor of a folder deep in one that is not there" doctor "$work/a/b/c"
check "it would be made in the nearest" said "to be made in $work\$"
touch file
check "doctor of a place below a file" doctor ./file/x
check "that is no folder" said '^! folder ./file/x: .*Not a directory'
if [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ]; then
    check "doctor of memory" doctor /dev/shm/idim
    check "a file system in memory is marked" said '^! file system tmpfs: in memory, .*--out'
fi
if [ "$(stat -f -c %a /proc 2>/dev/null)" = 0 ]; then
    check "doctor of a full file system" doctor /proc
    check "no room is marked" said '^! disk .*(0 B left|cannot be written).*--out'
fi
too_many() { SLURM_CPUS_PER_TASK=9999 doctor; }
check "doctor of too few cores" too_many
check "more jobs than cores are marked" said '^! cores SLURM_CPUS_PER_TASK=9999, .*--jobs'

mkdir bin
printf '#!/bin/sh\n[ "$*" = "show config" ] && echo "MaxArraySize            = 501"\n' >bin/scontrol
printf '#!/bin/sh\n' >bin/sbatch
chmod +x bin/*
with() { PATH=$work/bin:$PATH doctor; }
check "doctor beside a Slurm" with
check "its largest array is told" said '^ slurm MaxArraySize 501: .*up to 500$'
case $(stat -f -c %T .) in
nfs* | lustre* | gpfs* | cifs* | fuse* | ceph* | tmpfs) ;;
*) check "a disk of this machine alone is marked there" said '^! file system .*another node' ;;
esac
printf '#!/bin/sh\nexit 1\n' >bin/scontrol
check "doctor beside a Slurm that does not answer" with
check "that is marked" said '^! slurm .*slurmctld'
without() {
    mkdir -p few && for tool in sed awk wc; do ln -sf "$(command -v $tool)" few/$tool; done
    PATH=$work/few doctor
}
check "doctor without Slurm and gnuplot" without
check "what does without Slurm is told" said '^ slurm not here: .*--shard'
check "gnuplot is missed" said '^! gnuplot not found: apt install'
exit "$bad"
