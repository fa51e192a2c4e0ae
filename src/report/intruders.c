/* intruders.c -- see intruders.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/intruders.h"

typedef struct sum {
    double count, gaussian, rank, multiple; /* nulls: NaN, no tensor has one */
    size_t n, with_gaussian, with_rank;     /* tensors; those that have the null */
} sum;

static bool says_same(double a, double b)
{
    return !(a < b) && !(a > b);
}

/* What is not known counts for nothing: a tensor that did not change has no nulls. */
static double says_more(double sum_, double x)
{
    return isnan(sum_) ? x : isnan(x) ? sum_ : sum_ + x;
}

/* "12", "-" where there is none */
static const char *says_cell(double x, char out[16])
{
    snprintf(out, 16, isnan(x) ? "-" : "%.0f", x);
    return out;
}

static sum says_sum(const intruders_row *rows, size_t n, const char *side, double epsilon, size_t k)
{
    sum s = {.gaussian = (double)NAN, .rank = (double)NAN};
    for (size_t i = 0; i < n; i++)
        if (!strcmp(rows[i].side, side) && says_same(rows[i].epsilon, epsilon) && rows[i].k == k) {
            s.count += (double)rows[i].count;
            s.gaussian = says_more(s.gaussian, rows[i].null_gaussian);
            s.rank = says_more(s.rank, rows[i].null_rank);
            s.with_gaussian += isnan(rows[i].null_gaussian) ? 0 : 1;
            s.with_rank += isnan(rows[i].null_rank) ? 0 : 1;
            s.multiple += rows[i].multiple;
            s.n++;
        }
    s.multiple /= s.n ? (double)s.n : 1;
    return s;
}

/* A null of fewer tensors than the count beside it is not its measure. */
static void says_fewer(const char *head, size_t with, size_t n, text *out)
{
    if (with && with < n)
        text_add(out, "%s: a null of %zu of the %zu tensors\n", head, with, n);
}

void intruders_says(const intruders_row *rows, size_t n, text *out)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        k = rows[i].k <= 10 && rows[i].k > k ? rows[i].k : k;
    if (!k && n)
        k = rows[0].k;
    text_add(out, "the first %zu vectors of each tensor, summed over tensors\n", k);
    text_add(out, "                  |        left          |        right\n");
    text_add(out, "epsilon  x floor  | tuned gauss.  rank   | tuned gauss.  rank\n");
    sum s[INTRUDERS_SIDES] = {0};
    for (size_t i = 0; i < n; i++) {
        if (rows[i].k != k || strcmp(rows[i].tensor, rows[0].tensor) ||
            strcmp(rows[i].side, intruders_sides[0]))
            continue;
        for (size_t side = 0; side < INTRUDERS_SIDES; side++)
            s[side] = says_sum(rows, n, intruders_sides[side], rows[i].epsilon, k);
        text_add(out, "%7.3g  %7.3g  |", rows[i].epsilon, s[0].multiple);
        for (size_t side = 0; side < INTRUDERS_SIDES; side++) {
            char gaussian[16], rank[16];
            text_add(out, " %5.0f  %5s %5s%s", s[side].count, says_cell(s[side].gaussian, gaussian),
                     says_cell(s[side].rank, rank), side ? "\n" : "   |");
        }
    }
    says_fewer("gauss.", s[0].with_gaussian, s[0].n, out);
    says_fewer("rank", s[0].with_rank, s[0].n, out);
}
