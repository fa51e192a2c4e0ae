/* arithmetic.c -- see arithmetic.h.
 *
 *     writer   [low, low + range) of [0, 1), its first bytes already out; a sum that overflows carries
 *              into them
 *     reader   value = what the stream says - low, below range
 * Both widen by a byte when range has fallen below 2^56. */
#include "format/arithmetic.h"

enum { LEAST = 1 << 16 >> 9 }; /* of P, in 1/65536 */

static const uint64_t narrow = UINT64_C(1) << 56;

/* What of a range belongs to a 1. */
static uint64_t arithmetic_part(const arithmetic_model *m, uint64_t range)
{
    uint32_t total = (uint32_t)m->n[0] + m->n[1] + 1, p = ((2u * m->n[1] + 1) << 15) / total;
    p = p < LEAST ? LEAST : p > 65536 - LEAST ? 65536 - LEAST : p;
    return (range >> 16) * p;
}

static void arithmetic_count(arithmetic_model *m, bool bit)
{
    if (m->n[bit] == UINT16_MAX) {
        m->n[0] /= 2;
        m->n[1] /= 2;
    }
    m->n[bit]++;
}

/* ------------------------------------------------------------------ writing */

void arithmetic_begin(arithmetic_writer *w)
{
    *w = (arithmetic_writer){.range = UINT64_MAX};
}

static void arithmetic_add(arithmetic_writer *w, uint64_t x)
{
    w->low += x;
    if (w->low >= x)
        return;
    for (size_t i = w->out.length; i-- > 0 && !++w->out.text[i];)
        ;
}

static void arithmetic_widen(arithmetic_writer *w)
{
    for (; w->range < narrow; w->range <<= 8, w->low <<= 8)
        text_bytes(&w->out, (const char[]){(char)(w->low >> 56)}, 1);
}

static void arithmetic_take(arithmetic_writer *w, uint64_t part, bool bit)
{
    if (bit) {
        w->range = part;
    } else {
        arithmetic_add(w, part);
        w->range -= part;
    }
    arithmetic_widen(w);
}

void arithmetic_put(arithmetic_writer *w, arithmetic_model *m, bool bit)
{
    arithmetic_take(w, arithmetic_part(m, w->range), bit);
    arithmetic_count(m, bit);
}

void arithmetic_put_plain(arithmetic_writer *w, uint64_t x, unsigned n)
{
    while (n-- > 0)
        arithmetic_take(w, w->range >> 1, x >> n & 1);
}

/* The number with the fewest bytes that lies in the interval; a reader takes zeros behind it. */
void arithmetic_end(arithmetic_writer *w)
{
    for (unsigned k = 0; k <= 8; k++) {
        uint64_t below = k < 8 ? UINT64_MAX >> (8 * k) : 0, up = (0 - w->low) & below;
        if (up >= w->range)
            continue;
        arithmetic_add(w, up);
        for (unsigned i = 0; i < k; i++)
            text_bytes(&w->out, (const char[]){(char)(w->low >> (56 - 8 * i))}, 1);
        return;
    }
}

/* ------------------------------------------------------------------ reading */

static uint64_t arithmetic_next(arithmetic_reader *r)
{
    uint64_t byte = r->at < r->n ? r->bytes[r->at] : 0;
    r->at++;
    return byte;
}

void arithmetic_open(arithmetic_reader *r, const void *bytes, size_t n)
{
    *r = (arithmetic_reader){.bytes = bytes, .n = n, .range = UINT64_MAX};
    for (int i = 0; i < 8; i++)
        r->value = r->value << 8 | arithmetic_next(r);
}

static bool arithmetic_split(arithmetic_reader *r, uint64_t part)
{
    bool bit = r->value < part;
    if (bit) {
        r->range = part;
    } else {
        r->value -= part;
        r->range -= part;
    }
    for (; r->range < narrow; r->range <<= 8)
        r->value = r->value << 8 | arithmetic_next(r);
    return bit;
}

bool arithmetic_get(arithmetic_reader *r, arithmetic_model *m)
{
    bool bit = arithmetic_split(r, arithmetic_part(m, r->range));
    arithmetic_count(m, bit);
    return bit;
}

uint64_t arithmetic_get_plain(arithmetic_reader *r, unsigned n)
{
    uint64_t x = 0;
    while (n-- > 0)
        x = x << 1 | arithmetic_split(r, r->range >> 1);
    return x;
}

/* Eight bytes are read ahead. */
bool arithmetic_short(const arithmetic_reader *r)
{
    return r->at > r->n + 8;
}

bool arithmetic_done(const arithmetic_reader *r)
{
    return !arithmetic_short(r) && r->n <= r->at;
}

size_t arithmetic_most(size_t n)
{
    /* 8 (n + 8) bits at 0.0028 each */
    return n < SIZE_MAX / 4096 - 8 ? (n + 8) * 4096 : SIZE_MAX;
}
