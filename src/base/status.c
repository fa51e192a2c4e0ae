/* status.c -- the thread's one error sentence. It is the only writable storage of the library that
 * outlives a call. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

enum { STATUS_ROOM = 2048 };

static _Thread_local char sentence[STATUS_ROOM];

size_t text_obeyed(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    if (p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)
        return 2;
    return (p[0] && p[0] < ' ') || p[0] == 0x7F;
}

/* A sentence that was cut ends in "...", and not in half a UTF-8 letter. It may quote a hostile file:
 * line ends and what a terminal would obey become '?'. */
static void status_close(char *text, int wanted)
{
    if (wanted < 0)
        text[0] = '\0';
    for (char *c = text; *c; c++)
        for (size_t n = text_obeyed(c); n; n--)
            c[n - 1] = '?';
    if (wanted < STATUS_ROOM)
        return;
    size_t n = STATUS_ROOM - 4;
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--;
    memcpy(text + n, "...", 4);
}

/* The arguments may contain the sentence that stands, so the new one is made beside it. */
PRINTF_LIKE(1, 0)
static void status_write(const char *format, va_list args)
{
    char text[STATUS_ROOM];
    status_close(text, vsnprintf(text, sizeof text, format, args));
    memcpy(sentence, text, sizeof sentence);
}

status error_set(status st, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    status_write(format, args);
    va_end(args);
    return st;
}

static void status_join(const char *a, const char *b)
{
    char text[STATUS_ROOM];
    status_close(text, snprintf(text, sizeof text, "%s%s", a, b));
    memcpy(sentence, text, sizeof sentence);
}

void error_prefix(const char *format, ...)
{
    char old[STATUS_ROOM], place[STATUS_ROOM];
    va_list args;
    memcpy(old, sentence, sizeof old);
    va_start(args, format);
    status_write(format, args);
    va_end(args);
    memcpy(place, sentence, sizeof place);
    status_join(place, old);
}

status error_errno(status st, const char *format, ...)
{
    int code = errno;
    char why[256], place[STATUS_ROOM];
    va_list args;
    if (strerror_r(code, why, sizeof why))
        snprintf(why, sizeof why, "system error %d", code);
    va_start(args, format);
    status_write(format, args);
    va_end(args);
    memcpy(place, sentence, sizeof place);
    status_join(place, ": ");
    memcpy(place, sentence, sizeof place);
    status_join(place, why);
    return st;
}

const char *error_text(void)
{
    return sentence;
}

const char *idim_error_text(void)
{
    return sentence;
}
