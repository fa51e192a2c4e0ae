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

#endif
