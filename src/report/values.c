/* values.c -- see values.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/key.h"
#include "report/values.h"

enum { VALUES_SHOWN = 4 };

static int values_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* adam:beta2=0.99,lr=0.0476 without its rate: that has a row of its own. */
static void values_cut_rate(char *optimiser)
{
    char *from = strstr(optimiser, ":lr=");
    if (!from)
        from = strstr(optimiser, ",lr=");
    if (!from)
        return;
    size_t n = 1 + strcspn(from + 1, ",");
    if (from[n] && *from == ':') /* the colon stays, the comma goes */
        from++;
    memmove(from, from + n, strlen(from + n) + 1);
}

/* The sorted, different texts of a column, without those of floors (their budget is 0). */
static status values_different(const csv *c, size_t column, char ***cells, size_t *n)
{
    size_t rows = csv_rows(c), role = csv_find(c, "role"), kept = 0;
    bool rate = !strcmp(csv_name(c, column), "optimiser");
    *n = 0;
    if (!(*cells = mem_array(rows, sizeof **cells)))
        return ERR_MEMORY;
    for (size_t i = 0; i < rows; i++) {
        if (!*csv_cell(c, i, column) ||
            (role != SIZE_MAX && role != column && !strcmp(csv_cell(c, i, role), "floor")))
            continue;
        if (!((*cells)[*n] = mem_string(csv_cell(c, i, column))))
            return ERR_MEMORY;
        if (rate)
            values_cut_rate((*cells)[*n]);
        ++*n;
    }
    if (*n)
        qsort(*cells, *n, sizeof **cells, values_order);
    for (size_t i = 0; i < *n; i++)
        if (!kept || strcmp((*cells)[i], (*cells)[kept - 1]) != 0)
            (*cells)[kept++] = (*cells)[i];
        else
            mem_free((*cells)[i]);
    *n = kept;
    return OK;
}

void values_words(const csv *c, const char *name, text *out)
{
    char **cells = NULL, a[32], b[32];
    size_t n = 0, column = csv_find(c, name);
    double low = (double)INFINITY, high = -(double)INFINITY, x;
    bool numbers = true;
    if (column == SIZE_MAX)
        return;
    if (values_different(c, column, &cells, &n))
        out->failed = true;
    for (size_t i = 0; i < n && numbers; i++) {
        numbers = !key_number("", cells[i], &x);
        low = numbers ? fmin(low, x) : low;
        high = numbers ? fmax(high, x) : high;
    }
    if (numbers && n > 1)
        text_add(out, "%s to %s", key_number_text(low, a), key_number_text(high, b));
    for (size_t i = 0; i < n && i < VALUES_SHOWN && (!numbers || n == 1); i++) {
        text_add(out, "%s", i ? ", " : "");
        text_add(out, "%s", cells[i]);
    }
    if (!numbers && n > VALUES_SHOWN)
        text_add(out, " and %zu more", n - VALUES_SHOWN);
    key_parts_free(cells, n);
}
