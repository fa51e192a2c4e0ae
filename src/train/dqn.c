/* dqn.c -- deep Q-learning: outputs are values of actions, learnt from transitions that are kept and drawn again.
 *
 *   loss = mean over the batch of huber(Q(x, a) - y),  y = (1 - gamma) r + gamma max_a' Q'(x', a')
 *
 * y = (1 - gamma) r where the episode ended; the horizon cuts one and does not end it: there y looks on. Values are
 * so means of rewards. (Sums of rewards leave most errors above 1, where huber'(e) = sign(e) fits a median that the
 * rare transitions into failure do not move: the cart then drifts off its rails.) Q' is the network as it was at
 * most `target` steps ago. Each step plays `play` steps of the environment, with a random action at a rate that
 * falls in a straight line from 1 to `last` over the share `explore` of all steps, then learns from one batch, once
 * `warm` transitions are kept. double=yes: Q'(x', argmax_a' Q(x', a')) in place of the largest Q'.
 * Source: Mnih et al., Nature 518 (2015); van Hasselt et al., AAAI 2016; Li et al. 2018, section 3.3. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "train/trainer.h"

typedef struct dqn {
    trainer base;
    double gamma, explore, last;
    size_t keep, warm, target, play;
    bool twice;
} dqn;

static const key keys[] = {
    KEY("gamma", dqn, gamma, ".98", 0, .999999, "", "discount of a step"),
    KEY("keep", dqn, keep, "50000", 1, 1e8, "transitions", "the last ones, drawn from"),
    KEY("warm", dqn, warm, "1000", 1, 1e8, "transitions", "before learning begins"),
    KEY("target", dqn, target, "500", 1, 1e9, "steps", "that the target network stays the same"),
    KEY("play", dqn, play, "1", 1, 1e6, "steps", "of the environment, for each of learning"),
    KEY("explore", dqn, explore, ".2", 0, 1, "share",
        "of all steps over which random actions grow rare"),
    KEY("double", dqn, twice, "no", 0, 0, "",
        "the network itself says which action is best next, the target network what it is worth"),
    KEY("last", dqn, last, ".02", 0, 1, "share", "of random actions from then on"),
    {0},
};

/* What a run keeps: one block of plain bytes, cut here. */
typedef struct memory {
    uint64_t *count;  /* [0] transitions so far, [1] steps of this episode, [2] episodes begun */
    double *total;    /* return of this episode so far */
    double *state;    /* of the environment (n_state) */
    double *reward;   /* (keep) */
    real *z_target;   /* (d) */
    real *x, *next;   /* (keep, n_features) */
    uint32_t *action; /* (keep) */
    uint8_t *ended;   /* (keep) */
    size_t bytes;
} memory;

typedef struct scratch {
    view target;                /* on theta, at z_target */
    real *theta;                /* (layout.n) */
    real *x, *q, *q_next, *g_q; /* (batch, n_features), (batch, n_outputs) three times */
    double *later;              /* (batch) values of what comes next */
    size_t *pick;               /* (batch) transitions */
    uint32_t *index;            /* (batch) 0, 1, ... */
} scratch;

static void *take(char *block, size_t *at, size_t n, size_t size)
{
    void *p = block ? block + *at : NULL;
    *at = (*at + n * size + 7) / 8 * 8;
    return p;
}

static memory memory_cut(const dqn *tr, const task *t, size_t d, void *block)
{
    memory m;
    size_t at = 0, F = t->n_features;
    m.count = take(block, &at, 3, sizeof *m.count);
    m.total = take(block, &at, 1, sizeof *m.total);
    m.state = take(block, &at, t->row->environment->n_state, sizeof *m.state);
    m.reward = take(block, &at, tr->keep, sizeof *m.reward);
    m.z_target = take(block, &at, d, sizeof *m.z_target);
    m.x = take(block, &at, tr->keep * F, sizeof *m.x);
    m.next = take(block, &at, tr->keep * F, sizeof *m.next);
    m.action = take(block, &at, tr->keep, sizeof *m.action);
    m.ended = take(block, &at, tr->keep, sizeof *m.ended);
    m.bytes = at;
    return m;
}

static size_t dqn_state_bytes(const trainer *tr, const train_plan *plan, const space *s)
{
    return memory_cut((const dqn *)tr, plan->task, s->d, NULL).bytes;
}

static void set_target(learner *l, const memory *m)
{
    scratch *s = l->own;
    space_merge(l->space, l->mem, m->z_target, s->theta);
}

static status dqn_start(const trainer *tr, learner *l)
{
    const task *t = l->plan->task;
    const size_t B = l->plan->batch, K = l->plan->model->n_outputs;
    const memory m = memory_cut((const dqn *)tr, t, l->space->d, l->state);
    scratch *s = l->own = mem_array(1, sizeof *s);
    status st;
    if (!s)
        return ERR_MEMORY;
    if ((st = view_init(&s->target, &l->plan->model->layout)))
        return st;
    s->theta = mem_array(l->plan->model->layout.n, sizeof *s->theta);
    s->x = mem_array(B * t->n_features, sizeof *s->x);
    s->q = mem_array(B * K, sizeof *s->q);
    s->q_next = mem_array(B * K, sizeof *s->q_next);
    s->g_q = mem_array(B * K, sizeof *s->g_q);
    s->later = mem_array(B, sizeof *s->later);
    s->pick = mem_array(B, sizeof *s->pick);
    s->index = mem_array(B, sizeof *s->index);
    if (!s->theta || !s->x || !s->q || !s->q_next || !s->g_q || !s->later || !s->pick || !s->index)
        return ERR_MEMORY;
    for (size_t k = 0; k < B; k++)
        s->index[k] = (uint32_t)k;
    if (l->step == 0)
        memcpy(m.z_target, l->z, l->space->d * sizeof *m.z_target);
    set_target(l, &m);
    view_point(&s->target, s->theta, NULL);
    return OK;
}

static void dqn_end(learner *l)
{
    scratch *s = l->own;
    if (!s)
        return;
    view_clear(&s->target);
    mem_free(s->theta);
    mem_free(s->x);
    mem_free(s->q);
    mem_free(s->q_next);
    mem_free(s->g_q);
    mem_free(s->later);
    mem_free(s->pick);
    mem_free(s->index);
    mem_free(s);
}

static size_t largest(const real *q, size_t n)
{
    size_t best = 0;
    for (size_t a = 1; a < n; a++)
        if (q[a] > q[best])
            best = a;
    return best;
}

static void forward(learner *l, const view *v, size_t n, const real *x, idim_mode mode, real *q)
{
    const scratch *s = l->own;
    const pass ps = {.mode = mode,
                     .dropout = l->plan->dropout,
                     .step = l->step,
                     .pool = (idim_pool *)l->plan->pool};
    const batch b = {.n = n, .x = x, .n_labels = 1, .counted = n, .index = s->index};
    l->plan->model->row->forward(l->plan->model, v, &b, &ps, l->work, q);
}

/* One step of the environment, which is kept; draw: its place in the step's stream. */
static void play(const dqn *tr, learner *l, memory *m, size_t draw, idim_tally *tally)
{
    const task *t = l->plan->task;
    const idim_environment *env = t->row->environment;
    const size_t F = t->n_features, K = l->plan->model->n_outputs, at = m->count[0] % tr->keep;
    const stream luck = stream_named(&l->plan->order, "actions");
    const stream begins = stream_named(&l->plan->order, "episodes");
    const double gone = tr->explore > 0 ? (double)l->step / (tr->explore * (double)l->T) : 1;
    const double random = gone < 1 ? 1 - gone * (1 - tr->last) : tr->last;
    const uint64_t i = 2 * (l->step * tr->play + draw);
    scratch *s = l->own;
    double reward = 0;
    size_t action;
    if (m->count[1] == 0) {
        const stream begin = stream_sub(&begins, m->count[2]++);
        env->reset(t, &begin, m->state);
    }
    env->observe(t, m->state, m->x + at * F);
    if (rng_uniform(&luck, i) < random) {
        action = rng_below(&luck, i + 1, K);
    } else {
        forward(l, l->view, 1, m->x + at * F, IDIM_EVAL, s->q);
        action = largest(s->q, K);
    }
    for (size_t a = 0; a < K; a++)
        s->q[a] = a == action;
    bool goes_on = env->step(t, m->state, s->q, &reward);
    env->observe(t, m->state, m->next + at * F);
    m->reward[at] = reward;
    m->action[at] = (uint32_t)action;
    m->ended[at] = !goes_on;
    m->count[0]++;
    m->count[1]++;
    *m->total += reward;
    if (!goes_on || m->count[1] == t->horizon) {
        tally->loss += *m->total;
        tally->n++;
        m->count[1] = 0;
        *m->total = 0;
    }
}

/* false: a value is no number any more. */
static bool learn(const dqn *tr, learner *l, const memory *m)
{
    const size_t F = l->plan->task->n_features, K = l->plan->model->n_outputs, B = l->plan->batch;
    const size_t kept = m->count[0] < tr->keep ? m->count[0] : tr->keep;
    const stream picks = stream_named(&l->plan->order, "transitions");
    scratch *s = l->own;
    for (size_t k = 0; k < B; k++) {
        s->pick[k] = rng_below(&picks, l->step * B + k, kept);
        memcpy(s->x + k * F, m->next + s->pick[k] * F, F * sizeof *s->x);
    }
    forward(l, &s->target, B, s->x, IDIM_EVAL, s->q_next);
    if (tr->twice)
        forward(l, l->view, B, s->x, IDIM_EVAL, s->q);
    for (size_t k = 0; k < B; k++) {
        const real *q = s->q_next + k * K;
        s->later[k] = (double)q[largest(tr->twice ? s->q + k * K : q, K)];
    }
    for (size_t k = 0; k < B; k++)
        memcpy(s->x + k * F, m->x + s->pick[k] * F, F * sizeof *s->x);
    forward(l, l->view, B, s->x, IDIM_TRAIN, s->q);
    memset(s->g_q, 0, B * K * sizeof *s->g_q);
    for (size_t k = 0; k < B; k++) {
        const size_t i = s->pick[k], a = m->action[i];
        const double y =
            (1 - tr->gamma) * m->reward[i] + (m->ended[i] ? 0 : tr->gamma * s->later[k]);
        const double e = (double)s->q[k * K + a] - y;
        if (!isfinite(e))
            return false;
        s->g_q[k * K + a] = (real)(fmin(1, fmax(-1, e)) / (double)B);
    }
    const pass ps = {.mode = IDIM_TRAIN,
                     .dropout = l->plan->dropout,
                     .step = l->step,
                     .pool = (idim_pool *)l->plan->pool};
    const batch b = {.n = B, .x = s->x, .n_labels = 1, .counted = B, .index = s->index};
    l->plan->model->row->backward(l->plan->model, l->view, &b, &ps, l->work, s->g_q);
    return true;
}

static bool dqn_gradient(const trainer *base, learner *l, idim_tally *tally)
{
    const dqn *tr = (const dqn *)base;
    memory m = memory_cut(tr, l->plan->task, l->space->d, l->state);
    if (l->step % tr->target == 0) {
        memcpy(m.z_target, l->z, l->space->d * sizeof *m.z_target);
        set_target(l, &m);
    }
    for (size_t k = 0; k < tr->play; k++)
        play(tr, l, &m, k, tally);
    return m.count[0] < tr->warm || learn(tr, l, &m);
}

const trainer_row trainer_dqn = {
    .name = "dqn",
    .doc = "deep Q-learning, in an environment of few actions",
    .source = "Mnih et al., Nature 518 (2015)",
    .example = "dqn:gamma=.9,warm=20,keep=50,target=5,double=yes",
    .revision = 1,
    .keys = keys,
    .size = sizeof(dqn),
    .choice = true,
    .state_bytes = dqn_state_bytes,
    .start = dqn_start,
    .end = dqn_end,
    .gradient = dqn_gradient,
};
