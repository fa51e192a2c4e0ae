/* packed.h -- a trained model as one small file: its seeds and configuration, and its z. Little-endian.
 *
 *      0  "idimpack"                         32  u64 bytes of code
 *      8  u32 format, 1                      40  u64 bytes of weights
 *     12  u32 CRC-32 of all behind it        48  u64 right, u64 samples: of the training split, by the
 *     16  u32 1: regenerable; 0                  network as it is coded; 0 samples: not scored
 *     20  u32 bytes of a number: 4, 8        64  numeric kind, 16 hexadecimal digits
 *     24  u32 bytes of run, u32 of notes     80  run, notes, code, weights, one behind the other
 *
 * run: "key=value" lines of what is not at its default (sweep/run.h), as raw deflate with the dictionary of
 * packed.c; with the code it tells the network. notes: what else the run id is the hash of, likewise.
 * code: zcode.h. weights: those that do not come back from the seed (u64 index of the tensor in the model,
 * u64 n, n numbers), one behind the other.
 * A file is believed in nothing: sizes against what is there, then the checksum, then what is in it. */
#ifndef FORMAT_PACKED_H
#define FORMAT_PACKED_H

#include "format/zcode.h"

enum { PACKED_FORMAT = 1, PACKED_KIND = 17, PACKED_HEAD = 80 };

typedef struct packed_tensor {
    size_t index, n;
    real *values; /* (n) */
} packed_tensor;

typedef struct packed {
    char *run, *notes;
    char kind[PACKED_KIND];
    bool regenerable;
    size_t right, samples;
    zcode z;
    packed_tensor *tensors;
    size_t n_tensors;
    size_t run_bytes, notes_bytes, code_bytes, weight_bytes; /* in the file */
} packed;

void packed_clear(packed *p);

/* Does the file begin as one? */
bool packed_is(const char *path);

/* Fills the sizes. ERR_USAGE: texts or a kind that packed_read would refuse; ERR_FILE, ERR_MEMORY; of the code as
 * zcode_write. */
status packed_write(packed *p, const char *path);
/* ERR_FILE; ERR_FORMAT: names the file and what is wrong with it. */
status packed_read(const char *path, packed *p);

#endif
