/* texts.c -- one training step of a transformer (8 texts of 256 tokens, one thread, Adam): the full space
 * beside its own matrix products, LoRA beside the full space with the ratio that its counted products
 * allow, a driven LoRA beside the plain one; and the memory of LoRA beside that of the full space, each the peak of a
 * process of its own (this program, called with the method). */
#include <string.h>

#include "bench/step.h"
#include "linalg/linalg.h"
#include "measure/peak.h"

typedef struct shape {
    size_t width, layers, heads, vocabulary;
} shape;

enum { ROWS = 8 * 256, LENGTH = 256 };

typedef struct products {
    const shape *s;
    real *a, *b, *c;
} products;

/* One layer (out, in) over all positions: forward, gradient of its input, and of itself. */
static void one_layer(const products *p, size_t out, size_t in, bool weight)
{
    mat_gemm(false, true, ROWS, out, in, 1, p->a, in, p->b, in, 0, p->c, out);
    mat_gemm(false, false, ROWS, in, out, 1, p->c, out, p->b, in, 0, p->a, in);
    if (weight)
        mat_gemm(true, false, out, in, ROWS, 1, p->c, out, p->a, in, 0, p->b, in);
}

/* The weights' products of a full step; attention's own are left out. */
static void products_run(void *context)
{
    const products *p = context;
    size_t w = p->s->width;
    for (size_t l = 0; l < p->s->layers; l++) {
        one_layer(p, 3 * w, w, true);
        one_layer(p, w, w, true);
        one_layer(p, 4 * w, w, true);
        one_layer(p, w, 4 * w, true);
    }
    one_layer(p, p->s->vocabulary, w, true);
}

/* Multiplications and additions of causal attention in a step: two products over half of the pairs forward and five
 * (with the scores made again) backward, 2 n T w / 2 each. */
static double attention_counted(const shape *s)
{
    return (double)s->layers * 7 * ROWS * LENGTH * (double)s->width;
}

/* Of a step: weights 2 rows in out each way, and attention's. */
static double counted(const shape *s, bool frozen)
{
    double w = (double)s->width, n = ROWS, weights = (double)s->layers * 12 * w * w,
           head = (double)s->vocabulary * w;
    double attention = attention_counted(s);
    double lora = (double)s->layers * 2 * 6 * n * 8 * 2 * w;
    return frozen ? 4 * n * (weights + head) + attention + lora
                  : 6 * n * (weights + head) + attention;
}

static status measure_shape(const shape *s)
{
    char data[96], model_[96], what[96], asked[64];
    task *t;
    step full, lora, driven;
    size_t wide = s->vocabulary > 4 * s->width ? s->vocabulary : 4 * s->width;
    products p = {s, mem_array(ROWS * 4 * s->width, sizeof(real)),
                  mem_array(wide * 4 * s->width, sizeof(real)),
                  mem_array(ROWS * wide, sizeof(real))};
    status st;
    if (!p.a || !p.b || !p.c)
        return ERR_MEMORY;
    snprintf(data, sizeof data, "synthtext:length=%d,vocabulary=%zu,n=64", LENGTH, s->vocabulary);
    snprintf(model_, sizeof model_, "transformer:width=%zu,layers=%zu,heads=%zu", s->width,
             s->layers, s->heads);
    if ((st = task_new(&t, data)) || (st = step_open(&full, t, model_, "full")) ||
        (st = step_open(&lora, t, model_, "lora:r=8,targets=q+v")) ||
        (st = step_open(&driven, t, model_, "fastfood:d=500@lora:r=8,targets=q+v")))
        return st;
    snprintf(what, sizeof what, "transformer %zu x %zu full", s->layers, s->width);
    /* half (three quarters) of the rate at which its weights' products run: attention's own products count too */
    snprintf(asked, sizeof asked, "ratio <= %.2f",
             counted(s, false) / (counted(s, false) - attention_counted(s)) /
                 (s->width < 100 ? .5 : .75));
    bench_pair(
        (bench_row){
            .name = "step", .what = what, .yardstick = "its weights' products", .asked = asked},
        bench_alone(step_run, &full), bench_alone(products_run, &p));
    snprintf(what, sizeof what, "transformer %zu x %zu lora r=8", s->layers, s->width);
    snprintf(asked, sizeof asked, "ratio <= %.2f", 1.08 * counted(s, true) / counted(s, false));
    bench_pair((bench_row){.name = "step", .what = what, .yardstick = "full step", .asked = asked},
               bench_alone(step_run, &lora), bench_alone(step_run, &full));
    snprintf(what, sizeof what, "transformer %zu x %zu fastfood@lora", s->layers, s->width);
    bench_pair(
        (bench_row){
            .name = "step", .what = what, .yardstick = "lora step", .asked = "ratio <= 1.10"},
        bench_alone(step_run, &driven), bench_alone(step_run, &lora));
    step_close(&full);
    step_close(&lora);
    step_close(&driven);
    task_free(t);
    mem_free(p.a);
    mem_free(p.b);
    mem_free(p.c);
    return OK;
}

/* ------------------------------------------------------------------ memory */

static const shape wide = {256, 4, 4, 4096};

/* What a step must hold, by hand: weights; gradient and Adam's two of what is trained; of a layer's inputs those that
 * backward reads (16 w a position: x, norm, q, k, v, attention, h, norm, 4 w before and 4 w behind gelu; frozen
 * matrices of the MLP want neither its norm nor what is behind gelu: 11 w); one layer's gradients (10 w). */
static double held(const shape *s, bool frozen)
{
    double w = (double)s->width, L = (double)s->layers, n = ROWS;
    double D = L * (12 * w * w + 13 * w) + ((double)s->vocabulary + LENGTH + 2) * w;
    double d = frozen ? L * 2 * 8 * 2 * w : D;
    return 4 * (D + (frozen ? d : 0) + 3 * d + n * w * (L * (frozen ? 11 : 16) + 10));
}

static status peak_here(const char *method)
{
    char spec[128];
    peak_row row;
    snprintf(spec, sizeof spec, "transformer:width=%zu,layers=%zu,heads=%zu,vocabulary=%zu",
             wide.width, wide.layers, wide.heads, wide.vocabulary);
    const memory_ask ask = {.model = spec,
                            .language = true,
                            .vocabulary = wide.vocabulary,
                            .length = LENGTH,
                            .batch = ROWS / LENGTH,
                            .frozen = sizeof(real),
                            .states = 2,
                            .tasks = 1};
    status st = peak_measure(&ask, method, 3, &row);
    if (!st)
        printf("%.0f\n", row.measured);
    return st;
}

static status peak_of(const char *method, double *bytes)
{
    char path[4096], said[64] = "";
    const char *const argv[] = {path, method, NULL};
    os_child child;
    size_t n = 0, at = 0;
    int code = 0;
    status st = os_executable(path, sizeof path);
    if (st || (st = os_spawn(&child, path, argv, NULL)))
        return st;
    while (!(st = os_read(child.out, said + at, sizeof said - 1 - at, &n)) && n)
        at += n;
    *bytes = strtod(said, NULL);
    status end = os_reap(&child, &code);
    return st ? st : end ? end : *bytes > 0 ? OK : error_set(ERR_FAILED, "texts: no memory said");
}

static status measure_memory(void)
{
    double full, lora, counted = held(&wide, true) / held(&wide, false);
    status st;
    if ((st = peak_of("full", &full)) || (st = peak_of("lora:r=8,targets=q+v", &lora)))
        return st;
    printf("memory,transformer 4 x 256 lora r=8,,%.1f,MB,full step,,%.4f,ratio <= %.3f\n",
           lora / 1e6, lora / full, 1.10 * counted);
    printf("memory,transformer 4 x 256 full,,%.1f,MB,bytes that a step must hold,,%.4f,\n",
           full / 1e6, full / held(&wide, false));
    return OK;
}

int main(int argc, char **argv)
{
    const shape shapes[] = {{64, 5, 8, 512}, wide};
    status st = idim_start();
    if (!st && argc == 2) {
        st = peak_here(argv[1]);
        if (st)
            fprintf(stderr, "%s\n", error_text());
        return st != OK;
    }
    if (!st)
        st = measure_memory();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes && !st; i++)
        st = measure_shape(&shapes[i]);
    if (st)
        fprintf(stderr, "%s\n", error_text());
    return st != OK;
}
