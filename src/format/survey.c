/* survey.c -- see survey.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "format/jsonl.h"
#include "format/survey.h"

/* A family by its configuration's model_type, else by what a name holds, in this order. */
static const struct family {
    const char *name, *type, *sign;
    bool read;
    const char *layers, *width, *heads, *length;
} families[] = {
    {"GPT-2", "gpt2", "attn.c_attn.", true, "n_layer", "n_embd", "n_head", "n_positions"},
    {"RoBERTa", "roberta", "roberta.", true, "num_hidden_layers", "hidden_size",
     "num_attention_heads", "max_position_embeddings"},
    {"BERT", "bert", "attention.self.query.", true, "num_hidden_layers", "hidden_size",
     "num_attention_heads", "max_position_embeddings"},
    {"GPT-NeoX", "gpt_neox", "attention.query_key_value.", false, "num_hidden_layers",
     "hidden_size", "num_attention_heads", "max_position_embeddings"},
    {"Llama", "llama", "self_attn.q_proj.", true, "num_hidden_layers", "hidden_size",
     "num_attention_heads", "max_position_embeddings"},
};
enum { FAMILIES = sizeof families / sizeof *families };

status survey_add(survey *s, const char *format, ...)
{
    va_list args;
    char words[400];
    char **grown = mem_resize(s->wrong, s->n_wrong + 1, sizeof *grown);
    if (!grown)
        return ERR_MEMORY;
    s->wrong = grown;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    if (!(s->wrong[s->n_wrong] = mem_string(words)))
        return ERR_MEMORY;
    s->n_wrong++;
    return OK;
}

/* ------------------------------------------------------------------ groups */

/* The name with every component that is a number as a star. */
static char *group_name(const char *name)
{
    char *out = mem_array(strlen(name) + 1, 1), *to = out;
    for (const char *c = name; out && *c;) {
        size_t digits = strspn(c, "0123456789");
        if (digits && (c == name || c[-1] == '.') && (c[digits] == '.' || !c[digits])) {
            *to++ = '*';
            c += digits;
        } else
            *to++ = *c++;
    }
    return out;
}

static bool group_like(const safetensor *a, const safetensor *b)
{
    return a->type == b->type && a->dims == b->dims &&
           (!a->dims || !memcmp(a->shape, b->shape, a->dims * sizeof *a->shape));
}

/* A tensor with its starred name, to be sorted. */
typedef struct starred {
    char *name;
    const safetensor *t;
    size_t i;
} starred;

static int by_star(const void *a, const void *b)
{
    const starred *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order)
        return order;
    if (x->t->type != y->t->type)
        return x->t->type < y->t->type ? -1 : 1;
    if (x->t->dims != y->t->dims)
        return x->t->dims < y->t->dims ? -1 : 1;
    order = x->t->dims ? memcmp(x->t->shape, y->t->shape, x->t->dims * sizeof *x->t->shape) : 0;
    return order ? order : x->i < y->i ? -1 : x->i > y->i;
}

static int by_first(const void *a, const void *b)
{
    const survey_group *x = a, *y = b;
    return x->t < y->t ? -1 : x->t > y->t;
}

static status survey_fold(survey *s, const tensors *t)
{
    size_t n = tensors_count(t);
    starred *all = mem_array(n, sizeof *all);
    status st = ERR_MEMORY;
    s->groups = mem_array(n, sizeof *s->groups);
    if (!all || !s->groups)
        goto done;
    for (size_t i = 0; i < n; i++) {
        all[i] = (starred){group_name(tensors_at(t, i)->name), tensors_at(t, i), i};
        if (!all[i].name)
            goto done;
    }
    if (n)
        qsort(all, n, sizeof *all, by_star);
    for (size_t i = 0; i < n; i++) {
        survey_group *g = s->n_groups ? &s->groups[s->n_groups - 1] : NULL;
        if (!g || strcmp(g->name, all[i].name) || !group_like(g->t, all[i].t)) {
            g = &s->groups[s->n_groups++];
            *g = (survey_group){.name = all[i].name, .t = all[i].t};
            all[i].name = NULL;
        }
        g->count++;
        g->bytes += (double)all[i].t->bytes;
    }
    if (n)
        qsort(s->groups, s->n_groups, sizeof *s->groups, by_first);
    st = OK;
done:
    for (size_t i = 0; all && i < n; i++)
        mem_free(all[i].name);
    mem_free(all);
    return st;
}

/* ------------------------------------------------------------------ counts */

static bool survey_ends(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n >= k && !strcmp(name + n - k, end);
}

/* GPT-2's causal mask, BERT's positions, Llama's frequencies: nothing trains them. */
static bool survey_buffer(const safetensor *t)
{
    return survey_ends(t->name, ".attn.bias") || survey_ends(t->name, ".masked_bias") ||
           survey_ends(t->name, "position_ids") || survey_ends(t->name, "inv_freq") ||
           survey_ends(t->name, "num_batches_tracked");
}

static int by_data(const void *a, const void *b)
{
    const safetensor *x = *(const safetensor *const *)a, *y = *(const safetensor *const *)b;
    if (x->data != y->data)
        return (uintptr_t)x->data < (uintptr_t)y->data ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static status survey_count(survey *s, const tensors *t)
{
    size_t n = tensors_count(t);
    const safetensor **all = mem_array(n, sizeof *all);
    int layer;
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        all[i] = tensors_at(t, i);
    if (n)
        qsort(all, n, sizeof *all, by_data);
    for (size_t i = 0; i < n; i++) {
        const char *role = tensors_role(all[i]->name, &layer);
        bool again = i && all[i]->bytes && !by_data(&all[i - 1], &all[i]);
        *(survey_buffer(all[i]) ? &s->buffers : &s->parameters) += again ? 0 : all[i]->n;
        s->bytes += again ? 0 : (double)all[i]->bytes;
        s->head |= !strcmp(role, "head");
        if (layer >= 0 && (size_t)layer >= s->layers)
            s->layers = (size_t)layer + 1;
    }
    mem_free(all);
    return OK;
}

/* ------------------------------------------------------------------ what it is, what is wrong */

static const struct family *survey_family(const tensors *t)
{
    const char *type = jsonl_get_string(tensors_config(t), "model_type", "");
    for (size_t i = 0; i < FAMILIES; i++)
        if (!strcmp(type, families[i].type))
            return &families[i];
    if (*type) /* another, whatever its names look like */
        return NULL;
    for (size_t i = 0; i < FAMILIES; i++)
        for (size_t k = 0; k < tensors_count(t); k++)
            if (strstr(tensors_at(t, k)->name, families[i].sign))
                return &families[i];
    return NULL;
}

/* A table's rows and width against the configuration. */
static status survey_table(survey *s, const tensors *t, const char *role, size_t rows)
{
    int layer;
    for (size_t i = 0; i < tensors_count(t); i++) {
        const safetensor *x = tensors_at(t, i);
        char shape[80];
        if (strcmp(tensors_role(x->name, &layer), role) || x->dims != 2)
            continue;
        if ((rows && x->shape[0] != rows) || (s->width && x->shape[1] != s->width))
            return survey_add(s, "%.100s is %s, and the configuration says %zu x %zu", x->name,
                              tensors_shape_text(x->dims, x->shape, shape), rows, s->width);
    }
    return OK;
}

/* Groups of one number in the name have one tensor a layer. */
static status survey_gaps(survey *s, const tensors *t, size_t layers)
{
    status st = OK;
    for (size_t i = 0; i < s->n_groups && !st; i++) {
        const survey_group *g = &s->groups[i];
        const char *star = strchr(g->name, '*');
        size_t missing = 0;
        if (!star || strchr(star + 1, '*') || g->count >= layers)
            continue;
        char *name = NULL;
        do {
            mem_free(name);
            name = mem_printf("%.*s%zu%s", (int)(star - g->name), g->name, missing, star + 1);
        } while (name && tensors_find(t, name) && ++missing < layers);
        if (!name)
            return ERR_MEMORY;
        if (missing < layers)
            st = survey_add(s, "%.200s is missing; %zu of %zu layers have it", name, g->count,
                            layers);
        mem_free(name);
    }
    return st;
}

static status survey_judge(survey *s, const tensors *t, const struct family *f)
{
    const json_t *c = tensors_config(t);
    size_t layers;
    status st;
    if (!f || !c || tensors_kind_of(t) == TENSORS_ADAPTER)
        return OK;
    layers = jsonl_get_count(c, f->layers, 0);
    s->width = jsonl_get_count(c, f->width, 0);
    s->heads = jsonl_get_count(c, f->heads, 0);
    s->vocabulary = jsonl_get_count(c, "vocab_size", 0);
    s->length = jsonl_get_count(c, f->length, 0);
    if (s->heads && s->width % s->heads &&
        (st = survey_add(s, "width %zu is no multiple of %zu heads", s->width, s->heads)))
        return st;
    if (layers && layers != s->layers &&
        (st = survey_add(s, "tensors of %zu layers, and the configuration says %zu", s->layers,
                         layers)))
        return st;
    if ((st = survey_table(s, t, "embed", s->vocabulary)) ||
        (st = survey_table(s, t, "position", s->length)) || (st = survey_gaps(s, t, s->layers)))
        return st;
    return OK;
}

static status survey_types(survey *s, const tensors *t)
{
    real x;
    for (size_t i = 0; i < tensors_count(t); i++)
        if (safetensor_reals(tensors_at(t, i), 0, tensors_at(t, i)->n > 0, &x))
            return survey_add(s, "%.100s has numbers of type %s, which are not read",
                              tensors_at(t, i)->name, safetensor_type_name(tensors_at(t, i)->type));
    return OK;
}

status survey_init(survey *s, const tensors *t)
{
    const struct family *f = survey_family(t);
    status st;
    *s = (survey){.family = f ? f->name : "", .read = f && f->read};
    if ((st = survey_fold(s, t)) || (st = survey_count(s, t)) || (st = survey_judge(s, t, f)) ||
        (st = survey_types(s, t)))
        survey_clear(s);
    return st;
}

void survey_clear(survey *s)
{
    for (size_t i = 0; i < s->n_groups; i++)
        mem_free(s->groups[i].name);
    for (size_t i = 0; i < s->n_wrong; i++)
        mem_free(s->wrong[i]);
    mem_free(s->groups);
    mem_free(s->wrong);
    *s = (survey){0};
}

/* ------------------------------------------------------------------ numbers */

void survey_take(survey_numbers *s, double x)
{
    if (!isfinite(x)) {
        s->not_finite++;
        return;
    }
    s->n++;
    s->squares += x * x;
    s->largest = fmax(s->largest, fabs(x));
}

double survey_rms(const survey_numbers *s)
{
    return s->n ? sqrt(s->squares / (double)s->n) : 0;
}

status survey_read(const tensors *from, const safetensor *t, survey_numbers *out)
{
    enum { PIECE = 1024, FORGET = 1 << 20 };
    real piece[PIECE];
    size_t width = safetensor_type_bits(t->type) / 8, done = 0;
    const char *bytes = t->data;
    *out = (survey_numbers){0};
    for (size_t at = 0, n; at < t->n; at += n) {
        n = t->n - at < PIECE ? t->n - at : PIECE;
        status st = safetensor_reals(t, at, n, piece);
        if (st)
            return st;
        for (size_t i = 0; i < n; i++)
            survey_take(out, (double)piece[i]);
        if ((at + n - done) * width >= FORGET) {
            tensors_forget(from, bytes + done * width, (at + n - done) * width);
            done = at + n;
        }
    }
    if (done < t->n)
        tensors_forget(from, bytes + done * width, (t->n - done) * width);
    return OK;
}
