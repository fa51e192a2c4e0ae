/* mem.c -- every block has its size in a line of its own before it:
 *
 *     | size ........ | the caller's bytes ...
 *     ^ 64-aligned    ^ 64-aligned, what the caller gets
 *
 * so that mem_resize knows how much to copy (realloc keeps no alignment above 16). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/locale.h"
#include "base/mem.h"

enum { MEM_LINE = 64 };

static void *mem_block(size_t n, size_t size, bool zero)
{
    size_t bytes, whole;
    void *block = NULL;
    if (size_mul(n, size, &bytes) || size_add(bytes, MEM_LINE, &whole)) {
        error_set(ERR_MEMORY,
                  "memory: %zu items of %zu bytes are more than an address can count; "
                  "ask for less",
                  n, size);
        return NULL;
    }
    if (fault_now(FAULT_MEMORY) || posix_memalign(&block, MEM_LINE, whole)) {
        char words[16];
        error_set(ERR_MEMORY, "memory: no %s to be had; free some or ask for less",
                  mem_bytes_text((double)bytes, words));
        return NULL;
    }
    memcpy(block, &bytes, sizeof bytes);
    char *p = (char *)block + MEM_LINE;
    fault_count(1);
    if (zero)
        memset(p, 0, bytes);
    return p;
}

static size_t mem_size(const void *p)
{
    size_t bytes;
    memcpy(&bytes, (const char *)p - MEM_LINE, sizeof bytes);
    return bytes;
}

void *mem_array(size_t n, size_t size)
{
    return mem_block(n, size, true);
}

void *mem_raw(size_t n, size_t size)
{
    return mem_block(n, size, false);
}

void *mem_resize(void *p, size_t n, size_t size)
{
    void *q = mem_block(n, size, false);
    if (!q || !p)
        return q;
    size_t before = mem_size(p), now = mem_size(q);
    memcpy(q, p, before < now ? before : now);
    mem_free(p);
    return q;
}

void *mem_copy(const void *from, size_t n, size_t size)
{
    void *to = mem_block(n, size, false);
    if (to && n * size > 0)
        memcpy(to, from, n * size);
    return to;
}

char *mem_string(const char *text_)
{
    return mem_copy(text_, strlen(text_) + 1, 1);
}

/* Numbers have a point in every locale: what is printed here is read back by programs. */
PRINTF_LIKE(3, 0)
static int mem_format(char *to, size_t room, const char *format, va_list args)
{
    locale_t user = locale_enter();
    int n = vsnprintf(to, room, format, args);
    locale_leave(user);
    return n;
}

char *mem_printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = mem_format(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        error_set(ERR_MEMORY, "memory: a text of more than 2 GiB cannot be printed; ask for less");
        return NULL;
    }
    char *to = mem_raw((size_t)n + 1, 1);
    if (!to)
        return NULL;
    va_start(args, format);
    mem_format(to, (size_t)n + 1, format, args);
    va_end(args);
    return to;
}

void mem_free(void *p)
{
    if (!p)
        return;
    fault_count(-1);
    free((char *)p - MEM_LINE);
}

status size_mul(size_t a, size_t b, size_t *out)
{
    *out = 0;
    if (b && a > SIZE_MAX / b)
        return error_set(ERR_LIMIT, "%zu times %zu is more than an address can count; ask for less",
                         a, b);
    *out = a * b;
    return OK;
}

status size_add(size_t a, size_t b, size_t *out)
{
    *out = 0;
    if (a > SIZE_MAX - b)
        return error_set(ERR_LIMIT, "%zu plus %zu is more than an address can count; ask for less",
                         a, b);
    *out = a + b;
    return OK;
}

/* Room for n more bytes and the '\0'; doubling, so that a text of n bytes costs O(n). */
static bool text_grow(text *t, size_t n)
{
    size_t need;
    if (t->failed || size_add(t->length, n, &need) || size_add(need, 1, &need)) {
        t->failed = true;
        return false;
    }
    if (need <= t->room)
        return true;
    size_t room = t->room > SIZE_MAX / 2 ? need : 2 * t->room;
    if (room < need)
        room = need < 64 ? 64 : need;
    char *p = mem_resize(t->text, room, 1);
    t->failed = !p;
    if (!p)
        return false;
    t->text = p;
    t->room = room;
    return true;
}

void text_bytes(text *t, const char *bytes, size_t n)
{
    if (!text_grow(t, n))
        return;
    if (n)
        memcpy(t->text + t->length, bytes, n);
    t->length += n;
    t->text[t->length] = '\0';
}

void text_add(text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = mem_format(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        error_set(ERR_MEMORY, "memory: a text of more than 2 GiB cannot be printed; ask for less");
        t->failed = true;
    }
    if (t->failed || !text_grow(t, (size_t)n))
        return;
    va_start(args, format);
    mem_format(t->text + t->length, (size_t)n + 1, format, args);
    va_end(args);
    t->length += (size_t)n;
}

bool text_failed(const text *t)
{
    return t->failed;
}

void text_clear(text *t)
{
    mem_free(t->text);
    *t = (text){0};
}

const char *mem_bytes_text(double bytes, char out[16])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t u = 0;
    locale_t user = locale_enter();
    for (; bytes >= 1023.5 && u + 1 < sizeof units / sizeof *units; u++)
        bytes /= 1024;
    /* %.3g would write 1000 to 1023 with an exponent */
    snprintf(out, 16, bytes >= 999.5 && bytes < 1024 ? "%.0f %s" : "%.3g %s", bytes, units[u]);
    locale_leave(user);
    return out;
}
