/* packed_fuzz.c -- packed models. The input is what stands behind the checksum, to which the true one is put; and
 * as it is, a code of z. What was read, written again, is read the same. */
#include "tests/fuzz/fuzz.h"

#include "format/packed.h"

static const char *const fuzz_name = "packed";
enum { SEAL = 16 };

static void compare(const zcode *a, const zcode *b)
{
    FUZZ_MUST(a->form == b->form && a->d == b->d && a->n_groups == b->n_groups &&
                  a->n_levels == b->n_levels,
              "another code of %zu numbers", a->d);
    if (a->form == ZCODE_WHOLE)
        FUZZ_MUST(!memcmp(a->whole, b->whole, a->d * sizeof *a->whole), "another number");
    else
        FUZZ_MUST(!memcmp(a->symbol, b->symbol, a->d * sizeof *a->symbol), "another symbol");
}

static status code(const uint8_t *bytes, size_t n)
{
    zcode a, b;
    text again = {0};
    status st = zcode_read("code", bytes, n, &a);
    FUZZ_MUST(!st || (!a.whole && !a.symbol && !a.groups), "a refused code left something");
    if (st)
        return st;
    for (size_t i = 0; a.form == ZCODE_MEANS && i < a.d; i++)
        FUZZ_MUST((size_t)a.symbol[i] < a.n_levels, "level %d", (int)a.symbol[i]);
    real *z = mem_array(a.d, sizeof *z);
    zcode_values(&a, NULL, z);
    mem_free(z);
    FUZZ_MUST(!zcode_write(&a, &again), "what was read is refused: %s", error_text());
    FUZZ_MUST(again.length <= n, "%zu bytes became %zu", n, again.length);
    FUZZ_MUST(!zcode_read("again", again.text ? again.text : "", again.length, &b), "%s",
              error_text());
    compare(&a, &b);
    zcode_clear(&a);
    zcode_clear(&b);
    text_clear(&again);
    return OK;
}

static status file(const uint8_t *bytes, size_t n)
{
    char *all = malloc(SEAL + n);
    const uint32_t crc = hash_crc32(bytes, n), format = PACKED_FORMAT;
    char path[300];
    fuzz_file f;
    packed a, b;
    if (!all)
        abort();
    memcpy(all, "idimpack", 8);
    memcpy(all + 8, &format, 4);
    memcpy(all + 12, &crc, 4);
    if (n)
        memcpy(all + SEAL, bytes, n);
    fuzz_file_open(&f, all, SEAL + n);
    free(all);
    status st = packed_read(f.path, &a);
    fuzz_file_close(&f);
    FUZZ_MUST(!st || (!a.run && !a.z.d && !a.tensors), "a refused file left something");
    if (st)
        return st;
    snprintf(path, sizeof path, "%s/again", fuzz_folder());
    unlink(path);
    FUZZ_MUST(!packed_write(&a, path), "what was read is refused: %s", error_text());
    FUZZ_MUST(!packed_read(path, &b), "%s", error_text());
    FUZZ_MUST(!strcmp(a.run, b.run) && !strcmp(a.notes, b.notes) && !strcmp(a.kind, b.kind) &&
                  a.n_tensors == b.n_tensors,
              "%s: another run", a.run);
    compare(&a.z, &b.z);
    packed_clear(&a);
    packed_clear(&b);
    return OK;
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    status st = code(bytes, n);
    return file(bytes, n) ? st : OK;
}

static void seed_file(zcode z, packed_tensor *tensors, size_t n_tensors)
{
    char path[300], *bytes, run[] = "data=mnist\nspace=fastfood:d=3\n",
                            notes[] = "core 1\nreal 4\n";
    size_t n;
    text alone = {0};
    packed p = {.run = run,
                .notes = notes,
                .kind = "0123456789abcdef",
                .regenerable = !n_tensors,
                .right = 2,
                .samples = 3,
                .z = z,
                .tensors = tensors,
                .n_tensors = n_tensors};
    snprintf(path, sizeof path, "%s/seed", fuzz_folder());
    unlink(path);
    if (packed_write(&p, path) || file_read(path, 1 << 16, &bytes, &n) || zcode_write(&z, &alone))
        abort();
    fuzz_seed(bytes + SEAL, n - SEAL);
    fuzz_seed(alone.text, alone.length);
    mem_free(bytes);
    text_clear(&alone);
}

static void fuzz_valid(void)
{
    real z[] = {(real)0.5, (real)-1.25, (real)3e-9}, weights[] = {1, 2};
    int32_t symbol[] = {0, -3, 700}, level[] = {2, 0, 1};
    zcode_group groups[] = {{1, 0.5f}, {2, 0.25f}};
    float levels[] = {-1, 0.5f, 1};
    packed_tensor tensor = {.index = 1, .n = 2, .values = weights};
    seed_file((zcode){.d = 3, .whole = z}, &tensor, 1);
    seed_file(
        (zcode){.form = ZCODE_UNIFORM, .d = 3, .symbol = symbol, .groups = groups, .n_groups = 2},
        NULL, 0);
    seed_file((zcode){.form = ZCODE_MEANS,
                      .d = 3,
                      .symbol = level,
                      .groups = groups,
                      .n_groups = 2,
                      .levels = levels,
                      .n_levels = 3},
              NULL, 0);
}
