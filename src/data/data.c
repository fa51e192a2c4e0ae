/* data.c -- the frame of tasks: making one from its spec, its memory, its files, its batches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "data/frame.h"

task *frame_new(const task_row *row, size_t size)
{
    task *t = mem_array(1, size);
    frame *f = mem_array(1, sizeof *f);
    if (!t || !f) {
        mem_free(t);
        mem_free(f);
        return NULL;
    }
    t->row = row;
    t->own = f;
    return t;
}

status frame_check(const task *t, const samples *s)
{
    size_t labels = task_labels(t);
    int32_t least = labels > 1 ? -1 : 0;
    for (size_t i = 0; s->labels && i < s->n * labels; i++)
        if (s->labels[i] < least || (s->labels[i] >= 0 && (size_t)s->labels[i] >= t->n_outputs))
            return error_set(ERR_FORMAT, "%s: label %d of sample %zu is outside 0..%zu",
                             task_spec(t), (int)s->labels[i], i / labels, t->n_outputs - 1);
    for (size_t i = 0; s->tokens && i < s->n * t->length; i++)
        if (s->tokens[i] < -1 || (s->tokens[i] >= 0 && (size_t)s->tokens[i] >= t->vocabulary))
            return error_set(ERR_FORMAT, "%s: token %d of sample %zu is outside 0..%zu",
                             task_spec(t), (int)s->tokens[i], i / t->length, t->vocabulary - 1);
    return OK;
}

static status task_whole(const task *t)
{
    const samples *train = &t->splits[IDIM_SPLIT_TRAIN];
    status st;
    if (!t->loss || !t->n_outputs || !train->n)
        return error_set(ERR_USAGE, "%s has no training samples, outputs or loss", task_spec(t));
    for (int s = 0; s < IDIM_SPLITS && !t->row->fetch; s++)
        if ((st = frame_check(t, &t->splits[s])))
            return st;
    return OK;
}

status task_new_row(task **out, const task_row *row, const char *args)
{
    task *t = frame_new(row, row->size);
    text spec = {0};
    status st;
    *out = NULL;
    if (!t)
        return ERR_MEMORY;
    frame *f = t->own;
    if ((st = key_parse(row->name, row->keys, args, t, &f->texts)))
        goto failed;
    key_canonical(row->name, row->keys, t, &spec);
    f->spec = spec.text;
    st = spec.failed ? ERR_MEMORY : row->init(t);
    if (st || (st = task_whole(t)))
        goto failed;
    if (f->notes.failed) {
        st = ERR_MEMORY;
        goto failed;
    }
    if (f->notes.length)
        hash_bytes(f->notes.text, f->notes.length, f->content);
    *out = t;
    return OK;
failed:
    task_free(t);
    return st;
}

status task_new(task **t, const char *spec)
{
    const task_row *row;
    const char *args;
    char kind[64];
    status st;
    *t = NULL;
    if ((st = key_kind(spec, kind, sizeof kind, &args)) || (st = task_find(kind, &row)))
        return st;
    return task_new_row(t, row, args);
}

void task_free(task *t)
{
    if (!t)
        return;
    frame *f = t->own;
    if (t->row->clear && !f->map)
        t->row->clear(t);
    key_texts_clear(&f->texts);
    for (size_t i = 0; i < f->n_blocks; i++)
        mem_free(f->blocks[i]);
    mem_free(f->blocks);
    tokenizer_free(f->tokenizer);
    text_clear(&f->notes);
    mem_free(f->spec);
    if (f->map)
        os_unmap(f->map, f->n_map);
    mem_free(f);
    mem_free(t);
}

const char *task_spec(const task *t)
{
    const frame *f = t->own;
    return f->spec;
}

const char *task_content(const task *t)
{
    const frame *f = t->own;
    return f->content;
}

void task_note(task *t, const void *bytes, size_t n)
{
    frame *f = t->own;
    char hex[HASH_HEX];
    hash_bytes(bytes, n, hex);
    text_add(&f->notes, "%s\n", hex);
}

void *task_alloc(task *t, size_t n, size_t size)
{
    frame *f = t->own;
    void **blocks = mem_resize(f->blocks, f->n_blocks + 1, sizeof *blocks);
    if (!blocks)
        return NULL;
    f->blocks = blocks;
    void *block = mem_array(n, size);
    if (block)
        blocks[f->n_blocks++] = block;
    return block;
}

void frame_release(task *t, const void *block)
{
    frame *f = t->own;
    for (size_t i = 0; block && i < f->n_blocks; i++)
        if (f->blocks[i] == block) {
            mem_free(f->blocks[i]);
            f->blocks[i] = f->blocks[--f->n_blocks];
            return;
        }
}

const void *frame_array(const samples *s, int a)
{
    const void *const arrays[FRAME_ARRAYS] = {s->bytes,   s->reals,  s->labels,
                                              s->targets, s->tokens, s->segments};
    return arrays[a];
}

void frame_set_arrays(samples *s, const void *const arrays[FRAME_ARRAYS])
{
    s->bytes = arrays[0];
    s->reals = arrays[1];
    s->labels = arrays[2];
    s->targets = arrays[3];
    s->tokens = arrays[4];
    s->segments = arrays[5];
}

size_t frame_row_bytes(const task *t, int a)
{
    const size_t bytes[FRAME_ARRAYS] = {t->n_features,
                                        t->n_features * sizeof(real),
                                        task_labels(t) * sizeof(int32_t),
                                        t->n_outputs * sizeof(real),
                                        t->length * sizeof(int32_t),
                                        t->length};
    return bytes[a];
}

/* ------------------------------------------------------------------ files */

/* PATH itself, or with .gz or .xz behind it. */
/* What stands between a folder and a name in it. */
static const char *folder_slash(const char *folder)
{
    size_t n = strlen(folder);
    return n && folder[n - 1] == '/' ? "" : "/";
}

static bool found_at(const char *folder, const char *sub, const char *name, char *path, size_t room)
{
    static const char *const endings[] = {"", ".gz", ".xz"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        int n = snprintf(path, room, "%s%s%s%s%s%s", folder, *sub ? "/" : "", sub,
                         folder_slash(folder), name, endings[i]);
        if (n > 0 && (size_t)n < room && file_exists(path))
            return true;
    }
    return false;
}

status task_locate(const char *dir, const char *sub, const char *name, char *path, size_t room)
{
    const char *home = getenv("IDIM_DATA");
    if (*dir) {
        if (found_at(dir, "", name, path, room))
            return OK;
        return error_set(ERR_FILE, "%s%s%s[.gz|.xz]: not there; dir= names the folder of the files",
                         dir, folder_slash(dir), name);
    }
    if (home && *home &&
        (found_at(home, sub, name, path, room) || found_at(home, "", name, path, room)))
        return OK;
    if (found_at("data", sub, name, path, room) ||
        found_at("/usr/share/datasets", sub, name, path, room))
        return OK;
    return error_set(
        ERR_FILE,
        "%s[.gz|.xz] of %s is in none of: $IDIM_DATA (%s), ./data/%s, "
        "/usr/share/datasets/%s; fetch it with data/fetch.sh %s, or name its folder by "
        "--data %s:dir=FOLDER",
        name, sub, home && *home ? home : "not set", sub, sub, sub, sub);
}

/* ------------------------------------------------------------------ batches */

size_t task_labels(const task *t)
{
    return t->n_labels ? t->n_labels : 1;
}

status batch_init(batch_buffer *b, const task *t, size_t n)
{
    size_t features, outputs, labels, tokens;
    status st;
    *b = (batch_buffer){0};
    /* a language model's n_outputs are classes, and it has no targets */
    if ((st = size_mul(n, t->n_features, &features)) ||
        (st = size_mul(n, t->length ? 1 : t->n_outputs, &outputs)) ||
        (st = size_mul(n, task_labels(t), &labels)) || (st = size_mul(n, t->length, &tokens)))
        return st;
    b->x = mem_array(features, sizeof *b->x);
    b->labels = mem_array(labels, sizeof *b->labels);
    b->targets = mem_array(outputs, sizeof *b->targets);
    b->tokens = mem_array(tokens, sizeof *b->tokens);
    b->segments = mem_array(tokens, sizeof *b->segments);
    b->index = mem_array(n, sizeof *b->index);
    if (b->x && b->labels && b->targets && b->tokens && b->segments && b->index)
        return OK;
    batch_clear(b);
    return ERR_MEMORY;
}

void batch_clear(batch_buffer *b)
{
    mem_free(b->x);
    mem_free(b->labels);
    mem_free(b->targets);
    mem_free(b->tokens);
    mem_free(b->segments);
    mem_free(b->index);
    *b = (batch_buffer){0};
}

static void fetch_row(const task *t, const samples *s, size_t i, real *restrict x)
{
    size_t n = t->n_features;
    const real *scale = t->scale, *shift = t->shift;
    if (s->bytes) {
        const uint8_t *from = s->bytes + i * n;
        for (size_t k = 0; k < n; k++)
            x[k] = (real)from[k];
    } else {
        memcpy(x, s->reals + i * n, n * sizeof *x);
    }
    if (scale)
        for (size_t k = 0; k < n; k++)
            x[k] *= scale[k];
    if (shift)
        for (size_t k = 0; k < n; k++)
            x[k] += shift[k];
}

/* One sample of a masked language model: labels of positions that are not predicted become -1, tokens
 * of those that are become the mask, a random token, or stay. */
static void fetch_masks(const task *t, split which, size_t sample, uint64_t draw, int32_t *tokens,
                        int32_t *labels)
{
    stream masks = stream_sub(&t->mask_stream, draw * IDIM_SPLITS + (uint64_t)which);
    for (size_t i = 0; i < t->length; i++) {
        uint64_t at = 3 * ((uint64_t)sample * t->length + i);
        if (labels[i] < 0)
            continue;
        if (idim_uniform(&masks, at) >= t->mask_share) {
            labels[i] = -1;
            continue;
        }
        double u = idim_uniform(&masks, at + 1);
        if (u < .8)
            tokens[i] = t->mask_token;
        else if (u < .9)
            tokens[i] = (int32_t)(idim_uniform(&masks, at + 2) * (double)t->vocabulary);
    }
}

static void fetch_text(const task *t, split which, size_t sample, size_t at, uint64_t draw,
                       batch_buffer *b)
{
    const samples *s = &t->splits[which];
    size_t length = t->length;
    memcpy(b->tokens + at * length, s->tokens + sample * length, length * sizeof *b->tokens);
    if (s->segments)
        memcpy(b->segments + at * length, s->segments + sample * length, length);
    if (t->mask_share > 0)
        fetch_masks(t, which, sample, draw, b->tokens + at * length, b->labels + at * length);
}

static size_t counted(const batch *b)
{
    size_t count = 0;
    if (!b->labels)
        return b->n;
    for (size_t i = 0; i < b->n * b->n_labels; i++)
        count += b->labels[i] >= 0;
    return count;
}

stream task_episodes(const task *t, split which)
{
    return stream_sub(&t->episodes, (uint64_t)which);
}

void task_fetch(const task *t, split which, const uint32_t *index, size_t n, uint64_t draw,
                batch_buffer *b)
{
    const samples *s = &t->splits[which];
    size_t labels = task_labels(t);
    memcpy(b->index, index, n * sizeof *index);
    b->batch = (batch){.n = n,
                       .x = t->n_features ? b->x : NULL,
                       .tokens = s->tokens ? b->tokens : NULL,
                       .segments = s->segments ? b->segments : NULL,
                       .length = t->length,
                       .labels = s->labels ? b->labels : NULL,
                       .n_labels = labels,
                       .targets = s->targets ? b->targets : NULL,
                       .index = b->index};
    if (t->row->fetch) {
        memset(b->labels, 0, n * labels * sizeof *b->labels); /* a task of targets writes none */
        b->batch.labels = b->labels;
        b->batch.targets = b->targets;
        t->row->fetch(t, which, index, n, &b->batch);
    }
    for (size_t i = 0; !t->row->fetch && i < n; i++) {
        if (t->n_features)
            fetch_row(t, s, index[i], b->x + i * t->n_features);
        if (s->labels)
            memcpy(b->labels + i * labels, s->labels + index[i] * labels,
                   labels * sizeof *b->labels);
        if (s->targets)
            memcpy(b->targets + i * t->n_outputs, s->targets + index[i] * t->n_outputs,
                   t->n_outputs * sizeof *b->targets);
        if (s->tokens)
            fetch_text(t, which, index[i], i, draw, b);
    }
    b->batch.counted = counted(&b->batch);
}
