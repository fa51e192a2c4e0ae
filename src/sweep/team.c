/* team.c -- units of runs, trained as teams: their members made, watched, kept, and written down. See running.h. */
#include <math.h>
#include <string.h>

#include "base/os.h"
#include "sweep/keep.h"
#include "sweep/program.h"
#include "sweep/provenance.h"
#include "sweep/running.h"
#include "train/trainer.h"

/* What a crash costs, unless saving takes long (a large team is one file a member, each brought to disk):
 * then so many times what it took, so that a twentieth of the time goes there at the most. */
#define RUNNER_SAVE_S 60.0
#define RUNNER_SAVE_SHARE 20.0

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
    if ((st = runner_space(&u->stored, u->theta0, m, runs[first].space, P, NULL, r->memory,
                           &u->spaces[first])))
        return st;
    for (size_t i = 0; i < u->n; i++)
        if (i != first && (st = runner_space(&u->stored, u->theta0, m, runs[i].space, P,
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
        if (!(st = runner_space(&u->stored, u->theta0, m, parts[i], run_stream(run, "P"), NULL,
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
        (st = halves ? runner_stored(r, m, &runs[0], &u->stored)
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
    if (os_signal() || (how->stepped && how->stepped(how->context, fresh)) ||
        (fresh && how->told && how->told(how->context, row, rows)))
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
