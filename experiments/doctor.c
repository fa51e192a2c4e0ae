/* doctor.c -- idim doctor: what this machine, this program and the place for results are, and what would be
 * better. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/disk.h"
#include "base/file.h"
#include "base/os.h"
#include "data/data.h"
#include "experiments/folder.h"
#include "experiments/scontrol.h"
#include "linalg/linalg.h"
#include "sweep/provenance.h"
#include "sweep/runner.h"

static bool on_path(const char *program)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        size_t n = strcspn(path, ":");
        char *whole = mem_printf("%.*s/%s", (int)n, path, program);
        bool there = whole && file_exists(whole);
        mem_free(whole);
        if (there)
            return true;
        path += n + (path[n] == ':');
    }
    return false;
}

/* A line of it; one that is to be mended is marked and counted. What is too long for 80 columns goes on below: of
 * BLAS's name the end is its kernel. */
static PRINTF_LIKE(4, 5) void row(size_t *wrong, const char *name, FILE *out, const char *format,
                                  ...)
{
    enum { LEFT = 17 };
    char words[1024];
    text lines = {0};
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    key_wrapped(words, LEFT, 80, &lines);
    fprintf(out, "%c %-14s %s", wrong ? '!' : ' ', name, lines.text ? lines.text : "\n");
    if (wrong)
        ++*wrong;
    text_clear(&lines);
}

/* Jobs of one thread each fill the cores, BLAS at one thread in each of them. */
static void machine(size_t *wrong, FILE *out)
{
    char memory[16], each[16], cpu[64];
    size_t cores = os_cores(), here = os_processors(), blas = blas_threads();
    const char *said = getenv("OPENBLAS_NUM_THREADS"), *job = getenv("SLURM_JOB_ID");
    double all = (double)os_memory(), left = (double)os_memory_left();
    os_cpu_name(cpu);
    fprintf(out, "machine\n");
    row(NULL, "cpu", out, "%s", cpu);
    if (job && cores < here && !getenv("SLURM_CPUS_PER_TASK"))
        row(wrong, "cores", out,
            "%zu of %zu in Slurm job %s: ask for more by --cpus-per-task; `idim slurm` does", cores,
            here, job);
    else if (cores > here)
        row(wrong, "cores", out,
            "SLURM_CPUS_PER_TASK=%zu, but this machine has %zu: runs would wait for each other; "
            "give --jobs %zu",
            cores, here, here);
    else
        row(NULL, "cores", out, "%zu: as many runs side by side fill it (--jobs)", cores);
    if (blas > 1)
        row(wrong, "blas threads", out,
            "%zu in each job, times %zu jobs: this BLAS takes no orders; start with "
            "OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1",
            blas, cores);
    else
        row(NULL, "blas threads", out, "1 in each job, whatever OPENBLAS_NUM_THREADS is%s%s",
            said ? ": " : "", said ? said : "");
    mem_bytes_text(all, memory);
    if (left < all / 2)
        row(wrong, "memory", out,
            "%s, of which others hold all but %s: --memory %.3g keeps to that", memory,
            mem_bytes_text(left, each), left / 1073741824);
    else
        row(NULL, "memory", out, "%s: %s for each of %zu jobs", memory,
            mem_bytes_text(all / (double)cores, each), cores);
}

static void program(size_t *wrong, FILE *out)
{
    provenance all[PROVENANCE];
    const char *advice = blas_kernel_advice(blas_kernel(), os_amd_avx512());
    provenance_now(all);
    fprintf(out, "program\n");
    for (size_t i = 0; i < PROVENANCE; i++)
        if (strcmp(all[i].name, "cpu"))
            row(NULL, all[i].name, out, "%s", all[i].value);
    if (advice)
        row(wrong, "blas kernel", out,
            "%s: OPENBLAS_CORETYPE=%s was measured faster on such CPUs (make bench); it changes "
            "the "
            "numeric kind: set it before a sweep",
            blas_kernel(), advice);
    else
        row(NULL, "blas kernel", out, "%s: fits this CPU", blas_kernel());
}

/* ------------------------------------------------------------------ where results lie */

/* A run of a small net: its line and its bits, 320 + 125 MB of 100,000 (bench/store.c). */
static const double run_bytes = 4450;

static void room(size_t *wrong, const disk *d, FILE *out)
{
    const double little = 1 << 30;
    const uint64_t few = 10000;
    char left[16], files[32];
    mem_bytes_text((double)d->free, left);
    if (!d->writable)
        row(wrong, "disk", out, "%s cannot be written; give --out another folder", d->place);
    else if ((double)d->free < little)
        row(wrong, "disk", out,
            "%s left: about %.0f runs of a small net; make room (`idim clean`), or give --out "
            "another folder",
            left, (double)d->free / run_bytes);
    else
        row(NULL, "disk", out,
            "%s left: a run of a small net takes about 4.5 KB, --keep-z 4 d bytes", left);
    if (d->files < few)
        row(wrong, "files", out, "%s more can be made; make room (`idim clean`), no --keep-z",
            count_text((size_t)d->files, files));
    else
        row(NULL, "files", out, "%s: a job makes a few, --keep-z one for each run",
            d->files == UINT64_MAX ? "no limit told" : count_text((size_t)d->files, files));
    if (d->quota)
        row(NULL, "quota", out, "not counted above; `%s` tells yours, where there is one",
            d->quota);
}

static void folder(size_t *wrong, const char *path, bool cluster, FILE *out)
{
    disk d;
    fprintf(out, "results\n");
    if (disk_find(path, &d)) {
        row(wrong, "folder", out, "%s", error_text());
        return;
    }
    row(NULL, "folder", out, "%s%s%s", path, strcmp(path, d.place) ? ", to be made in " : "",
        strcmp(path, d.place) ? d.place : "");
    if (d.memory)
        row(wrong, "file system", out,
            "%s: in memory, gone when the machine stops; give --out a folder on a disk", d.kind);
    else if (cluster && !d.network)
        row(wrong, "file system", out,
            "%s: a disk of this machine, which a job on another node may not see; give --out a "
            "folder that all share",
            d.kind);
    else
        row(NULL, "file system", out, "%s: %s; no file is locked, so that none need be", d.kind,
            d.network ? "shared by network" : "of this machine");
    room(wrong, &d, out);
}

/* ------------------------------------------------------------------ where else it can run */

static void cluster(size_t *wrong, bool slurm, FILE *out)
{
    size_t most = slurm ? scontrol_array_size() : 0;
    if (!slurm)
        row(NULL, "slurm", out,
            "not here: several machines share a sweep by idim run FILE --shard i/N");
    else if (!most)
        row(wrong, "slurm", out,
            "sbatch is here, but `scontrol show config` says no MaxArraySize: is slurmctld up?");
    else
        row(NULL, "slurm", out, "MaxArraySize %zu: idim slurm FILE makes arrays of up to %zu", most,
            most - 1);
}

static void data(FILE *out)
{
    static const struct {
        const char *name, *file, *other;
    } sets[] = {{"fashion-mnist", "train-images-idx3-ubyte", NULL},
                {"mnist", "train-images-idx3-ubyte", NULL},
                {"cifar10", "data_batch_1.bin", "cifar-10-binary.tar"}};
    fprintf(out, "data\n");
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const char *name = sets[i].name, *other = sets[i].other;
        char path[4096];
        if (task_locate("", name, sets[i].file, path, sizeof path) &&
            (!other || task_locate("", name, other, path, sizeof path)))
            fprintf(out, "  %-14s not found: data/fetch.sh %s\n", name, name);
        else
            fprintf(out, "  %-14s %s\n", name, path);
    }
}

static int doctor_run(void *options, size_t n, char *const *names, FILE *out)
{
    char kind[17];
    size_t wrong = 0;
    bool slurm = on_path("sbatch");
    (void)options;
    char *path = n ? folder_path(names[0], "") : mem_string("results");
    if (!path)
        return command_end(ERR_MEMORY);
    machine(&wrong, out);
    program(&wrong, out);
    status st = numeric_kind(kind);
    if (!st) {
        row(NULL, "numeric kind", out, "%s: machines of one kind give the same bytes", kind);
        if (on_path("gnuplot"))
            row(NULL, "gnuplot", out, "found: draws the figures");
        else
            row(&wrong, "gnuplot", out, "not found: apt install gnuplot-nox, then idim plot NAME");
        folder(&wrong, path, slurm, out);
        cluster(&wrong, slurm, out);
        data(out);
        if (wrong)
            fprintf(out, "%zu of these could be better: the lines with !\n", wrong);
    }
    mem_free(path);
    return command_end(st);
}

const command command_doctor = {
    .name = "doctor",
    .group = "look",
    .doc = "this machine, this program, and what would be better",
    .takes = "[NAME]",
    .most = 1,
    .examples = {"idim doctor", "idim doctor /scratch/me/results",
                 "IDIM_DATA=/my/data idim doctor > machine.txt"},
    .run = doctor_run,
};
