/* table.c -- the optimisers, and what the two tables of this floor share: finding, making, naming. */
#include "base/kind.h"
#include "base/mem.h"
#include "train/optimiser.h"

#define OPTIMISERS(X) X(sgd) X(adam) X(adamw)

#define DECLARE(name) extern const optimiser_row optimiser_##name;
OPTIMISERS(DECLARE)
#undef DECLARE
#define POINT(name) &optimiser_##name,
const optimiser_row *const optimiser_rows[] = {OPTIMISERS(POINT) NULL};
#undef POINT

KIND_ROW(optimiser_row);
KIND_ROW(schedule_row);

status optimiser_new(optimiser **o, const char *spec)
{
    const void *found;
    const char *args;
    status st;
    *o = NULL;
    if ((st = kind_open("optimiser", spec, (const void *const *)optimiser_rows, &found, &args)))
        return st;
    const optimiser_row *row = found;
    optimiser *made = mem_array(1, row->size);
    if (!made)
        return ERR_MEMORY;
    made->row = row;
    if ((st = key_parse(row->name, row->keys, args, made, &made->texts))) {
        optimiser_free(made);
        return st;
    }
    *o = made;
    return OK;
}

void optimiser_free(optimiser *o)
{
    if (o)
        key_texts_clear(&o->texts);
    mem_free(o);
}

status schedule_new(schedule **s, const char *spec)
{
    const void *found;
    const char *args;
    status st;
    *s = NULL;
    if ((st = kind_open("schedule", spec, (const void *const *)schedule_rows, &found, &args)))
        return st;
    const schedule_row *row = found;
    schedule *made = mem_array(1, row->size);
    if (!made)
        return ERR_MEMORY;
    made->row = row;
    if ((st = key_parse(row->name, row->keys, args, made, &made->texts))) {
        schedule_free(made);
        return st;
    }
    *s = made;
    return OK;
}

void schedule_free(schedule *s)
{
    if (s)
        key_texts_clear(&s->texts);
    mem_free(s);
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
