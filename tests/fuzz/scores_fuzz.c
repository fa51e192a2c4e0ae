/* scores_fuzz.c -- anybody's scores, measured. */
#include "tests/fuzz/fuzz.h"

#include "sweep/scores.h"

static const char *const fuzz_name = "scores";

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    fuzz_file f;
    results r;
    text runs = {0};
    fuzz_file_open(&f, bytes, n);
    status st = scores_d90(f.path, "own,raw,.9", 0, false, &r);
    FUZZ_MUST(!st || (!r.rows && !r.n_rows), "refused scores left something");
    if (!st) {
        text table = {0};
        results_csv(d90_columns, r.rows, sizeof *r.rows, r.n_rows, &table);
        FUZZ_MUST(!table.failed && table.length, "no d90.csv");
        text_clear(&table);
        results_clear(&r);
    }
    (void)scores_runs(f.path, &runs);
    text_clear(&runs);
    fuzz_file_close(&f);
    return st;
}

static void fuzz_valid(void)
{
    fuzz_text("space,d,seed,score,lr,val,d_head\nfull,,1,.98,,,\nfull,,2,.97,,,\nonehot,0,1,.1,,,\n"
              "onehot,10,1,.5,1e-3,.5,3\nonehot,10,1,.6,1e-2,.6,3\nonehot,10,2,.55,1e-2,.6,3\n"
              "onehot,100,1,.9,1e-2,.6,3\nonehot,100,2,.95,1e-2,.6,3\n");
}
