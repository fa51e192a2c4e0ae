/* mem.h -- memory and the arithmetic of sizes. Every size that comes from outside goes through here. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/status.h"

/* n * size zeroed bytes, aligned to 64 (a cache line, an AVX-512 register); NULL with the sentence
 * left (ERR_MEMORY) when the product overflows or memory is out. n = 0 gives a valid pointer. */
void *mem_array(size_t n, size_t size);

/* The same without zeroing, for what is overwritten at once. */
void *mem_raw(size_t n, size_t size);

/* p grown or shrunk to n * size bytes, contents kept up to the smaller; NULL (p is untouched). The
 * new part is not zeroed. p may be NULL. */
void *mem_resize(void *p, size_t n, size_t size);

/* A copy of n * size bytes, or of a string. */
void *mem_copy(const void *from, size_t n, size_t size);
char *mem_string(const char *text);

/* printf into a fresh string that the caller frees with mem_free. NULL: ERR_MEMORY. */
char *mem_printf(const char *format, ...) PRINTF_LIKE(1, 2);

void mem_free(void *p); /* NULL is fine; all of the above are freed by it */

/* *out = a * b or a + b; ERR_LIMIT with the two numbers named when it does not fit in size_t. */
status size_mul(size_t a, size_t b, size_t *out);
status size_add(size_t a, size_t b, size_t *out);

/* A text that grows. `text` is NULL or ends in '\0'; the buffer's error is sticky: append as much as
 * you like and ask text_failed() once. */
typedef struct text {
    char *text;
    size_t length, room;
    bool failed;
} text;
void text_add(text *t, const char *format, ...) PRINTF_LIKE(2, 3);
void text_bytes(text *t, const char *bytes, size_t n);
bool text_failed(const text *t); /* memory ran out on the way: the sentence is left */
void text_clear(text *t);

/* "1.5 GiB", "598 MB" is never mixed: bytes in binary units with 3 significant digits. `out` (16). */
const char *mem_bytes_text(double bytes, char out[16]);

#endif
