/* task_fuzz.c -- data sets of one's own: the input, cut at "--", as images and labels of idx, and as the
 * two arrays of npy; and a batch of CIFAR-10, which the input fills by being repeated. */
#define FUZZ_CHANGES 500
#include "tests/fuzz/npy.h"

#include "data/data.h"

static const char *const fuzz_name = "task";
enum { BATCH = 10000 * 3073 };

static status made(const char *spec)
{
    task *t;
    status st = task_new(&t, spec);
    FUZZ_MUST(!st || !t, "a refused task left something");
    if (!st) {
        const samples *s = &t->splits[IDIM_SPLIT_TRAIN];
        FUZZ_MUST(s->n && t->n_features && t->n_outputs, "%s: an empty task", spec);
        for (size_t i = 0; s->labels && i < s->n; i++)
            FUZZ_MUST((size_t)s->labels[i] < t->n_outputs, "label %d", (int)s->labels[i]);
    }
    task_free(t);
    return st;
}

/* One time in 512, of libFuzzer's many one in 65,536: it writes 30 MB. What there is to read of such a batch is its
 * size and its labels; tar_fuzz.c has the archive. */
static void cifar10(const uint8_t *bytes, size_t n)
{
    static uint8_t all[BATCH];
    static unsigned count;
    char spec[300];
#ifdef IDIM_FUZZ
    const unsigned every = 65536;
#else
    const unsigned every = 512;
#endif
    if (!n || count++ % every)
        return;
    for (size_t i = 0; i < BATCH; i++)
        all[i] = bytes[i % n];
    fuzz_put(fuzz_folder(), "data_batch_1.bin", all, BATCH);
    snprintf(spec, sizeof spec, "cifar10:dir=%s", fuzz_folder());
    FUZZ_MUST(made(spec), "five files of CIFAR-10 were not missed");
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    static const char *const names[] = {"x.idx", "y.idx", "x.npy", "y.npy"};
    char spec[400];
    size_t cut = 0;
    while (cut + 2 <= n && memcmp(bytes + cut, "--", 2))
        cut++;
    bool two = cut + 2 <= n;
    cifar10(bytes, n);
    status st = OK, best = ERR_FAILED;
    for (size_t k = 0; k < 2; k++) {
        if (!fuzz_turn(bytes, n, k, 2))
            continue;
        for (size_t i = 2 * k; i < 2 * k + 2; i++)
            fuzz_put(fuzz_folder(), names[i], two && i % 2 ? bytes + cut + 2 : bytes,
                     !two    ? n
                     : i % 2 ? n - cut - 2
                             : cut);
        snprintf(spec, sizeof spec, k ? "npy:dir=%s,val=.2" : "idx:dir=%s,x=x.idx,y=y.idx,val=.2",
                 fuzz_folder());
        st = made(spec);
        best = st && best ? st : OK;
    }
    return best;
}

static size_t npy_bytes(uint8_t *out, const char *descr, const char *shape, size_t data)
{
    char header[128];
    size_t n =
        (size_t)snprintf(header, sizeof header,
                         "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
    memcpy(out, "\x93NUMPY\1\0\0\0", 10);
    out[8] = (uint8_t)n;
    memcpy(out + 10, header, n);
    for (size_t i = 0; i < data; i++)
        out[10 + n + i] = (uint8_t)(i % 3);
    return 10 + n + data;
}

static void fuzz_valid(void)
{
    uint8_t all[1024] = {0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0, 2};
    size_t n = 16 + 12 * 4;
    for (size_t i = 16; i < n; i++)
        all[i] = (uint8_t)(5 * i);
    memcpy(all + n, "--\0\0\10\1\0\0\0\14", 10); /* 12 labels */
    for (size_t i = 0; i < 12; i++)
        all[n + 10 + i] = (uint8_t)(i % 3);
    fuzz_seed(all, n + 22);
    n = npy_bytes(all, "|u1", "(12, 2, 2)", 48);
    memcpy(all + n, "--", 2);
    fuzz_seed(all, n + 2 + npy_bytes(all + n + 2, "|u1", "(12,)", 12));
    n = npy_bytes(all, "<f2", "(12, 2)", 48);
    memcpy(all + n, "--", 2);
    fuzz_seed(all, n + 2 + npy_bytes(all + n + 2, "<f4", "(12, 1)", 48));
}
