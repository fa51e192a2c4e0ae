/* inflate.h -- a whole file, plain, .gz or .xz by its first bytes, with a limit on what comes out. */
#ifndef FORMAT_INFLATE_H
#define FORMAT_INFLATE_H

#include "base/status.h"

/* *bytes is freed by mem_free. ERR_FILE; ERR_FORMAT: damaged, cut short, or bytes behind the end;
 * ERR_LIMIT: more than `limit` bytes would come out (a gzip bomb), found without making them. */
status inflate_file(const char *path, size_t limit, char **bytes, size_t *n);

/* A raw deflate stream of a zip member: exactly n_out bytes must come out. */
status inflate_raw(const char *path, const void *in, size_t n_in, void *out, size_t n_out);

#endif
