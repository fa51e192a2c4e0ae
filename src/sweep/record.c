/* record.c -- see record.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/locale.h"
#include "base/mem.h"
#include "base/os.h"
#include "sweep/record.h"

const char *const record_status_text[RECORD_STATES] = {"ok", "stopped", "diverged", "failed"};

/* The members of a line in the order in which they are written. Those up to `history` are the byte promise's. */
typedef enum form {
    FORMAT,
    HEX,  /* `room` - 1 digits, or nothing: they are written and become names as they stand */
    WORD, /* the status */
    TEXT,
    CHARS, /* a text of less than `room` bytes */
    RAW,   /* a text that is a JSON object */
    FLAG,
    COUNT,
    COUNT64,
    COUNT32,
    NUMBER,
    RUN,
    HISTORY,
    INNER
} form;
typedef struct member {
    const char *name;
    form form;
    size_t field, room;
    const struct member *inner; /* of an object */
} member;

static const member bits_members[] = {
    {"file", TEXT, offsetof(record, bits_file), 0, NULL},
    {"offset", COUNT64, offsetof(record, bits_offset), 0, NULL},
    {"n", COUNT, offsetof(record, result.n_bits), 0, NULL},
    {"crc", COUNT32, offsetof(record, bits_crc), 0, NULL},
    {0},
};
static const member made_members[] = {
    {"start", CHARS, offsetof(record, start), sizeof((record *)0)->start, NULL},
    {"host", CHARS, offsetof(record, host), sizeof((record *)0)->host, NULL},
    {"wall_s", NUMBER, offsetof(record, wall_s), 0, NULL},
    {"cpu_s", NUMBER, offsetof(record, cpu_s), 0, NULL},
    {"peak_rss", NUMBER, offsetof(record, peak_rss), 0, NULL},
    {"team", COUNT, offsetof(record, team), 0, NULL},
    {"threads", COUNT, offsetof(record, threads), 0, NULL},
    {"by", RAW, offsetof(record, by), 0, NULL},
    {0},
};
static const member members[] = {
    {"format", FORMAT, 0, 0, NULL},
    {"id", HEX, offsetof(record, id), RUN_ID, NULL},
    {"kind", HEX, offsetof(record, kind), sizeof((record *)0)->kind, NULL},
    {"status", WORD, 0, 0, NULL},
    {"reason", TEXT, offsetof(record, reason), 0, NULL},
    {"outside", FLAG, offsetof(record, outside), 0, NULL},
    {"run", RUN, 0, 0, NULL},
    {"d", COUNT, offsetof(record, d), 0, NULL},
    {"d_head", COUNT, offsetof(record, d_head), 0, NULL},
    {"D", COUNT, offsetof(record, D), 0, NULL},
    {"n_train", COUNT, offsetof(record, n_train), 0, NULL},
    {"n_val", COUNT, offsetof(record, n_val), 0, NULL},
    {"n_test", COUNT, offsetof(record, n_test), 0, NULL},
    {"tries", COUNT, offsetof(record, tries), 0, NULL},
    {"epochs", COUNT, offsetof(record, result.epochs), 0, NULL},
    {"steps", COUNT, offsetof(record, result.steps), 0, NULL},
    {"best_epoch", COUNT, offsetof(record, result.best_epoch), 0, NULL},
    {"lr", NUMBER, offsetof(record, lr), 0, NULL},
    {"metric", TEXT, offsetof(record, metric), 0, NULL},
    {"lower_is_better", FLAG, offsetof(record, lower_is_better), 0, NULL},
    {"score", NUMBER, offsetof(record, result.score), 0, NULL},
    {"score_best", NUMBER, offsetof(record, result.score_best), 0, NULL},
    {"loss", NUMBER, offsetof(record, result.loss), 0, NULL},
    {"val", NUMBER, offsetof(record, result.val), 0, NULL},
    {"val_best", NUMBER, offsetof(record, result.val_best), 0, NULL},
    {"train", NUMBER, offsetof(record, result.train), 0, NULL},
    {"gain", NUMBER, offsetof(record, result.gain), 0, NULL},
    {"update_norm", NUMBER, offsetof(record, result.update_norm), 0, NULL},
    {"history", HISTORY, 0, 0, NULL},
    {"bits", INNER, 0, 0, bits_members},
    {"made", INNER, 0, 0, made_members},
    {0},
};

/* ------------------------------------------------------------------ writing */

static void write_history(const record *r, text *t)
{
    double row[TRAIN_ROW];
    if (r->rows.n) { /* still as they were read */
        text_bytes(t, r->rows.at, r->rows.n);
        return;
    }
    text_add(t, "[");
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

static void write_member(const record *r, const member *m, text *t);

static void write_members(const record *r, const member *m, const char *last, text *t)
{
    for (bool first = true; m->name; m++, first = false) {
        text_add(t, first ? "\"%s\":" : ",\"%s\":", m->name);
        write_member(r, m, t);
        if (last && !strcmp(m->name, last))
            return;
    }
}

static void write_member(const record *r, const member *m, text *t)
{
    const void *field = (const char *)r + m->field;
    const char *s = m->form == TEXT || m->form == RAW ? *(const char *const *)field : NULL;
    switch (m->form) {
    case FORMAT:
        text_add(t, "%d", RECORD_FORMAT);
        break;
    case HEX:
    case CHARS:
        jsonl_string(t, field);
        break;
    case WORD:
        jsonl_string(t, record_status_text[r->status]);
        break;
    case TEXT:
        jsonl_string(t, s ? s : "");
        break;
    case RAW:
        text_add(t, "%s", s ? s : "{}");
        break;
    case FLAG:
        text_add(t, *(const bool *)field ? "true" : "false");
        break;
    case COUNT:
        text_add(t, "%zu", *(const size_t *)field);
        break;
    case COUNT64:
        text_add(t, "%" PRIu64, *(const uint64_t *)field);
        break;
    case COUNT32:
        text_add(t, "%" PRIu32, *(const uint32_t *)field);
        break;
    case NUMBER:
        jsonl_number(t, *(const double *)field);
        break;
    case RUN:
        run_write(&r->run, t);
        break;
    case HISTORY:
        write_history(r, t);
        break;
    case INNER:
        text_add(t, "{");
        write_members(r, m->inner, NULL, t);
        text_add(t, "}");
    }
}

/* All members that the byte promise covers. */
static void write_numbers(const record *r, text *t)
{
    write_members(r, members, "history", t);
}

void record_write(const record *r, text *line)
{
    text t = {0};
    write_members(r, members, NULL, &t);
    if (t.failed)
        line->failed = true;
    else
        jsonl_seal(t.text, line);
    text_clear(&t);
}

/* Of lines as they stand: all but the seal, up to the end of the history. */
static bool same_bytes(const record *a, const record *b)
{
    if (!a->rows.n || !b->rows.n || strcmp(a->kind, b->kind) != 0)
        return false;
    const char *x = a->rows.at + a->rows.n, *y = b->rows.at + b->rows.n;
    size_t n = (size_t)(x - a->line.at), seal = 18;
    return n > seal && n == (size_t)(y - b->line.at) &&
           !memcmp(a->line.at + seal, b->line.at + seal, n - seal);
}

bool record_same(const record *a, const record *b)
{
    if (same_bytes(a, b))
        return true;
    text s = {0}, t = {0};
    key_texts texts = {0};
    record x = *a, y = *b;
    bool same = !run_without_places(&a->run, NULL, &x.run, &texts) &&
                !run_without_places(&b->run, NULL, &y.run, &texts);
    x.run.data_content = y.run.data_content = ""; /* an older idim left it out; ids hold it */
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
    return key_texts_take(&r->texts, mem_string(text_));
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

/* ------------------------------------------------------------------ reading */

/* Appends the rows of a history; one that is no row of numbers is none. */
static status read_history(jsonl_span all, train_row **rows, size_t *n)
{
    jsonl_span rest, row, value;
    size_t room = 0;
    *rows = NULL;
    *n = 0;
    if (!jsonl_inside(all, '[', &rest))
        return OK;
    while (jsonl_value(&rest, &row)) {
        double x[TRAIN_ROW];
        if (*n == room) {
            train_row *more = mem_resize(*rows, room = 2 * room + 32, sizeof *more);
            if (!more) {
                mem_free(*rows);
                *rows = NULL;
                return ERR_MEMORY;
            }
            *rows = more;
        }
        jsonl_inside(row, '[', &row);
        for (size_t i = 0; i < TRAIN_ROW; i++) {
            if (!jsonl_value(&row, &value))
                value = (jsonl_span){0};
            x[i] = i < 2 ? (double)jsonl_count_in(value, 0) : jsonl_number_in(value, (double)NAN);
        }
        (*rows)[(*n)++] = train_row_of(x);
    }
    return OK;
}

status record_history(const record *r, train_row **rows, size_t *n)
{
    if (r->rows.n) {
        locale_t user = locale_enter();
        status st = read_history(r->rows, rows, n);
        locale_leave(user);
        return st;
    }
    *n = r->result.n_history;
    *rows = mem_copy(r->result.history, *n, sizeof **rows);
    return *rows ? OK : ERR_MEMORY;
}

static status read_text(record *r, jsonl_span value, const char **field)
{
    char *fresh;
    status st = jsonl_text_in(value, &fresh);
    if (st)
        return st;
    *field = fresh ? key_texts_take(&r->texts, fresh) : record_text(r, "");
    return *field ? OK : ERR_MEMORY;
}

/* An object goes on as it stands when it is plain. */
static status read_raw(record *r, jsonl_span value, const char **field)
{
    json_error_t error;
    bool plain = value.n && *value.at == '{';
    char *raw = NULL;
    for (size_t i = 0; i < value.n && plain; i++)
        plain = (unsigned char)value.at[i] >= 0x20 && (unsigned char)value.at[i] < 0x7f;
    if (plain) {
        if ((raw = mem_raw(value.n + 1, 1))) {
            memcpy(raw, value.at, value.n);
            raw[value.n] = '\0';
        }
    } else {
        json_t *object = json_loadb(value.at, value.n, 0, &error);
        char *dumped = json_dumps(object, JSON_COMPACT);
        raw = mem_string(dumped ? dumped : "{}");
        free(dumped);
        json_decref(object);
    }
    *field = key_texts_take(&r->texts, raw);
    return *field ? OK : ERR_MEMORY;
}

static status read_chars(const member *m, jsonl_span value, char *field)
{
    char *fresh;
    status st = jsonl_text_in(value, &fresh);
    if (fresh && m->form == HEX &&
        ((*fresh && strlen(fresh) != m->room - 1) ||
         strspn(fresh, "0123456789abcdef") != strlen(fresh)))
        st = error_set(ERR_FORMAT, "the line has no run id, no kind or no status");
    else if (fresh)
        snprintf(field, m->room, "%s", fresh);
    mem_free(fresh);
    return st;
}

static status read_members(jsonl_span rest, const member *all, record *r);

static status read_member(const member *m, jsonl_span value, record *r)
{
    void *field = (char *)r + m->field;
    jsonl_span inside;
    switch (m->form) {
    case FORMAT:
        if (jsonl_number_in(value, 0) != RECORD_FORMAT)
            return error_set(ERR_FORMAT, "the line has format %g, this program reads %d",
                             jsonl_number_in(value, 0), RECORD_FORMAT);
        break;
    case HEX:
    case CHARS:
        return read_chars(m, value, field);
    case WORD:
        for (size_t i = 0; i < RECORD_STATES; i++)
            if (value.n > 2 &&
                jsonl_is((jsonl_span){value.at + 1, value.n - 2}, record_status_text[i]))
                r->status = (record_status)i;
        break;
    case TEXT:
        return read_text(r, value, field);
    case RAW:
        return read_raw(r, value, field);
    case FLAG:
        *(bool *)field = jsonl_is(value, "true");
        break;
    case COUNT:
        *(size_t *)field = jsonl_count_in(value, 0);
        break;
    case COUNT64:
        *(uint64_t *)field = jsonl_count_in(value, 0);
        break;
    case COUNT32:
        *(uint32_t *)field = (uint32_t)jsonl_count_in(value, 0);
        break;
    case NUMBER:
        *(double *)field = jsonl_number_in(value, (double)NAN);
        break;
    case RUN:
        return jsonl_inside(value, '{', &inside) ? run_read_in(inside, &r->run, &r->texts) : OK;
    case HISTORY:
        r->rows = value;
        break;
    case INNER:
        return jsonl_inside(value, '{', &inside) ? read_members(inside, m->inner, r) : OK;
    }
    return OK;
}

/* In their order each is the one behind the last that was found. */
static status read_members(jsonl_span rest, const member *all, record *r)
{
    jsonl_span name, value;
    const char *begin = rest.at;
    uint64_t met = 0;
    size_t n = 0, next = 0;
    while (all[n].name)
        n++;
    while (jsonl_member(&rest, &name, &value)) {
        status st;
        size_t i = 0;
        while (i < n && !jsonl_is(name, all[(next + i) % n].name))
            i++;
        if (i == n)
            continue; /* of a later program */
        next = (next + i) % n;
        if (met >> next & 1)
            return error_set(ERR_FORMAT, "the line has a duplicate %s", all[next].name);
        met |= (uint64_t)1 << next;
        if ((st = read_member(&all[next], value, r)))
            return st;
        next++;
    }
    return rest.n ? error_set(ERR_FORMAT, "column %zu of the members cannot be read",
                              (size_t)(rest.at - begin) + 1)
                  : OK;
}

static status read_line(jsonl_span inside, record *r)
{
    const double none = (double)NAN;
    status st;
    *r = (record){.status = RECORD_STATES,
                  .lr = none,
                  .wall_s = none,
                  .cpu_s = none,
                  .peak_rss = none,
                  .team = 1,
                  .threads = 1};
    for (const member *m = members; m->name; m++)
        if (m->form == NUMBER)
            *(double *)((char *)r + m->field) = none;
    if ((st = run_defaults(&r->run, &r->texts)) || (st = read_members(inside, members, r)))
        return st;
    if (r->status == RECORD_STATES || !*r->id)
        return error_set(ERR_FORMAT, "the line has no run id, no kind or no status");
    const char **texts[] = {&r->reason, &r->metric, &r->bits_file, &r->by};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!*texts[i])
            *texts[i] = i == 3 ? "{}" : "";
    if (strchr(r->bits_file, '/'))
        return error_set(ERR_FORMAT, "the line's bits lie outside of the folder");
    r->result.d = r->d;
    return OK;
}

status record_scan(const char *line, size_t n, record *r)
{
    jsonl_span inside;
    status st = jsonl_members(line, n, &inside);
    memset(r, 0, sizeof *r);
    if (st)
        return st;
    locale_t user = locale_enter();
    if ((st = read_line(inside, r)))
        record_clear(r);
    else
        r->line = (jsonl_span){line, n};
    locale_leave(user);
    return st;
}

status record_read(const char *line, size_t n, record *r)
{
    status st = record_scan(line, n, r);
    if (!st && (st = record_history(r, &r->result.history, &r->result.n_history)))
        record_clear(r);
    r->rows = r->line = (jsonl_span){0};
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
