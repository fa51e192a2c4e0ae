/* gemm.c -- the matrix products of our steps (batch 128, one thread) under every kernel of OpenBLAS that
 * fits this CPU, beside the kernel that it picks by itself.
 *
 * OpenBLAS chooses its kernel when it is loaded, by OPENBLAS_CORETYPE or by the CPU, so this program runs
 * itself again for every measurement; the kernels take turns. A child that crashes (an old OpenBLAS on a
 * new CPU) is named on stderr and left out; when that is OpenBLAS's own pick, the first kernel that runs is
 * the yardstick. The environment's own OPENBLAS_CORETYPE is taken away first. */
#include <string.h>

#include "base/mem.h"
#include "bench/bench.h"
#include "linalg/linalg.h"

enum { BATCH = 128, TURNS = 11, OUTPUT = 4096, KERNEL = 32 };

/* C (m, n) = op(A) op(B), summed over k. Each set ends in a row with the sum of its products. */
typedef struct shape {
    const char *set, *what;
    bool trans_a, trans_b;
    size_t m, n, k;
} shape;

#define LAYER(set, in, out)                                                                        \
    {set, #in "-" #out " forward", false, true, BATCH, out, in},                                   \
        {set, #in "-" #out " g_W", true, false, out, in, BATCH},                                   \
    {                                                                                              \
        set, #in "-" #out " g_x", false, false, BATCH, in, out                                     \
    }
/* u = x A^T, y += u B^T, g_B, v = q B, g_A, g_x += v A; src/nn/linear.c */
#define LORA(set, in, out, r)                                                                      \
    {set, #in "-" #out " A", false, true, BATCH, r, in},                                           \
        {set, #in "-" #out " B", false, true, BATCH, out, r},                                      \
        {set, #in "-" #out " g_B", true, false, out, r, BATCH},                                    \
        {set, #in "-" #out " g_u", false, false, BATCH, r, out},                                   \
        {set, #in "-" #out " g_A", true, false, r, in, BATCH},                                     \
    {                                                                                              \
        set, #in "-" #out " g_x", false, false, BATCH, in, r                                       \
    }

/* The first layer of a network needs no g_x. */
static const shape shapes[] = {
    {"fc", "784-200 forward", false, true, BATCH, 200, 784},
    {"fc", "784-200 g_W", true, false, 200, 784, BATCH},
    LAYER("fc", 200, 200),
    LAYER("fc", 200, 10),
    LAYER("lenet", 256, 120),
    LAYER("lenet", 120, 84),
    LAYER("lenet", 84, 10),
    LORA("lora r=8", 784, 200, 8),
    LORA("lora r=8", 200, 200, 8),
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static double flops(const shape *s)
{
    return 2.0 * (double)s->m * (double)s->n * (double)s->k;
}

/* ------------------------------------------------------------------ a child: one kernel, once */

typedef struct product {
    const shape *s;
    real *A, *B, *C;
} product;

static void product_run(void *context)
{
    const product *p = context;
    const shape *s = p->s;
    mat_gemm(s->trans_a, s->trans_b, s->m, s->n, s->k, 1, p->A, s->trans_a ? s->m : s->k, p->B,
             s->trans_b ? s->k : s->n, 0, p->C, s->n);
}

static real *numbers(size_t n)
{
    real *x = mem_array(n, sizeof *x);
    for (size_t i = 0; x && i < n; i++)
        x[i] = (real)(i % 17) / 16 - (real).4; /* no zeros in a row, nothing denormal */
    return x;
}

static int child(void)
{
    if (idim_start())
        return 1;
    printf("%s\n", blas_kernel());
    for (size_t i = 0; i < SHAPES; i++) {
        const shape *s = &shapes[i];
        product p = {s, numbers(s->m * s->k), numbers(s->n * s->k), numbers(s->m * s->n)};
        if (!p.A || !p.B || !p.C)
            return 1;
        bench_side side = bench_alone(product_run, &p);
        printf("%.9g\n", bench_one(side, bench_calls(side, 1e-3)));
        mem_free(p.A);
        mem_free(p.B);
        mem_free(p.C);
    }
    return 0;
}

/* ------------------------------------------------------------------ the parent */

typedef struct kernel {
    const char *asked;         /* OPENBLAS_CORETYPE; NULL: OpenBLAS picks */
    char name[KERNEL];         /* what ran */
    bool out;                  /* crashed, or not in this OpenBLAS, or the one picked by itself */
    double all[SHAPES][TURNS]; /* seconds */
    double seconds[SHAPES];
} kernel;

static bool fits(const char *name)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!strcmp(name, "Haswell") || !strcmp(name, "Zen"))
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (!strcmp(name, "SkylakeX"))
        return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (!strcmp(name, "Cooperlake"))
        return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bf16");
#endif
    (void)name;
    return false;
}

/* All that the child says, and its exit code. */
static status child_output(const char *asked, char text_[OUTPUT], int *code)
{
    char path[4096], entry[64];
    const char *argv[] = {path, "--child", NULL}, *extra[] = {entry, NULL};
    os_child c;
    size_t n, at = 0;
    status st = os_executable(path, sizeof path);
    if (st)
        return st;
    snprintf(entry, sizeof entry, "OPENBLAS_CORETYPE=%s", asked ? asked : "");
    if ((st = os_spawn(&c, path, argv, asked ? extra : NULL)))
        return st;
    while (!(st = os_read(c.out, text_ + at, OUTPUT - 1 - at, &n)) && n)
        at += n;
    text_[at] = '\0';
    status end = os_reap(&c, code);
    return st ? st : end;
}

static status kernel_turn(kernel *k, size_t turn)
{
    char text_[OUTPUT], *at = text_;
    int code;
    status st = child_output(k->asked, text_, &code);
    if (st)
        return st;
    at += strcspn(at, "\n");
    snprintf(k->name, sizeof k->name, "%.*s", (int)(at - text_), text_);
    for (size_t i = 0; i < SHAPES && !code; i++)
        k->all[i][turn] = strtod(at, &at);
    k->out = code || (k->asked && strcmp(k->asked, k->name) != 0);
    if (code)
        fprintf(stderr, "gemm: %s%s ends with code %d here (above 128: a signal) and is left out\n",
                k->asked ? "kernel " : "OpenBLAS's own pick", k->asked ? k->asked : "", code);
    else if (k->out)
        fprintf(stderr, "gemm: this OpenBLAS has no kernel %s and took %s\n", k->asked, k->name);
    return OK;
}

/* The products of one set, or of one shape (from = to - 1), by every kernel. */
static void print_rows(const kernel *kernels, size_t n, const kernel *yardstick, const char *what,
                       size_t from, size_t to)
{
    for (size_t i = 0; i < n; i++) {
        const kernel *k = &kernels[i];
        char name[96], beside[64];
        bench_row r = {.name = "gemm", .what = name, .unit = "GFLOP/s", .yardstick = beside};
        if (k->out)
            continue;
        for (size_t s = from; s < to; s++) {
            r.seconds += k->seconds[s];
            r.yardstick_seconds += yardstick->seconds[s];
            r.amount += flops(&shapes[s]);
        }
        snprintf(name, sizeof name, "%s %s: %.31s", shapes[from].set, what, k->name);
        snprintf(beside, sizeof beside, "%.31s%s", yardstick->name,
                 yardstick->asked ? "" : " (picked by default)");
        bench_print(r);
    }
}

int main(int argc, char **argv)
{
    static kernel kernels[] = {{.asked = NULL},
                               {.asked = "Haswell"},
                               {.asked = "Zen"},
                               {.asked = "SkylakeX"},
                               {.asked = "Cooperlake"}};
    size_t n = sizeof kernels / sizeof *kernels, first = 0;
    if (argc > 1 && !strcmp(argv[1], "--child"))
        return child();
    unsetenv("OPENBLAS_CORETYPE");
    for (size_t i = 1; i < n; i++)
        kernels[i].out = !fits(kernels[i].asked);
    for (size_t turn = 0; turn < TURNS; turn++)
        for (size_t i = 0; i < n; i++) {
            if (kernels[i].out)
                continue;
            if (kernel_turn(&kernels[i], turn)) {
                fprintf(stderr, "%s\n", error_text());
                return 1;
            }
            if (i == 0 && !kernels[0].out) /* is measured already */
                for (size_t k = 1; k < n; k++)
                    kernels[k].out |= !strcmp(kernels[k].asked, kernels[0].name);
        }
    while (first < n && kernels[first].out)
        first++;
    if (first == n)
        return 1; /* each was named */
    for (size_t i = 0; i < n; i++)
        for (size_t s = 0; s < SHAPES; s++)
            kernels[i].seconds[s] = bench_median(kernels[i].all[s], TURNS);
    for (size_t from = 0, to; from < SHAPES; from = to) {
        for (to = from; to < SHAPES && !strcmp(shapes[to].set, shapes[from].set); to++)
            print_rows(kernels, n, &kernels[first], shapes[to].what, to, to + 1);
        print_rows(kernels, n, &kernels[first], "all of them", from, to);
    }
    return 0;
}
