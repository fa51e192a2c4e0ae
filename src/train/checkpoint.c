/* checkpoint.c -- see checkpoint.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "format/jsonl.h"
#include "format/safetensors.h"
#include "train/checkpoint.h"

static const char line_name[] = "checkpoint";

enum { Z, Z_BEST, OPTIMISER, SPACE, TRAINER, HISTORY, PARTS };
static const char *const part_names[PARTS] = {"z",     "z_best",  "optimiser",
                                              "space", "trainer", "history"};

/* The tensors of a checkpoint with so many rows; shapes are kept in `shape`. */
static void parts_of(const checkpoint *c, const size_t rows, const double *history,
                     size_t shape[PARTS][2], safetensor parts[PARTS])
{
    const size_t shapes[PARTS][2] = {
        {c->d, 0},        {c->d, 0}, {c->slots, c->d}, {c->state_bytes, 0}, {c->trainer_bytes, 0},
        {rows, TRAIN_ROW}};
    const void *const data[PARTS] = {c->z, c->z_best, c->kept, c->state, c->trainer_state, history};
    memcpy(shape, shapes, sizeof shapes);
    for (size_t i = 0; i < PARTS; i++) {
        bool flat = i != OPTIMISER && i != HISTORY;
        parts[i] = (safetensor){.name = part_names[i],
                                .type = SAFETENSOR_REAL,
                                .dims = flat ? 1 : 2,
                                .shape = shape[i],
                                .n = flat ? shape[i][0] : shape[i][0] * shape[i][1],
                                .data = data[i]};
    }
    parts[SPACE].type = parts[TRAINER].type = SAFETENSOR_U8;
    parts[HISTORY].type = SAFETENSOR_F64;
    for (size_t i = 0; i < PARTS; i++)
        parts[i].bytes = parts[i].n * (safetensor_type_bits(parts[i].type) / 8);
}

static void sum_text(const safetensor *t, char out[9])
{
    snprintf(out, 9, "%08" PRIx32, hash_crc32(t->data, t->bytes));
}

/* ------------------------------------------------------------------ writing */

static void write_line(const checkpoint *c, const safetensor parts[PARTS], text *line)
{
    text t = {0};
    char sum[9];
    text_add(&t, "\"format\":%d,\"id\":\"%s\",\"kind\":\"%s\",\"step\":%zu,\"diverged\":%s",
             CHECKPOINT_FORMAT, c->id, c->kind, c->step, c->diverged ? "true" : "false");
    text_add(&t, ",\"rows\":%zu,\"best_epoch\":%zu,\"loss_sum\":", c->result->n_history,
             c->result->best_epoch);
    jsonl_number(&t, c->seen.loss);
    text_add(&t, ",\"hits\":%zu,\"seen\":%zu,\"hits_positive\":%zu,\"seen_positive\":%zu",
             c->seen.hits, c->seen.n, c->seen.hits_positive, c->seen.n_positive);
    for (size_t i = 0; i < PARTS; i++) {
        sum_text(&parts[i], sum);
        text_add(&t, ",\"%s\":\"%s\"", part_names[i], sum);
    }
    if (t.failed)
        line->failed = true;
    else
        jsonl_seal(t.text, line);
    text_clear(&t);
}

status checkpoint_write(const char *path, const checkpoint *c)
{
    size_t rows = c->result->n_history, shape[PARTS][2];
    double *history = mem_array(rows * TRAIN_ROW, sizeof *history);
    safetensor parts[PARTS];
    text line = {0};
    status st = history ? OK : ERR_MEMORY;
    for (size_t i = 0; i < rows && !st; i++)
        train_row_numbers(&c->result->history[i], history + i * TRAIN_ROW);
    if (!st) {
        parts_of(c, rows, history, shape, parts);
        write_line(c, parts, &line);
        st = line.failed ? ERR_MEMORY : file_make_folder_of(path);
    }
    if (!st) {
        line.text[line.length - 1] = '\0'; /* its '\n' */
        const safetensor_meta meta[] = {{line_name, line.text}};
        st = safetensors_write(path, parts, PARTS, meta, 1);
    }
    text_clear(&line);
    mem_free(history);
    return st;
}

/* ------------------------------------------------------------------ reading */

static status check_owner(const checkpoint *c, const json_t *line)
{
    const char *id = jsonl_get_string(line, "id", ""), *kind = jsonl_get_string(line, "kind", "");
    if (jsonl_get_number(line, "format", 0) != CHECKPOINT_FORMAT)
        return error_set(ERR_FORMAT, "a checkpoint of format %g, this program reads %d",
                         jsonl_get_number(line, "format", 0), CHECKPOINT_FORMAT);
    if (strcmp(id, c->id))
        return error_set(ERR_FORMAT, "a checkpoint of run %.40s, not of %s", id, c->id);
    if (strcmp(kind, c->kind))
        return error_set(ERR_FORMAT, "made on numeric kind %.40s, and this machine is %s", kind,
                         c->kind);
    return OK;
}

/* Every tensor must be there as it would be written, with the bytes that were summed. */
static status check_parts(const safetensors *f, const json_t *line, const safetensor want[PARTS],
                          const safetensor *found[PARTS])
{
    char sum[9];
    for (size_t i = 0; i < PARTS; i++) {
        const safetensor *t = found[i] = safetensors_find(f, part_names[i]);
        bool fits = t && t->type == want[i].type && t->dims == want[i].dims;
        for (size_t k = 0; fits && k < t->dims; k++)
            fits = t->shape[k] == want[i].shape[k];
        if (!fits)
            return error_set(ERR_FORMAT, "%s is missing or of another shape", part_names[i]);
        sum_text(t, sum);
        if (strcmp(sum, jsonl_get_string(line, part_names[i], "")))
            return error_set(ERR_FORMAT, "the checksum of %s is wrong: it was changed",
                             part_names[i]);
    }
    return OK;
}

static void history_row(const safetensor *t, size_t i, double row[TRAIN_ROW])
{
    memcpy(row, (const char *)t->data + i * TRAIN_ROW * sizeof *row, TRAIN_ROW * sizeof *row);
}

/* Epoch and step of a row are known; what else is there becomes no count. */
static status check_history(const safetensor *t, const train_plan *plan, size_t rows)
{
    double row[TRAIN_ROW];
    for (size_t i = 0; i < rows; i++) {
        history_row(t, i, row);
        if (row[0] != (double)(i + 1) || row[1] != (double)train_row_end(plan, i))
            return error_set(ERR_FORMAT, "row %zu of its history is of epoch %g and step %g", i + 1,
                             row[0], row[1]);
    }
    return OK;
}

static void take_history(const safetensor *t, checkpoint *c, size_t rows)
{
    double row[TRAIN_ROW];
    train_result *r = c->result;
    for (size_t i = 0; i < rows; i++) {
        history_row(t, i, row);
        r->history[i] = train_row_of(row);
    }
    r->n_history = rows;
    if (!rows)
        return;
    r->epochs = r->history[rows - 1].epoch;
    r->steps = r->history[rows - 1].step;
    r->val = r->history[rows - 1].val_score;
    r->train = r->history[rows - 1].train_score;
    r->val_best = r->history[r->best_epoch - 1].val_score;
}

static void take_bytes(void *to, const safetensor *t)
{
    if (t->bytes)
        memcpy(to, t->data, t->bytes);
}

static status read_line(const safetensors *f, const json_t *line, checkpoint *c)
{
    size_t rows = jsonl_get_count(line, "rows", SIZE_MAX),
           step = jsonl_get_count(line, "step", SIZE_MAX), shape[PARTS][2];
    size_t best = jsonl_get_count(line, "best_epoch", SIZE_MAX);
    bool diverged = json_is_true(json_object_get(line, "diverged"));
    safetensor want[PARTS];
    const safetensor *found[PARTS];
    status st = check_owner(c, line);
    if (st)
        return st;
    /* a diverged run writes no more rows */
    if (step > train_steps(c->plan) ||
        (diverged ? rows > train_rows_done(c->plan, step) : rows != train_rows_done(c->plan, step)))
        return error_set(ERR_FORMAT, "%zu rows at step %zu are none of this run", rows, step);
    if (rows ? best < 1 || best > rows : best != 0)
        return error_set(ERR_FORMAT, "epoch %zu cannot be the best of %zu", best, rows);
    parts_of(c, rows, NULL, shape, want);
    if ((st = check_parts(f, line, want, found)) ||
        (st = check_history(found[HISTORY], c->plan, rows)))
        return st;
    c->step = step;
    c->diverged = diverged;
    c->seen = (idim_tally){.loss = jsonl_get_number(line, "loss_sum", (double)NAN),
                           .hits = jsonl_get_count(line, "hits", SIZE_MAX),
                           .n = jsonl_get_count(line, "seen", SIZE_MAX),
                           .hits_positive = jsonl_get_count(line, "hits_positive", SIZE_MAX),
                           .n_positive = jsonl_get_count(line, "seen_positive", SIZE_MAX)};
    c->result->best_epoch = best;
    take_bytes(c->z, found[Z]);
    take_bytes(c->z_best, found[Z_BEST]);
    take_bytes(c->kept, found[OPTIMISER]);
    take_bytes(c->state, found[SPACE]);
    take_bytes(c->trainer_state, found[TRAINER]);
    take_history(found[HISTORY], c, rows);
    return OK;
}

status checkpoint_read(const char *path, checkpoint *c)
{
    safetensors *f;
    json_t *line = NULL;
    status st = safetensors_open(&f, path);
    if (st)
        return st;
    const char *text_ = safetensors_meta(f, line_name);
    if (!text_)
        st = error_set(ERR_FORMAT, "no checkpoint of a run");
    else if (!(st = jsonl_open(text_, strlen(text_), &line)))
        st = read_line(f, line, c);
    if (st)
        error_prefix("%s: ", path);
    json_decref(line);
    safetensors_close(f);
    return st;
}
