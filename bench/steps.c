/* steps.c -- one training step (batch 128, one thread, Adam): of the full space beside its own matrix
 * products alone, of spaces beside the full space; and each step's parts beside the step. */
#include <string.h>

#include "bench/step.h"
#include "linalg/linalg.h"

/* The products of the fully-connected step: forward, gradients of weights, of inputs but the first. */
typedef struct products {
    real *a, *b, *c;
} products;

static void products_run(void *context)
{
    static const size_t widths[] = {784, 200, 200, 10};
    const products *p = context;
    for (size_t l = 0; l < 3; l++) {
        size_t in = widths[l], out = widths[l + 1];
        mat_gemm(false, true, STEP_BATCH, out, in, 1, p->a, in, p->b, in, 0, p->c, out);
        mat_gemm(true, false, out, in, STEP_BATCH, 1, p->c, out, p->a, in, 0, p->b, in);
        if (l)
            mat_gemm(false, false, STEP_BATCH, in, out, 1, p->c, out, p->b, in, 0, p->a, in);
    }
}

/* Parts beside their step; bind is lift and gather is pull where the space forms weights. */
static void print_parts(const char *what, step *w)
{
    static const struct {
        const char *name;
        bench_work *work;
    } parts[] = {{"data fetch", step_fetch},      {"lift or bind", step_bind},
                 {"forward", step_forward},       {"loss", step_loss},
                 {"backward", step_backward},     {"pull or gather", step_gather},
                 {"Adam on d numbers", step_move}};
    enum { PARTS = sizeof parts / sizeof *parts };
    bench_side sides[PARTS + 1] = {bench_alone(step_run, w)};
    double seconds[PARTS + 1];
    for (size_t i = 0; i < PARTS; i++)
        sides[i + 1] = bench_alone(parts[i].work, w);
    bench_turns(PARTS + 1, sides, BENCH_TURNS, seconds);
    for (size_t i = 0; i < PARTS; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s: %s", what, parts[i].name);
        bench_print((bench_row){.name = "part",
                                .what = name,
                                .seconds = seconds[i + 1],
                                .yardstick = "the step",
                                .yardstick_seconds = seconds[0]});
    }
}

static status measure(const task *t)
{
    static const struct {
        const char *model, *space, *what;
    } rows[] = {
        {"lenet", "full", "lenet full"},
        {"fc", "dense:d=750", "fc dense d=750"},
        {"fc", "fastfood:d=750", "fc fastfood stacked d=750"},
        {"fc", "fastfood:d=750,form=single", "fc fastfood single d=750"},
        {"fc", "srht:d=750", "fc srht d=750"},
        {"fc", "sparse:d=750", "fc sparse d=750"},
        {"fc", "onehot:d=750", "fc onehot d=750"},
        {"fc", "lora:r=8", "fc lora r=8"},
    };
    products p = {mem_array(STEP_BATCH * 784, sizeof(real)), mem_array(200 * 784, sizeof(real)),
                  mem_array(STEP_BATCH * 784, sizeof(real))};
    step full;
    status st = step_open(&full, t, "fc", "full");
    if (st)
        return st;
    if (!p.a || !p.b || !p.c)
        return ERR_MEMORY;
    bench_pair((bench_row){.name = "step", .what = "fc full", .yardstick = "its own products"},
               bench_alone(step_run, &full), bench_alone(products_run, &p));
    print_parts("fc full", &full);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        step w;
        if ((st = step_open(&w, t, rows[i].model, rows[i].space)))
            return st;
        bench_pair((bench_row){.name = "step", .what = rows[i].what, .yardstick = "fc full step"},
                   bench_alone(step_run, &w), bench_alone(step_run, &full));
        print_parts(rows[i].what, &w);
        step_close(&w);
    }
    return OK;
}

int main(void)
{
    task *t = NULL;
    status st = idim_start();
    if (!st && task_new(&t, "fashion-mnist")) {
        fprintf(stderr, "steps: no Fashion-MNIST here, made-up pictures in its place\n");
        st = task_new(&t, "synth:features=784,classes=10,n=3000");
    }
    if (!st)
        st = measure(t);
    if (st)
        fprintf(stderr, "%s\n", error_text());
    return st != OK; /* the process ends here and takes the rest along */
}
