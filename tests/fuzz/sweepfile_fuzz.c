/* sweepfile_fuzz.c -- sweep files: read, and what they stand for where that is small. */
#include "tests/fuzz/fuzz.h"

#include "sweep/sweepfile.h"
#include "sweep/expand.h"

static const char *const fuzz_name = "sweepfile";

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    static const key *const singles[] = {NULL};
    sweepfile f;
    expansion e;
    status st = sweepfile_read(&f, "f", (const char *)bytes, n, expand_tables, singles);
    FUZZ_MUST(!st || !f.blocks, "a refused file left something");
    if (st)
        return st;
    FUZZ_MUST(f.n > 0, "a file without its outermost block");
    /* large products and programs are somebody's own wish */
    bool small = !memchr(bytes, '.', n) && n < 400;
    for (size_t i = 0, digits = 0; i < n && small; i++) {
        digits = bytes[i] >= '0' && bytes[i] <= '9' ? digits + 1 : 0;
        small = digits < 3;
    }
    if (small && !(st = expand(&f, &e))) {
        for (size_t i = 0; i < e.n; i++)
            FUZZ_MUST(e.parts[i].n_asks + e.parts[i].n_runs > 0, "a sweep of nothing");
        expand_clear(&e);
    }
    sweepfile_clear(&f);
    return st;
}

static void fuzz_valid(void)
{
    fuzz_text("# two\ndata = synth\nd = 4+9\nepochs = 2+4 # both\nspace = fastfood "
              "onehot:targets=\"*.weight\"\n"
              "zip { model = fc:width=4 fc:width=5; batch = 8+16 }\nexclude { batch = 8; space = "
              "onehot }\n");
    fuzz_text("data = synth\nsweep a { measure = train; lr = 1e-2+1e-3; d = 3; space = full dense; "
              "seeds = 2 }\n"
              "sweep b { measure = ranks; space = lora+fastfood; ranks = 1+2; d = 5 }\n");
}
