/* table.c -- the optimisers and trainers, and what the three tables of this floor share: making one, naming it. */
#include "base/kind.h"
#include "base/mem.h"
#include "train/optimiser.h"
#include "train/trainer.h"

#define OPTIMISERS(X) X(sgd) X(adam) X(adamw)
#define TRAINERS(X) X(supervised) X(dqn) X(es)

#define DECLARE(name) extern const optimiser_row optimiser_##name;
OPTIMISERS(DECLARE)
#undef DECLARE
#define POINT(name) &optimiser_##name,
const optimiser_row *const optimiser_rows[] = {OPTIMISERS(POINT) NULL};
#undef POINT
#define DECLARE(name) extern const trainer_row trainer_##name;
TRAINERS(DECLARE)
#undef DECLARE
#define POINT(name) &trainer_##name,
const trainer_row *const trainer_rows[] = {TRAINERS(POINT) NULL};
#undef POINT

KIND_ROW(optimiser_row);
KIND_ROW(schedule_row);
KIND_ROW(trainer_row);

/* How each of them begins. */
typedef struct made {
    const kind_row *row;
    key_texts texts;
} made;
_Static_assert(offsetof(optimiser, texts) == offsetof(made, texts) &&
                   offsetof(schedule, texts) == offsetof(made, texts) &&
                   offsetof(trainer, texts) == offsetof(made, texts),
               "each begins as a made");

static void made_free(made *m)
{
    if (m)
        key_texts_clear(&m->texts);
    mem_free(m);
}

static status made_new(const char *what, const char *spec, const void *const *rows, made **out)
{
    const void *found;
    const char *args;
    status st;
    *out = NULL;
    if ((st = kind_open(what, spec, rows, &found, &args)))
        return st;
    const kind_row *row = found;
    made *m = mem_array(1, row->size);
    if (!m)
        return ERR_MEMORY;
    m->row = row;
    if ((st = key_parse(row->name, row->keys, args, m, &m->texts)))
        made_free(m);
    else
        *out = m;
    return st;
}

status optimiser_new(optimiser **o, const char *spec)
{
    made *m;
    status st = made_new("optimiser", spec, (const void *const *)optimiser_rows, &m);
    *o = (optimiser *)m;
    return st;
}

void optimiser_free(optimiser *o)
{
    made_free((made *)o);
}

status schedule_new(schedule **s, const char *spec)
{
    made *m;
    status st = made_new("schedule", spec, (const void *const *)schedule_rows, &m);
    *s = (schedule *)m;
    return st;
}

void schedule_free(schedule *s)
{
    made_free((made *)s);
}

status trainer_new(trainer **tr, const char *spec)
{
    made *m;
    status st = made_new("trainer", spec, (const void *const *)trainer_rows, &m);
    *tr = (trainer *)m;
    return st;
}

void trainer_free(trainer *tr)
{
    made_free((made *)tr);
}

status optimiser_with_lr(const char *spec, double lr, char **out)
{
    optimiser *o;
    text t = {0};
    status st = optimiser_new(&o, spec);
    *out = NULL;
    if (st)
        return st;
    o->lr = lr;
    key_canonical(o->row->name, o->row->keys, o, &t);
    optimiser_free(o);
    *out = t.text;
    return t.failed ? ERR_MEMORY : OK;
}
