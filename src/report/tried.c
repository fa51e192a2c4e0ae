/* tried.c -- see tried.h.
 *
 * A grid that is relative shows in the runs: the rates over  b (D/d)^(1/2)  (SGD: b D/d), b the baseline's rate, are the
 * same at every d, to the three digits that rates are rounded to. Where the best was the last of a grid further rates
 * were tried there, so that the smallest grid is what all d have in common. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/table.h"
#include "report/tried.h"
#include "spaces/space.h"

enum { SHOWN = 8 }; /* places whose rates are said one by one */

typedef struct tried_run { /* one rate at one place */
    const char *space;
    double d, lr, seed;
    bool tune, full;
} tried_run;

typedef struct tried {
    tried_run *runs; /* by place, rate; floors and runs of no rate left out */
    size_t n;
    double rate; /* of the baseline; NaN: not known, or several */
    bool sgd;
} tried;

static int tried_order(const void *a, const void *b)
{
    const tried_run *p = a, *q = b;
    int order = (int)q->full - (int)p->full;
    if (!order)
        order = strcmp(p->space, q->space);
    if (!order)
        order = (p->d > q->d) - (p->d < q->d);
    return order ? order : (p->lr > q->lr) - (p->lr < q->lr);
}

static status tried_load(const curves *c, tried *t)
{
    *t = (tried){.runs = mem_array(csv_rows(c->runs), sizeof *t->runs), .rate = (double)NAN};
    bool several = false;
    if (!t->runs)
        return ERR_MEMORY;
    for (size_t i = 0; i < csv_rows(c->runs); i++) {
        const char *role = csv_named(c->runs, i, "role");
        tried_run r = {.space = csv_named(c->runs, i, "space"),
                       .d = csv_named_number(c->runs, i, "d_total"),
                       .lr = csv_named_number(c->runs, i, "lr"),
                       .seed = csv_named_number(c->runs, i, "seed"),
                       .tune = !strcmp(role, "tune")};
        r.full = !strcmp(r.space, "full");
        if (!strcmp(role, "floor") || !(r.lr > 0) || !(r.d > 0))
            continue;
        t->runs[t->n++] = r;
        t->sgd = t->sgd || !strncmp(csv_named(c->runs, i, "optimiser"), "sgd", 3);
        if (strcmp(role, "baseline") != 0)
            continue;
        several = several || (isfinite(t->rate) && (t->rate < r.lr || t->rate > r.lr));
        t->rate = r.lr;
    }
    if (several)
        t->rate = (double)NAN;
    if (t->n)
        qsort(t->runs, t->n, sizeof *t->runs, tried_order);
    return OK;
}

/* One past the runs of the place, or with `whole` of the space, that begins at `at`. */
static size_t tried_end(const tried *t, size_t at, bool whole)
{
    size_t i = at;
    while (i < t->n && !strcmp(t->runs[i].space, t->runs[at].space) &&
           (whole || (t->runs[i].d <= t->runs[at].d && t->runs[i].d >= t->runs[at].d)))
        i++;
    return i;
}

/* Different rates among runs at .. end, of those that tune or of those that are scored, as they stand (sorted). */
static size_t tried_rates(const tried *t, size_t at, size_t end, bool tune, double *lr)
{
    size_t n = 0;
    for (size_t i = at; i < end; i++)
        if (t->runs[i].tune == tune && (!n || t->runs[i].lr > lr[n - 1]))
            lr[n++] = t->runs[i].lr;
    return n;
}

static void tried_list(const double *x, size_t n, int digits, text *out)
{
    for (size_t i = 0; i < n; i++)
        text_add(out, "%s%.*g", !i ? "" : i + 1 < n ? ", " : " and ", digits, x[i]);
}

static bool tried_near(double a, double b)
{
    return fabs(a - b) <=
           .011 * fabs(b); /* two roundings to three digits, of at most half a percent each */
}

/* What all d of a space have in common, each rate over (unit (D/d)^power): into common; true where it is all of the
 * smallest grid, and there are several d. *longer: some grid has more. */
static bool tried_common(const curves *c, const tried *t, size_t at, size_t end, double unit,
                         double power, double *lr, double *common, size_t *n, bool *longer)
{
    size_t places = 0, least = 0, most = 0;
    *n = 0;
    for (size_t i = at; i < end;) {
        size_t next = tried_end(t, i, false), k = tried_rates(t, i, next, true, lr), kept = 0;
        double scale = unit * pow(c->D / t->runs[i].d, power);
        i = next;
        if (!k)
            continue;
        least = !places || k < least ? k : least;
        most = k > most ? k : most;
        for (size_t j = 0; j < (places ? *n : k); j++) {
            bool there = !places;
            double x = places ? common[j] : lr[j] / scale;
            for (size_t l = 0; l < k && !there; l++)
                there = tried_near(lr[l] / scale, x);
            if (there)
                common[kept++] = x;
        }
        *n = kept;
        places++;
    }
    *longer = most > least;
    return places > 1 && *n == least;
}

/* The grid of a space's d in words. */
static void tried_grid(const curves *c, const tried *t, size_t at, size_t end, double *room,
                       text *out)
{
    double *lr = room, *common = room + t->n, low = (double)INFINITY, high = 0;
    size_t n;
    bool longer = false;
    const char *swept = space_swept(t->runs[at].space);
    double power = swept && !strcmp(swept, "d") && c->D > 0 ? t->sgd ? 1 : .5 : 0;
    if (end == tried_end(t, at, false)) {
        n = tried_rates(t, at, end, true, lr);
        tried_list(lr, n, 3, out);
    } else if (tried_common(c, t, at, end, 1, 0, lr, common, &n, &longer)) {
        tried_list(common, n, 3, out);
    } else if (tried_common(c, t, at, end, t->rate, power, lr, common, &n, &longer)) {
        tried_list(common, n, 2, out);
        text_add(out, " times %sthe baseline's rate",
                 !(power > 0) ? ""
                 : t->sgd     ? "D/d times "
                              : "sqrt(D/d) times ");
    } else {
        for (size_t i = at; i < end; i++)
            if (t->runs[i].tune) {
                low = fmin(low, t->runs[i].lr);
                high = fmax(high, t->runs[i].lr);
            }
        text_add(out, "%.3g to %.3g", low, high);
        longer = false;
    }
    text_add(out, " tried%s%s", end == tried_end(t, at, false) ? "" : " at each d",
             longer ? ", further ones where the best was the last" : "");
}

static void tried_taken(const tried *t, size_t at, size_t end, double *lr, text *out)
{
    size_t places = 0, n;
    double low = (double)INFINITY, high = 0;
    for (size_t i = at; i < end; i = tried_end(t, i, false))
        places++;
    for (size_t i = at; i < end; i++)
        if (!t->runs[i].tune) {
            low = fmin(low, t->runs[i].lr);
            high = fmax(high, t->runs[i].lr);
        }
    if (!(high > 0))
        return;
    text_add(out, "; taken: ");
    if (!(low < high)) {
        text_add(out, "%.3g%s", low, places > 1 ? " at each d" : "");
        return;
    }
    if (places > SHOWN)
        text_add(out, "%.3g to %.3g (each in chosen_rates.tex)", low, high);
    for (size_t i = at, k = 0; i < end && places <= SHOWN;) {
        size_t next = tried_end(t, i, false);
        if ((n = tried_rates(t, i, next, false, lr))) {
            text_add(out, "%s", k++ ? ", " : "");
            tried_list(lr, n, 3, out);
            text_add(out, " at d = %.10g", t->runs[i].d);
        }
        i = next;
    }
}

/* "1 to 5", "1, 3". */
static void tried_seeds(const tried *t, bool tune, double *seeds, text *out)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        size_t k = 0, j;
        double x = t->runs[i].seed;
        if (t->runs[i].tune != tune || !(x >= 0))
            continue;
        while (k < n && seeds[k] < x)
            k++;
        if (k < n && seeds[k] <= x)
            continue;
        for (j = n++; j > k; j--)
            seeds[j] = seeds[j - 1];
        seeds[k] = x;
    }
    text_add(out, "seed%s ", n == 1 ? "" : "s");
    if (n > 2 && seeds[n - 1] - seeds[0] < (double)n)
        text_add(out, "%.0f to %.0f", seeds[0], seeds[n - 1]);
    for (size_t i = 0; i < n && !(n > 2 && seeds[n - 1] - seeds[0] < (double)n); i++)
        text_add(out, "%s%.0f", !i ? "" : i + 1 < n ? ", " : " and ", seeds[i]);
}

void tried_words(const curves *c, text *out)
{
    tried t;
    bool tuned = false, full = false;
    if (!c->runs)
        return;
    status st = tried_load(c, &t);
    double *room = st ? NULL : mem_array(2 * t.n + 1, sizeof *room);
    if (!room)
        out->failed = true;
    for (size_t i = 0; room && i < t.n; i++) {
        tuned = tuned || t.runs[i].tune;
        full = full || (t.runs[i].tune && t.runs[i].full);
    }
    if (room && t.n) {
        text_add(out, " Scored: ");
        tried_seeds(&t, false, room, out);
        if (tuned) {
            text_add(
                out,
                "; learning rates were chosen, for each d%s, by the validation score of runs of ",
                full ? " and for the baseline alike" : "");
            tried_seeds(&t, true, room, out);
            text_add(out, " of a stream of their own, which are not scored");
        }
        text_add(out, ".");
    }
    for (size_t i = 0; room && i < t.n;) {
        size_t end = tried_end(&t, i, true);
        text_add(out, " %s%s: rates ", t.runs[i].full ? "Baseline" : "In ",
                 t.runs[i].full ? "" : t.runs[i].space);
        if (tried_rates(&t, i, end, true, room))
            tried_grid(c, &t, i, end, room, out);
        else
            text_add(out, "given and not tuned");
        tried_taken(&t, i, end, room, out);
        text_add(out, ".");
        i = end;
    }
    mem_free(room);
    mem_free(t.runs);
}

void tried_latex(const curves *c, text *out)
{
    tried t = {0};
    if (!c->runs)
        return;
    status st = tried_load(c, &t);
    double *lr = st ? NULL : mem_array(t.n + 1, sizeof *lr);
    if (!lr)
        out->failed = true;
    text_add(out, "%% made by idim; needs \\usepackage{booktabs,longtable}\n"
                  "\\begin{longtable}{lrlr}\n\\toprule\n"
                  "space & $d$ & rates tried & taken \\\\\n\\midrule\n\\endhead\n");
    for (size_t i = 0; lr && i < t.n;) {
        size_t end = tried_end(&t, i, false);
        table_tex(t.runs[i].space, out);
        text_add(out, " & %.10g & ", t.runs[i].d);
        tried_list(lr, tried_rates(&t, i, end, true, lr), 3, out);
        text_add(out, " & ");
        tried_list(lr, tried_rates(&t, i, end, false, lr), 3, out);
        text_add(out, " \\\\\n");
        i = end;
    }
    text_add(out, "\\bottomrule\n\\end{longtable}\n");
    mem_free(lr);
    mem_free(t.runs);
}
