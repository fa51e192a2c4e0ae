/* tar.c -- see tar.h. An archive is a row of blocks of 512 bytes: a header, the file's bytes filled up to
 * whole blocks, the next header, ..., two blocks of zeros; what lies behind them is filling.
 *
 *   header: name (100 bytes), ..., size (12, octal) at 124, sum (8, octal) at 148, type at 156
 *   sum:    of the header's 512 bytes with its own eight read as spaces
 *
 * A path of more than 100 bytes is cut at a slash into prefix and name, so the file's own name always
 * ends the name field; tar_next joins the two. Long names of GNU and pax are members of other types; they are walked over. */
#include <stdio.h>
#include <string.h>

#include "format/tar.h"

enum {
    BLOCK = TAR_BLOCK,
    NAME = TAR_NAME,
    MODE = 100,
    OWNER = 108,
    GROUP = 116,
    SIZE = 124,
    TIME = 136,
    SUM = 148,
    TYPE = 156,
    MAGIC = 257,
    PREFIX = 345,
    PREFIX_ROOM = 155
};

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

static bool tar_named(const char *path, const char *name)
{
    size_t n = strlen(path), length = strlen(name);
    return n >= length && !strcmp(path + n - length, name) &&
           (n == length || path[n - length - 1] == '/');
}

static void tar_path(const char *header, char out[TAR_PATH])
{
    bool ustar = !memcmp(header + MAGIC, "ustar", 6) && header[PREFIX];
    snprintf(out, TAR_PATH, "%.*s%s%.*s", ustar ? PREFIX_ROOM : 0, header + PREFIX,
             ustar ? "/" : "", NAME, header);
}

status tar_next(const char *path, const char *bytes, size_t n, size_t *at, tar_member *m, bool *end)
{
    size_t size, sum;
    const char *header = bytes + *at;
    *end = false;
    *m = (tar_member){.bytes = NULL};
    if (n - *at < BLOCK)
        return tar_damaged(path, n, "the tar archive is cut short");
    if (tar_zeros(header)) {
        *end = true;
        if (n - *at < 2 * BLOCK || !tar_zeros(header + BLOCK))
            return tar_damaged(path, *at, "the tar archive does not end in two blocks of zeros");
        return OK;
    }
    if (!tar_octal(header + SUM, 8, &sum) || sum != tar_sum(header))
        return tar_damaged(path, *at, "no header of a tar archive");
    if (!tar_octal(header + SIZE, 12, &size))
        return tar_damaged(path, *at, "a member's size is no octal number");
    *at += BLOCK;
    if (size > n - *at || (BLOCK - size % BLOCK) % BLOCK > n - *at - size)
        return error_set(ERR_FORMAT,
                         "%s: %.*s: %zu bytes promised by its header, %zu are left; the tar "
                         "archive is cut short: fetch it again",
                         path, NAME, header, size, n - *at);
    tar_path(header, m->path);
    m->type = header[TYPE] ? header[TYPE] : '0';
    m->bytes = bytes + *at;
    m->n = size;
    *at += (size + BLOCK - 1) / BLOCK * BLOCK;
    return OK;
}

status tar_find(const char *path, const char *bytes, size_t n, const char *name,
                const char **member, size_t *n_member)
{
    size_t at = 0;
    tar_member m, found = {.bytes = NULL};
    bool end;
    status st;
    *member = NULL;
    *n_member = 0;
    while (!(st = tar_next(path, bytes, n, &at, &m, &end)) && !end) {
        if (m.type != '0' || !tar_named(m.path, name))
            continue;
        if (found.bytes)
            return error_set(ERR_FORMAT, "%s: %s is there twice; fetch it again", path, name);
        found = m;
    }
    if (st)
        return st;
    if (!found.bytes)
        return error_set(ERR_FILE, "%s: %s is not in the archive; fetch it again", path, name);
    *member = found.bytes;
    *n_member = found.n;
    return OK;
}

status tar_header(const char *member, size_t n, char block[TAR_BLOCK])
{
    size_t length = strlen(member), cut = 0;
    memset(block, 0, BLOCK);
    if (length > NAME) { /* at the first slash that leaves few enough behind it */
        for (size_t i = 1; i < length && !cut; i++)
            if (member[i] == '/' && length - i - 1 <= NAME)
                cut = i;
        if (!cut || cut > PREFIX_ROOM)
            return error_set(ERR_LIMIT, "%s: too long a name for a tar archive; shorten it",
                             member);
        memcpy(block + PREFIX, member, cut++);
    }
    if (n >> 33)
        return error_set(ERR_LIMIT, "%s: %zu bytes, 8 GiB are the most in a tar archive", member,
                         n);
    memcpy(block, member + cut, length - cut);
    snprintf(block + MODE, 8, "%07o", 0644u);
    snprintf(block + OWNER, 8, "%07o", 0u);
    snprintf(block + GROUP, 8, "%07o", 0u);
    snprintf(block + SIZE, 12, "%011zo", n);
    snprintf(block + TIME, 12, "%011o", 0u);
    block[TYPE] = '0';
    memcpy(block + MAGIC, "ustar\00000", 8);
    snprintf(block + SUM, 8, "%06zo", tar_sum(block));
    block[SUM + 7] = ' ';
    return OK;
}
