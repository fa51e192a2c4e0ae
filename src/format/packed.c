/* packed.c -- see packed.h. */
#include <string.h>

#include <zlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "format/packed.h"

/* ------------------------------------------------------------------ texts */

/* What configurations are made of: a part that stands here costs two or three bytes. Part of the format: a new
 * dictionary is a new format. Later is nearer, and cheaper. */
static const char dictionary[] =
    "core 1\nreal 4\ncontent data 1\nmodel 1\noptimiser 1\nschedule 1\nspace onehot=1\n"
    "adapter.alpha=16\nrole=tune\nseed.P=seed.dropout=seed.order=seed.theta0=from.content="
    "clip=1\nl2=0.0001\nsteps=1000\nbatch=64\nbatch=32\nbatch=8\nnorms\nbias\ntop\nsrht:d=sparse:d="
    "dense:d=onehot:d=said:d=@lora:r=8,targets=attention+mlp++full:targets=head\nalpha=,targets=q+"
    "v\n"
    "vera:r=dora:r=schedule=linear\nschedule=cosine\nseed=2\nseed=3\noptimiser=sgd:lr=0.1,momentum="
    "0.9\n"
    "optimiser=adamw:decay=0.01,lr=0.001\noptimiser=adam:lr=0.03\nmodel=lenet\nmodel=transformer:"
    "model="
    "fc:depth=2,width=100\ndata=cifar10\ndata=sst2:length=\ndata=tinyshakespeare:length=256\n"
    "data=fashion-mnist\nspace=full\nspace=lora:r=8\nspace=fastfood:d=750\ndata=mnist\nepochs=10\n"
    "optimiser=adam:lr=0.01\nspace=fastfood:d=500";
enum { TEXT_MOST = 1 << 20, RAW = -15 /* zlib's word for deflate without a head */ };

static status text_deflate(const char *words, text *out)
{
    union { /* zlib's pointer is not const; it is read alone */
        const char *in;
        Bytef *next;
    } from = {.in = words};
    z_stream z = {.next_in = from.next, .avail_in = (uInt)strlen(words)};
    uint8_t piece[512];
    int rc;
    if (deflateInit2(&z, 9, Z_DEFLATED, RAW, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return error_set(ERR_MEMORY, "memory: none is left to pack a text");
    (void)deflateSetDictionary(&z, (const Bytef *)dictionary, sizeof dictionary - 1);
    do {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        rc = deflate(&z, Z_FINISH);
        text_bytes(out, (const char *)piece, sizeof piece - z.avail_out);
    } while (rc == Z_OK || rc == Z_BUF_ERROR);
    deflateEnd(&z);
    return out->failed ? ERR_MEMORY : OK;
}

/* What a text may be, where it is written and where it is read. */
static bool text_clean(const char *words, size_t n)
{
    if (n > TEXT_MOST)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!words[i] || (words[i] != '\n' && text_obeyed(words + i)))
            return false;
    return true;
}

/* Fresh; never NULL when OK. */
static status text_inflate(const char *path, const uint8_t *bytes, size_t n, char **words)
{
    union {
        const uint8_t *in;
        Bytef *next;
    } from = {.in = bytes};
    z_stream z = {.next_in = from.next, .avail_in = (uInt)n};
    text t = {0};
    char piece[512];
    int rc = Z_OK;
    if (inflateInit2(&z, RAW) != Z_OK)
        return error_set(ERR_MEMORY, "memory: none is left to read a text");
    (void)inflateSetDictionary(&z, (const Bytef *)dictionary, sizeof dictionary - 1);
    while (rc == Z_OK && t.length <= TEXT_MOST) {
        z.next_out = (Bytef *)piece;
        z.avail_out = sizeof piece;
        rc = inflate(&z, Z_NO_FLUSH);
        text_bytes(&t, piece, sizeof piece - z.avail_out);
    }
    bool whole = rc == Z_STREAM_END && !z.avail_in;
    inflateEnd(&z);
    if (!t.failed && (!whole || !text_clean(t.text, t.length))) {
        text_clear(&t);
        return error_set(ERR_FORMAT, "%s: its texts cannot be read; pack it again", path);
    }
    *words = t.text;
    return t.failed ? ERR_MEMORY : OK;
}

/* ------------------------------------------------------------------ the file */

enum { BEHIND_CRC = 16 };
static const char magic[] = "idimpack", hex[] = "0123456789abcdef";

static void put(text *t, uint64_t x, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        text_bytes(t, (const char[]){(char)(x >> (8 * i))}, 1);
}

static uint64_t get(const uint8_t *at, size_t bytes)
{
    uint64_t x = 0;
    for (size_t i = bytes; i-- > 0;)
        x = x << 8 | at[i];
    return x;
}

void packed_clear(packed *p)
{
    mem_free(p->run);
    mem_free(p->notes);
    zcode_clear(&p->z);
    for (size_t i = 0; i < p->n_tensors; i++)
        mem_free(p->tensors[i].values);
    mem_free(p->tensors);
    *p = (packed){0};
}

bool packed_is(const char *path)
{
    file_map m;
    if (file_is_folder(path) || file_map_open(&m, path))
        return false;
    bool is = m.n >= sizeof magic - 1 && !memcmp(m.bytes, magic, sizeof magic - 1);
    file_map_close(&m);
    return is;
}

static void weights_write(const packed *p, text *out)
{
    for (size_t i = 0; i < p->n_tensors; i++) {
        const packed_tensor *t = &p->tensors[i];
        put(out, t->index, 8);
        put(out, t->n, 8);
        text_bytes(out, (const char *)t->values, t->n * sizeof *t->values);
    }
}

/* What no reader takes is not written. */
static status packed_check(const packed *p, const char *path)
{
    if (!text_clean(p->run, strlen(p->run)) || !text_clean(p->notes, strlen(p->notes)))
        return error_set(ERR_USAGE,
                         "%s: not written: the run's configuration is longer than 1 MiB or has a "
                         "control character; give what it names another name",
                         path);
    if (p->kind[strspn(p->kind, hex)])
        return error_set(ERR_USAGE,
                         "%s: not written: the run's numeric kind is none; train it again", path);
    return OK;
}

status packed_write(packed *p, const char *path)
{
    text run = {0}, notes = {0}, code = {0}, weights = {0}, head = {0};
    status st = packed_check(p, path);
    if (st || (st = text_deflate(p->run, &run)) || (st = text_deflate(p->notes, &notes)) ||
        (st = zcode_write(&p->z, &code)))
        goto done;
    weights_write(p, &weights);
    put(&head, p->regenerable, 4);
    put(&head, sizeof(real), 4);
    put(&head, run.length, 4);
    put(&head, notes.length, 4);
    put(&head, code.length, 8);
    put(&head, weights.length, 8);
    put(&head, p->right, 8);
    put(&head, p->samples, 8);
    for (size_t i = 0; i < PACKED_KIND - 1; i++)
        text_bytes(&head, (const char[]){i < strlen(p->kind) ? p->kind[i] : '0'}, 1);
    const text *const parts[] = {&run, &notes, &code, &weights};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        text_bytes(&head, parts[i]->length ? parts[i]->text : "", parts[i]->length);
    text whole = {0};
    text_bytes(&whole, magic, sizeof magic - 1);
    put(&whole, PACKED_FORMAT, 4);
    if (!head.failed)
        put(&whole, hash_crc32(head.text, head.length), 4);
    if (head.failed || whole.failed || weights.failed)
        st = ERR_MEMORY;
    else
        st = file_write_once(
            path, (const file_piece[]){{whole.text, whole.length}, {head.text, head.length}}, 2);
    text_clear(&whole);
    p->run_bytes = run.length;
    p->notes_bytes = notes.length;
    p->code_bytes = code.length;
    p->weight_bytes = weights.length;
done:
    text_clear(&run);
    text_clear(&notes);
    text_clear(&code);
    text_clear(&weights);
    text_clear(&head);
    return st;
}

static status weights_read(const char *path, const uint8_t *at, size_t n, packed *p)
{
    for (size_t left = n, count, bytes; left; left -= bytes, at += bytes) {
        if (left < 16)
            return error_set(ERR_FORMAT, "%s: its weights are cut short; pack it again", path);
        packed_tensor t = {.index = get(at, 8), .n = count = get(at + 8, 8)};
        at += 16;
        left -= 16;
        if (!count || count > left / sizeof *t.values)
            return error_set(ERR_FORMAT, "%s: its weights are cut short; pack it again", path);
        bytes = count * sizeof *t.values;
        packed_tensor *more = mem_resize(p->tensors, p->n_tensors + 1, sizeof *more);
        if (!more)
            return ERR_MEMORY;
        p->tensors = more;
        if (!(t.values = mem_copy(at, count, sizeof *t.values)))
            return ERR_MEMORY;
        p->tensors[p->n_tensors++] = t;
    }
    return OK;
}

static status packed_take(const char *path, const uint8_t *bytes, size_t n, packed *p)
{
    if (n < PACKED_HEAD || memcmp(bytes, magic, sizeof magic - 1))
        return error_set(ERR_FORMAT, "%s: no packed model; `idim pack` makes them", path);
    if (get(bytes + 8, 4) != PACKED_FORMAT)
        return error_set(ERR_FORMAT, "%s: packed in format %zu, this program reads %d", path,
                         (size_t)get(bytes + 8, 4), PACKED_FORMAT);
    size_t size = get(bytes + 20, 4), left = n - PACKED_HEAD;
    size_t *const parts[] = {&p->run_bytes, &p->notes_bytes, &p->code_bytes, &p->weight_bytes};
    for (size_t i = 0; i < 4; i++) {
        *parts[i] = get(bytes + (i < 2 ? 24 + 4 * i : 16 + 8 * i), i < 2 ? 4 : 8);
        if (*parts[i] > left)
            return error_set(ERR_FORMAT, "%s: the file is cut short: copy it again", path);
        left -= *parts[i];
    }
    if (left)
        return error_set(ERR_FORMAT, "%s: %zu bytes behind its end: copy it again", path, left);
    if (get(bytes + 12, 4) != hash_crc32(bytes + BEHIND_CRC, n - BEHIND_CRC))
        return error_set(ERR_FORMAT, "%s: the checksum does not fit: copy it again", path);
    if (size != sizeof(real) || get(bytes + 16, 4) > 1)
        return error_set(ERR_FORMAT, "%s: numbers of %zu bytes, this program has %zu", path, size,
                         sizeof(real));
    p->regenerable = get(bytes + 16, 4) & 1;
    p->right = get(bytes + 48, 8);
    p->samples = get(bytes + 56, 8);
    for (size_t i = 0; i < PACKED_KIND - 1; i++) {
        p->kind[i] = (char)bytes[64 + i];
        if (!memchr(hex, p->kind[i], 16))
            return error_set(ERR_FORMAT, "%s: its numeric kind is none; pack it again", path);
    }
    if (p->right > p->samples)
        return error_set(ERR_FORMAT, "%s: more right than there are samples; pack it again", path);
    status st;
    const uint8_t *at = bytes + PACKED_HEAD;
    if ((st = text_inflate(path, at, p->run_bytes, &p->run)))
        return st;
    at += p->run_bytes;
    if ((st = text_inflate(path, at, p->notes_bytes, &p->notes)))
        return st;
    at += p->notes_bytes;
    if ((st = zcode_read(path, at, p->code_bytes, &p->z)))
        return st;
    at += p->code_bytes;
    return weights_read(path, at, p->weight_bytes, p);
}

status packed_read(const char *path, packed *p)
{
    file_map m;
    *p = (packed){0};
    status st = file_map_open(&m, path);
    if (st)
        return st;
    st = packed_take(path, m.bytes, m.n, p);
    file_map_close(&m);
    if (st)
        packed_clear(p);
    return st;
}
