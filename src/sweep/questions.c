/* questions.c -- a combination of a d90 or ranks sweep as asks: one for the spaces that have the same grid. See
 * expanding.h. */
#include <string.h>

#include "sweep/expanding.h"
#include "sweep/stages.h"

status expand_ranks(const ask *a, const char *ranks, const char *but, ask asks[2], size_t *n,
                    key_texts *texts)
{
    char **spaces;
    size_t count;
    bool ranked = false;
    status st = ask_spaces(&a->run, &spaces, &count);
    *n = 0;
    if (st)
        return st;
    for (size_t i = 0; i < count; i++) {
        const char *swept = run_swept(&a->run, spaces[i]);
        ranked = ranked || (swept && !strcmp(swept, "r"));
    }
    for (int numbers = 0; numbers < 2 && !st; numbers++) {
        text list = {0};
        ask one = *a;
        for (size_t i = 0; i < count; i++) {
            const char *swept = run_swept(&a->run, spaces[i]);
            bool sweeps_d = swept ? !strcmp(swept, "d") : !ranked;
            if (sweeps_d == (numbers == 1) && !(but && !strcmp(spaces[i], but)))
                text_add(&list, "%s%s", list.length ? " " : "", spaces[i]);
        }
        if (!numbers)
            one.d = ranks;
        if (list.failed)
            st = ERR_MEMORY;
        else if (list.length && !(st = key_set("ranks", run_keys, "space", list.text, &one, texts)))
            st = stages_canonical(&one, NULL, &asks[(*n)++], texts);
        text_clear(&list);
    }
    key_parts_free(spaces, count);
    return st;
}

static status add_ask(expand_part *out, const expand_spec *s, key_texts *texts)
{
    ask two[2];
    size_t n = 1;
    status st;
    if (out->measure == EXPAND_RANKS)
        st = expand_ranks(&s->ask, s->ranks, NULL, two, &n, texts);
    else if (!(st = ask_sweeps(&s->ask.run)))
        st = stages_canonical(&s->ask, NULL, &two[0], texts);
    ask *more = st ? NULL : mem_resize(out->asks, out->n_asks + n, sizeof *more);
    if (st)
        return st;
    if (!more)
        return ERR_MEMORY;
    out->asks = more;
    if (out->n_asks + n > EXPAND_ASKS)
        return error_set(ERR_LIMIT, "more than %d d90 sweeps; split the file", EXPAND_ASKS);
    memcpy(more + out->n_asks, two, n * sizeof *two);
    out->n_asks += n;
    return OK;
}

/* What is left of a grid for one space; at: its value is to be filled. */
static status grid_left(const part *p, const expand_spec *s, point *at, const char *grid,
                        text *left)
{
    double *x;
    size_t n;
    bool out;
    char digits[32];
    status st;
    if (!strcmp(grid, "auto")) {
        at->value = grid;
        if (!(st = part_excluded(p, s, at, &out)) && !out)
            text_add(left, "auto");
        return st;
    }
    if ((st = key_numbers(at->grid, grid, &x, &n)))
        return st;
    for (size_t i = 0; i < n && !st; i++) {
        at->value = key_number_text(x[i], digits);
        if (!(st = part_excluded(p, s, at, &out)) && !out)
            text_add(left, "%s%s", left->length ? "+" : "", digits);
    }
    mem_free(x);
    return st || !left->failed ? st : ERR_MEMORY;
}

typedef struct rest { /* of one space's grid */
    const char *grid; /* its key */
    text values;
} rest;

static bool rest_same(const rest *a, const rest *b)
{
    return a->values.length && b->values.length && a->grid == b->grid &&
           !strcmp(a->values.text, b->values.text);
}

/* The ask of the spaces that have the rest i. */
static status add_rest(expand_part *out, const expand_spec *s, char *const *spaces,
                       const rest *rests, size_t n, size_t i, key_texts *texts)
{
    expand_spec one = *s;
    text list = {0};
    for (size_t k = i; k < n; k++)
        if (rest_same(&rests[i], &rests[k]))
            text_add(&list, "%s%s", list.length ? " " : "", spaces[k]);
    status st =
        list.failed ? ERR_MEMORY : key_set("sweep", run_keys, "space", list.text, &one, texts);
    text_clear(&list);
    if (!st && strcmp(rests[i].values.text, "auto") != 0)
        st = key_set("sweep", !strcmp(rests[i].grid, "d") ? ask_keys : expand_keys, rests[i].grid,
                     rests[i].values.text, &one, texts);
    return st ? st : add_ask(out, &one, texts);
}

/* Which grid a space takes its values from; one that sweeps nothing stands with those that sweep ranks. */
static const char *grid_of(const expand_spec *s, const char *space_, bool ranked)
{
    static const char d[] = "d", ranks[] = "ranks";
    const char *swept = run_swept(&s->ask.run, space_);
    return ranked && (!swept || !strcmp(swept, "r")) ? ranks : d;
}

static bool any_ranked(const expand_spec *s, char *const *spaces, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *swept = run_swept(&s->ask.run, spaces[i]);
        if (swept && !strcmp(swept, "r"))
            return true;
    }
    return false;
}

status part_asks(const part *p, expand_part *out, const expand_spec *s, key_texts *texts)
{
    char **spaces;
    size_t n;
    status st;
    if (!part_excludes(p))
        return add_ask(out, s, texts);
    if ((st = key_cut(s->ask.run.space, " ", &spaces, &n)))
        return st;
    const bool ranked = p->measure == EXPAND_RANKS && any_ranked(s, spaces, n);
    rest *rests = mem_array(n, sizeof *rests);
    st = rests ? OK : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        point at = {.space = spaces[i], .grid = grid_of(s, spaces[i], ranked)};
        rests[i].grid = at.grid;
        st = grid_left(p, s, &at, *at.grid == 'd' ? s->ask.d : s->ranks, &rests[i].values);
    }
    for (size_t i = 0; i < n && !st; i++) {
        bool first = rests[i].values.length > 0;
        for (size_t k = 0; k < i && first; k++)
            first = !rest_same(&rests[k], &rests[i]);
        if (first)
            st = add_rest(out, s, spaces, rests, n, i, texts);
    }
    for (size_t i = 0; rests && i < n; i++)
        text_clear(&rests[i].values);
    mem_free(rests);
    key_parts_free(spaces, n);
    return st;
}
