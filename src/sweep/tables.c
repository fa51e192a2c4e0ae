/* tables.c -- see tables.h. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "format/csv.h"
#include "spaces/space.h"
#include "sweep/ask.h"
#include "sweep/exec.h"
#include "sweep/provenance.h"
#include "sweep/tables.h"

const tables_column tables_runs[] = {
    {"run_id", "", "hash of the whole configuration"},
    {"space", "", "the space without its d; full: baselines and floors"},
    {"space_spec", "", "the whole space"},
    {"d_space", "numbers", "trained numbers of the space"},
    {"d_head", "numbers", "trained numbers of tensors trained beside it"},
    {"d_total", "numbers", "d_space + d_head; 0: step 0"},
    {"D", "numbers", "native parameters of the model"},
    {"role", "", "score, tune (never scored), baseline, floor (a search's own is never scored)"},
    {"seed", "", "of theta0, P, order and dropout alike, where none of their own is given"},
    {"status", "", "ok, stopped, diverged, failed"},
    {"metric", "", "what score and val are: accuracy, exp(-loss)"},
    {"score", "metric", "test split, last epoch; of a failed, stopped or tuning run empty"},
    {"score_best", "metric", "test split, at the epoch best on validation data"},
    {"loss", "nats", "test split, last epoch; without a unit where the loss is squared"},
    {"val", "metric", "validation score, last epoch"},
    {"val_best", "metric", "validation score, best epoch"},
    {"train", "metric", "training score of the last epoch, while trained on"},
    {"gain", "metric", "of the validation score over the last tenth of training"},
    {"update_norm", "weights", "||theta - theta0|| over the trained tensors"},
    {"best_epoch", "epochs", "best on validation data"},
    {"epochs_done", "epochs", "trained"},
    {"steps_done", "steps", "trained: batches"},
    {"n_train", "samples", "of the training split"},
    {"n_val", "samples", "of the validation split"},
    {"n_test", "samples", "of the test split"},
    {"lr", "", "learning rate; a schedule multiplies it"},
    {"data", "", "the task and its keys but where its files lie"},
    {"model", "", "the network and its keys"},
    {"from.content", "", "SHA-256 of the checkpoint that was trained further; empty: none"},
    {"optimiser", "", "and its keys"},
    {"schedule", "", "of the learning rate, and its keys"},
    {"epochs", "epochs", "asked for"},
    {"steps", "steps", "asked for; 0: epochs count"},
    {"batch", "samples", "of a step"},
    {"clip", "", "longest norm of g_z; 0: none"},
    {"l2", "", "factor of the kernels in g_theta"},
    {"seed.theta0", "", "of the weights at step 0; -1: seed"},
    {"seed.P", "", "of the space; -1: seed"},
    {"seed.order", "", "of the samples in training; -1: seed"},
    {"seed.dropout", "", "of the dropout masks; -1: seed"},
    {"kind", "", "numeric kind: alike where the same work gives the same bytes"},
    {"reason", "", "of a failure: one sentence"},
    {"exec", "", "the program that trained it; empty: idim"},
    {"exec.content", "", "SHA-256 of the program's files; empty: none were named"},
    {"frozen", "", "how weights that nothing trains were stored: float, bf16"},
    {"trainer", "", "how a step learnt, and its keys"},
    {"data.content", "",
     "SHA-256 of the data's files; empty: made without any, or by an older idim"},
    {0},
};
const tables_column tables_history[] = {
    {"run_id", "", "as in runs.csv"},
    {"epoch", "epochs", "done"},
    {"step", "steps", "done"},
    {"lr", "", "learning rate of the last step"},
    {"train_loss", "nats", "mean over the epoch's batches, while trained on"},
    {"train_score", "metric", "over the epoch's batches, while trained on"},
    {"val_loss", "nats", "validation split"},
    {"val_score", "metric", "validation split"},
    {0},
};
const tables_column tables_provenance[] = {
    {"run_id", "", "as in runs.csv"},
    {"start", "UTC", "of the run, or of the team it was trained in"},
    {"host", "", "the machine's name"},
    {"wall_s", "s", "clock time of the run since it was last taken up; of a team its share"},
    {"cpu_s", "s", "of all threads; of a team its share"},
    {"peak_rss", "bytes", "largest memory of the process so far"},
    {"team", "runs", "trained side by side"},
    {"threads", "threads", "of the run"},
    {"kind", "", "numeric kind, as in runs.csv"},
    {"version", "", "of idim"},
    {"commit", "", "of idim's source; dirty: with changes"},
    {"compiler", "", "name and version"},
    {"flags", "", "of the compiler"},
    {"blas", "", "library and kernel"},
    {"cpu", "", "model name"},
    {"instructions", "", "widest vector instructions that idim was built for"},
    {"real", "", "number type of the training"},
    {0},
};

static void head(const tables_column *columns, text *t)
{
    for (const tables_column *c = columns; c->name; c++)
        csv_text(t, c->name);
    csv_end(t);
}

static const char *role_of(const record *r)
{
    if (!r->run.epochs && !r->run.steps)
        return "floor";
    if (r->run.role == RUN_TUNE)
        return "tune";
    return strcmp(r->run.space, "full") ? "score" : "baseline";
}

/* ------------------------------------------------------------------ cells that many runs share */

typedef struct known { /* what was made of a text before */
    char *from, *made;
    int what;
} known;

typedef struct shared {
    known *all;
    size_t n, slots; /* a power of two, more than twice n */
} shared;

static known *shared_slot(const shared *k, int what, const char *from)
{
    size_t h = 1469598103934665603u ^ (size_t)what;
    for (const char *c = from; *c; c++)
        h = (h ^ (unsigned char)*c) * 1099511628211u;
    for (h &= k->slots - 1; k->all[h].from; h = (h + 1) & (k->slots - 1))
        if (k->all[h].what == what && !strcmp(k->all[h].from, from))
            break;
    return &k->all[h];
}

static status shared_grow(shared *k)
{
    shared more = {.slots = k->slots ? 2 * k->slots : 256, .n = k->n};
    if (!(more.all = mem_array(more.slots, sizeof *more.all)))
        return ERR_MEMORY;
    for (size_t i = 0; i < k->slots; i++)
        if (k->all[i].from)
            *shared_slot(&more, k->all[i].what, k->all[i].from) = k->all[i];
    mem_free(k->all);
    *k = more;
    return OK;
}

static void shared_clear(shared *k)
{
    for (size_t i = 0; i < k->slots; i++) {
        mem_free(k->all[i].from);
        mem_free(k->all[i].made);
    }
    mem_free(k->all);
}

/* Makes the cells of a text (of a kind: of a run that has it) and appends them. */
typedef status make_cells(const record *r, const char *from, text *out);

static status shared_cells(shared *k, int what, make_cells *make, const record *r, const char *from,
                           text *out)
{
    status st;
    if (*r->run.exec) /* what these are to a program hangs on its command too */
        return make(r, from, out);
    if (2 * k->n >= k->slots && (st = shared_grow(k)))
        return st;
    known *found = shared_slot(k, what, from);
    if (!found->from) {
        text made = {0};
        char *copy = mem_string(from);
        text_bytes(&made, "", 0);
        st = copy ? make(r, from, &made) : ERR_MEMORY;
        if (!st && made.failed)
            st = ERR_MEMORY;
        if (st) {
            mem_free(copy);
            text_clear(&made);
            return st;
        }
        *found = (known){copy, made.text, what};
        k->n++;
    }
    text_bytes(out, found->made, strlen(found->made));
    return OK;
}

/* The kinds, by run_without_places on a run that is at its defaults otherwise. */
static status kind_cell(const run_spec *run, const char *name, text *out)
{
    run_spec placeless;
    key_texts texts = {0};
    text value = {0};
    status st = run_without_places(run, NULL, &placeless, &texts);
    if (!st) {
        if (exec_heeds(run, name))
            run_value(&placeless, name, &value);
        csv_text(out, value.text ? value.text : "");
        out->failed |= value.failed;
    }
    text_clear(&value);
    key_texts_clear(&texts);
    return st;
}

#define KIND_CELL(name)                                                                            \
    static status name##_cell(const record *r, const char *from, text *out)                        \
    {                                                                                              \
        (void)from;                                                                                \
        return kind_cell(&r->run, #name, out);                                                     \
    }
KIND_CELL(data)
KIND_CELL(model)
KIND_CELL(optimiser)
KIND_CELL(schedule)
#undef KIND_CELL

static status space_cells(const record *r, const char *from, text *out)
{
    run_spec placeless;
    key_texts texts = {0};
    char *without = NULL;
    status st = run_without_places(&r->run, NULL, &placeless, &texts);
    (void)from;
    if (!st) {
        const char *swept = run_swept(&placeless, placeless.space);
        st = swept ? run_with(&placeless, placeless.space, swept, NULL, &without) : OK;
        if (!st) {
            csv_text(out, without ? without : placeless.space);
            csv_text(out, placeless.space);
        }
    }
    mem_free(without);
    key_texts_clear(&texts);
    return st;
}

/* What a program says of itself, from `version` on. */
static status by_cells(const record *r, const char *from, text *out)
{
    json_t *by = json_loads(*from ? from : "{}", 0, NULL);
    bool on = false;
    (void)r;
    for (const tables_column *c = tables_provenance; c->name; c++) {
        on = on || !strcmp(c->name, "version");
        if (on)
            csv_text(out, jsonl_get_string(by, c->name, ""));
    }
    json_decref(by);
    return OK;
}

/* ------------------------------------------------------------------ rows */

/* A number as it stands in a line: it was written as csv_number would write it. */
static void raw_number(jsonl_span value, text *t)
{
    size_t n = 0;
    while (n < value.n && ((value.at[n] >= '0' && value.at[n] <= '9') || value.at[n] == '.' ||
                           value.at[n] == '-' || value.at[n] == '+' || value.at[n] == 'e'))
        n++;
    text_bytes(t, value.at, n == value.n ? n : 0);
    text_bytes(t, ",", 1);
}

/* Members of a line that are numbers, in the line's order, all of them there or empty. */
static void raw_numbers(const record *r, const char *const *names, size_t n, text *t)
{
    jsonl_span rest, name, value;
    size_t i = 0;
    if (!jsonl_members(r->line.at, r->line.n, &rest))
        while (i < n && jsonl_member(&rest, &name, &value))
            if (jsonl_is(name, names[i]) && ++i)
                raw_number(r->status == RECORD_FAILED ? (jsonl_span){0} : value, t);
    for (; i < n; i++)
        text_bytes(t, ",", 1);
}

/* A key of a run that runs.csv shows as it is. */
static void spec_cell(const run_spec *r, const char *name, text *t)
{
    text value = {0};
    if (exec_heeds(r, name)) /* a program makes nothing of the others, whatever they are */
        run_value(r, name, &value);
    csv_text(t, value.text ? value.text : "");
    t->failed |= value.failed;
    text_clear(&value);
}

static status run_row(shared *k, const record *r, text *t)
{
    static const char *const names[] = {"score",    "score_best", "loss", "val",
                                        "val_best", "train",      "gain", "update_norm"};
    static const char *const rest[] = {"epochs",      "steps",  "batch",      "clip",        "l2",
                                       "seed.theta0", "seed.P", "seed.order", "seed.dropout"},
                             *const later[] = {"exec", "exec.content", "frozen", "trainer",
                                               "data.content"};
    const train_result *x = &r->result;
    const size_t counts[] = {x->best_epoch, x->epochs, x->steps, r->n_train, r->n_val, r->n_test};
    status st;
    csv_text(t, r->id);
    if ((st = shared_cells(k, 's', space_cells, r, r->run.space, t)))
        return st;
    csv_count(t, r->d - r->d_head);
    csv_count(t, r->d_head);
    csv_count(t, r->d);
    csv_count(t, r->D);
    csv_text(t, role_of(r));
    csv_count(t, r->run.seed);
    csv_text(t, record_status_text[r->status]);
    csv_text(t, r->metric);
    raw_numbers(r, names, sizeof names / sizeof *names, t);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        csv_count(t, counts[i]);
    csv_number(t, r->lr);
    if ((st = shared_cells(k, 'd', data_cell, r, r->run.data, t)) ||
        (st = shared_cells(k, 'm', model_cell, r, r->run.model, t)))
        return st;
    spec_cell(&r->run, "from.content", t);
    if ((st = shared_cells(k, 'o', optimiser_cell, r, r->run.optimiser, t)) ||
        (st = shared_cells(k, 'c', schedule_cell, r, r->run.schedule, t)))
        return st;
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        spec_cell(&r->run, rest[i], t);
    csv_text(t, r->kind);
    csv_text(t, r->reason);
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        spec_cell(&r->run, later[i], t);
    csv_end(t);
    return OK;
}

static void history_rows(const record *r, text *t)
{
    jsonl_span rest, row, value;
    jsonl_inside(r->rows, '[', &rest);
    while (jsonl_value(&rest, &row)) {
        jsonl_inside(row, '[', &row);
        csv_text(t, r->id);
        for (size_t i = 0; i < TRAIN_ROW; i++) {
            if (!jsonl_value(&row, &value))
                value = (jsonl_span){0};
            raw_number(value, t);
        }
        csv_end(t);
    }
}

static status provenance_row(shared *k, const record *r, text *t)
{
    csv_text(t, r->id);
    csv_text(t, r->start);
    csv_text(t, r->host);
    csv_number(t, r->wall_s);
    csv_number(t, r->cpu_s);
    csv_number(t, r->peak_rss);
    csv_count(t, r->team);
    csv_count(t, r->threads);
    csv_text(t, r->kind);
    status st = shared_cells(k, 'b', by_cells, r, r->by, t);
    csv_end(t);
    return st;
}

/* A long text in parts: one that doubled would be copied and cleared again and again. */
typedef struct sheet {
    const char *name;
    text now;
    file_piece *pieces;
    size_t n;
} sheet;

static status sheet_cut(sheet *x)
{
    file_piece *more = x->now.failed ? NULL : mem_resize(x->pieces, x->n + 1, sizeof *more);
    if (!more)
        return ERR_MEMORY;
    x->pieces = more;
    more[x->n++] = (file_piece){x->now.text, x->now.length};
    x->now = (text){0};
    return OK;
}

static status sheet_write(sheet *x, const store *s)
{
    char *path = mem_printf("%s/%s", store_folder(s), x->name);
    status st = path ? sheet_cut(x) : ERR_MEMORY;
    if (!st)
        st = file_write_pieces(path, x->pieces, x->n);
    mem_free(path);
    return st;
}

static void sheet_clear(sheet *x)
{
    for (size_t i = 0; i < x->n; i++) {
        union { /* the piece borrows; here is who owns */
            const void *borrowed;
            void *owned;
        } bytes = {.borrowed = x->pieces[i].bytes};
        mem_free(bytes.owned);
    }
    mem_free(x->pieces);
    text_clear(&x->now);
}

status tables_write(store *s)
{
    enum { CUT = 1 << 20, SHEETS = 3 };
    sheet all[SHEETS] = {{.name = "runs.csv"}, {.name = "history.csv"}, {.name = "provenance.csv"}};
    const tables_column *const columns[SHEETS] = {tables_runs, tables_history, tables_provenance};
    shared k = {0};
    status st = OK;
    for (size_t j = 0; j < SHEETS; j++)
        head(columns[j], &all[j].now);
    for (size_t i = 0; i < store_count(s) && !st; i++) {
        const record *r = store_at(s, i);
        st = run_row(&k, r, &all[0].now);
        history_rows(r, &all[1].now);
        if (!st)
            st = provenance_row(&k, r, &all[2].now);
        for (size_t j = 0; j < SHEETS && !st; j++)
            if (all[j].now.length > CUT || all[j].now.failed)
                st = sheet_cut(&all[j]);
    }
    shared_clear(&k);
    for (size_t j = 0; j < SHEETS && !st; j++)
        st = sheet_write(&all[j], s);
    for (size_t j = 0; j < SHEETS; j++)
        sheet_clear(&all[j]);
    return st;
}
