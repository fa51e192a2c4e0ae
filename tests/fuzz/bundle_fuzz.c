/* bundle_fuzz.c -- an exported sweep as another machine may have sent it. What is refused leaves nothing behind; what
 * is taken lies within the folder. The sums of the headers are made good again, so that paths and sizes are met. */
#include "tests/fuzz/fuzz.h"

#include "format/tar.h"
#include "sweep/bundle.h"

static const char *const fuzz_name = "bundle";

/* Each header's sum anew, as far as its blocks can be walked. */
static void mend(uint8_t *x, size_t n)
{
    for (size_t at = 0; at + TAR_BLOCK <= n;) {
        unsigned sum = 8 * ' ';
        char digits[12] = "";
        for (size_t i = 0; i < TAR_BLOCK; i++)
            sum += i >= 148 && i < 156 ? 0u : x[at + i];
        if (sum == 8 * ' ')
            return;
        snprintf((char *)x + at + 148, 7, "%06o", sum & 0777777u);
        x[at + 155] = ' ';
        memcpy(digits, x + at + 124, 11);
        size_t size = strtoul(digits, NULL, 8);
        if (size > n)
            return;
        at += TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    }
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    char into[300];
    bundle_told told;
    fuzz_file file;
    uint8_t *copy = mem_raw(n, 1);
    snprintf(into, sizeof into, "%s/into", fuzz_folder());
    memcpy(copy, bytes, n);
    if (n % 2 == 0)
        mend(copy, n);
    fuzz_file_open(&file, copy, n);
    bool there = file_exists(into);
    status st = bundle_import(file.path, into, NULL, NULL, &told);
    FUZZ_MUST(!st || there == file_exists(into), "refused, and the folder was made");
    fuzz_file_close(&file);
    mem_free(copy);
    char **names;
    size_t count;
    if (file_names(fuzz_folder(), "", &names, &count))
        abort();
    FUZZ_MUST(count <= 2, "a file beside the folder: %s", names[0]);
    file_names_free(names, count);
    return st;
}

static void fuzz_valid(void)
{
    static const char line[] = "\"format\":1,\"id\":\"0123456789abcdef0123\",\"kind\":"
                               "\"0123456789abcdef\",\"status\":\"ok\","
                               "\"run\":{},\"d\":5,\"score\":0.5";
    char from[300], runs[320], to[300], *bytes;
    text journal = {0};
    bundle_told told;
    size_t n;
    snprintf(from, sizeof from, "%s/s", fuzz_folder());
    snprintf(runs, sizeof runs, "%s/runs", from);
    snprintf(to, sizeof to, "%s/s/b.tar", fuzz_folder());
    jsonl_seal(line, &journal);
    if (file_make_folder(runs))
        abort();
    fuzz_put(runs, "a-1-2.jsonl", journal.text, journal.length);
    fuzz_put(from, "sweep.json", "{\"format\": 1, \"asks\": []}\n", 26);
    if (bundle_export(from, to, false, &told) || file_read(to, 1 << 20, &bytes, &n))
        abort();
    fuzz_seed(bytes, n);
    mem_free(bytes);
    text_clear(&journal);
}
