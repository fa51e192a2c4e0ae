/* train.c -- the loop: batches, bind, forward, loss, backward, gather, step; scores at epochs' ends.
 *
 * Members sit side by side. Each step reads one batch, binds all members (one reading of what their
 * spaces share), runs each member's passes through the same work space, gathers all, and moves each
 * z. Nothing that one member computes reaches another, so a member's bits do not depend on who else
 * sits there.
 *
 * A member that was taken up from a checkpoint waits until the loop comes to its step.
 *
 * Test data are touched once, at the end: for the last weights, and for those of the epoch that was
 * best on validation data when that was an earlier one. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "linalg/linalg.h"
#include "models/stored.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"
#include "train/trainer.h"

enum { SLOTS = 4 }; /* that an optimiser may keep */

typedef struct seat { /* a member while it trains */
    const train_member *m;
    train_result *r;
    space_mem *mem;
    view view;
    real *z, *g_z, *z_best, *kept;
    real *slot[SLOTS];
    idim_tally seen; /* since the last history row */
    size_t from;     /* the step at which it joins: 0, or where it was left */
    bool live;
    learner learner; /* of a trainer that acts */
} seat;

typedef struct team {
    const train_plan *plan;
    seat *seats;
    size_t n, n_live;
    size_t step, epoch; /* steps done; the epoch that `order` is of */
    batch_buffer batch;
    uint32_t *order, *index;
    uint8_t *hits;
    real *outputs, *g_outputs;
    void *work;
    episodes play; /* of an environment */
    /* the live ones, in the form that bind and gather take */
    size_t *live;
    const space **space;
    space_mem **mem;
    real **z, **g_z;
    const real **z_const;
    view **view;
} team;

/* ------------------------------------------------------------------ seats */

static status seat_init(seat *s, const train_plan *plan, const train_member *m, train_result *r)
{
    const space *sp = m->space;
    const optimiser_row *o = m->optimiser->row;
    size_t rows = train_rows(plan), kept;
    status st;
    s->m = m;
    s->r = r;
    s->live = true;
    if (m->l2 > 0 && space_rides(sp))
        return error_set(ERR_USAGE,
                         "l2=%g: this space never forms the weights that l2 acts on; use the "
                         "optimiser's wd (it decays z) in its place",
                         m->l2);
    if ((st = space_mem_new(&s->mem, sp)) || (st = view_init(&s->view, &plan->model->layout)) ||
        (st = size_mul(o->slots ? o->slots : 1, sp->d, &kept)))
        return st;
    s->z = mem_array(sp->d, sizeof *s->z);
    s->g_z = mem_array(sp->d, sizeof *s->g_z);
    s->z_best = mem_array(sp->d, sizeof *s->z_best);
    s->kept = mem_array(kept, sizeof *s->kept);
    r->history = mem_array(rows, sizeof *r->history);
    r->z = mem_array(sp->d, sizeof *r->z);
    r->d = sp->d;
    if (!s->z || !s->g_z || !s->z_best || !s->kept || !r->history || !r->z)
        return ERR_MEMORY;
    for (size_t i = 0; i < o->slots; i++)
        s->slot[i] = s->kept + i * sp->d;
    if (plan->step0)
        memcpy(s->view.slots, plan->step0, s->view.layout->n_tensors * sizeof *plan->step0);
    else
        view_point(&s->view, plan->theta0, NULL);
    space_start(sp, s->mem, s->z);
    memcpy(s->z_best, s->z, sp->d * sizeof *s->z);
    return OK;
}

/* Everything that decides the further bytes of a run. */
static checkpoint seat_state(const team *t, seat *s)
{
    const space *sp = s->m->space;
    return (checkpoint){.plan = t->plan,
                        .id = s->m->id ? s->m->id : "",
                        .kind = t->plan->kind ? t->plan->kind : "",
                        .step = t->step,
                        .diverged = s->r->end == TRAIN_DIVERGED,
                        .seen = s->seen,
                        .d = sp->d,
                        .slots = s->m->optimiser->row->slots,
                        .state_bytes = sp->state_bytes,
                        .z = s->z,
                        .z_best = s->z_best,
                        .kept = s->kept,
                        .state = s->mem->state,
                        .trainer_bytes = s->learner.state_bytes,
                        .trainer_state = s->learner.state,
                        .result = s->r};
}

static void team_say(const team *t, const char *then)
{
    error_prefix("%s: ", then);
    if (t->plan->said)
        t->plan->said(t->plan->context, error_text());
}

/* A checkpoint is a convenience: where it cannot be kept, that is said and training goes on. */
static void seat_save(const team *t, seat *s)
{
    checkpoint c;
    if (!s->m->checkpoint)
        return;
    c = seat_state(t, s);
    if (checkpoint_write(s->m->checkpoint, &c))
        team_say(t, "no checkpoint was kept");
}

static void team_save(const team *t)
{
    for (size_t i = 0; i < t->n; i++) {
        seat *s = &t->seats[i];
        /* who stopped was kept at its stop; who has not joined is kept as it was left */
        if (s->from <= t->step && s->r->end != TRAIN_STOPPED)
            seat_save(t, s);
    }
}

static void seat_clear(seat *s)
{
    if (s->learner.plan)
        s->learner.plan->trainer->row->end(&s->learner);
    mem_free(s->learner.state);
    space_mem_free(s->mem);
    view_clear(&s->view);
    mem_free(s->z);
    mem_free(s->g_z);
    mem_free(s->z_best);
    mem_free(s->kept);
}

/* Lists the live seats that have joined again, in order. */
static void team_list(team *t)
{
    t->n_live = 0;
    for (size_t i = 0; i < t->n; i++) {
        seat *s = &t->seats[i];
        if (!s->live || s->from > t->step)
            continue;
        size_t k = t->n_live++;
        t->live[k] = i;
        t->space[k] = s->m->space;
        t->mem[k] = s->mem;
        t->z[k] = s->z;
        t->z_const[k] = s->z;
        t->g_z[k] = s->g_z;
        t->view[k] = &s->view;
    }
}

static void team_bind(team *t)
{
    if (t->n_live)
        space_bind(t->n_live, t->space, t->mem, t->z_const, t->g_z, t->view);
}

/* Does the trainer go with the task? */
static status team_check(const train_plan *plan)
{
    const idim_environment *env = plan->task->row->environment;
    const trainer_row *row = plan->trainer ? plan->trainer->row : NULL;
    bool acts = row && row->gradient;
    if (acts && !env)
        return error_set(ERR_USAGE,
                         "trainer=%s learns by acting, and %s is a data set; leave the "
                         "trainer out",
                         row->name, task_spec(plan->task));
    if (!acts && env)
        return error_set(ERR_USAGE,
                         "%s is an environment: it has no samples for a supervised "
                         "trainer; take --trainer %s",
                         task_spec(plan->task), env->trainer);
    if (acts && row->choice && !env->choice)
        return error_set(ERR_USAGE,
                         "trainer=%s chooses among actions, and those of %s are numbers; "
                         "take --trainer %s",
                         row->name, task_spec(plan->task), env->trainer);
    return OK;
}

/* What a trainer that acts keeps for a member, zeros at step 0. */
static status seat_learner(team *t, seat *s)
{
    const train_plan *plan = t->plan;
    const trainer_row *row = plan->trainer->row;
    s->learner = (learner){.plan = plan,
                           .space = s->m->space,
                           .mem = s->mem,
                           .view = &s->view,
                           .z = s->z,
                           .g_z = s->g_z,
                           .T = train_steps(plan),
                           .play = &t->play,
                           .work = t->work};
    if (row->state_bytes)
        s->learner.state_bytes = row->state_bytes(plan->trainer, plan, s->m->space);
    s->learner.state = mem_array(s->learner.state_bytes, 1);
    return s->learner.state ? OK : ERR_MEMORY;
}

static status team_init(team *t, const train_plan *plan, const train_member *members, size_t n,
                        train_result *results)
{
    const task *task_ = plan->task;
    const model *m = plan->model;
    size_t n_train = task_->splits[IDIM_SPLIT_TRAIN].n;
    size_t eval_most = evaluate_batch(task_), bytes = 1;
    size_t most = plan->batch > eval_most ? plan->batch : eval_most;
    status st;
    if ((st = team_check(plan)))
        return st;
    if (n_train == 0 || plan->batch == 0)
        return error_set(ERR_USAGE, "%s: nothing to train on: %zu training samples, batch %zu",
                         task_spec(task_), n_train, plan->batch);
    t->plan = plan;
    t->n = n;
    t->epoch = SIZE_MAX;
    t->seats = mem_array(n, sizeof *t->seats);
    t->live = mem_array(n, sizeof *t->live);
    t->space = mem_array(n, sizeof *t->space);
    t->mem = mem_array(n, sizeof *t->mem);
    t->z = mem_array(n, sizeof *t->z);
    t->z_const = mem_array(n, sizeof *t->z_const);
    t->g_z = mem_array(n, sizeof *t->g_z);
    t->view = mem_array(n, sizeof *t->view);
    t->order = mem_array(n_train, sizeof *t->order);
    t->index = mem_array(most, sizeof *t->index);
    t->hits = mem_array(most * task_labels(task_), 1);
    t->outputs = mem_array(most * m->n_outputs, sizeof *t->outputs);
    t->g_outputs = mem_array(plan->batch * m->n_outputs, sizeof *t->g_outputs);
    if (!t->seats || !t->live || !t->space || !t->mem || !t->z || !t->z_const || !t->g_z ||
        !t->view || !t->order || !t->index || !t->hits || !t->outputs || !t->g_outputs)
        return ERR_MEMORY;
    if ((st = batch_init(&t->batch, task_, most)))
        return st;
    for (size_t i = 0; i < n; i++)
        if ((st = seat_init(&t->seats[i], plan, &members[i], &results[i])))
            return st;
    team_list(t);
    team_bind(t); /* riders are in the views now, and count in the work space */
    for (size_t i = 0; i < n; i++) {
        size_t train = m->row->work(m, &t->seats[i].view, plan->batch, IDIM_TRAIN);
        size_t eval = m->row->work(m, &t->seats[i].view, eval_most, IDIM_EVAL);
        bytes = train > bytes ? train : bytes;
        bytes = eval > bytes ? eval : bytes;
    }
    t->work = mem_array(bytes, 1);
    if (!t->work)
        return ERR_MEMORY;
    if (!task_->row->environment)
        return OK;
    if ((st = episodes_init(&t->play, task_, m, eval_most, t->work)))
        return st;
    for (size_t i = 0; i < n; i++)
        if ((st = seat_learner(t, &t->seats[i])))
            return st;
    return OK;
}

static void team_clear(team *t)
{
    for (size_t i = 0; t->seats && i < t->n; i++)
        seat_clear(&t->seats[i]);
    mem_free(t->seats);
    mem_free(t->live);
    mem_free(t->space);
    mem_free(t->mem);
    mem_free(t->z);
    mem_free(t->z_const);
    mem_free(t->g_z);
    mem_free(t->view);
    mem_free(t->order);
    mem_free(t->index);
    mem_free(t->hits);
    mem_free(t->outputs);
    mem_free(t->g_outputs);
    mem_free(t->work);
    episodes_clear(&t->play);
    batch_clear(&t->batch);
}

/* ------------------------------------------------------------------ one step */

/* NaN or Inf: the run ends with the worst value of its metric; a result, not a failure. */
static void seat_diverge(const team *t, seat *s)
{
    double worst = t->plan->task->loss->worst;
    s->live = false;
    s->r->end = TRAIN_DIVERGED;
    s->r->score = s->r->score_best = s->r->val = s->r->val_best = s->r->train = worst;
    s->r->loss = (double)NAN;
    s->r->gain = 0;
}

static void seat_move(seat *s, size_t step, size_t T, size_t per_epoch)
{
    const train_member *m = s->m;
    const space *sp = m->space;
    double lr = m->optimiser->lr * schedule_factor(m->schedule, step, T, per_epoch), scale = 1;
    if (m->clip > 0) {
        double norm = vec_norm(s->g_z, sp->d);
        scale = norm > m->clip ? m->clip / norm : 1;
    }
    for (size_t i = 0; i < sp->zlayout.n_tensors; i++) {
        const tensor *part = &sp->zlayout.tensors[i];
        double factor = part->lr_factor > 0 ? part->lr_factor : 1;
        real *kept[SLOTS];
        for (size_t k = 0; k < m->optimiser->row->slots; k++)
            kept[k] = s->slot[k] + part->offset;
        m->optimiser->row->step(m->optimiser, step + 1, lr * factor,
                                part->decay ? m->optimiser->wd : 0, scale, part->n,
                                s->z + part->offset, s->g_z + part->offset, kept);
    }
    space_after_step(sp, s->mem, step + 1, T, s->z, s->g_z);
}

/* A step of members whose trainer acts. */
static void team_act(team *t, size_t T, size_t per_epoch)
{
    const trainer *tr = t->plan->trainer;
    bool lost = false;
    team_bind(t);
    for (size_t i = 0; i < t->n_live; i++) {
        seat *s = &t->seats[t->live[i]];
        s->learner.step = t->step;
        if (!tr->row->gradient(tr, &s->learner, &s->seen)) {
            seat_diverge(t, s);
            lost = true;
        } else if (s->m->l2 > 0) {
            view_add_l2(&s->view, (real)s->m->l2);
        }
    }
    if (lost)
        team_list(t);
    if (t->n_live && !tr->row->whole)
        space_gather(t->n_live, t->space, t->mem, t->z_const, t->g_z, t->view);
    for (size_t i = 0; i < t->n_live; i++)
        seat_move(&t->seats[t->live[i]], t->step, T, per_epoch);
}

/* A step of members that learn from samples. */
static void team_step(team *t, size_t T, size_t per_epoch)
{
    const train_plan *plan = t->plan;
    size_t step = t->step;
    const model *m = plan->model;
    const batch *b = &t->batch.batch;
    pass ps = {.mode = IDIM_TRAIN,
               .dropout = plan->dropout,
               .step = step,
               .pool = (idim_pool *)plan->pool};
    size_t n_train = plan->task->splits[IDIM_SPLIT_TRAIN].n;
    size_t first = step % per_epoch * plan->batch;
    size_t k = n_train - first < plan->batch ? n_train - first : plan->batch;
    bool lost = false;

    if (t->epoch != step / per_epoch) {
        t->epoch = step / per_epoch;
        stream epoch = stream_sub(&plan->order, t->epoch);
        rng_permutation(&epoch, n_train, t->order);
    }
    task_fetch(plan->task, IDIM_SPLIT_TRAIN, t->order + first, k, t->epoch + 1, &t->batch);
    team_bind(t);
    for (size_t i = 0; i < t->n_live; i++) {
        seat *s = &t->seats[t->live[i]];
        idim_tally tally = {0};
        m->row->forward(m, &s->view, b, &ps, t->work, t->outputs);
        model_loss(m, &s->view, b, &ps, t->work, t->outputs, t->g_outputs, &tally, t->hits);
        if (!isfinite(tally.loss)) {
            seat_diverge(t, s);
            lost = true;
            continue;
        }
        tally_add(&s->seen, &tally);
        m->row->backward(m, &s->view, b, &ps, t->work, t->g_outputs);
        if (s->m->l2 > 0)
            view_add_l2(&s->view, (real)s->m->l2);
    }
    if (lost)
        team_list(t);
    if (t->n_live)
        space_gather(t->n_live, t->space, t->mem, t->z_const, t->g_z, t->view);
    for (size_t i = 0; i < t->n_live; i++)
        seat_move(&t->seats[t->live[i]], step, T, per_epoch);
}

/* ------------------------------------------------------------------ ends of epochs and of runs */

static bool better(const task *t, double a, double b)
{
    return t->loss->lower_is_better ? a < b : a > b;
}

static idim_tally seat_evaluate(team *t, const seat *s, split which, uint8_t *all_hits)
{
    passing with = {&t->batch, t->index, t->work, t->outputs, t->hits, &t->play};
    return evaluate(t->plan->task, t->plan->model, &s->view, which, t->plan->pool, &with, all_hits);
}

/* After the steps of history row k: validation scores of all live members. */
static void team_score(team *t, size_t k, size_t T, size_t per_epoch)
{
    const task *task_ = t->plan->task;
    size_t step = t->step;
    bool has_val = task_->splits[IDIM_SPLIT_VAL].n > 0, lost = false;
    team_bind(t);
    for (size_t i = 0; i < t->n_live; i++) {
        seat *s = &t->seats[t->live[i]];
        train_result *r = s->r;
        train_row row = {
            .epoch = k + 1, .step = step, .val_loss = (double)NAN, .val_score = (double)NAN};
        row.lr = s->m->optimiser->lr * schedule_factor(s->m->schedule, step - 1, T, per_epoch);
        row.train_loss = s->seen.loss / (double)s->seen.n;
        row.train_score = task_->loss->score(&s->seen);
        s->seen = (idim_tally){0};
        if (has_val) {
            idim_tally val = seat_evaluate(t, s, IDIM_SPLIT_VAL, NULL);
            row.val_loss = val.loss / (double)val.n;
            row.val_score = task_->loss->score(&val);
            if (!isfinite(row.val_loss)) {
                seat_diverge(t, s);
                lost = true;
                continue;
            }
        }
        r->history[r->n_history++] = row;
        r->epochs = k + 1;
        r->steps = step;
        r->val = row.val_score;
        r->train = row.train_score;
        if (!has_val || r->best_epoch == 0 || better(task_, row.val_score, r->val_best)) {
            r->val_best = row.val_score;
            r->best_epoch = k + 1;
            memcpy(s->z_best, s->z, s->m->space->d * sizeof *s->z);
        }
        if (s->m->stop_epoch == k + 1 && k + 1 < train_rows(t->plan)) {
            seat_save(t, s);
            r->end = TRAIN_STOPPED;
            s->live = false;
            lost = true;
        }
    }
    if (lost)
        team_list(t);
}

/* Of a run that trains nothing and is not scored: what its step 0 is to be compared with is of the data that
 * choices are made on. */
static void team_step0(team *t)
{
    const task *task_ = t->plan->task;
    split on = task_->memorise ? IDIM_SPLIT_TRAIN : IDIM_SPLIT_VAL;
    for (size_t i = 0; i < t->n && task_->splits[on].n; i++) {
        idim_tally tally = seat_evaluate(t, &t->seats[i], on, NULL);
        t->seats[i].r->val = task_->loss->score(&tally);
    }
}

/* What the validation score (the training score where there is none) gained over the last tenth of
 * the rows, in the metric's good direction. */
static double result_gain(const task *t, const train_result *r)
{
    if (r->n_history < 2)
        return 0;
    const train_row *last = &r->history[r->n_history - 1];
    size_t before = r->n_history - 1 - (r->n_history + 9) / 10;
    if (r->n_history <= 2)
        before = 0;
    const train_row *then = &r->history[before];
    double gain = isnan(last->val_score) ? last->train_score - then->train_score
                                         : last->val_score - then->val_score;
    return t->loss->lower_is_better ? -gain : gain;
}

static status seat_finish(team *t, seat *s)
{
    const task *task_ = t->plan->task;
    const space *sp = s->m->space;
    train_result *r = s->r;
    size_t n_test = task_->splits[IDIM_SPLIT_TEST].n;
    memcpy(r->z, s->z, sp->d * sizeof *r->z);
    if (r->end == TRAIN_DIVERGED)
        return OK;
    r->gain = result_gain(task_, r);
    if (r->end == TRAIN_STOPPED || !t->plan->test)
        return OK;
    if (n_test == 0)
        return error_set(ERR_USAGE, "%s: no test samples to score on", task_spec(task_));

    /* a loss or a return is no share of hits: bits would say nothing of it */
    size_t n_bits =
        task_->loss->lower_is_better || task_->row->environment ? 0 : n_test * task_labels(task_);
    uint8_t *hits = n_bits ? mem_array(n_bits, 1) : NULL;
    const slot *step0 = t->plan->step0;
    real *theta = mem_array(step0 ? stored_distance_work(&s->view) : sp->n, sizeof *theta);
    r->n_bits = n_bits;
    r->bits = n_bits ? mem_array((n_bits + 7) / 8, 1) : NULL;
    status st = theta && (!n_bits || (hits && r->bits)) ? OK : ERR_MEMORY;
    if (st)
        goto done;
    idim_tally test = seat_evaluate(t, s, IDIM_SPLIT_TEST, hits);
    r->loss = test.loss / (double)test.n;
    r->score = r->score_best = task_->loss->score(&test);
    if (step0) {
        r->update_norm = stored_distance(&s->view, step0, theta);
    } else {
        space_lift(sp, s->mem, s->z, theta);
        r->update_norm = vec_distance(theta, sp->theta0, sp->n);
    }
    for (size_t i = 0; i < n_bits; i++)
        r->bits[i / 8] = (uint8_t)(r->bits[i / 8] | (hits[i] << i % 8));
    if (!isfinite(r->loss))
        seat_diverge(t, s);
done:
    mem_free(hits);
    mem_free(theta);
    return st;
}

/* The weights of the best epoch, where that was not the last. */
static void team_score_best(team *t)
{
    for (size_t i = 0; i < t->n; i++) {
        seat *s = &t->seats[i];
        s->live = s->r->end == TRAIN_OK && t->plan->test && s->r->best_epoch != s->r->epochs;
        if (s->live)
            memcpy(s->z, s->z_best, s->m->space->d * sizeof *s->z);
    }
    team_list(t);
    if (t->n_live == 0)
        return;
    team_bind(t);
    for (size_t i = 0; i < t->n_live; i++) {
        seat *s = &t->seats[t->live[i]];
        idim_tally test = seat_evaluate(t, s, IDIM_SPLIT_TEST, NULL);
        s->r->score_best = t->plan->task->loss->score(&test);
    }
}

/* Takes a member up where it was left. What is wrong with a checkpoint is said, and the run starts anew. */
static status seat_take_up(team *t, seat *s)
{
    const train_member *m = s->m;
    train_result *r = s->r;
    if (!m->checkpoint || !file_exists(m->checkpoint))
        return OK;
    checkpoint c = seat_state(t, s);
    status st = checkpoint_read(m->checkpoint, &c);
    if (st == ERR_MEMORY)
        return st;
    if (st) {
        team_say(t, "the run starts anew");
        return OK;
    }
    s->from = c.step;
    s->seen = c.seen;
    if (c.diverged)
        seat_diverge(t, s);
    else if (m->stop_epoch && r->n_history >= m->stop_epoch && c.step < train_steps(t->plan)) {
        r->end = TRAIN_STOPPED;
        s->live = false;
    }
    return OK;
}

static status team_take_up(team *t)
{
    size_t first = train_steps(t->plan);
    status st;
    for (size_t i = 0; i < t->n; i++) {
        seat *s = &t->seats[i];
        if ((st = seat_take_up(t, s)))
            return st;
        if (s->live && s->from < first)
            first = s->from;
    }
    t->step = first;
    team_list(t);
    for (size_t i = 0; i < t->n && t->plan->task->row->environment; i++) {
        learner *l = &t->seats[i].learner;
        l->step = t->seats[i].from;
        if ((st = t->plan->trainer->row->start(t->plan->trainer, l)))
            return st;
    }
    return OK;
}

/* Does anybody sit here who joins at this step, or still waits? */
static bool team_join(team *t)
{
    bool joins = false, waits = false;
    for (size_t i = 0; i < t->n; i++) {
        joins = joins || (t->seats[i].live && t->seats[i].from == t->step);
        waits = waits || (t->seats[i].live && t->seats[i].from > t->step);
    }
    if (joins)
        team_list(t);
    return t->n_live || waits;
}

static status team_told(team *t, size_t row, size_t rows, bool fresh)
{
    const train_plan *plan = t->plan;
    train_word word = plan->told ? plan->told(plan->context, row, rows, fresh) : TRAIN_GO_ON;
    if (word != TRAIN_GO_ON)
        team_save(t);
    return word == TRAIN_STOP ? error_set(ERR_STOPPED, "stopped after %zu of %zu steps", t->step,
                                          train_steps(plan))
                              : OK;
}

static status team_run(team *t)
{
    const train_plan *plan = t->plan;
    size_t T = train_steps(plan), rows = train_rows(plan);
    size_t per_epoch = train_steps_per_epoch(plan->task, plan->batch);
    status st = team_take_up(t);
    if (st)
        return st;
    for (size_t k = train_rows_done(plan, t->step); k < rows && team_join(t); k++) {
        size_t end = train_row_end(plan, k);
        while (t->step < end && team_join(t)) {
            if (t->n_live) /* else all that are left still wait */
                (plan->task->row->environment ? team_act : team_step)(t, T, per_epoch);
            t->step++;
            if (t->step < end && (st = team_told(t, k, rows, false)))
                return st;
        }
        team_score(t, k, T, per_epoch);
        if ((st = team_told(t, k + 1, rows, true)))
            return st;
    }
    t->step = T; /* for who was left when all was done */
    team_list(t);
    team_bind(t);
    if (!rows && !plan->test)
        team_step0(t);
    for (size_t i = 0; i < t->n; i++)
        if ((st = seat_finish(t, &t->seats[i])))
            return st;
    team_score_best(t);
    return OK;
}

status train_team(const train_plan *plan, const train_member *members, size_t n,
                  train_result *results)
{
    team t = {0};
    memset(results, 0, n * sizeof *results);
    for (size_t i = 0; i < n; i++)
        results[i].score = results[i].score_best = results[i].loss = results[i].val =
            results[i].val_best = results[i].train = (double)NAN;
    status st = team_init(&t, plan, members, n, results);
    if (!st)
        st = team_run(&t);
    team_clear(&t);
    for (size_t i = 0; st && i < n; i++)
        train_result_clear(&results[i]);
    return st;
}

void train_result_clear(train_result *r)
{
    mem_free(r->history);
    mem_free(r->bits);
    mem_free(r->z);
    memset(r, 0, sizeof *r);
}
