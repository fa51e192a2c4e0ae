/* store.c -- a results folder of very many runs: reading all its journals, reading on, and `idim collect` (journals
 * folded, three CSVs). The folder is made up: STORE_RUNS runs (100,000 when it is not set) of a d90 sweep in
 * the journals of eight workers that have ended, each with 20 rows of history and a bit per test example. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "bench/bench.h"
#include "sweep/store.h"
#include "sweep/tables.h"

enum { WORKERS = 8, ROWS = 20, TESTS = 10000 };

/* The i-th of the runs; numbers have as many digits as those of a real one. */
static status made_run(size_t i, record *r)
{
    char digits[64], hex[HASH_HEX];
    status st;
    int n = snprintf(digits, sizeof digits, "run %zu", i);
    double x = fmod(.123456789012345 * (double)(i + 1), 1);
    hash_bytes(digits, (size_t)n, hex);
    *r = (record){.status = RECORD_OK,
                  .d = i % 97 + 1,
                  .D = 199210,
                  .n_train = 54000,
                  .n_val = 6000,
                  .n_test = TESTS,
                  .lr = .0134,
                  .start = "2026-11-24T12:00:00Z",
                  .host = "node17",
                  .wall_s = 387.4977556146428 * x,
                  .cpu_s = 112.11037134785714 * x,
                  .peak_rss = 1682554880,
                  .team = 1,
                  .threads = 1};
    memcpy(r->id, hex, RUN_ID - 1);
    memcpy(r->kind, "fda34bcbed76e1cf", 17);
    if ((st = run_defaults(&r->run, &r->texts)) ||
        (st = key_set("run", run_keys, "data", "mnist", &r->run, &r->texts)) ||
        (st = key_set("run", run_keys, "optimiser", "adam:lr=0.0134", &r->run, &r->texts)))
        return st;
    snprintf(digits, sizeof digits, "fastfood:d=%zu", r->d);
    if ((st = key_set("run", run_keys, "space", digits, &r->run, &r->texts)))
        return st;
    r->run.seed = i / 97 + 1;
    r->metric = record_text(r, "accuracy");
    r->reason = record_text(r, "");
    r->by = record_text(
        r, "{\"version\":\"0.1.0\",\"commit\":\"07e529a\",\"compiler\":\"12.2.0\",\"flags\":\"-O3 "
           "-march=native\",\"blas\":\"OpenBLAS 0.3.21 DYNAMIC_ARCH\",\"cpu\":\"AMD "
           "EPYC\",\"instructions\":\"AVX-512\",\"real\":\"float\"}");
    r->result = (train_result){.epochs = ROWS,
                               .steps = 422 * ROWS,
                               .score = x,
                               .score_best = x,
                               .loss = 1.1757646135208860 * x,
                               .val = .6133333333333333 * x,
                               .val_best = .6135,
                               .train = .6241851851851852 * x,
                               .gain = .0016666666666665941,
                               .update_norm = 17.123456789012345 * x,
                               .best_epoch = 17,
                               .n_history = ROWS,
                               .n_bits = TESTS};
    r->result.history = mem_array(ROWS, sizeof(train_row));
    for (size_t k = 0; r->result.history && k < ROWS; k++) {
        double y = x / (double)(k + 1);
        r->result.history[k] = (train_row){.epoch = k + 1,
                                           .step = 422 * (k + 1),
                                           .lr = .0134,
                                           .train_loss = 2.0730922544532135 * y,
                                           .train_score = .2977222222222222 + y / 2,
                                           .val_loss = 1.7079090664563952 * y,
                                           .val_score = .4568333333333333 + y / 2};
    }
    return r->metric && r->reason && r->by && r->result.history ? OK : ERR_MEMORY;
}

/* Lines and bits as a worker would have written them, one behind another. */
static status made_journal(const char *folder, size_t worker, size_t runs)
{
    text lines = {0}, bits = {0};
    char host[64], name[128], path[8192];
    uint8_t some[(TESTS + 7) / 8];
    status st = OK;
    os_host(host);
    snprintf(name, sizeof name, "%s-%zu-bench", host, 999999990 + worker); /* none has this id */
    for (size_t i = worker; i < runs && !st; i += WORKERS) {
        record r;
        if (!(st = made_run(i, &r))) {
            memset(some, (int)(i % 255), sizeof some);
            char *file = mem_printf("%s.bits", name);
            r.bits_file = file ? record_text(&r, file) : "";
            r.bits_offset = bits.length;
            r.bits_crc = hash_crc32(some, sizeof some);
            text_bytes(&bits, (const char *)some, sizeof some);
            record_write(&r, &lines);
            mem_free(file);
        }
        record_clear(&r);
    }
    if (!st && (text_failed(&lines) || text_failed(&bits)))
        st = ERR_MEMORY;
    snprintf(path, sizeof path, "%s/runs/%s.jsonl", folder, name);
    if (!st && !(st = file_make_folder_of(path)) &&
        !(st = file_write(path, lines.text, lines.length))) {
        snprintf(path, sizeof path, "%s/runs/%s.bits", folder, name);
        st = file_write(path, bits.text, bits.length);
    }
    text_clear(&lines);
    text_clear(&bits);
    return st;
}

static void row(const char *what, double seconds, const char *asked)
{
    bench_print((bench_row){.name = "store", .what = what, .seconds = seconds, .asked = asked});
}

static status measure(const char *folder)
{
    store *s;
    double start = os_seconds(), cpu = os_cpu_seconds(), opened, read_on;
    status st = store_open(&s, folder), st2;
    if (st)
        return st;
    row("journals read", opened = os_seconds() - start, "");
    start = os_seconds();
    st = store_refresh(s);
    row("read on", read_on = os_seconds() - start, "");
    start = os_seconds();
    if (!st && !(st = store_fold(s))) {
        double folded = os_seconds() - start;
        row("journals folded", folded, "");
        start = os_seconds();
        st = tables_write(s);
        double written = os_seconds() - start;
        row("CSVs written", written, "");
        row("collected", opened + folded + written, "us <= 5000000");
    }
    fprintf(stderr, "store: %zu runs, %.1f s of processor time, peak %.0f MiB\n", store_count(s),
            os_cpu_seconds() - cpu, (double)os_peak_rss() / 1048576);
    start = os_seconds();
    st2 = store_close(s);
    row("closed", os_seconds() - start, "");
    return st ? st : st2;
}

int main(int argc, char **argv)
{
    const char *given = getenv("STORE_RUNS");
    size_t runs = given ? strtoul(given, NULL, 10) : 100000;
    char folder[2048];
    status st = idim_start();
    snprintf(folder, sizeof folder, "%s", argc > 1 ? argv[1] : "build/bench-store");
    for (size_t k = 0; k < WORKERS && !st; k++)
        st = made_journal(folder, k, runs);
    if (st || (st = measure(folder))) {
        fprintf(stderr, "%s\n", error_text());
        return 1;
    }
    if (argc < 2) {
        const char *const argv_[] = {"rm", "-rf", folder, NULL};
        os_child child;
        int code;
        if (!os_spawn(&child, "/bin/rm", argv_, NULL))
            os_reap(&child, &code);
    }
    return 0;
}
