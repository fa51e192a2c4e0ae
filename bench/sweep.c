/* sweep.c -- whole commands: two jobs beside one on the same small sweep, what a run costs beside its training, the
 * start of `idim --version` and `idim list`, a million runs planned, and a data set: read from its .gz once a sweep, mapped by each worker after that. */
#include <string.h>

#include "bench/bench.h"
#include "data/data.h"
#include "format/csv.h"

enum { SWEEP_TURNS = 3, LOAD_TURNS = 9 };

/* The program that is built beside this one: build/release/idim of build/release/bench/sweep. */
static status find_program(char path[4096])
{
    status st = os_executable(path, 4096);
    for (int up = 0; up < 2 && !st; up++) {
        char *slash = strrchr(path, '/');
        if (!slash)
            return ERR_FAILED;
        *slash = '\0';
    }
    if (!st)
        strncat(path, "/idim", 4096 - strlen(path) - 1);
    return st;
}

/* A command from its start to its end, what it prints thrown away. */
typedef struct call {
    const char *path;
    const char *const *argv;
    int code;
} call;

static status call_once(call *c)
{
    char buffer[4096];
    os_child child;
    size_t n;
    status st = os_spawn(&child, c->path, c->argv, NULL);
    if (st)
        return st;
    while (!(st = os_read(child.out, buffer, sizeof buffer, &n)) && n)
        continue;
    return st ? st : os_reap(&child, &c->code);
}

static void call_run(void *context)
{
    call *c = context;
    if (call_once(c) && !c->code)
        c->code = -1;
}

static bool call_failed(const call *c)
{
    if (c->code)
        fprintf(stderr, "sweep: %s %s ended with code %d\n", c->path, c->argv[1], c->code);
    return c->code != 0;
}

static bool measure_start(const char *program)
{
    static const char *const commands[][2] = {{"idim --version", "--version"},
                                              {"idim list", "list"}};
    for (size_t i = 0; i < 2; i++) {
        call ours = {program, (const char *const[]){program, commands[i][1], NULL}, 0},
             nothing = {"/bin/true", (const char *const[]){"true", "", NULL}, 0};
        bench_pair((bench_row){.name = "start",
                               .what = commands[i][0],
                               .yardstick = "/bin/true",
                               .asked = "us <= 10000"},
                   bench_waiting(call_run, &ours), bench_waiting(call_run, &nothing));
        if (call_failed(&ours) || call_failed(&nothing))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ data */

typedef struct load {
    const char *spec;
    int fd; /* of the packed task */
    status st;
} load;

static void load_files(void *context)
{
    load *l = context;
    task *t;
    if (!l->st && !(l->st = task_new(&t, l->spec)))
        task_free(t);
}

static void load_map(void *context)
{
    load *l = context;
    task *t;
    if (!l->st && !(l->st = task_unpack(&t, l->fd)))
        task_free(t);
}

static status measure_load(const char *spec)
{
    load l = {.spec = spec};
    const bench_side sides[2] = {bench_alone(load_files, &l), bench_alone(load_map, &l)};
    double seconds[2];
    char what[64];
    task *t;
    status st = task_new(&t, spec);
    if (st) {
        fprintf(stderr, "sweep: left out: %s\n", error_text());
        return OK;
    }
    st = task_pack(t, &l.fd);
    task_free(t);
    if (st)
        return st;
    bench_turns(2, sides, LOAD_TURNS, seconds);
    os_close(l.fd);
    snprintf(what, sizeof what, "%s from its files", spec);
    bench_print(
        (bench_row){.name = "load", .what = what, .seconds = seconds[0], .asked = "us <= 500000"});
    snprintf(what, sizeof what, "%s mapped by a worker", spec);
    bench_print((bench_row){.name = "load",
                            .what = what,
                            .seconds = seconds[1],
                            .yardstick = "from its files",
                            .yardstick_seconds = seconds[0]});
    return l.st;
}

/* ------------------------------------------------------------------ jobs */

/* The default question (its d, rates and seeds: 60 runs) on a tenth of the data.
 * Every call begins with an empty folder: a sweep that finds its runs done would train nothing. */
typedef struct jobs {
    call remove, sweep;
} jobs;

static void jobs_run(void *context)
{
    jobs *j = context;
    call_run(&j->remove);
    call_run(&j->sweep);
}

static bool measure_jobs(const char *program, const char *data)
{
    char folder[4096];
    if (snprintf(folder, sizeof folder, "%s-bench", program) >= (int)sizeof folder)
        return false;
    const char *const remove[] = {"rm", "-rf", folder, NULL};
    const char *words[] = {program,     "d90",   "--data", data,     "--epochs", "3", "--quiet",
                           "--plot=no", "--out", folder,   "--jobs", "1",        NULL};
    const char *two[sizeof words / sizeof *words];
    memcpy(two, words, sizeof two);
    two[sizeof two / sizeof *two - 2] = "2";
    jobs sides[2] = {{{"/bin/rm", remove, 0}, {program, words, 0}},
                     {{"/bin/rm", remove, 0}, {program, two, 0}}};
    double seconds[2][SWEEP_TURNS];
    for (size_t i = 0; i < SWEEP_TURNS; i++)
        for (size_t k = 0; k < 2; k++) {
            seconds[k][i] = bench_one(bench_waiting(jobs_run, &sides[k]), 1);
            if (call_failed(&sides[k].remove) || call_failed(&sides[k].sweep))
                return false;
        }
    call_run(&sides[0].remove);
    bench_print((bench_row){.name = "sweep",
                            .what = "2 jobs",
                            .seconds = bench_median(seconds[1], SWEEP_TURNS),
                            .yardstick = "1 job",
                            .yardstick_seconds = bench_median(seconds[0], SWEEP_TURNS),
                            .asked = "ratio <= 0.556"});
    return true;
}

/* ------------------------------------------------------------------ what a run costs beside its training */

/* The sum of a column of numbers; < 0: it cannot be had. */
static double csv_sum(const char *folder, const char *name, size_t *rows)
{
    char path[4200];
    csv *c;
    double sum = 0, x;
    size_t column;
    snprintf(path, sizeof path, "%s/provenance.csv", folder);
    if (csv_open(&c, path))
        return -1;
    *rows = csv_rows(c);
    if (csv_need(c, name, &column))
        sum = -1;
    for (size_t i = 0; i < *rows && sum >= 0; i++)
        sum = csv_cell_number(c, i, column, &x) ? -1 : sum + x;
    csv_free(c);
    return sum;
}

/* Two sweeps of tiny runs, by one job: the difference is what more runs cost, without a sweep's own start. Beside what
 * their records call their time, which has their spaces and scores in it; and in all, which a run's own clock cannot
 * make small: two steps on 200 samples are next to nothing. */
static bool measure_overhead(const char *program)
{
    static const char *const seeds[2] = {"4", "24"};
    char folder[4096];
    double beside[2], all[2];
    size_t runs[2];
    if (snprintf(folder, sizeof folder, "%s-bench", program) >= (int)sizeof folder)
        return false;
    const char *const gone[] = {"rm", "-rf", folder, NULL};
    call remove_ = {"/bin/rm", gone, 0};
    for (size_t k = 0; k < 2; k++) {
        const char *const words[] = {program,     "d90",
                                     "--data",    "synth:n=200",
                                     "--model",   "fc:width=4,depth=1",
                                     "--epochs",  "1",
                                     "--lr",      "1e-3",
                                     "--lr-full", "1e-3",
                                     "--space",   "onehot",
                                     "--d",       "2+4+6+8+10+12+14+16+18+20",
                                     "--seeds",   seeds[k],
                                     "--quiet",   "--plot=no",
                                     "--jobs",    "1",
                                     "--out",     folder,
                                     NULL};
        call sweep = {program, words, 0};
        call_run(&remove_);
        double start = os_seconds();
        call_run(&sweep);
        double wall = os_seconds() - start, trained = csv_sum(folder, "wall_s", &runs[k]);
        if (call_failed(&sweep) || trained < 0)
            return false;
        beside[k] = wall - trained;
        all[k] = wall;
    }
    call_run(&remove_);
    const double more = (double)(runs[1] - runs[0]);
    bench_print((bench_row){.name = "overhead",
                            .what = "a run beside its training",
                            .seconds = (beside[1] - beside[0]) / more,
                            .asked = "us <= 5000"});
    bench_print((bench_row){.name = "overhead",
                            .what = "a run of two steps in all",
                            .seconds = (all[1] - all[0]) / more,
                            .asked = "us <= 5000"});
    return true;
}

/* A million runs planned: 100 d, 10 rates, 1000 seeds. */
static bool measure_plan(const char *program)
{
    char file[4096];
    FILE *out;
    if (snprintf(file, sizeof file, "%s-plan.idim", program) >= (int)sizeof file ||
        !(out = fopen(file, "w")))
        return false;
    fputs("measure = train\ndata = synth\nspace = fastfood\nd = 10..1000/10\n"
          "lr = 1e-4..1e-3/1e-4\nseeds = 1000\n",
          out);
    fclose(out);
    call plan = {program, (const char *const[]){program, "plan", file, NULL}, 0};
    double seconds[SWEEP_TURNS];
    for (size_t i = 0; i < SWEEP_TURNS; i++)
        seconds[i] = bench_one(bench_waiting(call_run, &plan), 1);
    remove(file);
    bench_print((bench_row){.name = "plan",
                            .what = "1,000,000 runs",
                            .seconds = bench_median(seconds, SWEEP_TURNS),
                            .asked = "us <= 5000000"});
    return !call_failed(&plan);
}

int main(void)
{
    char program[4096];
    status st = idim_start();
    if (st || (st = find_program(program)) || (st = measure_load("fashion-mnist")) ||
        (st = measure_load("mnist"))) {
        fprintf(stderr, "%s\n", error_text());
        return 1;
    }
    return !measure_start(program) || !measure_overhead(program) || !measure_plan(program) ||
           !measure_jobs(program, "fashion-mnist:train=6000,test=1000");
}
