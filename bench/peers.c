/* peers.c -- other programs beside ours, in turns: PyTorch's training steps and dense projection
 * (bench/peers.py under $PYTHON, started once and asked over a pipe), and the Walsh-Hadamard transform of
 * FALCONN's FFHT ($FFHT: a shared object with fht_float). A peer that is not there is left out with a word:
 * none is needed for anything else. */
#include <dlfcn.h>
#include <string.h>

#include "bench/step.h"
#include "bench/wht.h"

enum { PEER_TURNS = BENCH_TURNS };

/* ------------------------------------------------------------------ PyTorch */

typedef struct torch {
    os_child child;
    char name[64]; /* "PyTorch 1.13.0" */
} torch;

/* A line of the child's, without its end; "" when the child is gone. */
static status torch_line(torch *t, char *line, size_t room)
{
    size_t at = 0, n;
    status st;
    while (at + 1 < room) {
        if ((st = os_read(t->child.out, line + at, 1, &n)))
            return st;
        if (n == 0 || line[at] == '\n')
            break;
        at++;
    }
    line[at] = '\0';
    return OK;
}

static status torch_seconds(torch *t, const char *work, double *seconds)
{
    char line[64];
    int n = snprintf(line, sizeof line, "%s\n", work);
    status st;
    if ((st = os_write(t->child.in, line, (size_t)n)) || (st = torch_line(t, line, sizeof line)))
        return st;
    *seconds = strtod(line, NULL);
    return *seconds > 0 ? OK : error_set(ERR_FAILED, "bench/peers.py: no answer to \"%s\"", work);
}

static status torch_pair(torch *t, const char *work, bench_side side, bench_row r)
{
    double ours[PEER_TURNS], theirs[PEER_TURNS];
    size_t calls = bench_calls(side, 4e-3); /* about as long a block as theirs */
    status st;
    for (size_t i = 0; i < PEER_TURNS; i++) {
        ours[i] = bench_one(side, calls);
        if ((st = torch_seconds(t, work, &theirs[i])))
            return st;
    }
    r.name = "peers";
    r.seconds = bench_median(ours, PEER_TURNS);
    r.yardstick = t->name;
    r.yardstick_seconds = bench_median(theirs, PEER_TURNS);
    bench_print(r);
    return OK;
}

static status measure_steps(torch *t)
{
    step fc, lenet, dense;
    task *data;
    status st;
    if ((st = task_new(&data, "synth:features=784,classes=10,n=1000")) ||
        (st = step_open(&fc, data, "fc", "full")) ||
        (st = step_open(&lenet, data, "lenet", "full")) ||
        (st = step_open(&dense, data, "fc", "dense:d=750")) ||
        (st = torch_pair(t, "fc", bench_alone(step_run, &fc),
                         (bench_row){.what = "fc 784-200-200-10 step", .asked = "ratio <= 0.7"})) ||
        (st = torch_pair(t, "lenet", bench_alone(step_run, &lenet),
                         (bench_row){.what = "lenet step", .asked = "ratio <= 0.35"})) ||
        (st = torch_pair(t, "lift", bench_alone(step_bind, &dense),
                         (bench_row){.what = "dense d=750 lift"})))
        return st;
    return torch_pair(t, "pull", bench_alone(step_gather, &dense),
                      (bench_row){.what = "dense d=750 pull"});
}

/* Transformers of the same shape: 8 texts of 256 tokens; the full step, and LoRA of rank 8 on q and v. */
static status measure_texts(torch *t)
{
    static const struct {
        const char *data, *model, *space, *work, *what, *asked;
    } rows[] = {
        {"synthtext:length=256,vocabulary=512,n=64", "transformer:width=64,layers=5,heads=8",
         "full", "text64", "transformer 5 x 64 step", "ratio <= 0.3"},
        {"synthtext:length=256,vocabulary=512,n=64", "transformer:width=64,layers=5,heads=8",
         "lora:r=8,targets=q+v", "text64lora", "transformer 5 x 64 lora step", NULL},
        {"synthtext:length=256,vocabulary=4096,n=64", "transformer:width=256,layers=4,heads=4",
         "full", "text256", "transformer 4 x 256 step", "ratio <= 0.9"},
        {"synthtext:length=256,vocabulary=4096,n=64", "transformer:width=256,layers=4,heads=4",
         "lora:r=8,targets=q+v", "text256lora", "transformer 4 x 256 lora step", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        task *data;
        step w;
        status st;
        if ((st = task_new(&data, rows[i].data)) ||
            (st = step_open(&w, data, rows[i].model, rows[i].space)) ||
            (st = torch_pair(t, rows[i].work, bench_alone(step_run, &w),
                             (bench_row){.what = rows[i].what, .asked = rows[i].asked})))
            return st;
        step_close(&w);
        task_free(data);
    }
    return OK;
}

static status no_torch(const char *python)
{
    fprintf(stderr,
            "bench-peers: PyTorch is left out, %s has none; apt-get install python3-torch, or name "
            "another: make bench-peers PYTHON=...\n",
            python && *python ? python : "PYTHON");
    return OK;
}

static status measure_torch(void)
{
    const char *python = getenv("PYTHON"), *script = "bench/peers.py";
    const char *const argv[] = {python, script, NULL};
    /* torch.set_num_threads does not reach an OpenBLAS with threads of its own */
    const char *const one_thread[] = {"OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", NULL};
    torch t;
    char version[32] = "";
    int code = 0;
    if (!python || !*python || os_spawn(&t.child, python, argv, one_thread))
        return no_torch(python);
    status st = torch_line(&t, version, sizeof version);
    if (!st && *version) {
        snprintf(t.name, sizeof t.name, "PyTorch %s", version);
        if (!(st = measure_steps(&t)))
            st = measure_texts(&t);
    }
    status end = os_reap(&t.child, &code); /* closes its stdin: that is its end */
    if (st || end)
        return st ? st : end;
    if (code)
        return error_set(ERR_FAILED, "%s %s ended with code %d", python, script, code);
    return *version ? OK : no_torch(python);
}

/* ------------------------------------------------------------------ FFHT */

typedef int fht(float *x, int log2n);

typedef struct peer {
    fht *transform;
    vector *v;
} peer;

static void peer_run(void *context)
{
    const peer *p = context;
    p->transform((float *)p->v->y, (int)p->v->log2n);
}

static status measure_ffht(void)
{
    const char *path = getenv("FFHT");
    peer p = {0};
    if (!path || !*path) {
        fprintf(stderr, "bench-peers: FFHT is left out; make bench-peers FFHT=DIR, the folder of "
                        "github.com/FALCONN-LIB/FFHT\n");
        return OK;
    }
    void *library = dlopen(path, RTLD_NOW), *symbol = library ? dlsym(library, "fht_float") : NULL;
    if (!symbol)
        return error_set(ERR_FILE, "%s: has no fht_float: %s", path, dlerror());
    memcpy(&p.transform, &symbol, sizeof p.transform); /* ISO C has no such cast */
    for (unsigned log2n = 10; log2n <= 24; log2n += 2) {
        char what[32];
        vector v;
        status st = vector_open(&v, log2n);
        if (st)
            return st;
        p.v = &v;
        snprintf(what, sizeof what, "wht 2^%u floats", log2n);
        bench_pair((bench_row){.name = "peers",
                               .what = what,
                               .amount = vector_sums(log2n),
                               .unit = "Gadd/s",
                               .yardstick = "FFHT",
                               .asked = log2n < 22 ? "ratio <= 0.87" : "ratio <= 0.667"},
                   bench_alone(vector_wht, &v), bench_alone(peer_run, &p));
        vector_close(&v);
    }
    return OK;
}

int main(void)
{
    status st = idim_start();
    if (st || (st = measure_ffht()) || (st = measure_torch()))
        fprintf(stderr, "%s\n", error_text());
    return st != OK;
}
