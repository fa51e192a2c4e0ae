/* tsv_fuzz.c -- tab-separated tables, cell by cell, and what was read, written again, is read the same; then
 * data sets of text: the input as a table of tsv (pairs where it has a column b) and as a text. */
#define FUZZ_CHANGES 300
#include "tests/fuzz/fuzz.h"

#include "data/data.h"
#include "format/csv.h"

static const char *const fuzz_name = "tsv";

static void cells(const csv *c, text *t)
{
    for (size_t i = 0; i <= csv_rows(c); i++)
        for (size_t k = 0; k < csv_columns(c); k++)
            text_add(t, k + 1 < csv_columns(c) ? "%s\t" : "%s\n",
                     i ? csv_cell(c, i - 1, k) : csv_name(c, k));
}

static status taken(csv **c, const void *bytes, size_t n)
{
    char *copy = mem_raw(n + 1, 1);
    if (n)
        memcpy(copy, bytes, n);
    copy[n] = '\0';
    status st = csv_take_tabs(c, "a.tsv", copy, n);
    FUZZ_MUST(!st || !*c, "a refused table left something");
    return st;
}

static void table(const uint8_t *bytes, size_t n)
{
    csv *c, *again;
    text a = {0}, b = {0};
    if (taken(&c, bytes, n))
        return;
    cells(c, &a);
    /* one column: a missing cell is an empty line; a mark or a line end that is text may not be one twice */
    if (csv_columns(c) > 1 && !strchr(a.text, '\r') && !strstr(a.text, "\xef\xbb\xbf")) {
        FUZZ_MUST(!taken(&again, a.text, a.length), "what was written is refused: %s",
                  error_text());
        cells(again, &b);
        FUZZ_MUST(!strcmp(a.text, b.text), "a cell became another");
        csv_free(again);
    }
    text_clear(&a);
    text_clear(&b);
    csv_free(c);
}

static status made(const char *spec)
{
    task *t;
    status st = task_new(&t, spec);
    FUZZ_MUST(!st || !t, "a refused task left something");
    for (int k = 0; !st && k < IDIM_SPLITS; k++) {
        const samples *s = &t->splits[k];
        FUZZ_MUST(s->n || k == IDIM_SPLIT_VAL, "%s: an empty part", spec);
        for (size_t i = 0; i < s->n * t->length; i++)
            FUZZ_MUST(s->tokens[i] >= -1 && s->tokens[i] < 256, "token %d", (int)s->tokens[i]);
        for (size_t i = 0; i < s->n * task_labels(t); i++)
            FUZZ_MUST(s->labels[i] >= -1 && s->labels[i] < (int32_t)t->n_outputs, "label %d",
                      (int)s->labels[i]);
    }
    task_free(t);
    return st;
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    static const char *const specs[] = {
        "tsv:text=a,val=.2,length=8,file=", "tsv:text=a,pair=b,val=.2,length=8,file=",
        "text:length=8,val=.2,test_share=.2,file=", "text:length=8,head=mlm,test_share=.2,file="};
    status st = OK, best = ERR_FAILED;
    table(bytes, n);
    fuzz_put(fuzz_folder(), "x", bytes, n);
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        char spec[400];
        if (!fuzz_turn(bytes, n, i, sizeof specs / sizeof *specs))
            continue;
        snprintf(spec, sizeof spec, "%s%s/x", specs[i], fuzz_folder());
        st = made(spec);
        best = st && best ? st : OK;
    }
    return best;
}

static void fuzz_valid(void)
{
    fuzz_text(
        "\xef\xbb\xbf"
        "label\ta\tb\r\n1\tto be\t\"or not\r\n0\tto be\tthat is\r\n1\t\xc3\xa9\t\r\n0\tx\ty\r\n"
        "1\tthe\tquestion\r\n0\tq\tr\r\n1\ts\tt\r\n0\tu\tv\r\n");
    fuzz_text(
        "a\tlabel\nyes it is\tpos\nno\tneg\nmaybe\tneutral\nno no\tneg\nyes\tpos\nhm\tneutral\n"
        "oh no\tneg\noh yes\tpos\nwell\tneutral\n");
    fuzz_text("To be, or not to be:\nthat is the question.\nWhether 'tis nobler\nin the mind to "
              "suffer\nthe slings and\narrows\nof outrageous\nfortune,\nor\n");
}
