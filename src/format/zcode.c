/* zcode.c -- see zcode.h. */
#include <math.h>
#include <string.h>

#include "format/arithmetic.h"
#include "format/zcode.h"

enum {
    EXPONENT = sizeof(real) == 4 ? 8 : 11, /* bits */
    MANTISSA = sizeof(real) == 4 ? 23 : 52,
    LENGTH = 30, /* of |k| in bits, at most */
    TREE = 6     /* bits of |k| behind the leading one that are learnt */
};

float zcode_half(double x)
{
    float f = (float)x;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
    memcpy(&f, &bits, sizeof f);
    return f;
}

void zcode_clear(zcode *z)
{
    mem_free(z->whole);
    mem_free(z->symbol);
    mem_free(z->groups);
    mem_free(z->levels);
    *z = (zcode){0};
}

/* One way through a code for both directions, so that they cannot differ: values go in when it is written, and
 * come back, out of the stream, when it is read. */
typedef struct zcoder {
    arithmetic_writer *w; /* NULL: reading */
    arithmetic_reader *r;
} zcoder;

static uint64_t zcode_low(uint64_t x, unsigned n)
{
    return x & ((UINT64_C(1) << n) - 1);
}

static bool zcoder_bit(zcoder c, arithmetic_model *m, bool bit)
{
    if (!c.w)
        return arithmetic_get(c.r, m);
    arithmetic_put(c.w, m, bit);
    return bit;
}

static uint64_t zcoder_plain(zcoder c, uint64_t x, unsigned n)
{
    if (!c.w)
        return arithmetic_get_plain(c.r, n);
    arithmetic_put_plain(c.w, x, n);
    return zcode_low(x, n);
}

/* 1 and then the n bits of x, highest first, each with the model of what came before it; models (1 << n). */
static uint64_t zcoder_tree(zcoder c, arithmetic_model *models, uint64_t x, unsigned n)
{
    uint64_t node = 1;
    while (n-- > 0)
        node = node << 1 | zcoder_bit(c, &models[node], x >> n & 1);
    return node;
}

/* Elias' gamma code of x + 1. */
static uint64_t zcoder_count(zcoder c, uint64_t x)
{
    unsigned n = 0;
    x++;
    while (n < 62 && zcoder_plain(c, x >> n > 1, 1))
        n++;
    return (UINT64_C(1) << n | zcoder_plain(c, x, n)) - 1;
}

static float zcoder_half(zcoder c, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (uint32_t)zcoder_plain(c, bits >> 16, 16) << 16;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static real zcoder_whole(zcoder c, arithmetic_model *exponents, real x)
{
    uint64_t bits = 0;
    memcpy(&bits, &x, sizeof x);
    uint64_t sign = zcoder_plain(c, bits >> (EXPONENT + MANTISSA), 1);
    uint64_t exponent = zcode_low(
        zcoder_tree(c, exponents, zcode_low(bits >> MANTISSA, EXPONENT), EXPONENT), EXPONENT);
    bits = (sign << EXPONENT | exponent) << MANTISSA | zcoder_plain(c, bits, MANTISSA);
    memcpy(&x, &bits, sizeof x);
    return x;
}

typedef struct symbol_models {
    arithmetic_model longer[LENGTH];
    arithmetic_model tree[LENGTH + 1][1 << TREE]; /* by length */
} symbol_models;

static int32_t zcoder_symbol(zcoder c, symbol_models *m, int32_t k)
{
    uint64_t size = (uint64_t)(k < 0 ? -(int64_t)k : k);
    unsigned n = 0;
    while (n < LENGTH && zcoder_bit(c, &m->longer[n], size >> n != 0))
        n++;
    if (!n)
        return 0;
    unsigned learnt = n - 1 < TREE ? n - 1 : TREE, rest = n - 1 - learnt;
    uint64_t head = zcoder_tree(c, m->tree[n], size >> rest, learnt);
    int32_t x = (int32_t)(head << rest | zcoder_plain(c, size, rest));
    return zcoder_plain(c, k < 0, 1) ? -x : x;
}

/* One of n levels; a step of the way that only one side has is not written. models (n rounded up to 2^k). */
static int32_t zcoder_level(zcoder c, arithmetic_model *models, size_t n, int32_t k)
{
    unsigned depth = 0;
    uint64_t node = 1, x = 0;
    while ((n - 1) >> depth)
        depth++;
    while (depth-- > 0) {
        bool both = (x << 1 | 1) << depth < n;
        bool bit = both && zcoder_bit(c, &models[node], k >> depth & 1);
        node = node << 1 | bit;
        x = x << 1 | bit;
    }
    return (int32_t)x;
}

static status zcode_broken(zcoder c, const char *what, const char *why)
{
    return error_set(ERR_FORMAT, "%s: its code %s; pack it again", what,
                     c.r && arithmetic_short(c.r) ? "is cut short" : why);
}

/* Of a scale and of a level: so that no product of one and the other, or of one and k, leaves the floats. */
static bool zcode_fair(float x)
{
    return fabs((double)x) <= 1e18;
}

/* Each group and each level takes 16 bits and more of what is there. */
static bool zcode_fits(zcoder c, uint64_t n)
{
    return n && (!c.r || n <= c.r->n / 2 + 4);
}

static status zcoder_groups(zcoder c, const char *what, zcode *z)
{
    size_t sum = 0;
    z->n_groups = zcoder_count(c, z->n_groups);
    if (!zcode_fits(c, z->n_groups))
        return zcode_broken(c, what, "has no groups, or more than it holds");
    if (c.r && !(z->groups = mem_array(z->n_groups, sizeof *z->groups)))
        return ERR_MEMORY;
    for (size_t g = 0; g < z->n_groups; g++) {
        zcode_group *group = &z->groups[g];
        group->n = zcoder_count(c, group->n);
        group->scale = zcoder_half(c, group->scale);
        if (!group->n || group->n > z->d - sum || !zcode_fair(group->scale))
            return zcode_broken(c, what, "has groups that are not its numbers");
        sum += group->n;
    }
    return sum == z->d ? OK : zcode_broken(c, what, "has groups that are not its numbers");
}

static status zcoder_levels(zcoder c, const char *what, zcode *z)
{
    z->n_levels = zcoder_count(c, z->n_levels);
    if (!zcode_fits(c, z->n_levels) || z->n_levels > ZCODE_LEVELS)
        return zcode_broken(c, what, "has no levels, or more than it holds");
    if (c.r && !(z->levels = mem_array(z->n_levels, sizeof *z->levels)))
        return ERR_MEMORY;
    for (size_t i = 0; i < z->n_levels; i++) {
        z->levels[i] = zcoder_half(c, z->levels[i]);
        if (!zcode_fair(z->levels[i]))
            return zcode_broken(c, what, "has a level that is no number, or too large");
    }
    return OK;
}

static status zcoder_numbers(zcoder c, const char *what, zcode *z)
{
    symbol_models *symbols = mem_array(1, sizeof *symbols);
    arithmetic_model *models = mem_array(z->form == ZCODE_MEANS   ? 2 * z->n_levels
                                         : z->form == ZCODE_WHOLE ? 1 << EXPONENT
                                                                  : 1,
                                         sizeof *models);
    status st = symbols && models ? OK : ERR_MEMORY;
    for (size_t i = 0, g = 0, end = 0; i < z->d && !st; i++) {
        bool whole = z->form == ZCODE_WHOLE;
        for (; !whole && i == end; g++)
            end += z->groups[g].n;
        if (whole)
            z->whole[i] = zcoder_whole(c, models, z->whole[i]);
        else if (fabs((double)z->groups[g - 1].scale) <= 0)
            z->symbol[i] = 0;
        else if (z->form == ZCODE_UNIFORM)
            z->symbol[i] = zcoder_symbol(c, symbols, z->symbol[i]);
        else
            z->symbol[i] = zcoder_level(c, models, z->n_levels, z->symbol[i]);
        if (c.r && arithmetic_short(c.r))
            st = zcode_broken(c, what, "");
    }
    mem_free(symbols);
    mem_free(models);
    return st;
}

static status zcoder_all(zcoder c, const char *what, zcode *z)
{
    status st = OK;
    z->form = (zcode_form)zcoder_plain(c, z->form, 2);
    z->d = zcoder_count(c, z->d);
    if (z->form >= ZCODE_FORMS)
        return zcode_broken(c, what, "has a form that this program does not know");
    if (!z->d || (c.r && z->d > arithmetic_most(c.r->n)))
        return zcode_broken(c, what, "has no numbers, or more than it holds");
    if (c.r && z->form == ZCODE_WHOLE && !(z->whole = mem_raw(z->d, sizeof *z->whole)))
        return ERR_MEMORY;
    if (z->form != ZCODE_WHOLE && (st = zcoder_groups(c, what, z)))
        return st;
    if (z->form == ZCODE_MEANS && (st = zcoder_levels(c, what, z)))
        return st;
    if (c.r && z->form != ZCODE_WHOLE && !(z->symbol = mem_raw(z->d, sizeof *z->symbol)))
        return ERR_MEMORY;
    return zcoder_numbers(c, what, z);
}

status zcode_write(const zcode *z, text *code)
{
    arithmetic_writer w;
    zcode same = *z; /* what goes in comes back: nothing changes */
    arithmetic_begin(&w);
    status st = zcoder_all((zcoder){.w = &w}, "z", &same);
    arithmetic_end(&w);
    if (!st)
        text_bytes(code, w.out.text ? w.out.text : "", w.out.length);
    if (!st && (w.out.failed || code->failed))
        st = ERR_MEMORY;
    text_clear(&w.out);
    return st;
}

status zcode_read(const char *what, const void *code, size_t n, zcode *z)
{
    arithmetic_reader r;
    *z = (zcode){0};
    arithmetic_open(&r, code, n);
    status st = zcoder_all((zcoder){.r = &r}, what, z);
    if (!st && !arithmetic_done(&r))
        st = zcode_broken((zcoder){.r = &r}, what, "has bytes left over");
    if (st)
        zcode_clear(z);
    return st;
}

void zcode_values(const zcode *z, const real *z0, real *out)
{
    if (z->form == ZCODE_WHOLE) {
        memcpy(out, z->whole, z->d * sizeof *out);
        return;
    }
    for (size_t g = 0, i = 0; g < z->n_groups; g++)
        for (size_t end = i + z->groups[g].n; i < end; i++) {
            double level =
                z->form == ZCODE_UNIFORM ? z->symbol[i] : (double)z->levels[z->symbol[i]];
            out[i] = (real)((z0 ? (double)z0[i] : 0) + (double)z->groups[g].scale * level);
        }
}
