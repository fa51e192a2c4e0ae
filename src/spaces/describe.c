/* describe.c -- what a spec's targets match in a layout, before anything is made or trained: in words, and which
 * of it must be in float. */
#include <ctype.h>
#include <string.h>

#include "spaces/frame.h"

/* "h.11.attn.c_attn.weight[q]" as "h.*.attn.c_attn.weight[q]": one line for the layers of a network. */
static void describe_name(const tensor *t, const piece *p, text *out)
{
    const char *at = t->blocks, *name;
    size_t before = strcspn(t->name, "0123456789"), length, rows, row0 = 0;
    const char *rest = t->name + before;
    while (isdigit((unsigned char)*rest))
        rest++;
    text_add(out, "%.*s%s%s", (int)before, t->name, t->name[before] ? "*" : "", rest);
    if (p->rows == t->shape[0])
        return;
    while (blocks_next(&at, &name, &length, &rows) && row0 < p->row0)
        row0 += rows;
    text_add(out, "[%.*s]", (int)length, name);
}

/* Those of one name are told once, where the first stands; one alone by its own name. */
static status describe_pieces(const layout *l, const piece *pieces, size_t n, text *out)
{
    text *names = mem_array(n, sizeof *names);
    status st = names ? OK : ERR_MEMORY;
    for (size_t k = 0; k < n && !st; k++) {
        describe_name(&l->tensors[pieces[k].place], &pieces[k], &names[k]);
        st = names[k].failed ? ERR_MEMORY : OK;
    }
    for (size_t k = 0; k < n && !st; k++) {
        size_t first = 0, same = 0;
        while (strcmp(names[first].text, names[k].text) != 0)
            first++;
        for (size_t i = k; i < n && first == k; i++)
            same += !strcmp(names[i].text, names[k].text);
        if (same == 1)
            text_add(out, "%s%s", k ? ", " : " ", l->tensors[pieces[k].place].name);
        if (same == 1 && strchr(names[k].text, '['))
            text_add(out, "%s", strrchr(names[k].text, '['));
        if (same > 1)
            text_add(out, "%s%s (%zu)", k ? ", " : " ", names[k].text, same);
    }
    for (size_t k = 0; names && k < n; k++)
        text_clear(&names[k]);
    mem_free(names);
    return st;
}

/* ------------------------------------------------------------------ part by part */

/* Told of every part of a spec which rows it covers. row: of the kind that binds them. */
typedef status part_each(void *context, const char *spec, const space_ops *row, const piece *pieces,
                         size_t n, const layout *l);

static status part_told(const char *spec, const layout *l, const taken *others, part_each *each,
                        void *context)
{
    const space_ops *row;
    char *targets = NULL;
    piece *pieces = NULL;
    size_t n = 0;
    bool given;
    status st;
    if (!(st = spec_targets(spec, &row, &targets, &given)) &&
        !(st = targets_select(row->name, targets, l, &pieces, &n))) {
        if (!given)
            taken_leave(others, pieces, &n);
        st = each(context, spec, row, pieces, n, l);
    }
    mem_free(pieces);
    mem_free(targets);
    return st;
}

static status parts_told(const char *spec, const layout *l, part_each *each, void *context)
{
    char **sums, *whole;
    size_t n;
    status st = preset_expand(spec, &whole);
    if (st)
        return st;
    st = key_cut(whole, "++", &sums, &n);
    mem_free(whole);
    if (st)
        return st;
    taken others = {0};
    st = n > 1 ? taken_find(&others, sums, n, l) : OK;
    for (size_t i = 0; i < n && !st; i++)
        st = part_told(sums[i], l, &others, each, context);
    mem_free(others.pieces);
    key_parts_free(sums, n);
    return st;
}

static status describe_part(void *context, const char *spec, const space_ops *row,
                            const piece *pieces, size_t n, const layout *l)
{
    text *out = context;
    size_t weights = 0;
    (void)row;
    for (size_t k = 0; k < n; k++)
        weights += pieces[k].rows * frame_row(&l->tensors[pieces[k].place]);
    if (weights == l->n)
        return OK;
    text_add(out, "%s: %zu tensor%s, %zu weights:", spec, n, n == 1 ? "" : "s", weights);
    status st = describe_pieces(l, pieces, n, out);
    text_add(out, "\n");
    return st;
}

status space_describe(const char *spec, const layout *l, text *out)
{
    status st = parts_told(spec, l, describe_part, out);
    return !st && out->failed ? ERR_MEMORY : st;
}

/* A tensor that nothing can ride on has the whole part lifted (factors.h). */
static status reals_part(void *context, const char *spec, const space_ops *row, const piece *pieces,
                         size_t n, const layout *l)
{
    bool *reals = context, reads = !row->unread;
    (void)spec;
    for (size_t k = 0; k < n; k++)
        reads = reads || l->tensors[pieces[k].place].bare || l->tensors[pieces[k].place].shape[2];
    for (size_t k = 0; k < n && reads; k++)
        reals[pieces[k].place] = true;
    return OK;
}

status space_reals(const char *spec, const layout *l, bool *reals)
{
    memset(reals, 0, l->n_tensors * sizeof *reals);
    return parts_told(spec, l, reals_part, reals);
}
