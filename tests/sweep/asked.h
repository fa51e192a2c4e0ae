/* asked.h -- sweeps in memory on a tiny task, for the tests of stages and results. */
#ifndef TESTS_SWEEP_ASKED_H
#define TESTS_SWEEP_ASKED_H

#include "tests/test.h"

#include "sweep/results.h"
#include "sweep/stages.h"

typedef struct world {
    key_texts texts;
    ask asks[4]; /* canonical */
    size_t n;
    sweep *sweep;
    stages *p; /* of the last ask */
} world;

static inline void world_start(world *w)
{
    const sweep_options options = {.threads = 1};
    *w = (world){0};
    assert_ok(sweep_open(&w->sweep, &options));
}

static inline void world_end(world *w)
{
    stages_free(w->p);
    assert_ok(sweep_close(w->sweep));
    key_texts_clear(&w->texts);
}

/* D = 6*4 + 4 + 4*3 + 3 = 43; one epoch. "name=value" pairs cut at blanks; spaces listed with '|'. */
static inline status world_try(world *w, const char *pairs)
{
    ask given;
    char copy[512], *rest = copy;
    status st;
    stages_free(w->p);
    w->p = NULL;
    assert_ok(ask_defaults(&given, &w->texts));
    snprintf(copy, sizeof copy,
             "data=synth:n=200,features=6,informative=3,classes=3,val=.3 "
             "model=fc:width=4,depth=1 epochs=1 batch=20 d=5+10 lr=.1 lr-full=.01 seeds=2 %s",
             pairs);
    for (char *p; (p = strtok_r(rest, " ", &rest));) {
        char *value = strchr(p, '=');
        *value++ = '\0';
        for (char *c = value; *c; c++)
            *c = *c == '|' ? ' ' : *c;
        bool run = false;
        for (const key *k = run_keys; k->name; k++)
            run |= !strcmp(k->name, p);
        if ((st = key_set("d90", run ? run_keys : ask_keys, p, value, &given, &w->texts)))
            return st;
    }
    ask *a = &w->asks[w->n];
    if ((st = stages_canonical(&given, NULL, a, &w->texts)) ||
        (st = stages_open(&w->p, w->sweep, a)))
        return st;
    w->n++;
    return OK;
}

static inline void world_ask(world *w, const char *pairs)
{
    assert_ok(world_try(w, pairs));
}

static inline const char *world_role(const record *r)
{
    return r->run.role == RUN_TUNE           ? "tune"
           : !r->run.epochs && !r->run.steps ? "floor"
           : !strcmp(r->run.space, "full")   ? "baseline"
                                             : "score";
}

/* Stored runs of a role; of the whole space full with d = 0. */
static inline size_t world_count(world *w, const char *role)
{
    store *s = sweep_store(w->sweep);
    size_t n = 0;
    for (size_t i = 0; i < store_count(s); i++)
        n += !strcmp(world_role(store_at(s, i)), role);
    return n;
}

#endif
