/* dense.c -- the dense space at d=750 on the 199,210 weights of FC 784-200-200-10: one reading of P for a
 * team of 1, 3 and 6 runs (a learning rate each), beside reading as many bytes and doing nothing else.
 *
 * GB/s counts P's bytes once however many members there are. "a member" is the team's time divided by
 * its members, beside a run alone. */
#include <string.h>

#include "bench/bench.h"
#include "spaces/space.h"

enum { D = 199210, NUMBERS = 750, TEAM = 6, DENSE_TURNS = 15, SIZES = 3 };
static const size_t sizes[SIZES] = {1, 3, TEAM};

typedef struct team {
    size_t n;
    const space **s;
    space_mem **mem;
    real **z, **theta;
} team;

static void team_lift(void *context)
{
    const team *t = context;
    t->s[0]->ops->lift_n(t->n, t->s, t->mem, (const real *const *)t->z, t->theta);
}

static void team_pull(void *context)
{
    const team *t = context;
    t->s[0]->ops->pull_n(t->n, t->s, t->mem, NULL, (const real *const *)t->theta, t->z);
}

typedef real lanes __attribute__((vector_size(64), aligned(64), may_alias));

typedef struct memory {
    real *x, *y;
    size_t n;
    real sum;
} memory;

/* Eight sums of a cache line each: additions keep no one waiting. */
static void memory_read(void *context)
{
    memory *m = context;
    const lanes *x = (const lanes *)(const void *)m->x;
    lanes sum[8] = {{0}};
    size_t n = m->n * sizeof(real) / sizeof(lanes);
    for (size_t i = 0; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++)
            sum[k] += x[i + k];
    for (size_t k = 0; k < 8; k++)
        m->sum += sum[k][0];
}

static void memory_copy(void *context)
{
    memory *m = context;
    memcpy(m->y, m->x, m->n * sizeof(real));
}

/* The team's members: the first makes P, the others borrow it. */
static status team_open(team *t, const real *theta0)
{
    static const tensor w = {.name = "w", .roles = "kernel", .shape = {D}, .n = D};
    static const layout l = {&w, 1, D};
    static const space *s[TEAM];
    static space_mem *mem[TEAM];
    static real *z[TEAM], *theta[TEAM];
    stream draw = stream_make(1, "P");
    *t = (team){TEAM, s, mem, z, theta};
    for (size_t k = 0; k < TEAM; k++) {
        space *made;
        status st = space_new_beside(&made, "dense:d=750", &l, theta0, draw, k ? s[0] : NULL, 0);
        if (st || (st = space_mem_new(&mem[k], made)))
            return st;
        s[k] = made;
        z[k] = mem_array(NUMBERS, sizeof **z);
        theta[k] = mem_array(D, sizeof **theta);
        if (!z[k] || !theta[k])
            return ERR_MEMORY;
        rng_normals(&draw, k * NUMBERS, NUMBERS, z[k]);
    }
    return OK;
}

static void print_team(const char *what, double bytes, const double *seconds, double reading)
{
    for (size_t i = 0; i < SIZES; i++) {
        char name[64];
        bench_row r = {.name = "dense",
                       .what = name,
                       .seconds = seconds[i],
                       .amount = bytes,
                       .unit = "GB/s",
                       .yardstick = "reading as many bytes",
                       .yardstick_seconds = reading};
        snprintf(name, sizeof name, "%s of %zu", what, sizes[i]);
        bench_print(r);
        if (i == 0)
            continue;
        snprintf(name, sizeof name, "%s of %zu: a member", what, sizes[i]);
        r = (bench_row){.name = "dense",
                        .what = name,
                        .seconds = seconds[i] / (double)sizes[i],
                        .yardstick = "alone",
                        .yardstick_seconds = seconds[0]};
        bench_print(r);
    }
}

static status measure(void)
{
    real *theta0 = mem_array(D, sizeof *theta0);
    size_t n = (size_t)D * NUMBERS;
    memory m = {mem_array(n, sizeof(real)), mem_array(n, sizeof(real)), n, 0};
    team all, part[SIZES];
    bench_side sides[2 + 2 * SIZES] = {bench_alone(memory_read, &m), bench_alone(memory_copy, &m)};
    double seconds[2 + 2 * SIZES], bytes = (double)n * sizeof(real);
    status st = theta0 && m.x && m.y ? team_open(&all, theta0) : ERR_MEMORY;
    if (st)
        return st;
    for (size_t i = 0; i < SIZES; i++) {
        part[i] = all;
        part[i].n = sizes[i];
        sides[2 + i] = bench_alone(team_lift, &part[i]);
        sides[2 + SIZES + i] = bench_alone(team_pull, &part[i]);
    }
    bench_turns(2 + 2 * SIZES, sides, DENSE_TURNS, seconds);
    bench_print((bench_row){.name = "dense",
                            .what = "reading as many bytes",
                            .seconds = seconds[0],
                            .amount = bytes,
                            .unit = "GB/s",
                            .yardstick = "memcpy of as many bytes",
                            .yardstick_seconds = seconds[1]});
    print_team("lift", bytes, seconds + 2, seconds[0]);
    print_team("pull", bytes, seconds + 2 + SIZES, seconds[0]);
    return OK;
}

int main(void)
{
    status st = idim_start();
    if (!st)
        st = measure();
    if (st)
        fprintf(stderr, "%s\n", error_text());
    return st != OK; /* the process ends here and takes the rest along */
}
