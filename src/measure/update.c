/* update.c -- see update.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "linalg/linalg.h"
#include "linalg/randomized.h"
#include "linalg/svd.h"
#include "measure/marchenko.h"
#include "measure/update.h"
#include "models/adapted.h"

#define COLUMN(...) D90_COLUMN(update_value, __VA_ARGS__)

const d90_column update_value_columns[] = {
    COLUMN("tensor", D90_WORD, tensor, "", "as in updates.csv"),
    COLUMN("role", D90_WORD, role, "", "as in updates.csv"),
    COLUMN("layer", D90_NUMBER, layer, "", "counted from 0; empty: of none"),
    COLUMN("index", D90_COUNT, index, "", "1: the largest"),
    COLUMN("sigma", D90_NUMBER, sigma, "weights", "singular value of the update"),
    COLUMN("share", D90_NUMBER, share, "share", "sigma^2 of the update's squared norm"),
    COLUMN("bound", D90_NUMBER, bound, "weights",
           "randomized: the update has a value this near; empty: exact to rounding"),
    COLUMN("null", D90_NUMBER, null, "weights", "of a Gaussian matrix of equal norm"),
    COLUMN("null_rank", D90_NUMBER, null_rank, "weights",
           "of a random update of equal rank and norm"),
    COLUMN("scaled", D90_FLAG, scaled, "", "0: the scale is not known, sigma is of B A"),
    {0},
};

/* One tensor of two checkpoints. */
typedef struct change {
    const safetensor *before, *after;
    const char *role;
    int layer;
    bool turned; /* on file (in, out) */
    /* Rows of a head of q and k whose rotary pairs lie otherwise before than after: 0, they do not. Pair i is
     * rows 2 i and 2 i + 1 (`apart` false), or i and head/2 + i (true), as it is wanted, after. */
    size_t head;
    bool apart;
} change;

/* One tensor of a model in memory. */
typedef struct moved {
    const tensor *of;
    const char *role;
    int layer;
    size_t r; /* 0: no riders */
    double s;
    real *A, *B, *A0;
} moved;

struct updates {
    real *w0, *w1; /* of a model in memory */
    moved *moved;  /* (n) */
    adapter *adapter;
    tensors *before, *after; /* checkpoints; of an adapter before is the base, or NULL */
    change *changes;
    const safetensor **bases; /* of an adapter: each pair's matrix in the base */
    size_t n, alone;
    bool scaled;
};

/* ------------------------------------------------------------------ opening */

void updates_close(updates *u)
{
    if (!u)
        return;
    adapter_close(u->adapter);
    tensors_close(u->before);
    tensors_close(u->after);
    for (size_t i = 0; u->moved && i < u->n; i++) {
        mem_free(u->moved[i].A);
        mem_free(u->moved[i].B);
        mem_free(u->moved[i].A0);
    }
    mem_free(u->moved);
    mem_free(u->w0);
    mem_free(u->w1);
    mem_free(u->changes);
    mem_free(u->bases);
    mem_free(u);
}

static int change_order(const void *a, const void *b)
{
    const change *x = a, *y = b;
    return x->layer != y->layer ? x->layer - y->layer : strcmp(x->after->name, y->after->name);
}

/* GPT-2's Conv1D holds (in, out); of its matrices the two tables alone are as everywhere. */
static bool change_turned(const tensors *t, const safetensor *x, const char *role)
{
    const json_t *type = json_object_get(tensors_config(t), "model_type");
    const char *word = json_string_value(type);
    return word && !strcmp(word, "gpt2") && x->dims == 2 &&
           (!strcmp(role, "qkv") || !strcmp(role, "o") || !strcmp(role, "up") ||
            !strcmp(role, "down"));
}

/* The original Llama's files, and llama2.c's, have rotary pairs side by side, Hugging Face's half a head apart. */
static void change_pairs(const updates *u, change *c)
{
    const json_t *before = tensors_config(u->before), *after = tensors_config(u->after);
    bool side0 = json_is_true(json_object_get(before, "rope_interleaved"));
    bool side1 = json_is_true(json_object_get(after, "rope_interleaved"));
    const json_t *config = side0 ? before : after;
    json_int_t width = json_integer_value(json_object_get(config, "hidden_size"));
    json_int_t heads = json_integer_value(json_object_get(config, "num_attention_heads"));
    if (side0 == side1 || (strcmp(c->role, "q") && strcmp(c->role, "k")) || heads < 1 ||
        width < heads)
        return;
    size_t head = (size_t)(width / heads);
    if (head % 2 || c->after->shape[0] % head)
        return;
    c->head = head;
    c->apart = side0;
}

/* The row before that is row k after. */
static size_t change_row(const change *c, size_t k)
{
    if (!c->head)
        return k;
    size_t first = k / c->head * c->head, i = k % c->head, half = c->head / 2;
    return first + (c->apart ? 2 * (i % half) + i / half : i % 2 * half + i / 2);
}

static status change_shapes(const updates *u, const safetensor *x, const safetensor *y)
{
    if (x->dims == y->dims && !memcmp(x->shape, y->shape, x->dims * sizeof *x->shape))
        return OK;
    return error_set(
        ERR_FORMAT,
        "%s: %s has another shape than in %s (%zu numbers and %zu); two checkpoints of "
        "one model are compared",
        tensors_path(u->after), x->name, tensors_path(u->before), x->n, y->n);
}

static status updates_match(updates *u)
{
    size_t matrices = 0, after = tensors_count(u->after);
    if (!(u->changes = mem_array(after, sizeof *u->changes)))
        return ERR_MEMORY;
    for (size_t i = 0; i < after; i++) {
        const safetensor *x = tensors_at(u->after, i), *y = tensors_find(u->before, x->name);
        change c = {.before = y, .after = x};
        status st;
        if (x->dims < 2 || !x->n)
            continue;
        if (!y) {
            u->alone++;
            continue;
        }
        if ((st = change_shapes(u, x, y)))
            return st;
        c.role = tensors_role(x->name, &c.layer);
        c.turned = change_turned(u->after, x, c.role);
        change_pairs(u, &c);
        u->changes[u->n++] = c;
    }
    for (size_t i = 0; i < tensors_count(u->before); i++)
        matrices += tensors_at(u->before, i)->dims > 1 && tensors_at(u->before, i)->n;
    u->alone += matrices - u->n;
    if (!u->n)
        return error_set(ERR_FORMAT, "%s has no matrix whose name %s has too; are they one model?",
                         tensors_path(u->after), tensors_path(u->before));
    qsort(u->changes, u->n, sizeof *u->changes, change_order);
    return OK;
}

/* Is it the module's weight? A file's names may have one part more or less at their front. */
static bool base_is(const char *name, const char *module)
{
    size_t n = strlen(name), k = strlen(module);
    static const char end[] = ".weight";
    size_t e = sizeof end - 1;
    if (n <= e || strcmp(name + n - e, end))
        return false;
    n -= e;
    const char *longer = n > k ? name : module, *shorter = n > k ? module : name;
    size_t most = n > k ? n : k, least = n > k ? k : n;
    return !strncmp(longer + most - least, shorter, least) &&
           (most == least || longer[most - least - 1] == '.');
}

static status updates_base(updates *u, const char *path)
{
    status st = tensors_open(&u->before, path);
    if (st)
        return st;
    if (!(u->bases = mem_array(u->n, sizeof(safetensor *))))
        return ERR_MEMORY;
    for (size_t i = 0; i < u->n; i++) {
        const adapter_pair *p = adapter_at(u->adapter, i);
        for (size_t k = 0; k < tensors_count(u->before) && !u->bases[i]; k++)
            if (base_is(tensors_at(u->before, k)->name, p->module))
                u->bases[i] = tensors_at(u->before, k);
        if (!u->bases[i])
            return error_set(ERR_FORMAT, "%s: it has no %s.weight, which the adapter changes", path,
                             p->module);
        bool turned = p->fan_in_fan_out || p->embedding;
        const safetensor *w = u->bases[i];
        if (w->dims != 2 || w->shape[turned] != p->out || w->shape[!turned] != p->in)
            return error_set(ERR_FORMAT, "%s: %s is not %zu x %zu, as the adapter has it", path,
                             w->name, turned ? p->in : p->out, turned ? p->out : p->in);
    }
    return OK;
}

static status updates_adapter(updates *u, const char *path, const char *base, double alpha)
{
    status st = adapter_open(&u->adapter, path, alpha);
    if (st)
        return st;
    u->n = adapter_count(u->adapter);
    for (size_t i = 0; i < u->n; i++)
        u->scaled = u->scaled && !isnan(adapter_at(u->adapter, i)->scale);
    return base ? updates_base(u, base) : OK;
}

status updates_is_adapter(const char *path, bool *is)
{
    tensors *t;
    status st = tensors_open(&t, path);
    *is = false;
    for (size_t i = 0; !st && i < tensors_count(t) && !*is; i++)
        *is = strstr(tensors_at(t, i)->name, ".lora_");
    if (!st)
        tensors_close(t);
    return st;
}

status updates_open(updates **out, const char *a, const char *b, const char *base, double alpha)
{
    status st;
    updates *u = NULL;
    *out = NULL;
    if (b && base)
        return error_set(ERR_USAGE, "%s is compared with %s already; --from is an adapter's base",
                         b, a);
    if (b && !isnan(alpha))
        return error_set(ERR_USAGE, "--alpha is an adapter's; %s and %s are checkpoints", a, b);
    if (!(u = mem_array(1, sizeof *u)))
        return ERR_MEMORY;
    u->scaled = true;
    if (!b)
        st = updates_adapter(u, a, base, alpha);
    else if (!(st = tensors_open(&u->before, a)) && !(st = tensors_open(&u->after, b)))
        st = updates_match(u);
    if (st) {
        updates_close(u);
        return st;
    }
    *out = u;
    return OK;
}

/* The riders of a tensor, copied; lengths of rows (DoRA) change more than their product. */
static status moved_ride(moved *m, const slot *now, const slot *start)
{
    size_t rows = m->of->shape[0], in = m->of->n / rows, r = adapted_rank(now);
    double s = now->riders[0].s != 0 ? now->riders[0].s : 1;
    real *unused = NULL;
    m->A = mem_array(r * in, sizeof *m->A);
    m->B = mem_array(rows * r, sizeof *m->B);
    if (!m->A || !m->B)
        return ERR_MEMORY;
    adapted_factors(now, s, in, r, m->A, m->B);
    m->r = r;
    m->s = s;
    if (!start || adapted_rank(start) != r)
        return OK;
    m->A0 = mem_array(r * in, sizeof *m->A0);
    unused = mem_array(rows * r, sizeof *unused);
    if (m->A0 && unused)
        adapted_factors(start, s, in, r, m->A0, unused);
    mem_free(unused);
    return m->A0 && unused ? OK : ERR_MEMORY;
}

status updates_of(updates **out, const layout *l, real *before, real *after, const view *now,
                  const view *start)
{
    updates *u = mem_array(1, sizeof *u);
    status st = u && (u->moved = mem_array(l->n_tensors, sizeof *u->moved)) ? OK : ERR_MEMORY;
    *out = NULL;
    if (u) {
        u->scaled = true;
        u->w0 = before;
        u->w1 = after;
    } else {
        mem_free(before);
        mem_free(after);
    }
    for (size_t k = 0; k < l->n_tensors && !st; k++) {
        const tensor *t = &l->tensors[k];
        const slot *w = now ? &now->slots[k] : NULL;
        bool rides = w && w->n_riders && !w->c;
        if (!t->shape[1] ||
            (!rides && !memcmp(before + t->offset, after + t->offset, t->n * sizeof *before)))
            continue;
        moved *m = &u->moved[u->n++];
        *m = (moved){.of = t, .role = tensors_role(t->name, &m->layer)};
        m->layer = t->layer;
        if (rides)
            st = moved_ride(m, w, start ? &start->slots[k] : NULL);
    }
    if (st) {
        updates_close(u);
        return st;
    }
    *out = u;
    return OK;
}

size_t updates_count(const updates *u)
{
    return u->n;
}

const char *updates_name(const updates *u, size_t i)
{
    return u->moved     ? u->moved[i].of->name
           : u->adapter ? adapter_at(u->adapter, i)->module
                        : u->changes[i].after->name;
}

size_t updates_find(const updates *u, const char *name)
{
    for (size_t i = 0; i < u->n; i++)
        if (!strcmp(updates_name(u, i), name))
            return i;
    return SIZE_MAX;
}

bool updates_scaled(const updates *u)
{
    return u->scaled;
}

bool updates_moved(const updates *u)
{
    for (size_t i = 0; u->adapter && i < u->n; i++)
        if (adapter_at(u->adapter, i)->m)
            return true;
    return false;
}

size_t updates_alone(const updates *u)
{
    return u->alone;
}

/* ------------------------------------------------------------------ reading */

/* Distance between x and its neighbours among numbers of 16 bits; 0 for other types. */
static double update_ulp(safetensor_type type, double x)
{
    int exponent, digits = type == SAFETENSOR_F16 ? 11 : 8,
                  least = type == SAFETENSOR_F16 ? -13 : -125;
    if (type != SAFETENSOR_F16 && type != SAFETENSOR_BF16)
        return 0;
    frexp(x, &exponent); /* x = f 2^exponent, f in [1/2, 1) */
    return ldexp(1, (x == 0 || exponent < least ? least : exponent) - digits);
}

/* A row of the file's matrix into its place. */
static void update_put(const real *from, size_t row, size_t rows, size_t columns, bool turned,
                       real *to)
{
    for (size_t j = 0; j < columns; j++)
        to[turned ? j * rows + row : row * columns + j] = from[j];
}

/* rows x columns as the file has them. */
static status update_before(const safetensor *t, size_t rows, size_t columns, bool turned,
                            real **W0, double *norm)
{
    real *row = mem_raw(columns, sizeof *row);
    double squares = 0;
    status st = row && (*W0 = mem_raw(t->n, sizeof **W0)) ? OK : ERR_MEMORY;
    for (size_t i = 0; i < rows && !st; i++) {
        st = safetensor_reals(t, i * columns, columns, row);
        if (!st)
            update_put(row, i, rows, columns, turned, *W0);
        squares += st ? 0 : vec_dot(row, row, columns);
    }
    *norm = sqrt(squares);
    mem_free(row);
    return st;
}

static status update_pair(const updates *u, size_t i, bool before, update *out)
{
    const adapter_pair *p = adapter_at(u->adapter, i);
    size_t size_a, size_b;
    status st;
    out->s = isnan(p->scale) ? 1 : p->scale;
    out->about = (spectrum_about){.tensor = p->module,
                                  .role = p->role,
                                  .layer = p->layer,
                                  .m = p->out,
                                  .n = p->in,
                                  .r = p->r,
                                  .alpha = p->alpha,
                                  .scale = p->scale,
                                  .scaled = !isnan(p->scale),
                                  .method = "factors",
                                  .norm = (double)NAN,
                                  .weight_norm = (double)NAN,
                                  .unchanged = (double)NAN,
                                  .rounding = (double)NAN};
    if ((st = size_mul(p->r, p->in, &size_a)) || (st = size_mul(p->out, p->r, &size_b)))
        return st;
    out->A = mem_raw(size_a, sizeof *out->A);
    out->B = mem_raw(size_b, sizeof *out->B);
    if (!out->A || !out->B)
        return ERR_MEMORY;
    st = adapter_factors(p, out->A, out->B);
    if (!st && u->bases) {
        const safetensor *w = u->bases[i];
        st = update_before(w, w->shape[0], w->shape[1], p->fan_in_fan_out || p->embedding, &out->W0,
                           &out->about.weight_norm);
        tensors_forget(u->before, w->data, w->bytes);
        if (!before) {
            mem_free(out->W0);
            out->W0 = NULL;
        }
    }
    return st;
}

typedef struct sums { /* over a tensor's entries */
    double norm, before, ulps;
    size_t same;
} sums;

static void update_row(const change *c, size_t columns, const real *x0, const real *x1, real *d,
                       sums *s)
{
    for (size_t j = 0; j < columns; j++) {
        double a = (double)x0[j], b = (double)x1[j], difference = b - a;
        double ulp0 = update_ulp(c->before->type, a), ulp1 = update_ulp(c->after->type, b);
        d[j] = (real)difference;
        s->norm += difference * difference;
        s->before += a * a;
        s->ulps += (ulp0 * ulp0 + ulp1 * ulp1) / 12;
        s->same += a == b;
    }
}

static status update_change(const updates *u, size_t i, bool before, update *out)
{
    const change *c = &u->changes[i];
    size_t rows = c->after->shape[0], columns = c->after->n / rows;
    real *x = mem_array(3 * columns, sizeof *x);
    sums s = {0};
    status st = x && (out->W = mem_raw(c->after->n, sizeof *out->W)) &&
                        (!before || (out->W0 = mem_raw(c->after->n, sizeof *out->W0)))
                    ? OK
                    : ERR_MEMORY;
    for (size_t k = 0; k < rows && !st; k++) {
        if ((st = safetensor_reals(c->before, change_row(c, k) * columns, columns, x)) ||
            (st = safetensor_reals(c->after, k * columns, columns, x + columns)))
            break;
        update_row(c, columns, x, x + columns, x + 2 * columns, &s);
        update_put(x + 2 * columns, k, rows, columns, c->turned, out->W);
        if (before)
            update_put(x, k, rows, columns, c->turned, out->W0);
    }
    if (st && st != ERR_MEMORY)
        error_prefix("%s: ", c->after->name);
    /* of files larger than memory one tensor is here */
    tensors_forget(u->before, c->before->data, c->before->bytes);
    tensors_forget(u->after, c->after->data, c->after->bytes);
    double n = (double)c->after->n;
    out->s = 1;
    out->about = (spectrum_about){.tensor = c->after->name,
                                  .role = c->role,
                                  .layer = c->layer,
                                  .m = c->turned ? columns : rows,
                                  .n = c->turned ? rows : columns,
                                  .alpha = (double)NAN,
                                  .scale = 1,
                                  .scaled = true,
                                  .method = "",
                                  .norm = sqrt(s.norm),
                                  .weight_norm = sqrt(s.before),
                                  .unchanged = (double)s.same / n,
                                  .rounding = s.ulps > 0 ? sqrt(s.ulps / n) : (double)NAN};
    mem_free(x);
    return st;
}

static status update_moved(const updates *u, size_t i, bool before, update *out)
{
    const moved *m = &u->moved[i];
    const tensor *t = m->of;
    const real *w0 = u->w0 + t->offset, *w1 = u->w1 + t->offset;
    size_t rows = t->shape[0], columns = t->n / rows, same = 0;
    double squares = 0;
    out->s = m->r ? m->s : 1;
    if (m->r) {
        out->A = mem_copy(m->A, m->r * columns, sizeof *out->A);
        out->B = mem_copy(m->B, rows * m->r, sizeof *out->B);
        out->A0 = m->A0 ? mem_copy(m->A0, m->r * columns, sizeof *out->A0) : NULL;
    } else {
        out->W = mem_raw(t->n, sizeof *out->W);
    }
    if (before)
        out->W0 = mem_copy(w0, t->n, sizeof *out->W0);
    if ((m->r ? !out->A || !out->B || (m->A0 && !out->A0) : !out->W) || (before && !out->W0))
        return ERR_MEMORY;
    for (size_t k = 0; out->W && k < t->n; k++) {
        double d = (double)w1[k] - (double)w0[k];
        out->W[k] = (real)d;
        squares += d * d;
        same += w1[k] >= w0[k] && w1[k] <= w0[k];
    }
    out->about = (spectrum_about){.tensor = t->name,
                                  .role = m->role,
                                  .layer = m->layer,
                                  .m = rows,
                                  .n = columns,
                                  .r = m->r,
                                  .alpha = m->r ? m->s * (double)m->r : (double)NAN,
                                  .scale = out->s,
                                  .scaled = true,
                                  .method = m->r ? "factors" : "",
                                  .norm = m->r ? (double)NAN : sqrt(squares),
                                  .weight_norm = vec_norm(w0, t->n),
                                  .unchanged = m->r ? (double)NAN : (double)same / (double)t->n,
                                  .rounding = (double)NAN};
    return OK;
}

status updates_load(const updates *u, size_t i, bool before, update *out)
{
    *out = (update){0};
    status st = u->moved     ? update_moved(u, i, before, out)
                : u->adapter ? update_pair(u, i, before, out)
                             : update_change(u, i, before, out);
    if (st)
        update_clear(out);
    return st;
}

void update_clear(update *u)
{
    mem_free(u->A);
    mem_free(u->B);
    mem_free(u->A0);
    mem_free(u->W);
    mem_free(u->W0);
    *u = (update){0};
}

/* ------------------------------------------------------------------ saving */

/* The tensor of update i in the file that is saved, and whether it lies turned there. */
static const safetensor *save_target(const updates *u, size_t i, bool *turned)
{
    if (!u->adapter) {
        *turned = u->changes[i].turned;
        return u->changes[i].after;
    }
    const adapter_pair *p = adapter_at(u->adapter, i);
    *turned = p->fan_in_fan_out || p->embedding;
    return u->bases[i];
}

/* Puts W in the place of its tensor; a turned one is turned back in place of W: kept (n) is freed later. */
static status save_replace(const updates *u, size_t i, const real *W, safetensor *all, size_t n,
                           real **kept)
{
    bool turned;
    const safetensor *t = save_target(u, i, &turned);
    size_t rows = t->shape[0], columns = t->n / rows;
    if (turned) { /* W is (columns, rows) */
        if (!(*kept = mem_raw(t->n, sizeof **kept)))
            return ERR_MEMORY;
        for (size_t a = 0; a < rows; a++)
            for (size_t b = 0; b < columns; b++)
                (*kept)[a * columns + b] = W[b * rows + a];
        W = *kept;
    }
    for (size_t k = 0; k < n; k++)
        if (!strcmp(all[k].name, t->name)) {
            all[k].type = SAFETENSOR_REAL;
            all[k].data = W;
        }
    return OK;
}

status updates_save(const updates *u, const char *folder, real *const *W)
{
    const tensors *from = u->adapter ? u->before : u->after;
    if (!from)
        return error_set(ERR_USAGE, "a whole model is saved; --from names the adapter's base");
    if (!tensors_config(from))
        return error_set(ERR_USAGE,
                         "%s has no config.json, which a saved model needs; give its folder",
                         tensors_path(from));
    size_t n = tensors_count(from);
    safetensor *all = mem_array(n, sizeof *all);
    real **kept = mem_array(u->n, sizeof *kept);
    status st = all && kept ? OK : ERR_MEMORY;
    for (size_t k = 0; k < n && !st; k++)
        all[k] = *tensors_at(from, k);
    for (size_t i = 0; i < u->n && !st; i++)
        if (W[i])
            st = save_replace(u, i, W[i], all, n, &kept[i]);
    if (!st)
        st = tensors_write(folder, tensors_config(from), all, n,
                           tensors_kind_of(from) == TENSORS_MODEL ? tensors_path(from) : NULL);
    for (size_t i = 0; kept && i < u->n; i++)
        mem_free(kept[i]);
    mem_free(kept);
    mem_free(all);
    return st;
}

/* ------------------------------------------------------------------ measured */

status update_formed(const update *u, real **W)
{
    const spectrum_about *a = &u->about;
    size_t size;
    status st = size_mul(a->m, a->n, &size);
    *W = NULL;
    if (st)
        return st;
    if (!(*W = u->W ? mem_copy(u->W, size, sizeof **W) : mem_raw(size, sizeof **W)))
        return ERR_MEMORY;
    if (!u->W)
        mat_gemm(false, false, a->m, a->n, a->r, (real)u->s, u->B, a->r, u->A, a->n, 0, *W, a->n);
    return OK;
}

void update_vectors_clear(update_vectors *v)
{
    mem_free(v->U);
    mem_free(v->V);
    mem_free(v->sigma);
    *v = (update_vectors){0};
}

/* U (m, all) cut to its first k columns, in place. */
static void vectors_cut(size_t m, size_t all, size_t k, real *U)
{
    for (size_t i = 0; i < m && k < all; i++)
        memmove(U + i * k, U + i * all, k * sizeof *U);
}

/* The largest of a difference: good to 1e-5 of the first, where they do not lie as close together as that. */
static status vectors_largest(const update *u, size_t k, real *U, real *s, real *Vt)
{
    const spectrum_about *a = &u->about;
    const randomized how = {k, 1e-5, 0, stream_make(1, "vectors")};
    randomized_done done;
    double *bound = mem_array(k, sizeof *bound);
    status st =
        bound ? svd_randomized(a->m, a->n, u->W, a->n, &how, U, s, Vt, bound, &done) : ERR_MEMORY;
    mem_free(bound);
    return st;
}

status update_vectors_of(const update *u, size_t most, update_vectors *v)
{
    const spectrum_about *a = &u->about;
    size_t side = a->m < a->n ? a->m : a->n, k = u->A && a->r < side ? a->r : side;
    bool few = u->W && most && most < side;
    if (few)
        k = most;
    real *s = mem_array(k, sizeof *s), *Vt = u->W ? mem_raw(k * a->n, sizeof *Vt) : NULL;
    *v = (update_vectors){a->m,
                          a->n,
                          !most || most > k ? k : most,
                          mem_raw(a->m * k, sizeof(real)),
                          mem_raw(a->n * k, sizeof(real)),
                          mem_array(k, sizeof(double))};
    status st = s && (Vt || !u->W) && v->U && v->V && v->sigma ? OK : ERR_MEMORY;
    if (!st && !u->W)
        st = spectrum_factors(a->m, a->n, a->r, u->s, u->A, u->B, v->U, v->sigma, v->V);
    else if (!st && !(st = few ? vectors_largest(u, k, v->U, s, Vt)
                               : svd_thin(a->m, a->n, u->W, a->n, v->U, s, Vt)))
        for (size_t j = 0; j < k; j++) {
            v->sigma[j] = (double)s[j];
            for (size_t i = 0; i < a->n; i++)
                v->V[i * k + j] = Vt[j * a->n + i];
        }
    mem_free(s);
    mem_free(Vt);
    if (st) {
        update_vectors_clear(v);
        return st;
    }
    vectors_cut(a->m, k, v->k, v->U);
    vectors_cut(a->n, k, v->k, v->V);
    return OK;
}

void update_spectrum_clear(update_spectrum *s)
{
    mem_free(s->sigma);
    mem_free(s->bound);
    mem_free(s->null);
    mem_free(s->null_rank);
    *s = (update_spectrum){0};
}

static status update_values(update *u, const update_how *how, const stream *random,
                            update_spectrum *out)
{
    spectrum_about *a = &u->about;
    size_t side = a->m < a->n ? a->m : a->n;
    bool few = u->W && how->values && how->values < side;
    out->k = !u->W && a->r < side ? a->r : few ? how->values : side;
    out->converged = true;
    if (!(out->sigma = mem_array(out->k, sizeof *out->sigma)) ||
        (few && !(out->bound = mem_array(out->k, sizeof *out->bound))))
        return ERR_MEMORY;
    if (u->W) {
        a->method = few ? "randomized" : "exact";
        return few ? spectrum_largest(a->m, a->n, u->W, out->k, how->tolerance, random, out->sigma,
                                      out->bound, &out->converged)
                   : spectrum_exact(a->m, a->n, u->W, out->sigma);
    }
    status st = spectrum_factors(a->m, a->n, a->r, u->s, u->A, u->B, NULL, out->sigma, NULL);
    a->norm = 0;
    for (size_t i = 0; i < out->k; i++)
        a->norm += out->sigma[i] * out->sigma[i];
    a->norm = sqrt(a->norm);
    return st;
}

static status update_nulls(const update *u, const stream *random, update_spectrum *out)
{
    const spectrum_about *a = &u->about;
    size_t side = a->m < a->n ? a->m : a->n;
    if (!(out->null = mem_array(side, sizeof *out->null)) ||
        (!u->W && !(out->null_rank = mem_array(out->k, sizeof *out->null_rank))))
        return ERR_MEMORY;
    marchenko_curve(a->m, a->n, a->norm / sqrt((double)a->m * (double)a->n), out->null);
    return out->null_rank ? spectrum_null_factors(a->m, a->n, a->r, a->norm, random, out->null_rank)
                          : OK;
}

status update_spectrum_of(update *u, const update_how *how, update_spectrum *out)
{
    stream seed = stream_make(how->seed, "spectrum"), random = stream_named(&seed, u->about.tensor);
    status st;
    *out = (update_spectrum){0};
    if ((st = update_values(u, how, &random, out)) || (st = update_nulls(u, &random, out)) ||
        (st =
             spectrum_of(&u->about, out->k, out->sigma, out->null_rank ? out->null_rank : out->null,
                         out->bound, how->replicates, &random, &out->row))) {
        error_prefix("%s: ", u->about.tensor);
        update_spectrum_clear(out);
    }
    return st;
}

void update_spectrum_rows(const update_spectrum *s, update_value *rows)
{
    const spectrum_about *a = &s->row.about;
    for (size_t i = 0; i < s->k; i++)
        rows[i] = (update_value){.tensor = a->tensor,
                                 .role = a->role,
                                 .layer = s->row.layer,
                                 .index = i + 1,
                                 .sigma = s->sigma[i],
                                 .share = s->sigma[i] * s->sigma[i] / (a->norm * a->norm),
                                 .bound = s->bound ? s->bound[i] : (double)NAN,
                                 .null = s->null[i],
                                 .null_rank = s->null_rank ? s->null_rank[i] : (double)NAN,
                                 .scaled = a->scaled};
}
