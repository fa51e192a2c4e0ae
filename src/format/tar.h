/* tar.h -- a tar archive in memory (POSIX ustar, as GNU tar and Python write it): members by name. */
#ifndef FORMAT_TAR_H
#define FORMAT_TAR_H

#include "base/status.h"

/* The one regular file whose path ends in `name` ("data_batch_1.bin" whatever folder it is in); *member
 * points into `bytes` and has *n_member bytes. `path` stands in the sentences. The whole archive is
 * walked every time. ERR_FORMAT: a header that is none (its sum), a size that is no octal number, a
 * member or the two closing blocks cut off, two members of that name; ERR_FILE: no such member. */
status tar_find(const char *path, const char *bytes, size_t n, const char *name,
                const char **member, size_t *n_member);

enum { TAR_BLOCK = 512, TAR_NAME = 100, TAR_PATH = 257 };

typedef struct tar_member {
    char path[TAR_PATH]; /* as it stands there: whoever writes files by it looks at it first */
    char type;           /* '0' a file, '5' a folder, ... */
    const char *bytes;   /* into the archive */
    size_t n;
} tar_member;

/* The member at *at (first 0), which moves behind it; *end: there is none, and the archive ends as it should.
 * Errors as tar_find. */
status tar_next(const char *path, const char *bytes, size_t n, size_t *at, tar_member *m,
                bool *end);

/* The header of a file of n bytes; its bytes and zeros up to a whole block follow, and two blocks of zeros
 * the last. No clock, no owner. ERR_LIMIT: a path that ustar cannot hold. */
status tar_header(const char *member, size_t n, char block[TAR_BLOCK]);

#endif
