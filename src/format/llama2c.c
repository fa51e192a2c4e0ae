/* llama2c.c -- see llama2c.h. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "format/llama2c.h"

enum { HEADER = 7 * 4, NAME = 64, GROUPS = 13 };

typedef struct llama2c_sizes {
    size_t dim, hidden, layers, heads, kv_heads, vocab, length, kv;
    bool tied;
} llama2c_sizes;

struct llama2c {
    file_map map;
    llama2c_sizes s;
    safetensor *tensors;
    size_t (*shapes)[2];
    char (*names)[NAME];
    size_t n;
};

/* One kind of tensor, as it lies on file: for every layer where `each`. */
typedef struct group {
    const char *name; /* NULL: passed over */
    bool each;
    size_t rows, cols; /* cols 0: one dimension */
} group;

/* Returns how many there are. */
static size_t llama2c_groups(const llama2c_sizes *s, group all[GROUPS])
{
    const group list[GROUPS] = {
        {"model.embed_tokens.weight", false, s->vocab, s->dim},
        {"input_layernorm.weight", true, s->dim, 0},
        {"self_attn.q_proj.weight", true, s->dim, s->dim},
        {"self_attn.k_proj.weight", true, s->kv, s->dim},
        {"self_attn.v_proj.weight", true, s->kv, s->dim},
        {"self_attn.o_proj.weight", true, s->dim, s->dim},
        {"post_attention_layernorm.weight", true, s->dim, 0},
        {"mlp.gate_proj.weight", true, s->hidden, s->dim},
        {"mlp.down_proj.weight", true, s->dim, s->hidden},
        {"mlp.up_proj.weight", true, s->hidden, s->dim},
        {"model.norm.weight", false, s->dim, 0},
        {NULL, false, s->length, s->dim / s->heads}, /* both tables: (length, head / 2) twice */
        {"lm_head.weight", false, s->vocab, s->dim},
    };
    memcpy(all, list, sizeof list);
    return s->tied ? GROUPS - 1 : GROUPS;
}

static bool llama2c_header(const void *bytes, size_t n, llama2c_sizes *s)
{
    int32_t h[7];
    if (n < HEADER)
        return false;
    memcpy(h, bytes, sizeof h);
    for (size_t i = 0; i < 7; i++)
        if (i == 5 ? h[i] == 0 || h[i] == INT32_MIN : h[i] <= 0)
            return false;
    *s = (llama2c_sizes){.dim = (size_t)h[0],
                         .hidden = (size_t)h[1],
                         .layers = (size_t)h[2],
                         .heads = (size_t)h[3],
                         .kv_heads = (size_t)h[4],
                         .vocab = (size_t)(h[5] < 0 ? -h[5] : h[5]),
                         .length = (size_t)h[6],
                         .tied = h[5] > 0};
    if (s->dim % s->heads || s->dim / s->heads % 2 || s->heads % s->kv_heads)
        return false;
    s->kv = s->dim / s->heads * s->kv_heads;
    return true;
}

bool llama2c_begins(const void *bytes, size_t n)
{
    llama2c_sizes s;
    return llama2c_header(bytes, n, &s);
}

/* The bytes that the header promises, and how many tensors. */
static status llama2c_promised(const llama2c_sizes *s, size_t *bytes, size_t *n)
{
    group all[GROUPS];
    size_t n_all = llama2c_groups(s, all), size;
    status st;
    *bytes = HEADER;
    *n = 0;
    for (size_t i = 0; i < n_all; i++) {
        if ((st = size_mul(all[i].rows, all[i].cols ? all[i].cols : 1, &size)) ||
            (st = size_mul(size, all[i].each ? s->layers : 1, &size)) ||
            (st = size_mul(size, 4, &size)) || (st = size_add(*bytes, size, bytes)))
            return st;
        *n += !all[i].name ? 0 : all[i].each ? s->layers : 1;
    }
    return OK;
}

static void llama2c_tensors(llama2c *f)
{
    const char *at = (const char *)f->map.bytes + HEADER;
    group all[GROUPS];
    size_t n_all = llama2c_groups(&f->s, all), k = 0;
    for (size_t i = 0; i < n_all; i++) {
        const group *g = &all[i];
        size_t n = g->rows * (g->cols ? g->cols : 1);
        for (size_t layer = 0; layer < (g->each ? f->s.layers : 1); layer++, at += 4 * n) {
            if (!g->name)
                continue;
            if (g->each)
                snprintf(f->names[k], NAME, "model.layers.%zu.%s", layer, g->name);
            else
                snprintf(f->names[k], NAME, "%s", g->name);
            f->shapes[k][0] = g->rows;
            f->shapes[k][1] = g->cols;
            f->tensors[k] = (safetensor){.name = f->names[k],
                                         .type = SAFETENSOR_F32,
                                         .dims = g->cols ? 2 : 1,
                                         .shape = f->shapes[k],
                                         .n = n,
                                         .bytes = 4 * n,
                                         .data = at};
            k++;
        }
    }
}

static status llama2c_read(llama2c *f, const char *path)
{
    size_t promised;
    status st;
    if (!llama2c_header(f->map.bytes, f->map.n, &f->s))
        return error_set(ERR_FORMAT,
                         "%s: no checkpoint of llama2.c, version 0; its seven sizes do not fit "
                         "each other",
                         path);
    if ((st = llama2c_promised(&f->s, &promised, &f->n))) {
        error_prefix("%s: ", path);
        return st;
    }
    if (promised != f->map.n)
        return error_set(ERR_FORMAT,
                         "%s: as a checkpoint of llama2.c, version 0, it promises %zu bytes and "
                         "has %zu; %s",
                         path, promised, f->map.n,
                         promised > f->map.n ? "it is cut short: fetch it again"
                                             : "export it again with export.py --version 0");
    f->tensors = mem_array(f->n, sizeof *f->tensors);
    f->shapes = mem_array(f->n, sizeof *f->shapes);
    f->names = mem_array(f->n, sizeof *f->names);
    if (!f->tensors || !f->shapes || !f->names)
        return ERR_MEMORY;
    llama2c_tensors(f);
    return OK;
}

status llama2c_open(llama2c **out, const char *path)
{
    llama2c *f = mem_array(1, sizeof *f);
    status st;
    *out = NULL;
    if (!f)
        return ERR_MEMORY;
    if ((st = file_map_open(&f->map, path)) || (st = llama2c_read(f, path))) {
        llama2c_close(f);
        return st;
    }
    *out = f;
    return OK;
}

void llama2c_close(llama2c *f)
{
    if (!f)
        return;
    file_map_close(&f->map);
    mem_free(f->tensors);
    mem_free(f->shapes);
    mem_free(f->names);
    mem_free(f);
}

void llama2c_forget(const llama2c *f, const void *bytes, size_t n)
{
    file_map_forget(&f->map, bytes, n);
}

size_t llama2c_count(const llama2c *f)
{
    return f->n;
}

const safetensor *llama2c_at(const llama2c *f, size_t i)
{
    return &f->tensors[i];
}

json_t *llama2c_config(const llama2c *f)
{
    const llama2c_sizes *s = &f->s;
    json_t *c = json_pack(
        "{s:[s], s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:f, s:f, s:b, s:b, s:s}",
        "architectures", "LlamaForCausalLM", "model_type", "llama", /**/
        "hidden_size", (json_int_t)s->dim, "intermediate_size", (json_int_t)s->hidden,
        "num_hidden_layers", (json_int_t)s->layers, "num_attention_heads", (json_int_t)s->heads,
        "num_key_value_heads", (json_int_t)s->kv_heads, "vocab_size", (json_int_t)s->vocab,
        "max_position_embeddings", (json_int_t)s->length, "hidden_act", "silu", "rms_norm_eps",
        1e-5, "rope_theta", 10000.0, "rope_interleaved", 1, "tie_word_embeddings", (int)s->tied,
        "torch_dtype", "float32");
    if (!c)
        error_set(ERR_MEMORY, "no memory for a configuration");
    return c;
}
