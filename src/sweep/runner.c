/* runner.c -- see runner.h. */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/os.h"
#include "models/adapted.h"
#include "models/stored.h"
#include "nn/bf16.h"
#include "sweep/keep.h"
#include "sweep/program.h"
#include "sweep/provenance.h"
#include "sweep/runner.h"
#include "train/trainer.h"

/* What a crash costs, unless saving takes long (a large team is one file a member, each brought to disk):
 * then so many times what it took, so that a twentieth of the time goes there at the most. */
#define RUNNER_SAVE_S 60.0
#define RUNNER_SAVE_SHARE 20.0

struct runner {
    const run_rows *rows;
    pool *pool;
    size_t memory;
    char kind[17];
    char *task_text, *model_text, *from_text;
    task *task;
    model *model;
    pretrained *from;
    char content[HASH_HEX];
};

status runner_new(runner **out, const run_rows *rows, size_t threads, size_t memory)
{
    runner *r = mem_array(1, sizeof *r);
    status st;
    *out = NULL;
    if (!r)
        return ERR_MEMORY;
    r->rows = rows;
    r->memory = memory;
    if ((st = pool_new(&r->pool, threads)) || (st = numeric_kind(r->kind))) {
        runner_free(r);
        return st;
    }
    *out = r;
    return OK;
}

static void runner_drop_model(runner *r)
{
    model_free(r->model);
    mem_free(r->model_text);
    r->model = NULL;
    r->model_text = NULL;
}

static void runner_drop_task(runner *r)
{
    runner_drop_model(r);
    task_free(r->task);
    mem_free(r->task_text);
    r->task = NULL;
    r->task_text = NULL;
}

static void runner_drop_from(runner *r)
{
    pretrained_close(r->from);
    mem_free(r->from_text);
    r->from = NULL;
    r->from_text = NULL;
}

void runner_free(runner *r)
{
    if (!r)
        return;
    runner_drop_task(r);
    runner_drop_from(r);
    pool_free(r->pool);
    mem_free(r);
}

/* Rows that a program brings have no revision that we could trust: its own bytes stand for them. */
static status content_of(runner *r)
{
    char path[4096];
    status st;
    if (!r->rows) {
        memcpy(r->content, task_content(r->task), strlen(task_content(r->task)) + 1);
        return OK;
    }
    if ((st = os_executable(path, sizeof path)))
        return st;
    return hash_file(path, r->content);
}

status runner_task(runner *r, const char *spec, int fd, const task **t)
{
    status st;
    const char *args;
    char kind[64];
    *t = NULL;
    if (!r->task || strcmp(spec, r->task_text)) {
        runner_drop_task(r);
        if (fd >= 0)
            st = task_unpack(&r->task, fd);
        else if (r->rows)
            st = (st = key_kind(spec, kind, sizeof kind, &args))
                     ? st
                     : task_new_row(&r->task, r->rows->tasks[0], args);
        else
            st = task_new(&r->task, spec);
        if (st)
            return st;
        if (!(r->task_text = mem_string(spec)) || (st = content_of(r))) {
            runner_drop_task(r);
            return st ? st : ERR_MEMORY;
        }
    }
    *t = r->task;
    return OK;
}

const char *runner_content(const runner *r)
{
    return r->content;
}

const char *runner_kind(const runner *r)
{
    return r->kind;
}

static status runner_model(runner *r, const char *spec, const model **m)
{
    status st;
    const char *args;
    char kind[64];
    *m = NULL;
    if (!r->model || strcmp(spec, r->model_text)) {
        runner_drop_model(r);
        if (r->rows)
            st = (st = key_kind(spec, kind, sizeof kind, &args))
                     ? st
                     : model_new_row(&r->model, r->rows->models[0], args, r->task);
        else
            st = model_new(&r->model, spec, r->task);
        if (st)
            return st;
        if (!(r->model_text = mem_string(spec))) {
            runner_drop_model(r);
            return ERR_MEMORY;
        }
    }
    *m = r->model;
    return OK;
}

/* The checkpoint of a run, opened once and looked at once: it must be the one that was asked for. */
static status runner_from(runner *r, const run_spec *run)
{
    char hex[HASH_HEX];
    status st;
    if (r->from && !strcmp(r->from_text, run->from_content))
        return OK;
    runner_drop_from(r);
    if (!(st = pretrained_open(&r->from, run->from, run->adapter, run->adapter_alpha)) &&
        !(st = pretrained_hash(r->from, hex))) {
        if (strcmp(hex, run->from_content))
            st = error_set(
                ERR_FORMAT,
                "%s: its content is %.16s... and the run was asked for with %.16s...; put "
                "that checkpoint back, or ask anew",
                run->from, hex, run->from_content);
        else if (!(r->from_text = mem_string(run->from_content)))
            st = ERR_MEMORY;
    }
    if (st)
        runner_drop_from(r);
    return st;
}

/* Which tensors of a run with frozen=bf16 stay in float: those of one dimension, what the space trains or reads, and
 * what a method adds. reals (n_tensors), fresh; NULL: all, the run is not one. */
static status runner_reals(const model *m, const run_spec *run, bool **reals)
{
    const layout *l = &m->layout;
    status st;
    *reals = NULL;
    if (run->frozen != RUN_BF16)
        return OK;
    if (!m->row->tensor0)
        return error_set(ERR_USAGE,
                         "frozen=bf16: the model %s computes on float weights alone; leave frozen "
                         "out, or take a transformer",
                         m->row->name);
    bool *is = mem_array(l->n_tensors, sizeof *is);
    if (!is || (st = space_reals(run->space, l, is))) {
        mem_free(is);
        return is ? st : ERR_MEMORY;
    }
    for (size_t k = 0; k < l->n_tensors; k++)
        is[k] = is[k] || !l->tensors[k].shape[1] || l->tensors[k].outside;
    *reals = is;
    return OK;
}

/* Weights at step 0, all in float; what the run stores in bf16 has been through it. */
static status runner_theta0(runner *r, const model *m, const run_spec *run, real *theta0)
{
    stream s = run_stream(run, "theta0");
    bool *reals;
    size_t fresh;
    status st = runner_reals(m, run, &reals);
    if (st)
        return st;
    m->row->theta0(m, &s, theta0);
    if (*run->from && !(st = runner_from(r, run)))
        st = pretrained_load(r->from, m, theta0, &fresh);
    for (size_t k = 0; reals && k < m->layout.n_tensors; k++) {
        const tensor *t = &m->layout.tensors[k];
        for (size_t i = 0; i < t->n && !reals[k]; i++)
            theta0[t->offset + i] = bf16_value(bf16_nearest(theta0[t->offset + i]));
    }
    mem_free(reals);
    return st;
}

/* Room for them as the run stores them, and the look at its checkpoint. */
static status stored_empty(runner *r, const model *m, const run_spec *run, stored *to)
{
    bool *reals;
    size_t fresh;
    status st = runner_reals(m, run, &reals);
    if (!st && !(st = stored_init(to, &m->layout, reals)) && *run->from &&
        !(st = runner_from(r, run)))
        st = pretrained_load(r->from, m, NULL, &fresh);
    mem_free(reals);
    return st;
}

/* The same, stored so: never all of it in float at a time. */
static status stored_theta0(runner *r, const model *m, const run_spec *run, stored *to)
{
    stream s = run_stream(run, "theta0");
    const layout *l = &m->layout;
    size_t most = 0;
    status st = stored_empty(r, m, run, to);
    for (size_t k = 0; k < l->n_tensors; k++)
        most = l->tensors[k].n > most ? l->tensors[k].n : most;
    real *values = st ? NULL : mem_array(most, sizeof *values);
    if (!st && !values)
        st = ERR_MEMORY;
    for (size_t k = 0; k < l->n_tensors && !st; k++) {
        m->row->tensor0(m, &s, k, values);
        if (*run->from)
            st = pretrained_tensor(r->from, m, k, values);
        stored_put(to, k, values);
    }
    mem_free(values);
    return st;
}

/* A space on weights that are stored, or in theta0. */
static status space_on(const stored *w, const real *theta0, const model *m, const char *spec,
                       stream P, const space *sibling, size_t memory, space **s)
{
    return space_new_beside(s, spec, w->slots ? &w->layout : &m->layout,
                            w->slots ? w->theta : theta0, P, sibling, memory);
}

/* ------------------------------------------------------------------ units */

typedef struct unit { /* what a team needs made, member by member */
    size_t n;
    train_member *members;
    space **spaces;
    optimiser **optimisers;
    schedule **schedules;
    trainer *trainer;
    train_result *results;
    real *theta0; /* or, with frozen=bf16, stored */
    stored stored;
    char (*ids)[RUN_ID];
    char **forms, **partial; /* what is hashed; the checkpoint's file */
    const runner_how *how;
    double saved, wait; /* when, by os_seconds; how long until the next time */
    bool measure;       /* how long saving took is to be seen yet */
} unit;

static void unit_clear(unit *u)
{
    for (size_t i = 0; i < u->n; i++) {
        if (u->results)
            train_result_clear(&u->results[i]);
        if (u->optimisers)
            optimiser_free(u->optimisers[i]);
        if (u->schedules)
            schedule_free(u->schedules[i]);
        if (u->forms)
            mem_free(u->forms[i]);
        if (u->partial)
            mem_free(u->partial[i]);
    }
    /* siblings borrow from the one with the largest d, which was made first */
    for (size_t i = 0; u->spaces && i < u->n; i++)
        if (u->spaces[i] && u->spaces[i]->sibling) {
            space_free(u->spaces[i]);
            u->spaces[i] = NULL;
        }
    for (size_t i = 0; u->spaces && i < u->n; i++)
        space_free(u->spaces[i]);
    trainer_free(u->trainer);
    mem_free(u->members);
    mem_free(u->spaces);
    mem_free(u->optimisers);
    mem_free(u->schedules);
    mem_free(u->results);
    mem_free(u->theta0);
    stored_clear(&u->stored);
    mem_free(u->ids);
    mem_free(u->forms);
    mem_free(u->partial);
}

/* The number of a key in a spec of one kind; the fallback where it is not named. */
static status spec_number(const char *spec, const char *name, double *value)
{
    char kind[64], **parts;
    const char *args;
    size_t n, length = strlen(name);
    status st = key_kind(spec, kind, sizeof kind, &args);
    if (st || !*args)
        return st;
    if ((st = key_cut(args, ",", &parts, &n)))
        return st;
    for (size_t i = 0; i < n && !st; i++)
        if (!strncmp(parts[i], name, length) && parts[i][length] == '=')
            st = key_number(name, parts[i] + length + 1, value);
    key_parts_free(parts, n);
    return st;
}

/* The member with the largest d is made first: it is the one that the others borrow from. */
static status unit_spaces(unit *u, const runner *r, const model *m, const run_spec *runs)
{
    status st;
    size_t first = 0;
    double largest = -1;
    for (size_t i = 0; i < u->n && u->n > 1; i++) {
        double d = 0;
        if ((st = spec_number(runs[i].space, "d", &d)))
            return st;
        if (d > largest) {
            largest = d;
            first = i;
        }
    }
    stream P = run_stream(&runs[0], "P");
    if ((st = space_on(&u->stored, u->theta0, m, runs[first].space, P, NULL, r->memory,
                       &u->spaces[first])))
        return st;
    for (size_t i = 0; i < u->n; i++)
        if (i != first && (st = space_on(&u->stored, u->theta0, m, runs[i].space, P,
                                         u->spaces[first], r->memory, &u->spaces[i])))
            return st;
    return OK;
}

/* Does a part of a composition train tensors as they are? */
static bool part_is_head(const char *spec)
{
    return !strcmp(spec, "full") || (!strncmp(spec, "full:", 5) && !strchr(spec, '@'));
}

/* Trained numbers of the parts that train tensors as they are, beside another space, wherever it
 * stands: d_head. */
static status unit_head(const unit *u, const runner *r, const model *m, const run_spec *run,
                        size_t *d_head)
{
    char **parts;
    size_t n, heads = 0;
    status st;
    *d_head = 0;
    if ((st = key_cut(run->space, "++", &parts, &n)))
        return st;
    for (size_t i = 0; i < n; i++)
        heads += part_is_head(parts[i]);
    for (size_t i = 0; heads < n && !st && i < n; i++) {
        space *part;
        if (!part_is_head(parts[i]))
            continue;
        if (!(st = space_on(&u->stored, u->theta0, m, parts[i], run_stream(run, "P"), NULL,
                            r->memory, &part)))
            *d_head += part->d;
        space_free(part);
    }
    key_parts_free(parts, n);
    return st;
}

static status unit_init(unit *u, runner *r, const model *m, const run_spec *runs, size_t n)
{
    status st;
    u->n = n;
    u->members = mem_array(n, sizeof *u->members);
    u->spaces = mem_array(n, sizeof *u->spaces);
    u->optimisers = mem_array(n, sizeof *u->optimisers);
    u->schedules = mem_array(n, sizeof *u->schedules);
    u->results = mem_array(n, sizeof *u->results);
    bool halves = runs[0].frozen == RUN_BF16;
    u->theta0 = mem_array(halves ? 0 : m->layout.n, sizeof *u->theta0);
    u->ids = mem_array(n, sizeof *u->ids);
    u->forms = mem_array(n, sizeof *u->forms);
    u->partial = mem_array(n, sizeof *u->partial);
    if (!u->members || !u->spaces || !u->optimisers || !u->schedules || !u->results || !u->theta0 ||
        !u->ids || !u->forms || !u->partial)
        return ERR_MEMORY;
    if ((st = trainer_new(&u->trainer, runs[0].trainer)) ||
        (st = halves ? stored_theta0(r, m, &runs[0], &u->stored)
                     : runner_theta0(r, m, &runs[0], u->theta0)) ||
        (st = unit_spaces(u, r, m, runs)))
        return st;
    for (size_t i = 0; i < n; i++) {
        if ((st = optimiser_new(&u->optimisers[i], runs[i].optimiser)) ||
            (st = schedule_new(&u->schedules[i], runs[i].schedule)) ||
            (st = run_id(&runs[i], r->rows, r->content, u->ids[i], &u->forms[i])))
            return st;
        if (u->how->folder && !(u->partial[i] = keep_partial(u->how->folder, u->ids[i])))
            return ERR_MEMORY;
        u->members[i] = (train_member){.space = u->spaces[i],
                                       .optimiser = u->optimisers[i],
                                       .schedule = u->schedules[i],
                                       .clip = runs[i].clip,
                                       .l2 = runs[i].l2,
                                       .stop_epoch = u->how->stop_epoch,
                                       .checkpoint = u->partial[i],
                                       .id = u->ids[i]};
    }
    return OK;
}

static status unit_record(const unit *u, size_t i, const runner *r, const model *m,
                          const run_spec *run, record *out)
{
    static const record_status ends[TRAIN_ENDS] = {RECORD_OK, RECORD_STOPPED, RECORD_DIVERGED};
    const task *t = r->task;
    text by = {0};
    status st;
    memset(out, 0, sizeof *out);
    if ((st = run_copy(run, &out->run, &out->texts)))
        return st;
    memcpy(out->id, u->ids[i], RUN_ID);
    memcpy(out->kind, r->kind, sizeof out->kind);
    out->status = ends[u->results[i].end];
    out->d = run->epochs || run->steps ? u->spaces[i]->d : 0;
    out->D = m->D;
    out->n_train = t->splits[IDIM_SPLIT_TRAIN].n;
    out->n_val = t->splits[IDIM_SPLIT_VAL].n;
    out->n_test = t->splits[IDIM_SPLIT_TEST].n;
    out->lr = u->optimisers[i]->lr;
    out->metric = record_text(out, t->loss->metric);
    out->reason = out->bits_file = record_text(out, "");
    out->lower_is_better = t->loss->lower_is_better;
    out->threads = pool_threads(r->pool);
    out->team = u->n;
    os_host(out->host);
    provenance_object(&by);
    out->by = text_failed(&by) ? NULL : record_text(out, by.text);
    text_clear(&by);
    if (!out->metric || !out->reason || !out->by)
        return ERR_MEMORY;
    if (out->d && (st = unit_head(u, r, m, run, &out->d_head))) /* at step 0 none is trained */
        return st;
    out->result = u->results[i];
    memset(&u->results[i], 0, sizeof u->results[i]); /* the record owns it now */
    if (u->how->folder && u->how->keep_z && out->status == RECORD_OK)
        return keep_z_write(u->how->folder, out, r->rows, u->forms[i], u->spaces[i]);
    return OK;
}

static train_word unit_told(void *context, size_t row, size_t rows, bool fresh)
{
    unit *u = context;
    const runner_how *how = u->how;
    if (os_signal() || (fresh && how->told && how->told(how->context, row, rows)))
        return TRAIN_STOP;
    if (u->measure) /* the step since then is counted in: no harm */
        u->wait = fmax(RUNNER_SAVE_S, RUNNER_SAVE_SHARE * (os_seconds() - u->saved));
    u->measure = false;
    if (os_seconds() - u->saved < u->wait) /* between the rows of the history too */
        return TRAIN_GO_ON;
    u->saved = os_seconds();
    u->measure = true;
    return TRAIN_SAVE;
}

static void unit_said(void *context, const char *sentence)
{
    const unit *u = context;
    if (u->how->said)
        u->how->said(u->how->context, sentence);
}

/* Programs go alone. */
static status unit_program(const runner *r, const run_spec *run, const runner_how *how, record *out)
{
    const program_how program = {how->folder, pool_threads(r->pool), how->grace_s, how->said,
                                 how->context};
    char id[RUN_ID];
    status st = run_id(run, r->rows, "", id, NULL);
    return st ? st : program_run(run, id, &program, out);
}

status runner_unit(runner *r, const run_spec *runs, size_t n, int fd, const runner_how *how,
                   record *records)
{
    if (*runs[0].exec)
        return unit_program(r, &runs[0], how, &records[0]);
    const task *t;
    const model *m;
    double wall = os_seconds(), cpu = os_cpu_seconds();
    unit u = {.how = how, .saved = wall, .wait = RUNNER_SAVE_S};
    char start[32];
    status st;
    memset(records, 0, n * sizeof *records);
    os_time_text(start);
    if ((st = runner_task(r, runs[0].data, fd, &t)) || (st = runner_model(r, runs[0].model, &m)) ||
        (st = unit_init(&u, r, m, runs, n)))
        goto done;
    train_plan plan = {.trainer = u.trainer,
                       .task = t,
                       .model = m,
                       .theta0 = u.theta0,
                       .step0 = u.stored.slots,
                       .batch = runs[0].batch,
                       .epochs = runs[0].epochs,
                       .steps = runs[0].steps,
                       .order = run_stream(&runs[0], "order"),
                       .dropout = run_stream(&runs[0], "dropout"),
                       .test = runs[0].role == RUN_SCORE,
                       .pool = r->pool,
                       .kind = r->kind,
                       .told = unit_told,
                       .said = unit_said,
                       .context = &u};
    if ((st = train_team(&plan, u.members, n, u.results)))
        goto done;
    for (size_t i = 0; i < n && !st; i++) {
        st = unit_record(&u, i, r, m, &runs[i], &records[i]);
        memcpy(records[i].start, start, sizeof start);
        /* a team's time is shared out: the sum over its members is what the team took */
        records[i].wall_s = (os_seconds() - wall) / (double)n;
        records[i].cpu_s = (os_cpu_seconds() - cpu) / (double)n;
        records[i].peak_rss = (double)os_peak_rss();
    }
done:
    for (size_t i = 0; st && i < n; i++)
        record_clear(&records[i]);
    unit_clear(&u);
    return st;
}

status runner_fits(runner *r, const run_spec *run, int fd, size_t memory)
{
    const task *t;
    const model *m;
    space *s = NULL;
    status st;
    if (*run->exec)
        return OK;
    if ((st = runner_task(r, run->data, fd, &t)) || (st = runner_model(r, run->model, &m)))
        return st;
    bool halves = run->frozen == RUN_BF16;
    stored made = {0};
    real *theta0 = mem_array(halves ? 0 : m->layout.n, sizeof *theta0);
    if (!theta0)
        st = ERR_MEMORY;
    else if (halves)
        st = stored_empty(r, m, run, &made);
    else if (*run->from) /* a checkpoint that does not fit its model is refused here too */
        st = runner_theta0(r, m, run, theta0);
    if (!st)
        st = space_on(&made, theta0, m, run->space, run_stream(run, "P"), NULL, memory, &s);
    space_free(s);
    stored_clear(&made);
    mem_free(theta0);
    return st;
}

/* theta (layout.n) holds step 0; it moves to z. */
static status weights_at(const runner *r, const run_spec *run, const model *m, const real *z,
                         size_t d, real *theta)
{
    space *s;
    space_mem *mem = NULL;
    real *theta0 = mem_array(m->layout.n, sizeof *theta0);
    status st = theta0 ? OK : ERR_MEMORY;
    if (!st)
        memcpy(theta0, theta, m->layout.n * sizeof *theta0);
    if (!st)
        st = space_new_beside(&s, run->space, &m->layout, theta0, run_stream(run, "P"), NULL,
                              r->memory);
    if (st) {
        mem_free(theta0);
        return st;
    }
    if (s->d != d)
        st = error_set(ERR_USAGE, "%s: it trains %zu numbers here, and z has %zu", run->space, s->d,
                       d);
    else if (!(st = space_mem_new(&mem, s)))
        space_merge(s, mem, z, theta);
    space_mem_free(mem);
    space_free(s);
    mem_free(theta0);
    return st;
}

status runner_weights(runner *r, const run_spec *run, int fd, const real *z, size_t d,
                      const model **m, real **theta)
{
    const task *t;
    status st;
    *theta = NULL;
    if ((st = runner_task(r, run->data, fd, &t)) || (st = runner_model(r, run->model, m)))
        return st;
    real *all = mem_array((*m)->layout.n, sizeof *all);
    st = all ? runner_theta0(r, *m, run, all) : ERR_MEMORY;
    if (!st && z)
        st = weights_at(r, run, *m, z, d, all);
    if (st)
        mem_free(all);
    else
        *theta = all;
    return st;
}

void runner_start_clear(runner_start *start)
{
    mem_free(start->z0);
    mem_free(start->parts);
    *start = (runner_start){0};
}

status runner_start_of(runner *r, const run_spec *run, int fd, runner_start *start)
{
    const model *m;
    space *s = NULL;
    space_mem *mem = NULL;
    real *theta0;
    *start = (runner_start){0};
    status st = runner_weights(r, run, fd, NULL, 0, &m, &theta0);
    if (st || (st = space_new_beside(&s, run->space, &m->layout, theta0, run_stream(run, "P"), NULL,
                                     r->memory)))
        goto done;
    *start = (runner_start){.z0 = mem_array(s->d, sizeof *start->z0),
                            .d = s->d,
                            .parts = mem_array(s->zlayout.n_tensors, sizeof *start->parts),
                            .n_parts = s->zlayout.n_tensors,
                            .regenerable = space_regenerable(s)};
    st = start->z0 && start->parts ? space_mem_new(&mem, s) : ERR_MEMORY;
    if (!st)
        space_start(s, mem, start->z0);
    for (size_t i = 0; i < start->n_parts && !st; i++)
        start->parts[i] = s->zlayout.tensors[i].n;
done:
    space_mem_free(mem);
    space_free(s);
    mem_free(theta0);
    if (st)
        runner_start_clear(start);
    return st;
}

/* Both views are there while the updates are made, for a space's riders lie in its memory. */
static status updates_at(const runner *r, const run_spec *run, const model *m, const real *z,
                         size_t d, real *theta0, real *theta, updates **u)
{
    space *s = NULL;
    space_mem *mem[2] = {NULL};
    view v[2] = {{0}};
    real *z0 = mem_array(d, sizeof *z0), *g_z = mem_array(d, sizeof *g_z);
    const real *at[2] = {z, z0};
    status st = z0 && g_z ? space_new_beside(&s, run->space, &m->layout, theta0,
                                             run_stream(run, "P"), NULL, r->memory)
                          : ERR_MEMORY;
    if (!st && s->d != d)
        st = error_set(ERR_USAGE, "%s: it trains %zu numbers here, and z has %zu", run->space, s->d,
                       d);
    for (size_t k = 0; k < 2 && !st; k++)
        if (!(st = space_mem_new(&mem[k], s)))
            st = view_init(&v[k], &m->layout);
    if (!st) {
        space_start(s, mem[1], z0);
        space_merge(s, mem[0], z, theta);
        for (size_t k = 0; k < 2; k++) {
            view_point(&v[k], theta0, NULL);
            space_bind(1, (const space *const *)&s, &mem[k], &at[k], &g_z, (view *const[]){&v[k]});
        }
        st = updates_of(u, &m->layout, theta0, theta, &v[0], &v[1]);
    } else {
        mem_free(theta0);
        mem_free(theta);
    }
    for (size_t k = 0; k < 2; k++) {
        view_clear(&v[k]);
        space_mem_free(mem[k]);
    }
    space_free(s);
    mem_free(z0);
    mem_free(g_z);
    return st;
}

status runner_updates(runner *r, const run_spec *run, int fd, const real *z, size_t d, updates **u)
{
    const model *m;
    real *theta0, *theta = NULL;
    *u = NULL;
    status st = runner_weights(r, run, fd, NULL, 0, &m, &theta0);
    if (!st && !(theta = mem_array(m->layout.n, sizeof *theta)))
        st = ERR_MEMORY;
    if (st) {
        mem_free(theta0);
        return st;
    }
    return updates_at(r, run, m, z, d, theta0, theta, u);
}

/* The view that training would have at z, and the adapter that it is. */
static status write_adapter(const runner *r, const run_spec *run, const model *m,
                            const real *theta0, const real *z, size_t d, const char *folder,
                            size_t *pairs)
{
    size_t n = m->layout.n_tensors;
    const char **names = mem_array(n, sizeof *names);
    real *g_z = mem_array(d, sizeof *g_z);
    space *s = NULL;
    space_mem *mem = NULL;
    view v = {0};
    adapter_make how = {.base = *run->from ? run->from : NULL,
                        .task = task_labels(m->task) > 1 ? "CAUSAL_LM" : "SEQ_CLS",
                        .fan_in_fan_out = r->from && pretrained_turned(r->from)};
    status st = names && g_z ? OK : ERR_MEMORY;
    for (size_t k = 0; k < n && !st; k++) {
        const tensor *t = &m->layout.tensors[k];
        names[k] = r->from ? pretrained_name(r->from, t) : t->name;
        how.layers = t->layer >= (int)how.layers ? (size_t)t->layer + 1 : how.layers;
    }
    if (st || (st = space_new_beside(&s, run->space, &m->layout, theta0, run_stream(run, "P"), NULL,
                                     r->memory)))
        goto done;
    if (s->d != d)
        st = error_set(ERR_USAGE, "%s: it trains %zu numbers here, and z has %zu", run->space, s->d,
                       d);
    else if (!(st = space_mem_new(&mem, s)) && !(st = view_init(&v, &m->layout))) {
        view_point(&v, theta0, NULL);
        space_bind(1, (const space *const *)&s, &mem, &z, &g_z, (view *const[]){&v});
        st = adapted_write(&v, theta0, names, &how, folder, pairs);
    }
done:
    view_clear(&v);
    space_mem_free(mem);
    space_free(s);
    mem_free(g_z);
    mem_free(names);
    return st;
}

status runner_adapter(runner *r, const run_spec *run, int fd, const real *z, size_t d,
                      const char *folder, size_t *pairs)
{
    const model *m;
    real *theta0;
    status st = runner_weights(r, run, fd, NULL, 0, &m, &theta0);
    *pairs = 0;
    if (!st)
        st = write_adapter(r, run, m, theta0, z, d, folder, pairs);
    mem_free(theta0);
    return st;
}

const pretrained *runner_checkpoint(const runner *r)
{
    return r->from;
}

status runner_describe(runner *r, const run_spec *run, int fd, runner_about *about)
{
    const task *t;
    const model *m;
    status st;
    *about = (runner_about){0};
    if (*run->exec) { /* the rest is known to the program alone */
        about->metric = "score";
        about->lower_is_better = run->better == 1;
        return OK;
    }
    if ((st = runner_task(r, run->data, fd, &t)) || (st = runner_model(r, run->model, &m)))
        return st;
    *about = (runner_about){.layout = &m->layout,
                            .D = m->D,
                            .n_features = t->n_features,
                            .n_outputs = m->n_outputs,
                            .n_train = t->splits[IDIM_SPLIT_TRAIN].n,
                            .n_val = t->splits[IDIM_SPLIT_VAL].n,
                            .n_test = t->splits[IDIM_SPLIT_TEST].n,
                            .metric = t->loss->metric,
                            .lower_is_better = t->loss->lower_is_better,
                            .memorise = t->memorise,
                            .published = t->published};
    bool *reals;
    st = runner_reals(m, run, &reals);
    for (size_t k = 0; reals && k < m->layout.n_tensors; k++)
        about->halves += reals[k] ? 0 : m->layout.tensors[k].n;
    mem_free(reals);
    return st;
}

status runner_fresh_head(runner *r, const run_spec *run, int fd, bool *fresh)
{
    const task *t;
    const model *m;
    pretrained *p;
    size_t drawn = 0;
    status st;
    *fresh = false;
    if ((st = runner_task(r, run->data, fd, &t)) || (st = runner_model(r, run->model, &m)))
        return st;
    for (size_t k = 0; k < m->layout.n_tensors; k++)
        drawn += !m->layout.tensors[k].tied && tensor_has_role(&m->layout.tensors[k], "head");
    if (drawn && *run->from &&
        !(st = pretrained_open(&p, run->from, run->adapter, run->adapter_alpha))) {
        st = pretrained_load(p, m, NULL, &drawn);
        pretrained_close(p);
        drawn -= st ? 0 : m->layout.n - m->D; /* what a method adds */
    }
    *fresh = !st && drawn;
    return st;
}

/* Spaces of one kind that can share a reading, alike in all but d, whatever the optimiser. */
status run_team_key(const run_spec *run, text *key_)
{
    const space_ops *row;
    char kind[64], *without_d = NULL;
    const char *args;
    run_spec alike = *run;
    status st;
    if (*run->exec || strchr(run->space, '@') || strstr(run->space, "++"))
        return OK;
    if ((st = key_kind(run->space, kind, sizeof kind, &args)) || (st = space_find(kind, &row)) ||
        !row->lift_n || !space_has_key(run->space, "d"))
        return st;
    if ((st = space_with(run->space, "d", NULL, &without_d)))
        return st;
    alike.space = without_d;
    alike.optimiser = alike.schedule = "";
    alike.clip = alike.l2 = 0;
    run_write(&alike, key_);
    mem_free(without_d);
    return key_->failed ? ERR_MEMORY : OK;
}
