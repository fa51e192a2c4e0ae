/* apply.c -- what is done to a data set after it was read: subsets, the validation split, shuffles,
 * standardisation (task_apply of data.h).
 *
 * Everything is drawn from the stream "split" of data_seed, so it never varies with a run's seed. A
 * stratified draw of m of n samples takes the nearest share of every class: floor(m n_c / n), then one
 * more for the classes with the largest remainders, lower labels first. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/frame.h"

typedef struct drawn { /* the two parts of a split, in file order */
    uint32_t *in, *out;
    size_t n_in, n_out;
} drawn;

static void drawn_clear(drawn *d)
{
    mem_free(d->in);
    mem_free(d->out);
}

/* How many of each class are taken. */
static void shares(const size_t *count, size_t classes, size_t n, size_t m, size_t *take)
{
    size_t sum = 0;
    for (size_t c = 0; c < classes; c++) {
        take[c] = (size_t)((double)count[c] * (double)m / (double)n);
        sum += take[c];
    }
    while (sum < m) {
        size_t best = 0;
        double most = -1;
        for (size_t c = 0; c < classes; c++) {
            double left = (double)count[c] * (double)m / (double)n - (double)take[c];
            if (take[c] < count[c] && left > most) {
                most = left;
                best = c;
            }
        }
        take[best]++;
        sum++;
    }
}

/* m of the n samples, in `in`; the others in `out`. Without labels all are one class. */
static status draw(const int32_t *labels, size_t n, size_t classes, size_t m, const stream *s,
                   drawn *d)
{
    classes = labels ? classes : 1;
    uint32_t *order = mem_array(n, sizeof *order);
    uint8_t *chosen = mem_array(n, 1);
    size_t *count = mem_array(classes, sizeof *count), *take = mem_array(classes, sizeof *take);
    status st = ERR_MEMORY;
    *d = (drawn){.in = mem_array(m, sizeof(uint32_t)), .out = mem_array(n - m, sizeof(uint32_t))};
    if (!order || !chosen || !count || !take || !d->in || !d->out)
        goto done;
    for (size_t i = 0; i < n; i++)
        count[labels ? labels[i] : 0]++;
    shares(count, classes, n, m, take);
    rng_permutation(s, n, order);
    for (size_t i = 0; i < n; i++) {
        size_t *left = &take[labels ? labels[order[i]] : 0];
        if (*left) {
            (*left)--;
            chosen[order[i]] = 1;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (chosen[i])
            d->in[d->n_in++] = (uint32_t)i;
        else
            d->out[d->n_out++] = (uint32_t)i;
    }
    st = OK;
done:
    mem_free(order);
    mem_free(chosen);
    mem_free(count);
    mem_free(take);
    if (st)
        drawn_clear(d);
    return st;
}

/* New arrays of the rows index[0..n) of a split. */
static status take_rows(task *t, const samples *from, const uint32_t *index, size_t n, samples *to)
{
    const void *arrays[FRAME_ARRAYS] = {0};
    samples all = {.n = n, .text_bytes = from->n ? from->text_bytes / from->n * n : 0};
    for (int a = 0; a < FRAME_ARRAYS; a++) {
        size_t width = frame_row_bytes(t, a);
        const char *rows = frame_array(from, a);
        char *mine;
        if (!rows)
            continue;
        if (!(mine = task_alloc(t, n * width, 1)))
            return ERR_MEMORY;
        for (size_t i = 0; i < n; i++)
            memcpy(mine + i * width, rows + index[i] * width, width);
        arrays[a] = mine;
    }
    frame_set_arrays(&all, arrays);
    *to = all;
    return OK;
}

static void release(task *t, samples *s)
{
    for (int a = 0; a < FRAME_ARRAYS; a++)
        frame_release(t, frame_array(s, a));
    *s = (samples){0};
}

static status check_labels(const task *t, const samples *s)
{
    if (s->n >= UINT32_MAX)
        return error_set(ERR_LIMIT, "%s: %zu samples, 2^32 are too many", task_spec(t), s->n);
    return frame_check(t, s);
}

/* Splits m samples off `which` into *taken; the rest stays (or, keep, the m stay and the rest goes). */
static status split_off(task *t, split which, size_t m, const char *purpose, uint64_t seed,
                        samples *taken)
{
    samples *from = &t->splits[which], rest = {0}, part = {0};
    stream s = stream_make(seed, "split"), named = stream_named(&s, purpose);
    drawn d;
    status st = draw(from->labels, from->n, t->n_outputs, m, &named, &d);
    if (st)
        return st;
    if (!(st = take_rows(t, from, d.in, d.n_in, &part)) && taken)
        st = take_rows(t, from, d.out, d.n_out, &rest);
    drawn_clear(&d);
    if (st)
        return st;
    release(t, from);
    *from = taken ? rest : part;
    if (taken)
        *taken = part;
    return OK;
}

static status subset(task *t, split which, size_t m, const char *what, uint64_t seed)
{
    size_t n = t->splits[which].n;
    if (!m || m == n)
        return OK;
    if (m > n)
        return error_set(ERR_USAGE, "%s: %s=%zu, there are %zu", task_spec(t), what, m, n);
    return split_off(t, which, m, what, seed, NULL);
}

static status shuffle_labels(task *t, uint64_t seed)
{
    samples *s = &t->splits[IDIM_SPLIT_TRAIN];
    stream split_ = stream_make(seed, "split"), named = stream_named(&split_, "labels");
    if (!s->labels)
        return error_set(ERR_USAGE, "%s: shuffle=labels needs labels", task_spec(t));
    uint32_t *order = mem_array(s->n, sizeof *order);
    int32_t *labels = task_alloc(t, s->n, sizeof *labels);
    if (order && labels) {
        rng_permutation(&named, s->n, order);
        for (size_t i = 0; i < s->n; i++)
            labels[i] = s->labels[order[i]];
        frame_release(t, s->labels);
        s->labels = labels;
        t->memorise = true;
    }
    mem_free(order);
    return order && labels ? OK : ERR_MEMORY;
}

/* One permutation of the features for all samples of all splits. */
static status shuffle_pixels(task *t, uint64_t seed)
{
    size_t n = t->n_features;
    stream split_ = stream_make(seed, "split"), named = stream_named(&split_, "pixels");
    uint32_t *order = mem_array(n, sizeof *order);
    status st = order ? OK : ERR_MEMORY;
    if (order)
        rng_permutation(&named, n, order);
    for (int which = 0; which < IDIM_SPLITS && !st; which++) {
        samples *s = &t->splits[which];
        uint8_t *bytes = s->bytes ? task_alloc(t, s->n * n, 1) : NULL;
        real *reals = s->reals ? task_alloc(t, s->n * n, sizeof *reals) : NULL;
        if ((s->bytes && !bytes) || (s->reals && !reals)) {
            st = ERR_MEMORY;
            break;
        }
        for (size_t i = 0; i < s->n; i++)
            for (size_t k = 0; k < n; k++) {
                if (bytes)
                    bytes[i * n + k] = s->bytes[i * n + order[k]];
                if (reals)
                    reals[i * n + k] = s->reals[i * n + order[k]];
            }
        frame_release(t, s->bytes);
        frame_release(t, s->reals);
        s->bytes = bytes;
        s->reals = reals;
    }
    mem_free(order);
    return st;
}

enum { STANDARD_UNIT, STANDARD_GLOBAL, STANDARD_FEATURE, STANDARD_NONE };

static double feature_at(const samples *s, size_t i)
{
    return s->bytes ? (double)s->bytes[i] : (double)s->reals[i];
}

/* Means and standard deviations over the training split alone, in double. A feature that never varies
 * is only shifted. */
static status standardise(task *t, int how)
{
    const samples *s = &t->splits[IDIM_SPLIT_TRAIN];
    size_t n = t->n_features;
    if (how == STANDARD_NONE || (how == STANDARD_UNIT && !s->bytes) || !n)
        return OK;
    real *scale = task_alloc(t, n, sizeof *scale);
    real *shift = how == STANDARD_UNIT ? NULL : task_alloc(t, n, sizeof *shift);
    double *sum = mem_array(n, sizeof *sum), *squares = mem_array(n, sizeof *squares);
    status st = ERR_MEMORY;
    if (!scale || (how != STANDARD_UNIT && !shift) || !sum || !squares)
        goto done;
    for (size_t k = 0; k < n; k++)
        scale[k] = (real)(1 / 255.0);
    for (size_t i = 0; shift && i < s->n; i++)
        for (size_t k = 0; k < n; k++) {
            double x = feature_at(s, i * n + k);
            sum[k] += x;
            squares[k] += x * x;
        }
    double all = 0, all_squares = 0;
    for (size_t k = 0; k < n; k++) {
        all += sum[k];
        all_squares += squares[k];
    }
    for (size_t k = 0; shift && k < n; k++) {
        double count = (double)s->n * (how == STANDARD_GLOBAL ? (double)n : 1);
        double mean = (how == STANDARD_GLOBAL ? all : sum[k]) / count;
        double var = (how == STANDARD_GLOBAL ? all_squares : squares[k]) / count - mean * mean;
        double over = var > 1e-12 * mean * mean && var > 0 ? 1 / sqrt(var) : 1;
        scale[k] = (real)over;
        shift[k] = (real)(-mean * over);
    }
    t->scale = scale;
    t->shift = shift;
    st = OK;
done:
    mem_free(sum);
    mem_free(squares);
    return st;
}

status task_apply(task *t, const samples_options *o)
{
    enum { SHUFFLE_NONE, SHUFFLE_LABELS, SHUFFLE_PIXELS };
    samples *all = t->splits;
    status st;
    if ((st = check_labels(t, &all[IDIM_SPLIT_TRAIN])) ||
        (st = check_labels(t, &all[IDIM_SPLIT_TEST])))
        return st;
    if (!all[IDIM_SPLIT_TEST].n) { /* none was given: a sixth, as MNIST has */
        size_t m = (all[IDIM_SPLIT_TRAIN].n + 3) / 6;
        if ((st = split_off(t, IDIM_SPLIT_TRAIN, m, "test", o->data_seed, &all[IDIM_SPLIT_TEST])))
            return st;
    }
    if ((st = subset(t, IDIM_SPLIT_TRAIN, o->n_train, "train", o->data_seed)) ||
        (st = subset(t, IDIM_SPLIT_TEST, o->n_test, "test", o->data_seed)))
        return st;
    if (o->shuffle == SHUFFLE_PIXELS && (st = shuffle_pixels(t, o->data_seed)))
        return st;
    if (o->shuffle == SHUFFLE_LABELS) {
        if ((st = shuffle_labels(t, o->data_seed)))
            return st;
        release(t, &all[IDIM_SPLIT_TEST]);
        all[IDIM_SPLIT_VAL] = all[IDIM_SPLIT_TEST] = all[IDIM_SPLIT_TRAIN];
    } else if (o->val > 0 && !all[IDIM_SPLIT_VAL].n) {
        size_t m = (size_t)(o->val * (double)all[IDIM_SPLIT_TRAIN].n + .5);
        if ((st = split_off(t, IDIM_SPLIT_TRAIN, m, "val", o->data_seed, &all[IDIM_SPLIT_VAL])))
            return st;
    }
    return standardise(t, o->standardise);
}
