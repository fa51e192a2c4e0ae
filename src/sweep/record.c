/* record.c -- see record.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/os.h"
#include "sweep/record.h"

const char *const record_status_text[RECORD_STATES] = {"ok", "stopped", "diverged", "failed"};

/* The numbers of a result, in the order in which they are written. */
static const struct {
    const char *name;
    size_t field;
} numbers[] = {
    {"score", offsetof(train_result, score)},
    {"score_best", offsetof(train_result, score_best)},
    {"loss", offsetof(train_result, loss)},
    {"val", offsetof(train_result, val)},
    {"val_best", offsetof(train_result, val_best)},
    {"train", offsetof(train_result, train)},
    {"gain", offsetof(train_result, gain)},
    {"update_norm", offsetof(train_result, update_norm)},
};
static const struct {
    const char *name;
    size_t field;
} counts[] = {
    {"d", offsetof(record, d)},
    {"d_head", offsetof(record, d_head)},
    {"D", offsetof(record, D)},
    {"n_train", offsetof(record, n_train)},
    {"n_val", offsetof(record, n_val)},
    {"n_test", offsetof(record, n_test)},
    {"tries", offsetof(record, tries)},
    {"epochs", offsetof(record, result.epochs)},
    {"steps", offsetof(record, result.steps)},
    {"best_epoch", offsetof(record, result.best_epoch)},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers, COUNTS = sizeof counts / sizeof *counts };

static double number_at(const train_result *r, size_t i)
{
    return *(const double *)((const char *)r + numbers[i].field);
}

static size_t count_at(const record *r, size_t i)
{
    return *(const size_t *)((const char *)r + counts[i].field);
}

/* All members that the byte promise covers. */
static void write_numbers(const record *r, text *t)
{
    double row[TRAIN_ROW];
    text_add(t, "\"format\":%d,\"id\":\"%s\",\"kind\":\"%s\",\"status\":\"%s\",\"reason\":",
             RECORD_FORMAT, r->id, r->kind, record_status_text[r->status]);
    jsonl_string(t, r->reason ? r->reason : "");
    text_add(t, ",\"outside\":%s,\"run\":", r->outside ? "true" : "false");
    run_write(&r->run, t);
    for (size_t i = 0; i < COUNTS; i++)
        text_add(t, ",\"%s\":%zu", counts[i].name, count_at(r, i));
    text_add(t, ",\"lr\":");
    jsonl_number(t, r->lr);
    text_add(t, ",\"metric\":");
    jsonl_string(t, r->metric ? r->metric : "");
    text_add(t, ",\"lower_is_better\":%s", r->lower_is_better ? "true" : "false");
    for (size_t i = 0; i < NUMBERS; i++) {
        text_add(t, ",\"%s\":", numbers[i].name);
        jsonl_number(t, number_at(&r->result, i));
    }
    text_add(t, ",\"history\":[");
    for (size_t k = 0; k < r->result.n_history; k++) {
        train_row_numbers(&r->result.history[k], row);
        text_add(t, k ? ",[" : "[");
        for (size_t i = 0; i < TRAIN_ROW; i++) {
            text_add(t, i ? "," : "");
            jsonl_number(t, row[i]);
        }
        text_add(t, "]");
    }
    text_add(t, "]");
}

void record_write(const record *r, text *line)
{
    text t = {0};
    write_numbers(r, &t);
    text_add(&t, ",\"bits\":{\"file\":");
    jsonl_string(&t, r->bits_file ? r->bits_file : "");
    text_add(&t, ",\"offset\":%llu,\"n\":%zu,\"crc\":%lu}", (unsigned long long)r->bits_offset,
             r->result.n_bits, (unsigned long)r->bits_crc);
    text_add(&t, ",\"made\":{\"start\":");
    jsonl_string(&t, r->start);
    text_add(&t, ",\"host\":");
    jsonl_string(&t, r->host);
    text_add(&t, ",\"wall_s\":");
    jsonl_number(&t, r->wall_s);
    text_add(&t, ",\"cpu_s\":");
    jsonl_number(&t, r->cpu_s);
    text_add(&t, ",\"peak_rss\":");
    jsonl_number(&t, r->peak_rss);
    text_add(&t, ",\"team\":%zu,\"threads\":%zu,\"by\":%s}", r->team, r->threads,
             r->by ? r->by : "{}");
    if (t.failed)
        line->failed = true;
    else
        jsonl_seal(t.text, line);
    text_clear(&t);
}

bool record_same(const record *a, const record *b)
{
    text s = {0}, t = {0};
    key_texts texts = {0};
    record x = *a, y = *b;
    bool same = !run_without_places(&a->run, NULL, &x.run, &texts) &&
                !run_without_places(&b->run, NULL, &y.run, &texts);
    write_numbers(&x, &s);
    write_numbers(&y, &t);
    same =
        same && !s.failed && !t.failed && s.length == t.length && !memcmp(s.text, t.text, s.length);
    text_clear(&s);
    text_clear(&t);
    key_texts_clear(&texts);
    return same;
}

const char *record_text(record *r, const char *text_)
{
    char *copy = mem_string(text_);
    char **more = mem_resize(r->texts.text, r->texts.n + 1, sizeof *more);
    if (more)
        r->texts.text = more;
    if (!copy || !more) {
        mem_free(copy);
        return NULL;
    }
    return more[r->texts.n++] = copy;
}

status record_failed(record *r, const run_spec *run, const char id[RUN_ID], const char *reason,
                     bool outside)
{
    *r = (record){.status = RECORD_FAILED, .outside = outside, .tries = 1};
    status st = run_copy(run, &r->run, &r->texts);
    memcpy(r->id, id, RUN_ID);
    os_host(r->host);
    os_time_text(r->start);
    if (!st && (!(r->reason = record_text(r, reason)) || !(r->metric = record_text(r, ""))))
        st = ERR_MEMORY;
    r->bits_file = r->metric;
    if (st)
        record_clear(r);
    return st;
}

static status read_history(const json_t *rows, train_result *r)
{
    size_t n = json_array_size(rows);
    r->history = mem_array(n, sizeof *r->history);
    if (!r->history)
        return ERR_MEMORY;
    for (size_t k = 0; k < n; k++) {
        const json_t *row = json_array_get(rows, k);
        double x[TRAIN_ROW];
        for (size_t i = 0; i < TRAIN_ROW; i++)
            x[i] = i < 2 ? (double)jsonl_count_of(json_array_get(row, i), 0)
                         : jsonl_number_of(json_array_get(row, i), (double)NAN);
        r->history[k] = train_row_of(x);
    }
    r->n_history = n;
    return OK;
}

/* room - 1 hexadecimal digits, or nothing: they are written and become names as they stand. */
static bool read_hex(const json_t *o, const char *name, char *out, size_t room)
{
    const char *s = jsonl_get_string(o, name, "");
    size_t n = strlen(s);
    if ((n && n != room - 1) || strspn(s, "0123456789abcdef") != n)
        return false;
    memcpy(out, s, n + 1);
    return true;
}

static status read_members(const json_t *o, record *r)
{
    static const record_status good[] = {RECORD_OK, RECORD_STOPPED, RECORD_DIVERGED, RECORD_FAILED};
    const json_t *made = json_object_get(o, "made"), *bits = json_object_get(o, "bits");
    const char *word = jsonl_get_string(o, "status", "");
    status st;
    if (jsonl_get_number(o, "format", 0) != RECORD_FORMAT)
        return error_set(ERR_FORMAT, "the line has format %g, this program reads %d",
                         jsonl_get_number(o, "format", 0), RECORD_FORMAT);
    r->status = RECORD_STATES;
    for (size_t i = 0; i < RECORD_STATES; i++)
        if (!strcmp(word, record_status_text[i]))
            r->status = good[i];
    if (r->status == RECORD_STATES || !read_hex(o, "id", r->id, RUN_ID) || !*r->id ||
        !read_hex(o, "kind", r->kind, sizeof r->kind))
        return error_set(ERR_FORMAT, "the line has no run id, no kind or no status");
    strncpy(r->start, jsonl_get_string(made, "start", ""), sizeof r->start - 1);
    strncpy(r->host, jsonl_get_string(made, "host", ""), sizeof r->host - 1);
    r->outside = json_is_true(json_object_get(o, "outside"));
    r->lower_is_better = json_is_true(json_object_get(o, "lower_is_better"));
    r->lr = jsonl_get_number(o, "lr", (double)NAN);
    for (size_t i = 0; i < COUNTS; i++)
        *(size_t *)((char *)r + counts[i].field) = jsonl_get_count(o, counts[i].name, 0);
    for (size_t i = 0; i < NUMBERS; i++)
        *(double *)((char *)&r->result + numbers[i].field) =
            jsonl_get_number(o, numbers[i].name, (double)NAN);
    r->result.d = r->d;
    r->result.n_bits = jsonl_get_count(bits, "n", 0);
    r->bits_offset = jsonl_get_count(bits, "offset", 0);
    r->bits_crc = (uint32_t)jsonl_get_count(bits, "crc", 0);
    r->wall_s = jsonl_get_number(made, "wall_s", (double)NAN);
    r->cpu_s = jsonl_get_number(made, "cpu_s", (double)NAN);
    r->peak_rss = jsonl_get_number(made, "peak_rss", (double)NAN);
    r->team = jsonl_get_count(made, "team", 1);
    r->threads = jsonl_get_count(made, "threads", 1);
    r->metric = record_text(r, jsonl_get_string(o, "metric", ""));
    r->reason = record_text(r, jsonl_get_string(o, "reason", ""));
    r->bits_file = record_text(r, jsonl_get_string(bits, "file", ""));
    char *by = json_dumps(json_object_get(made, "by"), JSON_COMPACT);
    r->by = record_text(r, by ? by : "{}");
    free(by);
    if (!r->metric || !r->reason || !r->bits_file || !r->by)
        return ERR_MEMORY;
    if (strchr(r->bits_file, '/'))
        return error_set(ERR_FORMAT, "the line's bits lie outside of the folder");
    if ((st = read_history(json_object_get(o, "history"), &r->result)))
        return st;
    return run_read(json_object_get(o, "run"), &r->run, &r->texts);
}

status record_read(const char *line, size_t n, record *r)
{
    json_t *object;
    status st;
    memset(r, 0, sizeof *r);
    if ((st = jsonl_open(line, n, &object)))
        return st;
    if ((st = read_members(object, r)))
        record_clear(r);
    json_decref(object);
    return st;
}

void record_clear(record *r)
{
    train_result_clear(&r->result);
    key_texts_clear(&r->texts);
    memset(r, 0, sizeof *r);
}

bool record_whole(const record *r)
{
    return r->status == RECORD_OK || r->status == RECORD_DIVERGED ||
           (r->status == RECORD_FAILED && (!r->outside || r->tries >= RECORD_TRIES));
}
