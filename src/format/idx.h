/* idx.h -- the IDX format of MNIST (LeCun, Cortes, Burges): big-endian header, then the numbers.
 *
 *   0 0 type dims | dims sizes of 4 bytes | numbers     type: 8 u8, 9 i8, 11 i16, 12 i32, 13 f32, 14 f64 */
#ifndef FORMAT_IDX_H
#define FORMAT_IDX_H

#include "base/status.h"

enum { IDX_DIMS = 4, IDX_U8 = 8 };

typedef struct idx {
    int type;
    size_t dims, shape[IDX_DIMS], n; /* n: numbers in all */
    const uint8_t *data;             /* in `bytes`, big-endian */
    char *bytes;                     /* of the file, unpacked */
    size_t n_bytes;
} idx;

/* Plain, .gz or .xz. ERR_FILE, ERR_FORMAT (magic, cut short, bytes behind the end), ERR_LIMIT. */
status idx_open(idx *x, const char *path);
void idx_clear(idx *x);

/* Number i as a double, whatever the type. */
double idx_at(const idx *x, size_t i);

#endif
