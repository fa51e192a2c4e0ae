/* doctor.c -- idim doctor: what this machine and this program are, and what would be better. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "data/data.h"
#include "experiments/command.h"
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

static void machine(FILE *out)
{
    char memory[16], cpu[64];
    os_cpu_name(cpu);
    fprintf(out, "machine\n  %-14s %s\n  %-14s %zu: as many runs side by side fill it (--jobs)\n",
            "cpu", cpu, "cores", os_cores());
    fprintf(out, "  %-14s %s\n", "memory", mem_bytes_text((double)os_memory(), memory));
}

/* What is too long for 80 columns goes on below: of BLAS's name the end is its kernel. */
static void row(const char *name, const char *value, FILE *out)
{
    enum { LEFT = 17 };
    text lines = {0};
    key_wrapped(value, LEFT, 80, &lines);
    fprintf(out, "  %-14s %s", name, lines.text ? lines.text : "\n");
    text_clear(&lines);
}

static void program(FILE *out)
{
    provenance all[PROVENANCE];
    const char *advice = blas_kernel_advice(blas_kernel(), os_amd_avx512());
    provenance_now(all);
    fprintf(out, "program\n");
    for (size_t i = 0; i < PROVENANCE; i++)
        if (strcmp(all[i].name, "cpu"))
            row(all[i].name, all[i].value, out);
    fprintf(out, "  %-14s %s%s\n", "blas kernel", blas_kernel(), advice ? "" : ": fits this CPU");
    if (!advice)
        return;
    char *words =
        mem_printf("OPENBLAS_CORETYPE=%s was measured faster on such CPUs (make bench); it "
                   "changes the numeric kind: set it before a sweep",
                   advice);
    row("", words ? words : "", out);
    mem_free(words);
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
    (void)options;
    (void)n;
    (void)names;
    machine(out);
    program(out);
    status st = numeric_kind(kind);
    if (st)
        return command_end(st);
    fprintf(out, "  %-14s %s: machines of one kind give the same bytes\n", "numeric kind", kind);
    fprintf(out, "  %-14s %s\n", "gnuplot",
            on_path("gnuplot") ? "found: draws the figures"
                               : "not found: apt install gnuplot-nox, then idim plot NAME");
    data(out);
    return EXIT_DONE;
}

const command command_doctor = {
    .name = "doctor",
    .group = "look",
    .doc = "this machine, this program, and what would be faster",
    .examples = {"idim doctor", "IDIM_DATA=/my/data idim doctor", "idim doctor > machine.txt"},
    .run = doctor_run,
};
