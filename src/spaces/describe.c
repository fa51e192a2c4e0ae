/* describe.c -- what a spec's targets match in a layout, in words, before anything is made or trained. */
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

static status describe_part(const char *spec, const layout *l, const taken *others, text *out)
{
    const space_ops *row;
    char *targets = NULL;
    piece *pieces = NULL;
    size_t n = 0, weights = 0;
    bool given;
    status st;
    if ((st = spec_targets(spec, &row, &targets, &given)) ||
        (st = targets_select(row->name, targets, l, &pieces, &n)))
        goto done;
    if (!given)
        taken_leave(others, pieces, &n);
    for (size_t k = 0; k < n; k++)
        weights += pieces[k].rows * frame_row(&l->tensors[pieces[k].place]);
    if (weights == l->n)
        goto done;
    text_add(out, "%s: %zu tensor%s, %zu weights:", spec, n, n == 1 ? "" : "s", weights);
    st = describe_pieces(l, pieces, n, out);
    text_add(out, "\n");
done:
    mem_free(pieces);
    mem_free(targets);
    return st;
}

status space_describe(const char *spec, const layout *l, text *out)
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
        st = describe_part(sums[i], l, &others, out);
    mem_free(others.pieces);
    key_parts_free(sums, n);
    return !st && out->failed ? ERR_MEMORY : st;
}
