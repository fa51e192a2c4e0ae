/* unicode.c -- see unicode.h. */
#include "format/unicode.h"
#include "format/unicode_table.h"

size_t unicode_next(const char *s, size_t n, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)s;
    size_t k = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    *c = UNICODE_NONE;
    if (!k || k > n)
        return 1;
    uint32_t x = k == 1 ? p[0] : p[0] & (0x7fu >> k);
    for (size_t i = 1; i < k; i++) {
        if (p[i] >> 6 != 2)
            return 1;
        x = x << 6 | (p[i] & 0x3fu);
    }
    if (x < least[k] || x > 0x10ffff || (x >= 0xd800 && x < 0xe000))
        return 1;
    *c = x;
    return k;
}

size_t unicode_put(uint32_t c, char out[4])
{
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(marks[n] | c);
    return n;
}

unicode_class unicode_class_of(uint32_t c)
{
    size_t low = 0, high = sizeof class_runs / sizeof *class_runs;
    if (c > 0x10ffff)
        return UNICODE_OTHER;
    while (high - low > 1) { /* the last run that begins at c or before */
        size_t mid = (low + high) / 2;
        if (class_runs[mid] >> 3 <= c)
            low = mid;
        else
            high = mid;
    }
    return (unicode_class)(class_runs[low] & 7);
}

/* A syllable of Hangul is two or three letters (The Unicode Standard, 3.12). */
static size_t fold_hangul(uint32_t c, uint32_t out[UNICODE_FOLD])
{
    uint32_t i = c - 0xac00;
    out[0] = 0x1100 + i / 588;
    out[1] = 0x1161 + i % 588 / 28;
    out[2] = 0x11a7 + i % 28;
    return i % 28 ? 3 : 2;
}

size_t unicode_fold(uint32_t c, uint32_t out[UNICODE_FOLD])
{
    size_t low = 0, high = sizeof fold_runs / sizeof *fold_runs;
    out[0] = c;
    if (c < 0x80) {
        out[0] = c >= 'A' && c <= 'Z' ? c + 32 : c;
        return 1;
    }
    if (c >= 0xac00 && c < 0xac00 + 11172)
        return fold_hangul(c, out);
    if (unicode_class_of(c) == UNICODE_MARK)
        return 0;
    while (high - low > 1) {
        size_t mid = (low + high) / 2;
        if (fold_runs[mid].first <= c)
            low = mid;
        else
            high = mid;
    }
    const fold_run *r = &fold_runs[low];
    if (c >= r->first && (c - r->first) % r->step == 0 && (c - r->first) / r->step < r->n) {
        out[0] = r->to + (c - r->first) / r->step * r->to_step;
        return 1;
    }
    for (size_t i = 0; i < sizeof fold_several / sizeof *fold_several; i++)
        if (fold_several[i][0] == c) {
            size_t n = fold_several[i][3] ? 3 : 2;
            for (size_t k = 0; k < n; k++)
                out[k] = fold_several[i][k + 1];
            return n;
        }
    return 1;
}
