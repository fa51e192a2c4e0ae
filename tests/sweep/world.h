/* world.h -- what the tests of this floor share: records, folders of runs, journals to damage. */
#ifndef TESTS_SWEEP_WORLD_H
#define TESTS_SWEEP_WORLD_H

#include "tests/test.h"

#include "sweep/keep.h"
#include "sweep/store.h"
#include "sweep/worker.h"

/* A finished run of two epochs, with a text of every awkward kind; bits are 9. */
static inline void record_make(record *r, const char *id, double score)
{
    *r = (record){.status = RECORD_OK,
                  .d = 750,
                  .D = 199210,
                  .n_train = 90,
                  .n_val = 10,
                  .n_test = 9,
                  .lr = .1,
                  .bits_offset = 1234567,
                  .bits_crc = 0xfedcba98,
                  .start = "2026-11-24T12:00:00Z",
                  .host = "a \"host\"",
                  .wall_s = 1.5,
                  .cpu_s = 1.25,
                  .peak_rss = 1e8,
                  .team = 1,
                  .threads = 2};
    memcpy(r->id, id, RUN_ID - 1);
    memcpy(r->kind, "fedcba9876543210", 17);
    assert_ok(run_defaults(&r->run, &r->texts));
    assert_ok(key_set("test", run_keys, "space", "fastfood:d=750", &r->run, &r->texts));
    assert_ok(key_set("test", run_keys, "seed", "3", &r->run, &r->texts));
    r->reason = record_text(r, "tab\there, \"quoted\" \\ and a line\nend");
    r->metric = record_text(r, "accuracy");
    r->bits_file = record_text(r, "some.bits");
    r->by = record_text(r, "{\"version\":\"0\"}");
    r->result = (train_result){.epochs = 2,
                               .steps = 20,
                               .score = score,
                               .loss = .5,
                               .score_best = score,
                               .val = .7,
                               .val_best = .8,
                               .best_epoch = 1,
                               .train = .9,
                               .gain = -.1,
                               .update_norm = 3,
                               .n_history = 2,
                               .n_bits = 9,
                               .d = 750};
    r->result.history = mem_array(2, sizeof(train_row));
    assert_non_null(r->result.history);
    r->result.history[0] = (train_row){1, 10, .1, 1.0 / 3, .5, .6, .8};
    r->result.history[1] = (train_row){2, 20, .1, .2, .6, (double)NAN, (double)INFINITY};
}

static inline char *joined(const char *folder, const char *name)
{
    char *path = mem_printf("%s/%s", folder, name);
    assert_non_null(path);
    return path;
}

static inline bool there(const char *folder, const char *name)
{
    char *path = joined(folder, name);
    bool is = file_exists(path);
    mem_free(path);
    return is;
}

/* The names of FOLDER/SUB that end so. */
static inline size_t count_names(const char *folder, const char *sub, const char *suffix)
{
    char *path = joined(folder, sub), **names;
    size_t n;
    assert_ok(file_names(path, suffix, &names, &n));
    file_names_free(names, n);
    mem_free(path);
    return n;
}

/* The only journal of a folder, whole; path is fresh, bytes too. */
static inline void journal_of(const char *folder, char **path, char **bytes, size_t *n)
{
    char *runs = joined(folder, "runs"), **names;
    size_t count;
    assert_ok(file_names(runs, ".jsonl", &names, &count));
    assert_int_equal(count, 1);
    *path = joined(runs, names[0]);
    assert_ok(file_read(*path, 1 << 24, bytes, n));
    file_names_free(names, count);
    mem_free(runs);
}

#endif
