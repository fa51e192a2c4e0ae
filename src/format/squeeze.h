/* squeeze.h -- bytes into memory, plain, as .gz or as .xz: the same bytes for the same input (no clock, no name). */
#ifndef FORMAT_SQUEEZE_H
#define FORMAT_SQUEEZE_H

#include "base/mem.h"

typedef enum squeeze_kind { SQUEEZE_PLAIN, SQUEEZE_GZ, SQUEEZE_XZ } squeeze_kind;
typedef struct squeeze squeeze;

status squeeze_new(squeeze **z, squeeze_kind kind);
void squeeze_free(squeeze *z);
status squeeze_add(squeeze *z, const void *bytes, size_t n);
/* Ends it; *out is what came out, text_clear. */
status squeeze_end(squeeze *z, text *out);

#endif
