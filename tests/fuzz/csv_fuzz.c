/* csv_fuzz.c -- CSV files, cell by cell; and what was read, written again, is read the same. */
#include "tests/fuzz/fuzz.h"

#include "format/csv.h"

static const char *const fuzz_name = "csv";

static void write_again(const csv *c, text *t)
{
    for (size_t k = 0; k < csv_columns(c); k++)
        csv_text(t, csv_name(c, k));
    csv_end(t);
    for (size_t i = 0; i < csv_rows(c); i++) {
        for (size_t k = 0; k < csv_columns(c); k++)
            csv_text(t, csv_cell(c, i, k));
        csv_end(t);
    }
}

static void compare(const csv *a, const csv *b)
{
    FUZZ_MUST(csv_columns(a) == csv_columns(b) && csv_rows(a) == csv_rows(b),
              "%zu x %zu cells became %zu x %zu", csv_rows(a), csv_columns(a), csv_rows(b),
              csv_columns(b));
    for (size_t i = 0; i < csv_rows(a); i++)
        for (size_t k = 0; k < csv_columns(a); k++)
            FUZZ_MUST(!strcmp(csv_cell(a, i, k), csv_cell(b, i, k)), "a cell became another");
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    fuzz_file f;
    csv *c, *again;
    double sum = 0, x;
    size_t column;
    fuzz_file_open(&f, bytes, n);
    status st = csv_open(&c, f.path);
    fuzz_file_close(&f);
    FUZZ_MUST(!st || !c, "a refused file left something");
    if (st)
        return st;
    for (size_t i = 0; i < csv_rows(c); i++)
        for (size_t k = 0; k < csv_columns(c); k++)
            if (!csv_cell_number(c, i, k, &x))
                sum += isfinite(x) ? 1 : 0;
    FUZZ_MUST(sum <= (double)n, "%g numbers in %zu bytes", sum, n);
    (void)csv_need(c, "space", &column);
    text t = {0};
    write_again(c, &t);
    /* one column: a missing cell is an empty line; a mark that is text would be one at the file's beginning */
    if (csv_columns(c) > 1 && strncmp(t.text, "\xef\xbb\xbf", 3) != 0) {
        fuzz_file_open(&f, t.text, t.length);
        FUZZ_MUST(!csv_open(&again, f.path), "what was written is refused: %s", error_text());
        compare(c, again);
        csv_free(again);
        fuzz_file_close(&f);
    }
    text_clear(&t);
    csv_free(c);
    return OK;
}

static void fuzz_valid(void)
{
    fuzz_text("space,d,seed,score\nfull,,1,.98\nonehot,10,1,.5\n\"a,\"\"b\"\"\n\",1e3,2,-.25\n");
    fuzz_text("\xef\xbb\xbf"
              "a,b\r\n1,\r\n\r\n\"x\",2");
    fuzz_text("one\n1\n2\n");
}
