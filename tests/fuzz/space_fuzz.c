/* space_fuzz.c -- space specs: composition, targets, keys of every kind; made on a small network. A
 * canonical text is its own canonical text. */
#include "tests/fuzz/fuzz.h"

#include "tests/spaces/world.h"

static const char *const fuzz_name = "space";
enum { LIMIT = 1 << 20 }; /* bytes of frozen parts */

static void canonical_twice(const char *s)
{
    char *once, *twice, *revisions;
    status st = space_canonical(s, &once, &revisions);
    FUZZ_MUST(!st || (!once && !revisions), "a refused spec left something");
    if (st)
        return;
    mem_free(revisions);
    FUZZ_MUST(!space_canonical(once, &twice, &revisions), "%s is canonical and refused: %s", once,
              error_text());
    FUZZ_MUST(!strcmp(once, twice), "%s became %s", once, twice);
    mem_free(revisions);
    mem_free(once);
    mem_free(twice);
}

static status made(const char *spec, size_t which)
{
    real theta0[WORLD_MOST], theta[WORLD_MOST];
    world w = {0};
    world_fill(theta0, WORLD_MOST, 1);
    status st =
        space_new_beside(&w.s, spec, &world_layouts[which], theta0, world_stream(1), NULL, LIMIT);
    FUZZ_MUST(!st || !w.s, "a refused spec left something");
    if (!st && !(st = space_mem_new(&w.mem, w.s))) {
        real *z = mem_array(w.s->d, sizeof *z);
        /* more than a few times the weights only where the start of z is kept, which LIMIT counts (vera) */
        FUZZ_MUST(z && w.s->d <= LIMIT / sizeof *z, "%s: d = %zu", spec, w.s->d);
        space_start(w.s, w.mem, z);
        space_merge(w.s, w.mem, z, theta);
        mem_free(z);
    }
    world_close(&w);
    return st;
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    char *s = mem_raw(n + 1, 1), *with;
    bool taken = false;
    status st = OK;
    memcpy(s, bytes, n);
    s[n] = '\0';
    canonical_twice(s);
    (void)space_has_key(s, "d");
    if (!space_with(s, "d", "7", &with))
        mem_free(with);
    for (size_t i = 0; i < WORLD_LAYOUTS; i++)
        taken |= !(st = made(s, i));
    mem_free(s);
    return taken ? OK : st;
}

static void fuzz_valid(void)
{
    static const char *const texts[] = {
        "fastfood:d=5@lora:r=2",           "lora:r=2,targets=kernel++full:targets=bias",
        "onehot:d=3,targets=\"*.weight\"", "sparse:d=3@dense:d=9@full:targets=0..1",
        "full:targets=conv+head:0..1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fuzz_text(texts[i]);
    for (const space_ops *const *row = space_rows; *row; row++)
        fuzz_text((*row)->example);
}
