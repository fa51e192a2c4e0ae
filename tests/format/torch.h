/* torch.h -- files as torch.save writes them, made by hand (APPNOTE.TXT, pickletools.py): a zip of stored
 * members, and the pieces of a pickle that names tensors. */
#ifndef TESTS_FORMAT_TORCH_H
#define TESTS_FORMAT_TORCH_H

#include "tests/test.h"

#include "base/hash.h"

/* In the pickles below: a text of fewer than 128 bytes, its length an octal digit string. */
#define TORCH_TEXT(length, text) "X" length "\0\0\0" text
/* A storage of n numbers and the tensor's other arguments, applied: _rebuild_tensor_v2(...). */
#define TORCH_TENSOR(type, key, n, offset, shape, strides)                                         \
    "ctorch._utils\n_rebuild_tensor_v2\n((" TORCH_TEXT(                                            \
        "\7", "storage") "ctorch\n" type "\n" TORCH_TEXT("\1", key)                                \
        TORCH_TEXT("\3", "cpu") "K" n "tQK" offset shape strides "\x89"                            \
                                "ccollections\nOrderedDict\n)RtR"
#define TORCH_BEGIN "\x80\2ccollections\nOrderedDict\n)R("
#define TORCH_END "u."

typedef struct torch_file {
    unsigned char bytes[8192];
    size_t n, members, names; /* names: letters of all */
    struct {
        const char *name;
        size_t n, at;
        uint32_t crc;
    } member[16];
} torch_file;

static inline void torch_put(torch_file *f, uint64_t x, size_t n)
{
    for (size_t i = 0; i < n; i++, x >>= 8)
        f->bytes[f->n++] = (unsigned char)x;
}

static inline void torch_raw(torch_file *f, const void *bytes, size_t n)
{
    assert_true(f->n + n < sizeof f->bytes - 100);
    memcpy(f->bytes + f->n, bytes, n);
    f->n += n;
}

/* What local and central headers share. */
static inline void torch_common(torch_file *f, size_t i)
{
    torch_put(f, 20, 2); /* version */
    torch_put(f, 0, 8);  /* flags, method: stored; time */
    torch_put(f, f->member[i].crc, 4);
    torch_put(f, f->member[i].n, 4);
    torch_put(f, f->member[i].n, 4);
    torch_put(f, strlen(f->member[i].name), 2);
    torch_put(f, 0, 2); /* extra */
}

static inline void torch_member(torch_file *f, const char *name, const void *bytes, size_t n)
{
    size_t i = f->members++;
    f->member[i].name = name;
    f->member[i].n = n;
    f->member[i].at = f->n;
    f->member[i].crc = hash_crc32(bytes, n);
    torch_raw(f, "PK\3\4", 4);
    torch_common(f, i);
    torch_raw(f, name, strlen(name));
    if (n)
        torch_raw(f, bytes, n);
}

static inline void torch_end(torch_file *f)
{
    size_t start = f->n;
    for (size_t i = 0; i < f->members; i++) {
        torch_raw(f, "PK\1\2", 4);
        torch_put(f, 20, 2);
        torch_common(f, i);
        torch_put(f, 0, 10); /* note, disk, attributes */
        torch_put(f, f->member[i].at, 4);
        torch_raw(f, f->member[i].name, strlen(f->member[i].name));
    }
    size_t size = f->n - start;
    torch_raw(f, "PK\5\6\0\0\0\0", 8);
    torch_put(f, f->members, 2);
    torch_put(f, f->members, 2);
    torch_put(f, size, 4);
    torch_put(f, start, 4);
    torch_put(f, 0, 2);
}

/* A pickle and one storage "0". */
static inline void torch_make(torch_file *f, const void *words, size_t n_words, const void *data,
                              size_t n_data)
{
    *f = (torch_file){0};
    torch_member(f, "a/data.pkl", words, n_words);
    torch_member(f, "a/data/0", data, n_data);
    torch_end(f);
}

#endif
