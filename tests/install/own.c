/* own.c -- a program that measures the d90 of its own network on its own task, against the installed
 * library:   cc own.c $(pkg-config --cflags --libs idim)
 *
 * The network: y = V tanh(U x), with D = hidden (in + out) weights. The task: which of three arms of a
 * spiral a point lies on. Both are rows that the library has never heard of. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <idim.h>

/* ------------------------------------------------------------------ the network */

typedef struct net {
    idim_model base;
    size_t hidden;
} net;

static const idim_key net_keys[] = {
    {.name = "hidden",
     .type = IDIM_SIZE,
     .offset = offsetof(net, hidden),
     .fallback = "30",
     .min = 1,
     .max = 1000,
     .unit = "units",
     .doc = "between U and V"},
    {0},
};

static idim_status net_init(idim_model *m)
{
    const net *w = (const net *)m;
    size_t u[2] = {w->hidden, m->task->n_features}, v[2] = {m->task->n_outputs, w->hidden};
    idim_status st = idim_model_tensor(m, "U", "kernel", 0, 2, u);
    m->n_outputs = m->task->n_outputs;
    return st ? st : idim_model_tensor(m, "V", "head+kernel", 1, 2, v);
}

static void net_theta0(const idim_model *m, const idim_stream *s, idim_real *theta0)
{
    for (size_t i = 0; i < m->layout.n; i++)
        theta0[i] = (idim_real)(.4 * idim_normal(s, i));
}

static size_t net_work(const idim_model *m, const idim_view *v, size_t n, idim_mode mode)
{
    (void)v;
    (void)mode;
    return n * ((const net *)m)->hidden * sizeof(idim_real);
}

static void net_forward(const idim_model *m, const idim_view *v, const idim_batch *b,
                        const idim_pass *pass, void *work, idim_real *y)
{
    size_t in = m->task->n_features, hidden = ((const net *)m)->hidden, out = m->n_outputs;
    const idim_real *U = v->slots[0].value, *V = v->slots[1].value;
    idim_real *h = work;
    (void)pass;
    for (size_t i = 0; i < b->n; i++) {
        for (size_t j = 0; j < hidden; j++) {
            double sum = 0;
            for (size_t k = 0; k < in; k++)
                sum += U[j * in + k] * b->x[i * in + k];
            h[i * hidden + j] = (idim_real)tanh(sum);
        }
        for (size_t o = 0; o < out; o++) {
            double sum = 0;
            for (size_t j = 0; j < hidden; j++)
                sum += V[o * hidden + j] * h[i * hidden + j];
            y[i * out + o] = (idim_real)sum;
        }
    }
}

static void net_backward(const idim_model *m, const idim_view *v, const idim_batch *b,
                         const idim_pass *pass, void *work, const idim_real *g_y)
{
    size_t in = m->task->n_features, hidden = ((const net *)m)->hidden, out = m->n_outputs;
    const idim_real *V = v->slots[1].value, *h = work;
    (void)pass;
    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < hidden; j++) {
            double g = 0;
            for (size_t o = 0; o < out; o++) {
                g += V[o * hidden + j] * g_y[i * out + o];
                if (v->slots[1].grad)
                    v->slots[1].grad[o * hidden + j] += h[i * hidden + j] * g_y[i * out + o];
            }
            g *= 1 - h[i * hidden + j] * h[i * hidden + j];
            for (size_t k = 0; v->slots[0].grad && k < in; k++)
                v->slots[0].grad[j * in + k] += (idim_real)(g * b->x[i * in + k]);
        }
}

static const idim_model_row net_row = {
    .name = "net",
    .doc = "two matrices and a tanh",
    .source = "this file",
    .example = "net",
    .keys = net_keys,
    .size = sizeof(net),
    .init = net_init,
    .theta0 = net_theta0,
    .work = net_work,
    .forward = net_forward,
    .backward = net_backward,
};

/* ------------------------------------------------------------------ the task */

enum { ARMS = 3, FEATURES = 4, TRAIN = 900, VAL = 300, TEST = 600 };

typedef struct spiral {
    idim_task base;
    idim_real *x[IDIM_SPLITS];
    int32_t *labels[IDIM_SPLITS];
} spiral;

static idim_status spiral_init(idim_task *t)
{
    static const size_t sizes[IDIM_SPLITS] = {TRAIN, VAL, TEST};
    spiral *w = (spiral *)t;
    idim_stream s = {{1, 2}, {3, 4}};
    uint64_t at = 0;
    t->loss = &idim_loss_softmax;
    t->shape[0] = t->n_features = FEATURES;
    t->shape[1] = t->shape[2] = 1;
    t->n_outputs = ARMS;
    for (int k = 0; k < IDIM_SPLITS; k++) {
        w->x[k] = calloc(sizes[k] * FEATURES, sizeof(idim_real));
        w->labels[k] = calloc(sizes[k], sizeof(int32_t));
        if (!w->x[k] || !w->labels[k])
            return IDIM_ERR_MEMORY;
        for (size_t i = 0; i < sizes[k]; i++) {
            double r = idim_uniform(&s, at++), a = 3 * r + 2.0944 * (double)(i % ARMS);
            double x = 2 * r * cos(a), y = 2 * r * sin(a);
            idim_real point[FEATURES] = {(idim_real)x, (idim_real)y, (idim_real)(x * y), 1};
            memcpy(w->x[k] + i * FEATURES, point, sizeof point);
            w->labels[k][i] = (int32_t)(i % ARMS);
        }
        t->splits[k] = (idim_samples){.n = sizes[k], .reals = w->x[k], .labels = w->labels[k]};
    }
    return IDIM_OK;
}

static void spiral_clear(idim_task *t)
{
    for (int k = 0; k < IDIM_SPLITS; k++) {
        free(((spiral *)t)->x[k]);
        free(((spiral *)t)->labels[k]);
    }
}

static const idim_key no_keys[] = {{0}};
static const idim_task_row spiral_row = {
    .name = "spiral",
    .doc = "three arms of a spiral",
    .source = "this file",
    .example = "spiral",
    .keys = no_keys,
    .size = sizeof(spiral),
    .init = spiral_init,
    .clear = spiral_clear,
};

int main(void)
{
    idim_d90_ask ask = {.model = &net_row,
                        .model_keys = "hidden=40",
                        .task = &spiral_row,
                        .space = "dense",
                        .d = "2..128/log4",
                        .epochs = 20,
                        .batch = 50,
                        .seeds = 3};
    idim_d90_answer answer;
    if (idim_start() || idim_d90(&ask, &answer)) {
        fprintf(stderr, "%s\n", idim_error_text());
        return 1;
    }
    printf("D = %zu, d90 = %.0f, 95 %% %.0f .. %.0f (%s)\n", answer.D, answer.d90, answer.low,
           answer.high, answer.rule);
    return answer.state == IDIM_EXACT && answer.D == 40 * (FEATURES + ARMS) ? 0 : 1;
}
