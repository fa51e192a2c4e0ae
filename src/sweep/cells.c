/* cells.c -- see stages.h: the cells of an ask are made, and looked at by others. */
#include <math.h>
#include <string.h>

#include "sweep/staging.h"

static size_t stages_nearest(const stages *p, size_t first, size_t end, double d)
{
    size_t best = first;
    for (size_t i = first; i < end; i++)
        if (fabs(log(p->d[i - first] / d)) < fabs(log(p->d[best - first] / d)))
            best = i;
    return best;
}

/* Which cells of space s are tuned, and from which the others take theirs. */
static status stages_anchors(stages *p, size_t s)
{
    size_t first = p->first[s], end = p->first[s + 1];
    double *at;
    size_t n;
    status st;
    for (size_t i = first; i < end; i++)
        p->cells[i].anchor = i;
    if (!*p->ask->tune_d || end == first + 1)
        return OK;
    if ((st = key_numbers("tune-d", p->ask->tune_d, &at, &n)))
        return st;
    for (size_t i = first; i < end; i++) {
        double least = (double)INFINITY;
        for (size_t k = 0; k < n; k++) {
            size_t a = stages_nearest(p, first, end, at[k]);
            double far = fabs(log(p->d[a - first] / p->d[i - first]));
            if (far < least) {
                least = far;
                p->cells[i].anchor = a;
            }
        }
    }
    mem_free(at);
    return OK;
}

bool stages_heads(const char *space_)
{
    const size_t n = sizeof STAGES_HEAD - 1;
    const char *at = strstr(space_, STAGES_HEAD);
    for (; at; at = strstr(at + 1, STAGES_HEAD))
        if ((!at[n] || !strncmp(at + n, "++", 2)) && (at == space_ ? at[n] != '\0' : at[-1] == '+'))
            return true;
    return false;
}

/* Is the head alone to be trained for those beside it? Not where it stands among the spaces. */
static status stages_head(stages *p, const run_spec *full, bool *wanted)
{
    bool beside = false;
    *wanted = false;
    for (size_t s = 0; s < p->n_spaces; s++) {
        if (!strcmp(p->spaces[s], STAGES_HEAD))
            return OK;
        beside = beside || stages_heads(p->spaces[s]);
    }
    return beside && !p->ask->search && !*full->exec ? sweep_fresh_head(p->sweep, full, wanted)
                                                     : OK;
}

static status stages_cells(stages *p, const run_spec *full)
{
    bool head;
    status st = stages_head(p, full, &head);
    if (st)
        return st;
    if (!(p->first = mem_array(p->n_spaces + 1, sizeof *p->first)))
        return ERR_MEMORY;
    p->first[0] = 1; /* behind the baseline */
    for (size_t s = 0; s < p->n_spaces; s++)
        p->first[s + 1] = p->first[s] + (run_swept(&p->ask->run, p->spaces[s]) ? p->n_d : 1);
    p->n_cells = p->first[p->n_spaces] + head;
    if (!(p->cells = mem_array(p->n_cells, sizeof *p->cells)))
        return ERR_MEMORY;
    if (head) {
        cell *last = &p->cells[p->n_cells - 1];
        *last = (cell){.space = STAGES_HEAD, .anchor = p->n_cells - 1, .floor = true};
        if (!(last->spec = mem_string(STAGES_HEAD)))
            return ERR_MEMORY;
    }
    for (size_t s = 0; s < p->n_spaces; s++) {
        const char *swept = run_swept(&p->ask->run, p->spaces[s]);
        for (size_t i = p->first[s]; i < p->first[s + 1]; i++) {
            size_t k = i - p->first[s];
            cell *c = &p->cells[i];
            char value[32];
            c->space = p->spaces[s];
            if (!swept) {
                if (!(c->spec = mem_string(p->spaces[s])))
                    return ERR_MEMORY;
                continue;
            }
            if (!strcmp(swept, "d") && !*p->ask->run.exec && p->d[k] > (double)p->about.D)
                return error_set(ERR_USAGE, "d=%.0f: the model has D = %zu numbers; lower --d",
                                 p->d[k], p->about.D);
            c->d = strcmp(swept, "d") ? 0 : p->d[k];
            key_number_text(p->d[k], value);
            if ((st = run_with(&p->ask->run, p->spaces[s], swept, value, &c->spec)))
                return st;
        }
        if ((st = stages_anchors(p, s)))
            return st;
    }
    return OK;
}

status stages_open(stages **out, sweep *s, const ask *a)
{
    stages *p = mem_array(1, sizeof *p);
    run_spec canonical;
    char id[RUN_ID];
    optimiser *o = NULL;
    status st;
    *out = NULL;
    if (!p)
        return ERR_MEMORY;
    p->sweep = s;
    p->own = *a;
    p->ask = &p->own;
    run_spec full = a->run;
    full.space = "full";
    if (!(st = vary_parse(a->vary, &p->vary)) && !(st = optimiser_new(&o, a->run.optimiser)))
        p->optimiser = o->row;
    optimiser_free(o);
    if (!st && !(st = sweep_run_of(s, &full, &canonical, id)) &&
        !(st = sweep_describe(s, &canonical, &p->about)))
        stages_end_auto(p);
    if (!st)
        p->own.run.data_content = canonical.data_content;
    if (!st && !(st = ask_spaces(&a->run, &p->spaces, &p->n_spaces)) &&
        !(st = key_numbers("d", p->ask->d, &p->d, &p->n_d)) && !(st = stages_check(p)))
        st = stages_cells(p, &canonical);
    if (st) {
        stages_free(p);
        return st;
    }
    *out = p;
    return OK;
}

void stages_free(stages *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->cells && i < p->n_cells; i++)
        mem_free(p->cells[i].spec);
    key_parts_free(p->spaces, p->n_spaces);
    mem_free(p->d);
    mem_free(p->first);
    mem_free(p->cells);
    mem_free(p->need);
    mem_free(p);
}

const runner_about *stages_about(const stages *p)
{
    return &p->about;
}

const vary *stages_vary(const stages *p)
{
    return &p->vary;
}

const ask *stages_ask(const stages *p)
{
    return p->ask;
}

sweep *stages_sweep(const stages *p)
{
    return p->sweep;
}

const char *stages_space(const stages *p, size_t i)
{
    return i < p->n_spaces ? p->spaces[i] : NULL;
}

const double *stages_d(const stages *p, size_t *n)
{
    *n = p->n_d;
    return p->d;
}

const cell *stages_cell(const stages *p, const stages_place *at)
{
    return &p->cells[at->space == SIZE_MAX ? 0 : p->first[at->space] + at->at];
}
