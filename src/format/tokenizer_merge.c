/* tokenizer_merge.c -- byte-pair encoding: neighbours become one token, cheapest pair first, of equal
 * ones the leftmost (Sennrich et al. 2016, section 3.2; with scores for costs, SentencePiece).
 *
 * Published code looks through the whole text after each merge, O(n^2). Here candidates wait in a heap
 * by (cost, place); one whose tokens were joined with others meanwhile is thrown away when it comes up.
 * The result is the same: a candidate is in the heap from the moment its two tokens are neighbours. */
#include <string.h>

#include "format/tokenizer_kind.h"

/* ------------------------------------------------------------------ rules by pair */

static size_t merge_slot(const merge_table *m, uint64_t pair)
{
    size_t at = (size_t)((pair * 0x9e3779b97f4a7c15u) >> 32) & (m->n_slots - 1);
    while (m->slots[at].id >= 0 && m->slots[at].pair != pair)
        at = (at + 1) & (m->n_slots - 1);
    return at;
}

status merge_table_init(merge_table *m, size_t n)
{
    size_t n_slots = 64;
    while (n_slots < 2 * n)
        n_slots *= 2;
    *m = (merge_table){.slots = mem_array(n_slots, sizeof *m->slots), .n_slots = n_slots};
    for (size_t i = 0; m->slots && i < n_slots; i++)
        m->slots[i].id = -1;
    return m->slots ? OK : ERR_MEMORY;
}

void merge_table_add(merge_table *m, int32_t left, int32_t right, int32_t id, int32_t rank)
{
    uint64_t pair = (uint64_t)left << 32 | (uint32_t)right;
    merge_rule *r = &m->slots[merge_slot(m, pair)];
    if (r->id >= 0) /* the first rank counts */
        return;
    *r = (merge_rule){pair, id, rank};
    m->n++;
}

const merge_rule *merge_table_find(const merge_table *m, int32_t left, int32_t right)
{
    const merge_rule *r = &m->slots[merge_slot(m, (uint64_t)left << 32 | (uint32_t)right)];
    return r->id >= 0 ? r : NULL;
}

void merge_table_clear(merge_table *m)
{
    mem_free(m->slots);
    *m = (merge_table){0};
}

/* ------------------------------------------------------------------ the merging */

typedef struct merge_symbol {
    int32_t id; /* -1: joined to the one on its left */
    uint32_t before, after;
} merge_symbol;

typedef struct merge_candidate {
    double cost;
    uint32_t left, right; /* places */
    int32_t of_left, of_right, id;
} merge_candidate;

static bool merge_sooner(const merge_candidate *a, const merge_candidate *b)
{
    return a->cost < b->cost || (a->cost <= b->cost && a->left < b->left);
}

static void merge_push(merge_work *w, merge_candidate c)
{
    size_t i = w->n_heap++;
    for (; i && merge_sooner(&c, &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
        w->heap[i] = w->heap[(i - 1) / 2];
    w->heap[i] = c;
}

static merge_candidate merge_pop(merge_work *w)
{
    merge_candidate top = w->heap[0], last = w->heap[--w->n_heap];
    size_t i = 0, k;
    while ((k = 2 * i + 1) < w->n_heap) {
        if (k + 1 < w->n_heap && merge_sooner(&w->heap[k + 1], &w->heap[k]))
            k++;
        if (!merge_sooner(&w->heap[k], &last))
            break;
        w->heap[i] = w->heap[k];
        i = k;
    }
    w->heap[i] = last;
    return top;
}

static void merge_consider(const tokenizer *t, merge_of *of, merge_work *w, uint32_t left,
                           uint32_t right)
{
    merge_candidate c = {.left = left,
                         .right = right,
                         .of_left = w->symbols[left].id,
                         .of_right = w->symbols[right].id};
    if (of(t, c.of_left, c.of_right, &c.id, &c.cost))
        merge_push(w, c);
}

/* A merge takes one candidate off and puts at most two on, and there are n - 1 merges: 2n is enough. */
static status merge_work_room(merge_work *w, size_t n)
{
    if (n <= w->room)
        return OK;
    if (n >= UINT32_MAX / 4)
        return error_set(ERR_LIMIT, "a text of %zu characters without a break; 2^30 are too many",
                         n);
    size_t room = 2 * n > 256 ? 2 * n : 256;
    mem_free(w->symbols);
    mem_free(w->heap);
    w->symbols = mem_raw(room, sizeof *w->symbols);
    w->heap = mem_raw(2 * room, sizeof *w->heap);
    w->room = w->symbols && w->heap ? room : 0;
    return w->room ? OK : ERR_MEMORY;
}

void merge_work_clear(merge_work *w)
{
    mem_free(w->symbols);
    mem_free(w->heap);
    *w = (merge_work){0};
}

status merge_run(const tokenizer *t, merge_of *of, const int32_t *ids, size_t n, merge_work *w,
                 token_list *list)
{
    status st = merge_work_room(w, n);
    if (st)
        return st;
    w->n_heap = 0;
    for (size_t i = 0; i < n; i++) /* before the first and after the last: n */
        w->symbols[i] = (merge_symbol){ids[i], i ? (uint32_t)i - 1 : (uint32_t)n, (uint32_t)i + 1};
    for (size_t i = 0; i + 1 < n; i++)
        merge_consider(t, of, w, (uint32_t)i, (uint32_t)i + 1);
    while (w->n_heap) {
        merge_candidate c = merge_pop(w);
        merge_symbol *left = &w->symbols[c.left], *right = &w->symbols[c.right];
        if (left->id != c.of_left || right->id != c.of_right)
            continue; /* while both are what they were, they are neighbours */
        left->id = c.id;
        left->after = right->after;
        right->id = -1;
        if (left->after < n) {
            w->symbols[left->after].before = c.left;
            merge_consider(t, of, w, c.left, left->after);
        }
        if (left->before < n)
            merge_consider(t, of, w, left->before, c.left);
    }
    for (size_t i = 0; i < n; i = w->symbols[i].after)
        if ((st = token_add(list, w->symbols[i].id)))
            return st;
    return OK;
}
