/* status.h -- short names for the installed header's types, and the thread's one error sentence.
 *
 * What can fail returns a status; OK is 0. Whoever finds the fault writes the sentence (thing,
 * place, mend); callers pass the status up, or put a place before the sentence. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/idim.h"

typedef idim_status status;
typedef idim_real real;

/* Macros and not a second enum: both compilers warn where two enums mix. */
#define OK IDIM_OK
#define ERR_FAILED IDIM_ERR_FAILED
#define ERR_USAGE IDIM_ERR_USAGE
#define ERR_MEMORY IDIM_ERR_MEMORY
#define ERR_FILE IDIM_ERR_FILE
#define ERR_FORMAT IDIM_ERR_FORMAT
#define ERR_LIMIT IDIM_ERR_LIMIT
#define ERR_STOPPED IDIM_ERR_STOPPED

#if defined(__GNUC__)
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#else
#define PRINTF_LIKE(f, a)
#endif

/* Leaves the sentence for this thread and returns `st`: `return error_set(ERR_USAGE, ...)`. */
status error_set(status st, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts a place before the sentence that stands: error_prefix("run %s: ", id). */
void error_prefix(const char *format, ...) PRINTF_LIKE(1, 2);

/* The sentence of this thread's last failure, "" when there was none. Borrowed until the next
 * failure in the same thread. */
const char *error_text(void);

/* How many bytes at s are a character that a terminal would obey and not show: 1 for C0 and DEL, 2 for C1 in
 * UTF-8 (0xC2 0x80..0x9F), else 0. */
size_t text_obeyed(const char *s);

/* As error_set with the system's word for errno at the end: "PATH: cannot open: No such file". */
status error_errno(status st, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
