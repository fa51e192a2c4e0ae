/* vary.c -- see vary.h. */
#include <stdio.h>
#include <string.h>

#include "sweep/vary.h"

enum { VARY_SOURCES = 3, VARY_BITS = 20 };
static const char *const names[VARY_SOURCES] = {"theta0", "P", "data"};
static const uint64_t vary_field = (UINT64_C(1) << VARY_BITS) - 1;

static status vary_factor(const char *whole, const char *list, unsigned *sources)
{
    char **parts;
    size_t n;
    status st = key_cut(list, "+", &parts, &n);
    if (st)
        return st;
    for (size_t i = 0; i < n && !st; i++) {
        unsigned k = 0;
        char mean[80];
        while (k < VARY_SOURCES && strcmp(parts[i], names[k]) != 0)
            k++;
        if (k == VARY_SOURCES)
            st = error_set(ERR_USAGE, "vary=%s: %s is none of all, theta0, P, data%s", whole,
                           parts[i], key_did_you_mean(parts[i], names, VARY_SOURCES, mean));
        else if (*sources & 1u << k)
            st =
                error_set(ERR_USAGE, "vary=%s: %s is there twice; once is enough", whole, parts[i]);
        else
            *sources |= 1u << k;
    }
    key_parts_free(parts, n);
    return st;
}

status vary_parse(const char *text_, vary *v)
{
    char **factors;
    size_t n;
    unsigned both = 0;
    status st;
    *v = (vary){VARY_ALL, 0};
    if (!strcmp(text_, "all"))
        return OK;
    if ((st = key_cut(text_, "*", &factors, &n)))
        return st;
    if (n > 2)
        st =
            error_set(ERR_USAGE, "vary=%s: two factors are crossed at most, as in theta0*P", text_);
    if (!st && !(st = vary_factor(text_, factors[0], &both)))
        v->moved = both;
    if (!st && n == 2 && !(st = vary_factor(text_, factors[1], &both)))
        v->crossed = both & ~v->moved;
    if (v->crossed && (v->crossed & -v->crossed) < (v->moved & -v->moved)) /* one form of each */
        *v = (vary){v->crossed, v->moved};
    key_parts_free(factors, n);
    return st;
}

const char *vary_sources(unsigned sources, char out[32])
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned k = 0; k < VARY_SOURCES; k++)
        if (sources & 1u << k)
            n += (size_t)snprintf(out + n, 32 - n, "%s%s", n ? "+" : "", names[k]);
    return out;
}

const char *vary_text(const vary *v, char out[32])
{
    char crossed[32];
    vary_sources(v->moved, out);
    if (v->moved == VARY_ALL)
        snprintf(out, 32, "all");
    else if (v->crossed)
        snprintf(out + strlen(out), 32 - strlen(out), "*%s", vary_sources(v->crossed, crossed));
    return out;
}

size_t vary_draws(const vary *v, size_t seeds)
{
    return v->crossed ? seeds * seeds : seeds;
}

/* The bits of sources that are all moved by `steps`. */
static uint64_t vary_moved(unsigned sources, uint64_t steps)
{
    uint64_t label = 0;
    for (unsigned k = 0; k < VARY_SOURCES; k++)
        if (sources & 1u << k)
            label |= steps << k * VARY_BITS;
    return label;
}

uint64_t vary_label(const vary *v, uint64_t first_seed, size_t seeds, size_t k)
{
    if (v->moved == VARY_ALL)
        return first_seed + k;
    return vary_moved(v->moved, v->crossed ? k / seeds : k) |
           vary_moved(v->crossed, v->crossed ? k % seeds : 0);
}

size_t vary_steps(unsigned factor, uint64_t label)
{
    for (unsigned k = 0; k < VARY_SOURCES; k++)
        if (factor & 1u << k)
            return (size_t)(label >> k * VARY_BITS & vary_field);
    return 0;
}

uint64_t vary_baseline_mask(const vary *v)
{
    return v->moved == VARY_ALL ? UINT64_MAX : vary_moved(VARY_THETA0 | VARY_DATA, vary_field);
}

uint64_t vary_floor_mask(const vary *v)
{
    return v->moved == VARY_ALL ? UINT64_MAX : vary_moved(VARY_THETA0, vary_field);
}

void vary_run(const vary *v, uint64_t label, run_spec *r)
{
    struct {
        unsigned source;
        double *seed;
    } own[] = {{VARY_THETA0, &r->seed_theta0},
               {VARY_P, &r->seed_P},
               {VARY_DATA, &r->seed_order},
               {VARY_DATA, &r->seed_dropout}};
    if (v->moved == VARY_ALL) {
        r->seed = label;
        return;
    }
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        size_t steps = vary_steps(own[i].source, label);
        if (steps) /* 0: as it is written, so that the first draw keeps the id of a plain run */
            *own[i].seed = (*own[i].seed >= 0 ? *own[i].seed : (double)r->seed) + (double)steps;
    }
}
