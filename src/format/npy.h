/* npy.h -- NumPy's .npy files (versions 1 to 3) and members of .npz archives.
 *
 * Numbers: u1 u2 u4 u8 i1 i2 i4 i8 f2 f4 f8 b1, either byte order, C or Fortran order. Of an archive
 * stored and deflated members, with zip64 sizes; each member's CRC is checked. */
#ifndef FORMAT_NPY_H
#define FORMAT_NPY_H

#include "base/status.h"

enum { NPY_DIMS = 4 };

typedef struct npy {
    char type;    /* 'u', 'i', 'f' or 'b' */
    size_t width; /* bytes of a number */
    bool big, fortran;
    size_t dims, shape[NPY_DIMS], n;
    const uint8_t *data;
    char *bytes; /* of the file or member, unpacked */
    size_t n_bytes;
} npy;

/* member "": path is an .npy file (plain, .gz or .xz); else the member of an .npz, with or without
 * .npy. ERR_FILE, ERR_FORMAT, ERR_LIMIT: name the file and what was wrong. */
status npy_open(npy *a, const char *path, const char *member);
void npy_clear(npy *a);

/* Number i in C order, whatever type, order and bytes. */
double npy_at(const npy *a, size_t i);

#endif
