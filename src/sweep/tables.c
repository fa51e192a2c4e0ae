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
    {"role", "", "score, tune (never scored), baseline, floor"},
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
    {"exec", "", "the program that trained it; empty: idim"},
    {"exec.content", "", "SHA-256 of the program's files; empty: none were named"},
    {"kind", "", "numeric kind: alike where the same work gives the same bytes"},
    {"reason", "", "of a failure: one sentence"},
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
    if (r->run.role == RUN_TUNE)
        return "tune";
    if (!r->run.epochs && !r->run.steps)
        return "floor";
    return strcmp(r->run.space, "full") ? "score" : "baseline";
}

static status space_cell(const run_spec *r, text *t)
{
    const char *swept = run_swept(r, r->space);
    char *without = NULL;
    status st = swept ? run_with(r, r->space, swept, NULL, &without) : OK;
    if (!st)
        csv_text(t, without ? without : r->space);
    mem_free(without);
    return st;
}

/* The keys of a run that runs.csv shows as they are. */
static void spec_cells(const run_spec *r, const char *const *names, size_t n, text *t)
{
    text value = {0};
    for (size_t i = 0; i < n; i++) {
        text_clear(&value);
        if (exec_heeds(r, names[i])) /* a program makes nothing of the others, whatever they are */
            run_value(r, names[i], &value);
        csv_text(t, value.text ? value.text : "");
        t->failed |= value.failed;
    }
    text_clear(&value);
}

static status run_row(const record *r, text *t)
{
    static const char *const keys[] = {
        "data",       "model",        "from.content", "optimiser",   "schedule",    "epochs",
        "steps",      "batch",        "clip",         "l2",          "seed.theta0", "seed.P",
        "seed.order", "seed.dropout", "exec",         "exec.content"};
    const train_result *x = &r->result;
    const double numbers[] = {x->score,    x->score_best, x->loss, x->val,
                              x->val_best, x->train,      x->gain, x->update_norm};
    const size_t counts[] = {x->best_epoch, x->epochs, x->steps, r->n_train, r->n_val, r->n_test};
    run_spec placeless;
    key_texts texts = {0};
    status st;
    csv_text(t, r->id);
    if ((st = run_without_places(&r->run, NULL, &placeless, &texts)) ||
        (st = space_cell(&placeless, t))) {
        key_texts_clear(&texts);
        return st;
    }
    csv_text(t, placeless.space);
    csv_count(t, r->d - r->d_head);
    csv_count(t, r->d_head);
    csv_count(t, r->d);
    csv_count(t, r->D);
    csv_text(t, role_of(r));
    csv_count(t, r->run.seed);
    csv_text(t, record_status_text[r->status]);
    csv_text(t, r->metric);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        csv_number(t, r->status == RECORD_FAILED ? (double)NAN : numbers[i]);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        csv_count(t, counts[i]);
    csv_number(t, r->lr);
    spec_cells(&placeless, keys, sizeof keys / sizeof *keys, t);
    key_texts_clear(&texts);
    csv_text(t, r->kind);
    csv_text(t, r->reason);
    csv_end(t);
    return OK;
}

static void history_rows(const record *r, text *t)
{
    for (size_t i = 0; i < r->result.n_history; i++) {
        const train_row *h = &r->result.history[i];
        csv_text(t, r->id);
        csv_count(t, h->epoch);
        csv_count(t, h->step);
        csv_number(t, h->lr);
        csv_number(t, h->train_loss);
        csv_number(t, h->train_score);
        csv_number(t, h->val_loss);
        csv_number(t, h->val_score);
        csv_end(t);
    }
}

static void provenance_row(const record *r, text *t)
{
    json_t *by = json_loads(r->by && *r->by ? r->by : "{}", 0, NULL);
    bool from = false;
    csv_text(t, r->id);
    csv_text(t, r->start);
    csv_text(t, r->host);
    csv_number(t, r->wall_s);
    csv_number(t, r->cpu_s);
    csv_number(t, r->peak_rss);
    csv_count(t, r->team);
    csv_count(t, r->threads);
    csv_text(t, r->kind);
    for (const tables_column *c = tables_provenance; c->name; c++) {
        from =
            from || !strcmp(c->name, "version"); /* from here on what the program says of itself */
        if (from)
            csv_text(t, jsonl_get_string(by, c->name, ""));
    }
    csv_end(t);
    json_decref(by);
}

static status put(const store *s, const char *name, text *t, status st)
{
    char *path = mem_printf("%s/%s", store_folder(s), name);
    if (!st && (t->failed || !path))
        st = ERR_MEMORY;
    if (!st)
        st = file_write(path, t->text, t->length);
    mem_free(path);
    text_clear(t);
    return st;
}

status tables_write(store *s)
{
    text runs = {0}, history = {0}, made = {0};
    status st = OK;
    head(tables_runs, &runs);
    head(tables_history, &history);
    head(tables_provenance, &made);
    for (size_t i = 0; i < store_count(s) && !st; i++) {
        const record *r = store_at(s, i);
        if (!r) {
            st = ERR_MEMORY;
            break;
        }
        st = run_row(r, &runs);
        history_rows(r, &history);
        provenance_row(r, &made);
    }
    st = put(s, "runs.csv", &runs, st);
    st = put(s, "history.csv", &history, st);
    return put(s, "provenance.csv", &made, st);
}
