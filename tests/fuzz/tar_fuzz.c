/* tar_fuzz.c -- the archive in which CIFAR-10 comes: as it is, then with every header's true sum. */
#include "tests/fuzz/fuzz.h"

#include "format/tar.h"

static const char *const fuzz_name = "tar";
enum { BLOCK = 512 };

/* Headers follow each other as their sizes say, as far as that goes. */
static void seal(char *bytes, size_t n)
{
    for (size_t at = 0; at + BLOCK <= n;) {
        char *header = bytes + at, digits[13] = {0};
        unsigned sum = 8 * ' ';
        for (size_t i = 0; i < BLOCK; i++)
            if (i < 148 || i >= 156)
                sum += (unsigned char)header[i];
        if (sum == 8 * ' ')
            return; /* zeros: the end */
        snprintf(digits, sizeof digits, "%06o", sum);
        memcpy(header + 148, digits, 7);
        memcpy(digits, header + 124, 12);
        size_t size = strtoul(digits, NULL, 8);
        if (size > n)
            return;
        at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
    }
}

static status find(const char *bytes, size_t n)
{
    const char *member;
    size_t length;
    status st = tar_find("a.tar", bytes, n, "batch", &member, &length);
    FUZZ_MUST(!st || !member || st == ERR_FORMAT, "a member that is not there was pointed at");
    FUZZ_MUST(st || (member >= bytes && length <= n - (size_t)(member - bytes)),
              "%zu bytes that are not in the archive", length);
    return st;
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    char *copy = malloc(n ? n : 1);
    if (!copy)
        abort();
    if (n)
        memcpy(copy, bytes, n);
    status st = find(copy, n);
    seal(copy, n);
    if (st)
        st = find(copy, n);
    free(copy);
    return st;
}

static void fuzz_valid(void)
{
    static char all[6 * BLOCK];
    static const struct {
        const char *name, *size;
        char type;
        size_t at;
    } members[] = {{"folder/", "0", '5', 0}, {"folder/batch", "700", '0', BLOCK}};
    for (size_t i = 0; i < 2; i++) {
        char *header = all + members[i].at;
        snprintf(header, 100, "%s", members[i].name);
        snprintf(header + 124, 12, "%s", members[i].size);
        header[156] = members[i].type;
    }
    memset(all + 2 * BLOCK, 'x', 0700);
    seal(all, sizeof all);
    fuzz_seed(all, 5 * BLOCK);
    fuzz_seed(all, sizeof all);
}
