/* head.c -- see head.h. */
#include <string.h>

#include "models/head.h"
#include "nn/activation.h"
#include "nn/cut.h"
#include "nn/dropout.h"
#include "nn/linear.h"
#include "nn/norm.h"

enum { PLACE_DENSE, PLACE_OUT, PLACE_FIRST, PLACE_SECOND };

typedef struct parts {                  /* of work, for `rows` rows */
    real *x, *deep, *bent, *stats, *in; /* gathered; dense x; act of it; in: what `out` reads */
    real *logits, *g_in, *g_x;
    real *dense, *out; /* what the two matrices keep */
} parts;

static linear head_dense(const head *h)
{
    return (linear){.in = h->width,
                    .out = h->width,
                    .weight = h->dense,
                    .bias = h->dense_bias,
                    .place = h->place + PLACE_DENSE};
}

static linear head_out(const head *h)
{
    return (linear){.in = h->width,
                    .out = h->outputs,
                    .weight = h->out,
                    .bias = h->out_bias,
                    .place = h->place + PLACE_OUT};
}

static bool slot_trains(const slot *s)
{
    return s && (s->grad || s->g_c || s->n_riders);
}

bool head_trains(const head *h)
{
    return slot_trains(h->dense) || slot_trains(h->dense_bias) || slot_trains(h->norm) ||
           slot_trains(h->norm_bias) || slot_trains(h->out) || slot_trains(h->out_bias);
}

static size_t parts_cut(const head *h, size_t rows, real *base, parts *p)
{
    cutter c = {base, 0};
    linear dense = head_dense(h), out = head_out(h);
    size_t all = rows * h->width;
    *p = (parts){.in = cut(&c, all), .g_in = cut(&c, all)};
    p->out = cut(&c, linear_work(&out, rows, IDIM_TRAIN) / sizeof(real));
    if (!h->dense)
        return c.at;
    p->deep = cut(&c, all);
    p->bent = cut(&c, all);
    p->stats = cut(&c, 2 * rows);
    p->dense = cut(&c, linear_work(&dense, rows, IDIM_TRAIN) / sizeof(real));
    return c.at;
}

static size_t tokens_cut(const head *h, real *base, parts *p)
{
    cutter c = {base, parts_cut(h, HEAD_ROWS, base, p)};
    p->x = cut(&c, HEAD_ROWS * h->width);
    p->g_x = cut(&c, HEAD_ROWS * h->width);
    p->logits = cut(&c, HEAD_ROWS * h->outputs);
    return c.at;
}

/* ------------------------------------------------------------------ tokens */

size_t head_tokens_work(const head *h)
{
    parts p;
    return tokens_cut(h, NULL, &p);
}

static norm head_norm(const head *h)
{
    return (norm){.width = h->width, .eps = h->eps, .gain = h->norm, .bias = h->norm_bias};
}

/* What `out` reads. */
static const real *tokens_in(const head *h, size_t n, const batch *b, const pass *ps,
                             const parts *p, const real *x)
{
    if (!h->dense)
        return x;
    linear dense = head_dense(h);
    norm l = head_norm(h);
    linear_forward(&dense, n, x, b, ps, p->dense, p->deep);
    gelu_forward(h->act, n * h->width, p->deep, p->bent);
    norm_forward(&l, n, p->bent, p->stats, p->in);
    return p->in;
}

/* From the logits' gradient (in p->logits) to that of x. */
static void tokens_backward(const head *h, size_t n, const batch *b, const pass *ps, const parts *p,
                            const real *x, real *g_x)
{
    linear out = head_out(h), dense = head_dense(h);
    norm l = head_norm(h);
    if (!h->dense) {
        linear_backward(&out, n, x, b, ps, p->out, p->logits, g_x);
        return;
    }
    linear_backward(&out, n, p->in, b, ps, p->out, p->logits, p->g_in);
    norm_backward(&l, n, p->bent, p->stats, p->g_in, NULL, p->g_in);
    gelu_backward(h->act, n * h->width, p->deep, p->g_in);
    linear_backward(&dense, n, x, b, ps, p->dense, p->g_in, g_x);
}

/* Rows of a block: where they stand in the batch, their labels, and an index of their own, so that
 * masks come from (sample, position). */
typedef struct chosen {
    size_t n, row[HEAD_ROWS];
    int32_t labels[HEAD_ROWS];
    uint32_t index[HEAD_ROWS];
    uint8_t hits[HEAD_ROWS];
} chosen;

/* The next rows that have a label, from *row on. */
static void chosen_next(chosen *c, const batch *b, size_t *row)
{
    c->n = 0;
    for (; *row < b->n * b->length && c->n < HEAD_ROWS; (*row)++) {
        size_t sample = *row / b->length;
        if (b->labels[*row] < 0)
            continue;
        c->row[c->n] = *row;
        c->labels[c->n] = b->labels[*row];
        c->index[c->n] =
            (uint32_t)((b->index ? b->index[sample] : sample) * b->length + *row % b->length);
        c->n++;
    }
}

void head_tokens_loss(const head *h, const idim_loss_row *loss, const batch *b, const pass *ps,
                      real *work, const real *states, real *g_states, idim_tally *tally,
                      uint8_t *hits)
{
    parts p;
    chosen c;
    linear out = head_out(h);
    size_t w = h->width, row = 0;
    tokens_cut(h, work, &p);
    if (g_states)
        memset(g_states, 0, b->n * b->length * w * sizeof *g_states);
    if (hits)
        memset(hits, 0, b->n * b->length);
    for (chosen_next(&c, b, &row); c.n; chosen_next(&c, b, &row)) {
        batch some = *b;
        some.n = c.n;
        some.labels = c.labels;
        some.index = c.index;
        for (size_t i = 0; i < c.n; i++)
            memcpy(p.x + i * w, states + c.row[i] * w, w * sizeof *states);
        const real *in = tokens_in(h, c.n, &some, ps, &p, p.x);
        linear_forward(&out, c.n, in, &some, ps, p.out, p.logits);
        loss->eval(&some, 0, c.n, h->outputs, p.logits, g_states ? p.logits : NULL, tally, c.hits);
        for (size_t i = 0; hits && i < c.n; i++)
            hits[c.row[i]] = c.hits[i];
        if (!g_states)
            continue;
        tokens_backward(h, c.n, &some, ps, &p, p.x, p.g_x);
        for (size_t i = 0; i < c.n; i++)
            memcpy(g_states + c.row[i] * w, p.g_x + i * w, w * sizeof *g_states);
    }
}

void head_tokens_logits(const head *h, size_t n, const pass *ps, real *work, const real *states,
                        real *logits)
{
    parts p;
    linear out = head_out(h);
    const batch none = {.n = n};
    tokens_cut(h, work, &p);
    const real *in = tokens_in(h, n, &none, ps, &p, states);
    linear_forward(&out, n, in, &none, ps, p.out, logits);
}

/* ------------------------------------------------------------------ classes */

size_t head_classes_work(const head *h, size_t n)
{
    parts p;
    return parts_cut(h, n, NULL, &p);
}

static bool classes_drop(const head *h, const pass *ps)
{
    return h->drop > 0 && ps->mode == IDIM_TRAIN;
}

static void classes_mask(const head *h, uint64_t place, const batch *b, const pass *ps,
                         const real *x, real *y)
{
    stream s = stream_sub(&ps->dropout, h->place + place);
    dropout_rows(&s, h->drop, b->n, h->width, NULL, b, ps, x, false, y);
}

/* What the dense layer reads: x, or x dropped in p->in. */
static const real *classes_first(const head *h, const batch *b, const pass *ps, const parts *p,
                                 const real *x)
{
    if (!h->drop_first || !classes_drop(h, ps))
        return x;
    classes_mask(h, PLACE_FIRST, b, ps, x, p->g_in);
    return p->g_in;
}

void head_classes_forward(const head *h, const batch *b, const pass *ps, real *work, const real *x,
                          real *outputs)
{
    parts p;
    linear dense = head_dense(h), out = head_out(h);
    parts_cut(h, b->n, work, &p);
    if (h->dense) {
        linear_forward(&dense, b->n, classes_first(h, b, ps, &p, x), b, ps, p.dense, p.bent);
        activation_forward(ACT_TANH, b->n * h->width, p.bent);
        x = p.bent;
    }
    if (classes_drop(h, ps)) {
        classes_mask(h, PLACE_SECOND, b, ps, x, p.in);
        x = p.in;
    }
    linear_forward(&out, b->n, x, b, ps, p.out, outputs);
}

void head_classes_backward(const head *h, const batch *b, const pass *ps, real *work, const real *x,
                           const real *g_outputs, real *g_x)
{
    parts p;
    linear dense = head_dense(h), out = head_out(h);
    parts_cut(h, b->n, work, &p);
    bool drops = classes_drop(h, ps);
    real *g = h->dense ? p.deep : g_x;
    linear_backward(&out, b->n, drops ? p.in : h->dense ? p.bent : x, b, ps, p.out, g_outputs, g);
    if (drops && g)
        classes_mask(h, PLACE_SECOND, b, ps, g, g);
    if (!h->dense)
        return;
    activation_backward(ACT_TANH, b->n * h->width, p.bent, g);
    linear_backward(&dense, b->n, classes_first(h, b, ps, &p, x), b, ps, p.dense, g, g_x);
    if (drops && h->drop_first && g_x)
        classes_mask(h, PLACE_FIRST, b, ps, g_x, g_x);
}
