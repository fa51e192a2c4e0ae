/* rng.c -- see rng.h.
 *
 * Block i of a stream is Philox4x32-10 of the counter {low i, high i, base 0, base 1} under its key.
 *   u64 i      words 2(i%2), 2(i%2)+1 of block i/2
 *   uniform i  (u64 i >> 11) + 1/2, times 2^-53: in (0,1), never an end
 *   normal i   Box-Muller of block i/2: r = sqrt(-2 ln u1), even i: r cos(2 pi u2), odd i: r sin
 *   sign i     bit i%128 of block i/128
 *
 * The logarithm and the sine are polynomials in double, with + - * / sqrt alone, each rounded by
 * IEEE 754 and never contracted: the same bits from every compiler and every width of vector. Their
 * errors (below 1e-14) are far below a float's rounding. */
#include <math.h>
#include <string.h>

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#endif
#include <Random123/philox.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include "base/rng.h"

enum { TILE = 256 }; /* blocks drawn at a time by the bulk calls */

void rng_block(const stream *s, uint64_t i, uint32_t out[4])
{
    philox4x32_ctr_t counter = {{(uint32_t)i, (uint32_t)(i >> 32), s->base[0], s->base[1]}};
    philox4x32_key_t key = {{s->key[0], s->key[1]}};
    philox4x32_ctr_t drawn = philox4x32(counter, key);
    memcpy(out, drawn.v, 4 * sizeof *out);
}

/* ------------------------------------------------------------------ streams */

/* FNV-1a: only has to tell names apart; Philox does the mixing. */
static uint64_t name_hash(const char *name)
{
    uint64_t h = 14695981039346656037u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 1099511628211u;
    return h;
}

static stream stream_from(const stream *parent, uint64_t index)
{
    stream s;
    uint32_t words[4];
    rng_block(parent, index, words);
    memcpy(s.key, words, sizeof s.key);
    memcpy(s.base, words + 2, sizeof s.base);
    return s;
}

stream stream_make(uint64_t seed, const char *purpose)
{
    uint64_t name = name_hash(purpose);
    stream root = {{0x6d696469u, 0x73656564u}, {(uint32_t)seed, (uint32_t)(seed >> 32)}};
    return stream_from(&root, name);
}

/* Children are drawn under a key of their own kind, so that a child is no block of its parent. */
stream stream_sub(const stream *s, uint64_t index)
{
    stream under = *s;
    under.key[0] ^= 0x73756221u;
    return stream_from(&under, index);
}

stream stream_named(const stream *s, const char *name)
{
    stream under = *s;
    under.key[0] ^= 0x6e616d65u;
    return stream_from(&under, name_hash(name));
}

/* ------------------------------------------------------------------ single numbers */

static inline uint64_t join(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

static inline double open_unit(uint64_t bits)
{
    return ((double)(bits >> 11) + .5) * 0x1p-53;
}

uint64_t rng_u64(const stream *s, uint64_t i)
{
    uint32_t w[4];
    rng_block(s, i / 2, w);
    return i % 2 ? join(w[2], w[3]) : join(w[0], w[1]);
}

uint64_t rng_below(const stream *s, uint64_t i, uint64_t n)
{
    uint64_t x = rng_u64(s, i);
    /* upper half of the 128-bit product, from 32-bit halves */
    uint64_t xl = (uint32_t)x, xh = x >> 32, nl = (uint32_t)n, nh = n >> 32;
    uint64_t mid = xh * nl + (xl * nl >> 32), mid2 = xl * nh + (uint32_t)mid;
    return xh * nh + (mid >> 32) + (mid2 >> 32);
}

double rng_uniform(const stream *s, uint64_t i)
{
    return open_unit(rng_u64(s, i));
}

real rng_sign(const stream *s, uint64_t i)
{
    uint32_t w[4];
    rng_block(s, i / 128, w);
    return w[i % 128 / 32] >> i % 32 & 1 ? (real)-1 : (real)1;
}

/* ------------------------------------------------------------------ normals */

/* ln u for u in (0,1): u = 2^e m with m in [sqrt(1/2), sqrt 2), ln m = 2 atanh((m-1)/(m+1)) by its
 * series to the 19th power; |(m-1)/(m+1)| < .172, so the rest is below 1e-16. */
static inline double own_log(double u)
{
    uint64_t bits;
    memcpy(&bits, &u, sizeof bits);
    /* moves the cut of the mantissa from 1 to sqrt(1/2) without a branch */
    uint64_t shifted = bits - 0x3FE6A09E667F3BCDu;
    int64_t e = (int64_t)shifted >> 52;
    uint64_t m_bits = bits - ((uint64_t)e << 52);
    double m, x = (double)(int32_t)e;
    memcpy(&m, &m_bits, sizeof m);
    double t = (m - 1) / (m + 1), q = t * t;
    double p = 1.0 / 19;
    p = p * q + 1.0 / 17;
    p = p * q + 1.0 / 15;
    p = p * q + 1.0 / 13;
    p = p * q + 1.0 / 11;
    p = p * q + 1.0 / 9;
    p = p * q + 1.0 / 7;
    p = p * q + 1.0 / 5;
    p = p * q + 1.0 / 3;
    p = p * q + 1;
    return x * 0.693147180559945309417 + 2 * t * p;
}

/* cos and sin of 2 pi u for u in (0,1): turn to the nearest quarter, Taylor series on |x| <= pi/4
 * (rest below 1e-16), then quarter turns by selection. */
static inline void own_turn(double u, double *c, double *s)
{
    double k = (u * 4 + .5) - .5;            /* 4u */
    double near = (k + 0x1.8p52) - 0x1.8p52; /* rounded to a whole quarter: 0..4 */
    double x = (k - near) * 1.57079632679489661923, q = x * x;
    double a = -1.0 / 1307674368000;
    a = a * q + 1.0 / 6227020800;
    a = a * q - 1.0 / 39916800;
    a = a * q + 1.0 / 362880;
    a = a * q - 1.0 / 5040;
    a = a * q + 1.0 / 120;
    a = a * q - 1.0 / 6;
    double sine = x + x * q * a;
    double b = 1.0 / 20922789888000;
    b = b * q - 1.0 / 87178291200;
    b = b * q + 1.0 / 479001600;
    b = b * q - 1.0 / 3628800;
    b = b * q + 1.0 / 40320;
    b = b * q - 1.0 / 720;
    b = b * q + 1.0 / 24;
    b = b * q - 1.0 / 2;
    double cosine = 1 + q * b;
    int32_t quarter = (int32_t)near;
    bool odd = quarter & 1;
    double cx = odd ? sine : cosine, sx = odd ? cosine : sine;
    *c = ((quarter + 1) & 2) ? -cx : cx;
    *s = (quarter & 2) ? -sx : sx;
}

static inline void box_muller(uint64_t a, uint64_t b, double *even, double *odd)
{
    double c, s, r = sqrt(-2 * own_log(open_unit(a)));
    own_turn(open_unit(b), &c, &s);
    *even = r * c;
    *odd = r * s;
}

double rng_normal(const stream *s, uint64_t i)
{
    uint32_t w[4];
    double even, odd;
    rng_block(s, i / 2, w);
    box_muller(join(w[0], w[1]), join(w[2], w[3]), &even, &odd);
    return i % 2 ? odd : even;
}

/* ------------------------------------------------------------------ many at once */

/* Philox on n blocks from `first`, a word an array: every line is one loop that vectorises. */
static void draw_tile(const stream *s, uint64_t first, size_t n, uint32_t w[4][TILE])
{
    for (size_t k = 0; k < n; k++) {
        uint64_t i = first + k;
        uint32_t c0 = (uint32_t)i, c1 = (uint32_t)(i >> 32), c2 = s->base[0], c3 = s->base[1];
        uint32_t k0 = s->key[0], k1 = s->key[1];
        for (int round = 0; round < 10; round++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
            uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
            c1 = (uint32_t)p1;
            c3 = (uint32_t)p0;
            c0 = n0;
            c2 = n2;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        w[0][k] = c0;
        w[1][k] = c1;
        w[2][k] = c2;
        w[3][k] = c3;
    }
}

void rng_normals(const stream *s, uint64_t first, size_t n, real *out)
{
    uint32_t w[4][TILE];
    real pairs[2 * TILE];
    while (n) {
        size_t skip = first % 2, want = n + skip < 2 * TILE ? n + skip : 2 * TILE;
        size_t blocks = (want + 1) / 2;
        draw_tile(s, first / 2, blocks, w);
        for (size_t k = 0; k < blocks; k++) {
            double even, odd;
            box_muller(join(w[0][k], w[1][k]), join(w[2][k], w[3][k]), &even, &odd);
            pairs[2 * k] = (real)even;
            pairs[2 * k + 1] = (real)odd;
        }
        memcpy(out, pairs + skip, (want - skip) * sizeof *out);
        out += want - skip;
        first += want - skip;
        n -= want - skip;
    }
}

void rng_uniforms(const stream *s, uint64_t first, size_t n, real *out)
{
    uint32_t w[4][TILE];
    real pairs[2 * TILE];
    /* a double just below 1 rounds to 1 as a float: the open interval is kept */
    const real top = sizeof(real) == 4 ? (real)(1 - 0x1p-24) : (real)(1 - 0x1p-53);
    while (n) {
        size_t skip = first % 2, want = n + skip < 2 * TILE ? n + skip : 2 * TILE;
        size_t blocks = (want + 1) / 2;
        draw_tile(s, first / 2, blocks, w);
        for (size_t k = 0; k < blocks; k++) {
            real a = (real)open_unit(join(w[0][k], w[1][k]));
            real b = (real)open_unit(join(w[2][k], w[3][k]));
            pairs[2 * k] = a < top ? a : top;
            pairs[2 * k + 1] = b < top ? b : top;
        }
        memcpy(out, pairs + skip, (want - skip) * sizeof *out);
        out += want - skip;
        first += want - skip;
        n -= want - skip;
    }
}

void rng_signs(const stream *s, uint64_t first, size_t n, real *out)
{
    uint32_t w[4];
    for (size_t k = 0; k < n; k++) {
        uint64_t i = first + k;
        if (k == 0 || i % 128 == 0)
            rng_block(s, i / 128, w);
        out[k] = w[i % 128 / 32] >> i % 32 & 1 ? (real)-1 : (real)1;
    }
}

void rng_permutation(const stream *s, size_t n, uint32_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint32_t)i;
    for (size_t i = n; i-- > 1;) {
        size_t j = (size_t)rng_below(s, i, i + 1);
        uint32_t t = out[i];
        out[i] = out[j];
        out[j] = t;
    }
}

double idim_uniform(const idim_stream *s, uint64_t i)
{
    return rng_uniform(s, i);
}

double idim_normal(const idim_stream *s, uint64_t i)
{
    return rng_normal(s, i);
}
