/* pack.c -- a whole task as one block that other processes map (task_pack, task_unpack of data.h).
 *
 *   header | spec, content, row's name, loss's name | arrays, each at a multiple of 64
 *
 * The block never leaves the machine: it is made and read by one program, so it has no format of its
 * own. Splits that share their arrays share them here. An environment has none and is made anew from its spec. */
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "data/frame.h"

typedef struct header {
    char row[64], loss[32], content[HASH_HEX];
    size_t shape[3], n_features, n_outputs, n[IDIM_SPLITS];
    size_t length, vocabulary, n_labels, text_bytes[IDIM_SPLITS];
    size_t at[IDIM_SPLITS][FRAME_ARRAYS], scale, shift, spec, all; /* 0: not there */
    bool memorise;
    double published, mask_share;
    int32_t mask_token;
    idim_stream mask_stream;
} header;

static const idim_loss_row *const losses[] = {
    &idim_loss_softmax, &idim_loss_f1, &idim_loss_matthews, &idim_loss_tokens, &idim_loss_squared};

static size_t place(size_t *all, size_t n)
{
    size_t at = *all;
    *all = (at + n + 63) / 64 * 64;
    return at;
}

static void plan(const task *t, header *h)
{
    const size_t vector = t->n_features * sizeof(real);
    h->all = sizeof *h;
    place(&h->all, 0);
    h->all = (h->all + 63) / 64 * 64;
    h->spec = place(&h->all, strlen(task_spec(t)) + 1);
    h->scale = t->scale ? place(&h->all, vector) : 0;
    h->shift = t->shift ? place(&h->all, vector) : 0;
    for (int s = 0; s < IDIM_SPLITS; s++)
        for (int a = 0; a < FRAME_ARRAYS; a++) {
            const void *array = frame_array(&t->splits[s], a);
            for (int k = 0; k < s && array && !h->at[s][a]; k++)
                if (frame_array(&t->splits[k], a) == array)
                    h->at[s][a] = h->at[k][a];
            if (array && !h->at[s][a])
                h->at[s][a] = place(&h->all, t->splits[s].n * frame_row_bytes(t, a));
        }
}

status task_pack(const task *t, int *fd)
{
    header h = {.n_features = t->n_features,
                .n_outputs = t->n_outputs,
                .length = t->length,
                .vocabulary = t->vocabulary,
                .n_labels = t->n_labels,
                .mask_share = t->mask_share,
                .mask_token = t->mask_token,
                .mask_stream = t->mask_stream,
                .memorise = t->memorise,
                .published = t->published};
    void *block;
    status st;
    *fd = -1;
    if (t->row->fetch)
        return error_set(ERR_USAGE,
                         "%s makes its samples as it goes and cannot be shared by "
                         "processes; use --jobs 0",
                         task_spec(t));
    snprintf(h.row, sizeof h.row, "%s", t->row->name);
    snprintf(h.loss, sizeof h.loss, "%s", t->loss->name);
    memcpy(h.content, task_content(t), strlen(task_content(t)) + 1);
    memcpy(h.shape, t->shape, sizeof h.shape);
    for (int s = 0; s < IDIM_SPLITS; s++) {
        h.n[s] = t->splits[s].n;
        h.text_bytes[s] = t->splits[s].text_bytes;
    }
    plan(t, &h);
    if ((st = os_shared_new("idim-task", h.all, fd, &block)))
        return st;
    char *to = block;
    memcpy(to, &h, sizeof h);
    memcpy(to + h.spec, task_spec(t), strlen(task_spec(t)) + 1);
    if (h.scale)
        memcpy(to + h.scale, t->scale, t->n_features * sizeof(real));
    if (h.shift)
        memcpy(to + h.shift, t->shift, t->n_features * sizeof(real));
    for (int s = 0; s < IDIM_SPLITS; s++)
        for (int a = 0; a < FRAME_ARRAYS; a++)
            if (h.at[s][a])
                memcpy(to + h.at[s][a], frame_array(&t->splits[s], a),
                       t->splits[s].n * frame_row_bytes(t, a));
    os_unmap(block, h.all);
    return OK;
}

static status unpack(task **out, const void *map, size_t n)
{
    const char *from = map;
    const task_row *row;
    header h;
    status st;
    if (n < sizeof h)
        return error_set(ERR_FORMAT, "the shared data set is cut short; start again");
    memcpy(&h, from, sizeof h);
    if (h.all > n)
        return error_set(ERR_FORMAT, "the shared data set is cut short; start again");
    if ((st = task_find(h.row, &row)))
        return st;
    if (row->environment) {
        if (!(st = task_new(out, from + h.spec)))
            os_unmap(map, n);
        return st;
    }
    task *t = frame_new(row, sizeof *t);
    if (!t)
        return ERR_MEMORY;
    frame *f = t->own;
    if (!(f->spec = mem_string(from + h.spec))) {
        task_free(t);
        return ERR_MEMORY;
    }
    memcpy(f->content, h.content, sizeof f->content);
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        if (!strcmp(losses[i]->name, h.loss))
            t->loss = losses[i];
    memcpy(t->shape, h.shape, sizeof t->shape);
    t->n_features = h.n_features;
    t->n_outputs = h.n_outputs;
    t->length = h.length;
    t->vocabulary = h.vocabulary;
    t->n_labels = h.n_labels;
    t->mask_share = h.mask_share;
    t->mask_token = h.mask_token;
    t->mask_stream = h.mask_stream;
    t->memorise = h.memorise;
    t->published = h.published;
    t->scale = h.scale ? (const void *)(from + h.scale) : NULL;
    t->shift = h.shift ? (const void *)(from + h.shift) : NULL;
    for (int s = 0; s < IDIM_SPLITS; s++) {
        t->splits[s].n = h.n[s];
        t->splits[s].text_bytes = h.text_bytes[s];
        const void *arrays[FRAME_ARRAYS];
        for (int a = 0; a < FRAME_ARRAYS; a++)
            arrays[a] = h.at[s][a] ? from + h.at[s][a] : NULL;
        frame_set_arrays(&t->splits[s], arrays);
    }
    f->map = map;
    f->n_map = n;
    *out = t;
    return OK;
}

status task_unpack(task **t, int fd)
{
    const void *map;
    size_t n;
    status st = os_shared_map(fd, &map, &n);
    *t = NULL;
    if (!st && (st = unpack(t, map, n)))
        os_unmap(map, n);
    return st;
}
