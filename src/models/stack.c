/* stack.c -- see stack.h. */
#include <string.h>

#include "models/head.h"
#include "models/stack.h"
#include "nn/cut.h"
#include "nn/dropout.h"
#include "nn/embed.h"
#include "nn/norm.h"

/* ------------------------------------------------------------------ the parts on a view */

static const slot *slot_at(const view *v, int place)
{
    return place == STACK_NONE ? NULL : &v->slots[place];
}

static block block_at(const stack *m, const view *v, size_t layer)
{
    block b = {.shape = &m->shape, .place = layer * BLOCK_PLACES};
    int first = m->first + (int)layer * m->stride;
    for (block_part p = 0; p < BLOCK_PARTS; p++) {
        b.weight[p] = m->parts[p][0] == STACK_NONE ? NULL : &v->slots[first + m->parts[p][0]];
        b.bias[p] = m->parts[p][1] == STACK_NONE ? NULL : &v->slots[first + m->parts[p][1]];
    }
    return b;
}

static embed embed_at(const stack *m, const view *v)
{
    return (embed){.width = m->shape.width,
                   .first = m->position0,
                   .tokens = slot_at(v, m->at.tokens),
                   .positions = slot_at(v, m->at.positions),
                   .segments = slot_at(v, m->at.segments)};
}

static norm norm_at(const stack *m, const view *v)
{
    return (norm){m->shape.width, m->shape.rms, m->shape.eps, slot_at(v, m->at.norm),
                  slot_at(v, m->at.norm_bias)};
}

static head head_at(const stack *m, const view *v)
{
    const stack_places *at = &m->at;
    return (head){.width = m->shape.width,
                  .outputs = m->outputs,
                  .act = m->shape.act,
                  .eps = m->shape.eps,
                  .drop = m->shape.behind ? m->drop : 0,
                  .drop_first = m->drop_first,
                  .dense = slot_at(v, at->dense),
                  .dense_bias = slot_at(v, at->dense_bias),
                  .norm = slot_at(v, at->head_norm),
                  .norm_bias = slot_at(v, at->head_norm_bias),
                  .out = slot_at(v, at->out),
                  .out_bias = slot_at(v, at->out_bias),
                  .place = (m->layers + 1) * BLOCK_PLACES};
}

static stream embed_stream(const stack *m, const pass *ps)
{
    return stream_sub(&ps->dropout, m->layers * BLOCK_PLACES);
}

/* ------------------------------------------------------------------ work */

/* Backward ends above the first `below` blocks (evaluation: all), where nothing is trained. So states (rows, width),
 * the inputs of blocks and the last one's output, take turns in two places up to state `below`, and stand from there
 * on. What those blocks keep, and all that are run again, goes into `passed`; `kept` has a region for each of the
 * others. picked: of classes, a row a sample. */
typedef struct plan {
    uint32_t *starts;
    real *states, *sums, *stats, *passed, *kept, *scratch, *g, *picked, *normed, *head;
    size_t rows, state, below, passing; /* passing: blocks of `passed`, the first */
} plan;

static bool trains(const view *v, int place)
{
    return place != STACK_NONE &&
           (v->slots[place].grad || v->slots[place].g_c || v->slots[place].n_riders);
}

/* Where gradients end: nothing below is trained. Halves of blocks count from 1; 0: the embeddings. */
static size_t lowest_half(const stack *m, const view *v)
{
    const stack_places *at = &m->at;
    if (trains(v, at->tokens) || trains(v, at->positions) || trains(v, at->segments) ||
        (m->shape.behind && (trains(v, at->norm) || trains(v, at->norm_bias))))
        return 0;
    for (size_t l = 0; l < m->layers; l++) {
        block b = block_at(m, v, l);
        for (int half = 0; half < BLOCK_HALVES; half++)
            if (block_trains(&b, half))
                return 1 + l * BLOCK_HALVES + (size_t)half;
    }
    return 1 + m->layers * BLOCK_HALVES;
}

static size_t plan_cut(const stack *m, const view *v, size_t n, idim_mode mode, real *base, plan *p)
{
    cutter c = {base, 0};
    size_t rows = n * m->length, most = 0, sum = 0, scratch = 0, w = m->shape.width;
    size_t lowest = lowest_half(m, v);
    head h = head_at(m, v);
    *p = (plan){.rows = rows, .below = m->layers};
    if (mode == IDIM_TRAIN)
        p->below = lowest ? (lowest - 1) / BLOCK_HALVES : 0;
    p->passing = m->recompute ? m->layers : p->below;
    for (size_t l = 0; l < m->layers; l++) {
        block b = block_at(m, v, l);
        size_t kept = block_kept(&b, rows), own = block_scratch(&b, rows, mode);
        sum += l < p->passing ? 0 : kept;
        most = l < p->passing && kept > most ? kept : most;
        scratch = own > scratch ? own : scratch;
    }
    p->starts = (uint32_t *)(void *)cut(&c, (n + 1) * sizeof(uint32_t) / sizeof(real) + 1);
    p->state = (rows * w + 15) / 16 * 16;
    p->states = cut(&c, p->state * ((p->below ? 2 : 1) + m->layers - p->below));
    p->sums = m->shape.behind ? cut(&c, rows * w) : NULL;
    p->stats = cut(&c, 2 * rows);
    p->passed = cut(&c, most);
    p->kept = cut(&c, sum);
    p->scratch = cut(&c, scratch);
    p->g = mode == IDIM_TRAIN ? cut(&c, rows * w) : NULL;
    p->picked = m->language ? NULL : cut(&c, n * w);
    p->normed = m->language ? NULL : cut(&c, n * w);
    p->head = cut(&c, m->language ? head_tokens_work(&h) : head_classes_work(&h, n));
    return c.at;
}

size_t stack_work(const stack *m, const view *v, size_t n, idim_mode mode)
{
    plan p;
    return plan_cut(m, v, n, mode, NULL, &p) * sizeof(real);
}

static real *plan_state(const plan *p, size_t l)
{
    size_t turns = p->below ? 2 : 1;
    return p->states + (l <= p->below ? l % 2 : turns + l - p->below - 1) * p->state;
}

/* The rows of each sample: its tokens up to the padding, one at the least. */
static block_rows rows_of(const batch *b, const pass *ps, uint32_t *starts)
{
    starts[0] = 0;
    for (size_t s = 0; s < b->n; s++) {
        const int32_t *tokens = b->tokens + s * b->length;
        uint32_t n = (uint32_t)b->length;
        while (n > 1 && tokens[n - 1] < 0)
            n--;
        starts[s + 1] = starts[s] + n;
    }
    return (block_rows){starts[b->n], starts, b, ps};
}

static const uint8_t *segments_of(const stack *m, const batch *b)
{
    return m->segments ? b->segments : NULL;
}

/* ------------------------------------------------------------------ forward */

static void embeddings_forward(const stack *m, const view *v, const block_rows *r, const plan *p,
                               real *x)
{
    embed e = embed_at(m, v);
    norm l = norm_at(m, v);
    embed_forward(&e, r->batch->tokens, segments_of(m, r->batch), r->batch->n, r->batch->length, 0,
                  r->starts, m->shape.behind ? p->sums : x);
    if (m->shape.behind)
        norm_forward(&l, r->n, p->sums, p->stats, x);
    if (m->drop > 0 && r->pass->mode == IDIM_TRAIN) {
        stream s = embed_stream(m, r->pass);
        dropout_rows(&s, m->drop, r->n, m->shape.width, r->starts, r->batch, r->pass, x, false, x);
    }
}

/* The row that stands for a sample: its first (bert) or its last. */
static size_t row_of(const stack *m, const block_rows *r, size_t sample)
{
    return m->shape.behind ? r->starts[sample] : r->starts[sample + 1] - 1;
}

/* States (n, length, width) of a language model: each sample's rows, behind them zeros. */
static void states_out(const stack *m, const view *v, const block_rows *r, const plan *p,
                       const real *x, real *outputs)
{
    norm l = norm_at(m, v);
    size_t w = m->shape.width, length = r->batch->length;
    for (size_t s = 0; s < r->batch->n; s++) {
        size_t first = r->starts[s], n = r->starts[s + 1] - first;
        real *to = outputs + s * length * w;
        if (m->shape.behind)
            memcpy(to, x + first * w, n * w * sizeof *to);
        else
            norm_forward(&l, n, x + first * w, p->stats + 2 * first, to);
        memset(to + n * w, 0, (length - n) * w * sizeof *to);
    }
}

/* What the head reads of each sample. */
static const real *picked_rows(const stack *m, const view *v, const block_rows *r, const plan *p,
                               const real *x)
{
    norm l = norm_at(m, v);
    size_t w = m->shape.width;
    for (size_t s = 0; s < r->batch->n; s++)
        memcpy(p->picked + s * w, x + row_of(m, r, s) * w, w * sizeof *x);
    if (m->shape.behind)
        return p->picked;
    norm_forward(&l, r->batch->n, p->picked, p->stats, p->normed);
    return p->normed;
}

void stack_forward(const stack *m, const view *v, const batch *b, const pass *ps, void *work,
                   real *outputs)
{
    plan p;
    plan_cut(m, v, b->n, ps->mode, work, &p);
    block_rows r = rows_of(b, ps, p.starts);
    real *kept = p.kept;
    embeddings_forward(m, v, &r, &p, plan_state(&p, 0));
    for (size_t l = 0; l < m->layers; l++) {
        block layer = block_at(m, v, l);
        bool passes = l < p.passing;
        block_forward(&layer, &r, plan_state(&p, l), passes ? p.passed : kept, p.scratch, NULL,
                      plan_state(&p, l + 1));
        kept += passes ? 0 : block_kept(&layer, p.rows);
    }
    const real *last = plan_state(&p, m->layers);
    if (m->language) {
        states_out(m, v, &r, &p, last, outputs);
        return;
    }
    head h = head_at(m, v);
    head_classes_forward(&h, b, ps, p.head, picked_rows(m, v, &r, &p, last), outputs);
}

void stack_loss(const stack *m, const idim_loss_row *loss, const view *v, const batch *b,
                const pass *ps, void *work, const real *outputs, real *g_outputs, idim_tally *tally,
                uint8_t *hits)
{
    plan p;
    if (!m->language) {
        loss->eval(b, 0, b->n, m->outputs, outputs, g_outputs, tally, hits);
        return;
    }
    head h = head_at(m, v);
    plan_cut(m, v, b->n, ps->mode, work, &p);
    head_tokens_loss(&h, loss, b, ps, p.head, outputs, g_outputs, tally, hits);
}

/* ------------------------------------------------------------------ backward */

/* g (rows, width): the gradient of the last block's output. */
static void outputs_backward(const stack *m, const view *v, const block_rows *r, const plan *p,
                             const pass *ps, const real *g_outputs, bool below, real *g)
{
    norm l = norm_at(m, v);
    head h = head_at(m, v);
    size_t w = m->shape.width, length = r->batch->length;
    const real *x = plan_state(p, m->layers);
    if (m->language) {
        for (size_t s = 0; s < r->batch->n; s++) {
            size_t first = r->starts[s], n = r->starts[s + 1] - first;
            const real *from = g_outputs + s * length * w;
            if (!m->shape.behind)
                norm_backward(&l, n, x + first * w, p->stats + 2 * first, from, NULL,
                              below ? g + first * w : NULL);
            else if (below)
                memcpy(g + first * w, from, n * w * sizeof *g);
        }
        return;
    }
    bool wanted =
        below || (!m->shape.behind && (trains(v, m->at.norm) || trains(v, m->at.norm_bias)));
    head_classes_backward(&h, r->batch, ps, p->head, m->shape.behind ? p->picked : p->normed,
                          g_outputs, wanted ? g : NULL);
    if (wanted && !m->shape.behind) /* rows 0 .. n-1 of g for a moment */
        norm_backward(&l, r->batch->n, p->picked, p->stats, g, NULL, g);
    if (!below)
        return;
    memcpy(p->picked, g, r->batch->n * w * sizeof *g);
    memset(g, 0, r->n * w * sizeof *g);
    for (size_t s = 0; s < r->batch->n; s++)
        memcpy(g + row_of(m, r, s) * w, p->picked + s * w, w * sizeof *g);
}

static void embeddings_backward(const stack *m, const view *v, const block_rows *r, const plan *p,
                                real *g)
{
    embed e = embed_at(m, v);
    norm l = norm_at(m, v);
    if (m->drop > 0) {
        stream s = embed_stream(m, r->pass);
        dropout_rows(&s, m->drop, r->n, m->shape.width, r->starts, r->batch, r->pass, g, false, g);
    }
    if (m->shape.behind)
        norm_backward(&l, r->n, p->sums, p->stats, g, NULL, g);
    embed_backward(&e, r->batch->tokens, segments_of(m, r->batch), r->batch->n, r->batch->length,
                   r->starts, g);
}

void stack_backward(const stack *m, const view *v, const batch *b, const pass *ps, void *work,
                    const real *g_outputs)
{
    size_t lowest = lowest_half(m, v), top = 1 + m->layers * BLOCK_HALVES, kept = 0;
    plan p;
    plan_cut(m, v, b->n, ps->mode, work, &p);
    block_rows r = rows_of(b, ps, p.starts);
    outputs_backward(m, v, &r, &p, ps, g_outputs, lowest < top, p.g);
    for (size_t l = p.passing; l < m->layers; l++) {
        block layer = block_at(m, v, l);
        kept += block_kept(&layer, p.rows);
    }
    for (size_t l = m->layers; l-- > p.below;) {
        block layer = block_at(m, v, l);
        size_t first = 1 + l * BLOCK_HALVES;
        kept -= l < p.passing ? 0 : block_kept(&layer, p.rows);
        if (m->recompute) /* what comes out is known: the next state is written as it was */
            block_forward(&layer, &r, plan_state(&p, l), p.passed, p.scratch, NULL,
                          plan_state(&p, l + 1));
        block_backward(&layer, &r, plan_state(&p, l), m->recompute ? p.passed : p.kept + kept,
                       p.scratch, lowest <= first ? BLOCK_ATTENTION : BLOCK_MLP, lowest < first,
                       p.g);
    }
    if (!lowest)
        embeddings_backward(m, v, &r, &p, p.g);
}

/* ------------------------------------------------------------------ decoding */

enum { DECODE_ROWS = 64 }; /* tokens at a time: what is kept of them is small beside the cache */

/* cache: keys, then values (room, kv_heads head), of each block. */
typedef struct decoding {
    real *cache, *x, *y, *kept, *scratch, *stats, *head;
    size_t side; /* reals of a block's keys */
} decoding;

static size_t decoding_cut(const stack *m, const view *v, size_t room, real *base, decoding *d)
{
    cutter c = {base, 0};
    size_t most = 0, scratch = 0, rows = room < DECODE_ROWS ? room : DECODE_ROWS;
    head h = head_at(m, v);
    for (size_t l = 0; l < m->layers; l++) {
        block b = block_at(m, v, l);
        size_t kept = block_kept(&b, rows), own = block_scratch(&b, rows, IDIM_EVAL);
        most = kept > most ? kept : most;
        scratch = own > scratch ? own : scratch;
    }
    *d = (decoding){.side = room * m->shape.kv_heads * m->shape.head};
    d->cache = cut(&c, 2 * m->layers * d->side);
    d->x = cut(&c, rows * m->shape.width);
    d->y = cut(&c, rows * m->shape.width);
    d->kept = cut(&c, most);
    d->scratch = cut(&c, scratch);
    d->stats = cut(&c, 2);
    d->head = cut(&c, head_tokens_work(&h));
    return c.at;
}

size_t stack_decode_work(const stack *m, const view *v, size_t room)
{
    decoding d;
    return decoding_cut(m, v, room, NULL, &d) * sizeof(real);
}

/* At most DECODE_ROWS tokens; the state of the last is left in d->x. */
static real *decode_rows(const stack *m, const view *v, const decoding *d, const int32_t *tokens,
                         size_t first, size_t n)
{
    const uint32_t starts[2] = {0, (uint32_t)n};
    const batch one = {.n = 1, .tokens = tokens, .length = n};
    const pass ps = {.mode = IDIM_EVAL};
    block_rows r = {n, starts, &one, &ps};
    embed e = embed_at(m, v);
    real *x = d->x, *y = d->y;
    embed_forward(&e, tokens, NULL, 1, n, first, starts, x);
    for (size_t l = 0; l < m->layers; l++) {
        block b = block_at(m, v, l);
        real *keys = d->cache + 2 * l * d->side, *turn = x;
        block_cache cache = {keys, keys + d->side, first};
        block_forward(&b, &r, x, d->kept, d->scratch, &cache, y);
        x = y;
        y = turn;
    }
    return x + (n - 1) * m->shape.width;
}

void stack_decode(const stack *m, const view *v, size_t room, const int32_t *tokens, size_t first,
                  size_t n, void *work, real *logits)
{
    decoding d;
    norm l = norm_at(m, v);
    head h = head_at(m, v);
    const pass ps = {.mode = IDIM_EVAL};
    real *last = NULL;
    decoding_cut(m, v, room, work, &d);
    for (size_t at = 0; at < n; at += DECODE_ROWS) {
        size_t some = n - at < DECODE_ROWS ? n - at : DECODE_ROWS;
        last = decode_rows(m, v, &d, tokens + at, first + at, some);
    }
    norm_forward(&l, 1, last, d.stats, last);
    head_tokens_logits(&h, 1, &ps, d.head, last, logits);
}
