/* extract.c -- idim extract: an adapter of rank r from the difference of two checkpoints. */
#include <math.h>
#include <string.h>

#include "experiments/command.h"
#include "format/adapter.h"
#include "measure/extract.h"
#include "models/pretrained.h"

typedef struct options {
    size_t rank;
    const char *save, *targets;
    bool all;
} options;

static const key keys[] = {
    KEY("rank", options, rank, "8", 1, 65536, "rows",
        "of every update; a smaller matrix keeps its own"),
    KEY_TEXT("targets", options, targets, "",
             "parts of names, q_proj+v_proj; empty: every matrix but tables"),
    KEY_TEXT("save", options, save, "", "folder that is written, as PEFT reads it"),
    KEY("all", options, all, "no", 0, 0, "", "a line for every matrix"),
    {0},
};

typedef struct extraction {
    pretrained *before, *after;
    pretrained_whole w0, w1;
    adapter_part *parts; /* (w0.layout.n_tensors) */
    size_t n, n_numbers;
    double kept, all; /* of ||W||_F^2 */
} extraction;

static bool is_wanted(const options *o, const tensor *t)
{
    static const char *const tables[] = {"embed", "wte", "wpe", "lm_head", "decoder"};
    char **words;
    size_t n;
    bool wanted = false;
    if (!t->shape[1])
        return false;
    for (size_t i = 0; !*o->targets && i < sizeof tables / sizeof *tables; i++)
        if (strstr(t->name, tables[i]))
            return false;
    if (!*o->targets)
        return true;
    if (key_cut(o->targets, "+", &words, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        wanted = wanted || strstr(t->name, words[i]);
    key_parts_free(words, n);
    return wanted;
}

/* The module on file: the tensor's name without ".weight". Fresh. */
static char *module_of(const extraction *e, const tensor *t)
{
    const char *name = pretrained_name(e->before, t);
    return mem_printf("%.*s", (int)(strlen(name) - strlen(".weight")), name);
}

static status extract_one(const options *o, extraction *e, size_t k, FILE *out)
{
    const tensor *t = &e->w0.layout.tensors[k];
    size_t m = t->shape[0], n = t->shape[1], least = m < n ? m : n;
    size_t r = o->rank < least ? o->rank : least, at = layout_find(&e->w1.layout, t->name);
    const tensor *u = at == SIZE_MAX ? NULL : &e->w1.layout.tensors[at];
    double energy, error;
    if (!u || u->shape[0] != m || u->shape[1] != n)
        return error_set(ERR_FORMAT,
                         "%s is not in both, or has another shape; are they one model's?", t->name);
    real *W = e->w1.theta + u->offset; /* becomes the difference */
    const real *W0 = e->w0.theta + t->offset;
    double square = 0;
    for (size_t i = 0; i < m * n; i++) {
        W[i] -= W0[i];
        square += (double)W[i] * (double)W[i];
    }
    if (!(square > 0))
        return OK; /* it was not trained */
    real *A = mem_array(r * n, sizeof *A), *B = mem_array(m * r, sizeof *B);
    char *module = module_of(e, t);
    status st = A && B && module ? extract_factors(m, n, W, r, A, B, &energy, &error) : ERR_MEMORY;
    if (st) {
        mem_free(A);
        mem_free(B);
        mem_free(module);
        return st;
    }
    e->parts[e->n++] = (adapter_part){
        .module = module, .r = r, .in = n, .out = m, .alpha = (double)r, .A = A, .B = B};
    e->n_numbers += r * (m + n);
    e->all += square;
    e->kept += energy * square;
    if (o->all)
        fprintf(out, "  %-46.46s %4zu  %7.4f  %10.4g\n", t->name, r, energy, error);
    return OK;
}

static void extraction_clear(extraction *e)
{
    for (size_t i = 0; i < e->n; i++) {
        union { /* a part borrows; here is who owns */
            const void *borrowed;
            void *owned;
        } own[3] = {{e->parts[i].module}, {e->parts[i].A}, {e->parts[i].B}};
        for (size_t k = 0; k < 3; k++)
            mem_free(own[k].owned);
    }
    mem_free(e->parts);
    pretrained_whole_clear(&e->w0);
    pretrained_whole_clear(&e->w1);
    pretrained_close(e->before);
    pretrained_close(e->after);
}

static status extract_write(const options *o, const extraction *e, const char *base, FILE *out)
{
    const adapter_make how = {.base = base, .fan_in_fan_out = pretrained_turned(e->before)};
    adapter *a;
    char n[32];
    status st = adapter_new(&a, &how, e->parts, e->n);
    if (st)
        return st;
    if (!(st = adapter_write(a, o->save)))
        fprintf(out,
                "%s: %zu matrices, %s numbers; %.4f of the difference's energy kept, error %.4g of "
                "%.4g\n",
                o->save, e->n, count_text(e->n_numbers, n), e->kept / e->all,
                sqrt(e->all - e->kept), sqrt(e->all));
    adapter_close(a);
    return st;
}

static status extract_all(const options *o, const char *before, const char *after, FILE *out)
{
    extraction e = {.n = 0};
    status st;
    if ((st = pretrained_open(&e.before, before, "", 0)) ||
        (st = pretrained_open(&e.after, after, "", 0)) || (st = pretrained_read(e.before, &e.w0)) ||
        (st = pretrained_read(e.after, &e.w1)))
        goto done;
    if (!(e.parts = mem_array(e.w0.layout.n_tensors, sizeof *e.parts))) {
        st = ERR_MEMORY;
        goto done;
    }
    if (o->all)
        fprintf(out, "  %-46s rank   energy       error\n", "matrix");
    for (size_t k = 0; k < e.w0.layout.n_tensors && !st; k++)
        if (is_wanted(o, &e.w0.layout.tensors[k]))
            st = extract_one(o, &e, k, out);
    if (!st && !e.n)
        st = error_set(ERR_USAGE, "%s and %s: no matrix%s%s differs; nothing to extract", before,
                       after, *o->targets ? " of " : "", o->targets);
    if (!st)
        st = extract_write(o, &e, before, out);
done:
    extraction_clear(&e);
    return st;
}

static int extract_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    (void)n;
    if (!*o->save)
        return command_end(
            error_set(ERR_USAGE, "idim extract: name the folder to write by --save"));
    status st = tensors_room(o->save, TENSORS_ADAPTER);
    return command_end(st ? st : extract_all(o, names[0], names[1], out));
}

const command command_extract = {
    .name = "extract",
    .group = "models",
    .doc = "an adapter of rank r from two checkpoints",
    .takes = "BEFORE AFTER",
    .least = 2,
    .most = 2,
    .examples = {"idim extract gpt2 gpt2-tuned --rank 8 --save out",
                 "idim extract gpt2 gpt2-tuned --rank 4 --targets c_attn --save attention",
                 "idim extract gpt2 gpt2-tuned --all --save shown"},
    .tables = {keys},
    .size = sizeof(options),
    .run = extract_run,
};
