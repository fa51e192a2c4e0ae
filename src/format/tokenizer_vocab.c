/* tokenizer_vocab.c -- byte strings by number and numbers by byte string (tokenizer_kind.h). */
#include <string.h>

#include "format/tokenizer_kind.h"

static uint64_t vocab_hash(const char *bytes, size_t n) /* FNV-1a */
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return h ^ h >> 32;
}

const char *vocab_at(const vocab *v, size_t i, size_t *n)
{
    size_t from = i ? v->ends[i - 1] : 0;
    *n = v->ends[i] - from;
    return v->bytes + from;
}

/* Where the string is, or the free slot where it belongs. */
static size_t vocab_slot(const vocab *v, const char *bytes, size_t n)
{
    size_t at = (size_t)vocab_hash(bytes, n) & (v->n_slots - 1), length;
    for (; v->slots[at] >= 0; at = (at + 1) & (v->n_slots - 1)) {
        const char *word = vocab_at(v, (size_t)v->slots[at], &length);
        if (length == n && !memcmp(word, bytes, n))
            break;
    }
    return at;
}

static status vocab_grow_slots(vocab *v)
{
    size_t n_slots = v->n_slots ? 2 * v->n_slots : 64, length;
    int32_t *slots = mem_array(n_slots, sizeof *slots);
    if (!slots)
        return ERR_MEMORY;
    for (size_t i = 0; i < n_slots; i++)
        slots[i] = -1;
    mem_free(v->slots);
    v->slots = slots;
    v->n_slots = n_slots;
    for (size_t i = 0; i < v->n; i++) {
        const char *word = vocab_at(v, i, &length);
        size_t at = vocab_slot(v, word, length);
        if (slots[at] < 0)
            slots[at] = (int32_t)i;
    }
    return OK;
}

status vocab_add(vocab *v, const char *bytes, size_t n)
{
    status st;
    if (v->n >= INT32_MAX / 4 || v->n_bytes + n > TOKENIZER_FILE)
        return error_set(ERR_LIMIT, "more tokens than %d, or longer ones than %d bytes in all",
                         INT32_MAX / 4, TOKENIZER_FILE);
    if (v->n == v->ends_room) {
        size_t room = v->ends_room ? 2 * v->ends_room : 64;
        size_t *ends = mem_resize(v->ends, room, sizeof *ends);
        if (!ends)
            return ERR_MEMORY;
        v->ends = ends;
        v->ends_room = room;
    }
    if (!v->bytes || v->n_bytes + n > v->bytes_room) {
        size_t room = 2 * (v->n_bytes + n) + 256;
        char *more = mem_resize(v->bytes, room, 1);
        if (!more)
            return ERR_MEMORY;
        v->bytes = more;
        v->bytes_room = room;
    }
    if (2 * (v->n + 1) > v->n_slots && (st = vocab_grow_slots(v)))
        return st;
    size_t at = vocab_slot(v, bytes, n);
    if (n)
        memcpy(v->bytes + v->n_bytes, bytes, n);
    v->n_bytes += n;
    v->ends[v->n] = v->n_bytes;
    if (v->slots[at] < 0)
        v->slots[at] = (int32_t)v->n;
    v->n++;
    return OK;
}

int32_t vocab_find(const vocab *v, const char *bytes, size_t n)
{
    return v->n_slots ? v->slots[vocab_slot(v, bytes, n)] : -1;
}

int32_t vocab_word(const vocab *v, const char *word)
{
    return vocab_find(v, word, strlen(word));
}

void vocab_clear(vocab *v)
{
    mem_free(v->bytes);
    mem_free(v->ends);
    mem_free(v->slots);
    *v = (vocab){0};
}
