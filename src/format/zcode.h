/* zcode.h -- the numbers z (d) of a trained model as a short code: in full, or each as one of few values.
 *
 * One stream of arithmetic.h, where count(x) is Elias' gamma code of x + 1 in plain bits:
 *     form, 2 bits: 0 whole, 1 uniform, 2 means;  count(d)
 *     whole      each number's bits: sign, exponent down a tree of models, mantissa
 *     uniform    count(groups), then of each count(numbers) and scale; then for each number k with
 *                z = z0 + scale k: the length of |k| in unary, each step with its model; |k| behind the
 *                leading bit, 6 bits down a tree of its length, more as they are; the sign
 *     means      the same groups; count(levels) and each level; then each number's level down a tree,
 *                z = z0 + scale level
 * A group is numbers one behind the other that share a scale: a part of z. Scales and levels are the upper
 * half of a float (bfloat16). The models are shared by all groups; numbers whose scale is 0 are not written,
 * and have symbol 0.
 *
 * z0 is not in the code: it comes from the seed, and what training did is what is coded. */
#ifndef FORMAT_ZCODE_H
#define FORMAT_ZCODE_H

#include "base/mem.h"

enum { ZCODE_LEVELS = 1 << 16, ZCODE_SYMBOL = (1 << 30) - 1 }; /* the most; the largest |k| */

typedef enum zcode_form { ZCODE_WHOLE, ZCODE_UNIFORM, ZCODE_MEANS, ZCODE_FORMS } zcode_form;

typedef struct zcode_group {
    size_t n;
    float scale;
} zcode_group;

typedef struct zcode {
    zcode_form form;
    size_t d;
    real *whole;     /* (d) of ZCODE_WHOLE */
    int32_t *symbol; /* (d) of the others: k, or the level's index */
    zcode_group *groups;
    size_t n_groups; /* their n sum up to d */
    float *levels;   /* of ZCODE_MEANS */
    size_t n_levels;
} zcode;

void zcode_clear(zcode *z);

/* The upper half of a float, to nearest: what scales and levels are rounded to. */
float zcode_half(double x);

/* Appends the code. ERR_MEMORY; ERR_FORMAT: it breaks a rule above. */
status zcode_write(const zcode *z, text *code);
/* `what` begins sentences. ERR_FORMAT: cut short, bytes left over, numbers that there are not. Nothing is
 * asked for that the bytes cannot fill. */
status zcode_read(const char *what, const void *code, size_t n, zcode *z);

/* z (d): the numbers, or z0 (NULL: zeros) and what is coded. */
void zcode_values(const zcode *z, const real *z0, real *out);

#endif
