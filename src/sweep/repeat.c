/* repeat.c -- see repeat.h. */
#include <math.h>
#include <string.h>

#include "sweep/repeat.h"

static void repeat_number(double a, double b, const char *what, size_t epoch,
                          repeat_difference *out)
{
    double difference = isnan(a) && isnan(b)   ? 0
                        : isnan(a) || isnan(b) ? (double)INFINITY
                        : isinf(a) && a == b   ? 0
                                               : fabs(a - b);
    if (difference <= out->largest)
        return;
    out->largest = difference;
    out->what = what;
    out->epoch = epoch;
}

status repeat_compare(const record *there, const record *here, repeat_difference *out)
{
    static const char *const columns[TRAIN_ROW] = {
        NULL, NULL, NULL, "train_loss", "train_score", "val_loss", "val_score"};
    const train_result *a = &there->result, *b = &here->result;
    train_row *rows_a = NULL, *rows_b = NULL;
    size_t n_a = 0, n_b = 0;
    status st = record_history(there, &rows_a, &n_a);
    if (!st)
        st = record_history(here, &rows_b, &n_b);
    size_t rows = n_a < n_b ? n_a : n_b;
    *out = (repeat_difference){.what = ""};
    memcpy(out->id, there->id, sizeof out->id);
    memcpy(out->there, there->kind, sizeof out->there);
    memcpy(out->here, here->kind, sizeof out->here);
    for (size_t k = 0; k < rows && !st; k++) {
        double x[TRAIN_ROW], y[TRAIN_ROW];
        train_row_numbers(&rows_a[k], x);
        train_row_numbers(&rows_b[k], y);
        for (size_t i = 0; i < TRAIN_ROW; i++)
            if (columns[i])
                repeat_number(x[i], y[i], columns[i], rows_a[k].epoch, out);
    }
    if (n_a != n_b)
        repeat_number(0, (double)NAN, "rows of the history", rows + 1, out);
    repeat_number(a->loss, b->loss, "loss", 0, out);
    repeat_number(a->score_best, b->score_best, "score_best", 0, out);
    repeat_number(a->score, b->score, "score", 0, out);
    repeat_difference score = {0};
    repeat_number(a->score, b->score, "score", 0, &score);
    out->score = score.largest;
    mem_free(rows_a);
    mem_free(rows_b);
    return st;
}

status repeat_run(sweep *s, const record *there, repeat_difference *out)
{
    record here;
    status st = sweep_repeat(s, &there->run, &here);
    *out = (repeat_difference){.what = ""};
    if (st)
        return st;
    st = repeat_compare(there, &here, out);
    record_clear(&here);
    return st;
}

void repeat_words(const repeat_difference *d, text *out)
{
    text_add(out, "run %s of kind %s, done again here (kind %s), ", d->id, d->there, d->here);
    if (!(d->largest > 0)) {
        text_add(out, "gives the same numbers");
        return;
    }
    if (isinf(d->largest)) {
        text_add(out, "ends otherwise: %s", d->what);
    } else {
        text_add(out, "differs by at most %.2g (%s", d->largest, d->what);
        text_add(out, d->epoch ? ", epoch %zu)" : ", test data)", d->epoch);
    }
    if (isfinite(d->score))
        text_add(out, ", its score by %.2g", d->score);
}
