/* tar.c -- see tar.h. An archive is a row of blocks of 512 bytes: a header, the file's bytes filled up to
 * whole blocks, the next header, ..., two blocks of zeros; what lies behind them is filling.
 *
 *   header: name (100 bytes), ..., size (12, octal) at 124, sum (8, octal) at 148, type at 156
 *   sum:    of the header's 512 bytes with its own eight read as spaces
 *
 * A path of more than 100 bytes is cut at a slash into prefix and name, so the file's own name always
 * ends the name field. Long names of GNU and pax are members of other types; they are walked over. */
#include <string.h>

#include "format/tar.h"

enum { BLOCK = 512, NAME = 100, SIZE = 124, SUM = 148, TYPE = 156 };

static status tar_damaged(const char *path, size_t at, const char *why)
{
    return error_set(ERR_FORMAT, "%s: %s at byte %zu; fetch it again", path, why, at);
}

/* Spaces, octal digits, then a space, a zero byte or the field's end. */
static bool tar_octal(const char *field, size_t n, size_t *value)
{
    size_t i = 0, digits = 0;
    *value = 0;
    while (i < n && field[i] == ' ')
        i++;
    for (; i < n && field[i] >= '0' && field[i] <= '7'; i++, digits++)
        *value = *value * 8 + (size_t)(field[i] - '0'); /* 12 digits are 36 bits */
    return digits && (i == n || field[i] == ' ' || !field[i]);
}

static size_t tar_sum(const char *header)
{
    size_t sum = 8 * ' ';
    for (size_t i = 0; i < BLOCK; i++)
        if (i < SUM || i >= SUM + 8)
            sum += (unsigned char)header[i];
    return sum;
}

static bool tar_zeros(const char *block)
{
    for (size_t i = 0; i < BLOCK; i++)
        if (block[i])
            return false;
    return true;
}

static bool tar_named(const char *header, const char *name)
{
    size_t n = strnlen(header, NAME), length = strlen(name);
    return n >= length && !memcmp(header + n - length, name, length) &&
           (n == length || header[n - length - 1] == '/');
}

status tar_find(const char *path, const char *bytes, size_t n, const char *name,
                const char **member, size_t *n_member)
{
    size_t at = 0, size, sum, n_found = 0;
    const char *found = NULL;
    *member = NULL;
    *n_member = 0;
    for (;;) {
        const char *header = bytes + at;
        if (n - at < BLOCK)
            return tar_damaged(path, n, "the tar archive is cut short");
        if (tar_zeros(header))
            break;
        if (!tar_octal(header + SUM, 8, &sum) || sum != tar_sum(header))
            return tar_damaged(path, at, "no header of a tar archive");
        if (!tar_octal(header + SIZE, 12, &size))
            return tar_damaged(path, at, "a member's size is no octal number");
        at += BLOCK;
        if (size > n - at || (BLOCK - size % BLOCK) % BLOCK > n - at - size)
            return error_set(ERR_FORMAT,
                             "%s: %.*s: %zu bytes promised by its header, %zu are left; the tar "
                             "archive is cut short: fetch it again",
                             path, NAME, header, size, n - at);
        if ((header[TYPE] == '0' || !header[TYPE]) && tar_named(header, name)) {
            if (found)
                return error_set(ERR_FORMAT, "%s: %s is there twice; fetch it again", path, name);
            found = bytes + at;
            n_found = size;
        }
        at += (size + BLOCK - 1) / BLOCK * BLOCK;
    }
    if (n - at < 2 * BLOCK || !tar_zeros(bytes + at + BLOCK))
        return tar_damaged(path, at, "the tar archive does not end in two blocks of zeros");
    if (!found)
        return error_set(ERR_FILE, "%s: %s is not in the archive; fetch it again", path, name);
    *member = found;
    *n_member = n_found;
    return OK;
}
