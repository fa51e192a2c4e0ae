/* transformer.c -- transformers of three families; one kind, shaped by keys.
 *
 *               positions   norms                  MLP           Q, K, V   head
 *   gpt2        learned     LayerNorm before       gelu (tanh)   one       the token table again
 *   llama       rope        RMSNorm before         SwiGLU        three     a table of its own
 *   bert        learned     LayerNorm behind       gelu          three     transform; pooler
 *   roberta     learned     LayerNorm behind       gelu          three     transform; dense layer
 *
 * gpt2 and llama see what stands before a position (causal), bert and roberta all of a text. The head
 * follows from the task: a label for every position makes a language model (masked for bert and
 * roberta), one label a sample makes classes: on the last token's state (gpt2, llama) or the first's,
 * through the pooler (bert) or the classifier's dense layer (roberta).
 *
 * Tensors have Hugging Face's names, without the "transformer.", "bert." or "roberta." before them, and
 * are stored (out, in).
 * Step 0: matrices and tables N(0, .02), those that end in a residual divided by sqrt(2 layers) where
 * norms stand before (Radford et al. 2019), gains 1, biases 0; an adapter's second matrix 0, so that it
 * changes nothing. Sources: Radford et al. 2019; Touvron et al. 2023; Devlin et al. 2019; Liu et al.
 * 2019; adapters: Houlsby et al. 2019, Pfeiffer et al. 2021; prefixes: Li & Liang 2021 (keys and values
 * themselves; positions of the text are those without a prefix). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/stack.h"
#include "models/transformer.h"
#include "nn/rope.h"

const char *const family_words[FAMILIES] = {"gpt2", "llama", "bert", "roberta"};
static const gelu acts[FAMILIES] = {GELU_TANH, GELU_SILU, GELU_ERF, GELU_ERF};
enum { AUTO }; /* the first word of keys that follow the family */
enum { ADAPTER_NONE, ADAPTER_HOULSBY, ADAPTER_PFEIFFER };

typedef struct transformer {
    model base;
    int family, rope, act, norm, tie, adapter;
    size_t width, layers, heads, kv_heads, hidden, positions, vocabulary, bottleneck, prefix;
    double theta, eps, drop, drop_attention;
    bool recompute;
    /* made by init */
    size_t longest, tokens; /* rows of the position and token tables */
    real *turns;
    stack stack;
} transformer;

static const key keys[] = {
    KEY_WORD("family", transformer, family, "gpt2", "gpt2+llama+bert+roberta",
             "what the other keys follow where they are 0 or auto"),
    KEY("width", transformer, width, "128", 1, 1e5, "numbers", "of a position's state"),
    KEY("layers", transformer, layers, "4", 1, 1e4, "layers", "attention and MLP"),
    KEY("heads", transformer, heads, "4", 1, 1e4, "heads", "of attention; they share the width"),
    KEY("kv-heads", transformer, kv_heads, "0", 0, 1e4, "heads",
        "of keys and values, each for a group of heads; 0: as many as heads"),
    KEY("hidden", transformer, hidden, "0", 0, 1e6, "units",
        "of the MLP; 0: 4 width; llama 8/3 width, up to a multiple of 4"),
    KEY("positions", transformer, positions, "0", 0, 1e7, "tokens",
        "the longest text; 0: the task's"),
    KEY("vocabulary", transformer, vocabulary, "0", 0, 1e7, "tokens",
        "rows of the token table; 0: the task's"),
    KEY_WORD("rope", transformer, rope, "auto", "auto+half+interleaved",
             "llama: pairs turned by a position, i and i + w/2 of a head (auto) or neighbours"),
    KEY("theta", transformer, theta, "10000", 1, 1e12, "", "llama: base of the angles"),
    KEY_WORD("norm", transformer, norm, "auto", "auto+layer+rms", "LayerNorm or RMSNorm"),
    KEY("eps", transformer, eps, "0", 0, 1, "", "beside the norms' variance; 0: 1e-5, bert 1e-12"),
    KEY_WORD("act", transformer, act, "auto", "auto+" GELU_WORDS, "of the MLP and of adapters"),
    KEY_WORD("tie", transformer, tie, "auto", "auto+yes+no",
             "the language model's last layer is the token table; auto: yes, llama no"),
    KEY("drop", transformer, drop, "0", 0, .99, "share",
        "dropout of embeddings, of what is added to residuals, and before classes"),
    KEY("drop-attention", transformer, drop_attention, "0", 0, .99, "share",
        "dropout of attention's weights"),
    KEY("recompute", transformer, recompute, "no", 0, 0, "",
        "keep each layer's input alone and run the layer again for its gradients: less memory, a "
        "third more time, the same bits"),
    KEY_WORD("adapter", transformer, adapter, "none", "none+houlsby+pfeiffer",
             "bottlenecks behind attention and MLP, or MLP alone; not counted in D"),
    KEY("bottleneck", transformer, bottleneck, "64", 1, 1e5, "units", "of the adapters"),
    KEY("prefix", transformer, prefix, "0", 0, 1e5, "rows",
        "keys and values before each text, in every layer; not counted in D"),
    {0},
};

static bool is_bert(const transformer *m)
{
    return m->family == BERT || m->family == ROBERTA;
}

static bool is_tied(const transformer *m)
{
    return m->tie == AUTO ? m->family != LLAMA : m->tie == 1;
}

/* ------------------------------------------------------------------ shape */

static status shape_check(const transformer *m)
{
    const task *t = m->base.task;
    const char *name = t->row ? t->row->name : "the task";
    bool masked = t->mask_share > 0;
    if (!t->length)
        return error_set(ERR_USAGE, "%s has no texts; take --model fc", name);
    if (m->width % m->heads)
        return error_set(ERR_USAGE, "heads=%zu do not share width=%zu evenly", m->heads, m->width);
    if (m->heads % m->stack.shape.kv_heads)
        return error_set(ERR_USAGE, "kv-heads=%zu do not divide heads=%zu into groups", m->kv_heads,
                         m->heads);
    if (m->family == LLAMA && m->width / m->heads % 2)
        return error_set(ERR_USAGE, "rope turns pairs, and a head has %zu numbers; change heads",
                         m->width / m->heads);
    if (m->family != LLAMA && m->rope != AUTO)
        return error_set(ERR_USAGE, "rope is llama's; this family learns its positions");
    if (m->longest < t->length)
        return error_set(ERR_USAGE,
                         "positions=%zu, and %s has texts of %zu tokens; raise it, or "
                         "shorten them",
                         m->positions, name, t->length);
    if (m->tokens < t->vocabulary || (m->stack.language && m->tokens < t->n_outputs))
        return error_set(ERR_USAGE, "vocabulary=%zu, and %s has %zu tokens", m->vocabulary, name,
                         t->vocabulary > t->n_outputs ? t->vocabulary : t->n_outputs);
    if (m->stack.language && masked != is_bert(m))
        return error_set(ERR_USAGE,
                         masked ? "%s hides tokens, which bert and roberta predict; this family "
                                  "predicts the next one"
                                : "%s asks for the next token, which this family sees; take "
                                  "family=gpt2 or llama, or a masked task",
                         name);
    return OK;
}

static void shape_fill(transformer *m)
{
    const task *t = m->base.task;
    size_t llama = (8 * m->width / 3 + 3) / 4 * 4;
    m->stack.language = t->length && t->n_labels == t->length && t->length > 1;
    m->longest = m->positions ? m->positions : t->length;
    m->tokens = m->vocabulary ? m->vocabulary : t->vocabulary;
    m->stack.shape = (block_shape){.width = m->width,
                                   .heads = m->heads,
                                   .kv_heads = m->kv_heads ? m->kv_heads : m->heads,
                                   .head = m->width / m->heads,
                                   .hidden = m->hidden            ? m->hidden
                                             : m->family == LLAMA ? llama
                                                                  : 4 * m->width,
                                   .bottleneck = m->adapter == ADAPTER_NONE ? 0 : m->bottleneck,
                                   .prefix = m->prefix,
                                   .behind = is_bert(m),
                                   .gated = m->family == LLAMA,
                                   .causal = !is_bert(m),
                                   .rms = m->norm == AUTO ? m->family == LLAMA : m->norm == 2,
                                   .half = m->rope != 2,
                                   .act = m->act == AUTO ? acts[m->family] : (gelu)(m->act - 1),
                                   .eps = m->eps > 0          ? m->eps
                                          : m->family == BERT ? 1e-12
                                                              : 1e-5,
                                   .drop = m->drop,
                                   .drop_attention = m->drop_attention};
}

/* ------------------------------------------------------------------ layout */

/* A part of a block: the role of its matrix alone, that of all its numbers, its name in a family. */
typedef struct part_row {
    const char *role, *group, *names[3]; /* gpt2, llama, bert and roberta; NULL: has none */
} part_row;

static const char *const layer_names[FAMILIES] = {"h", "model.layers", "encoder.layer",
                                                  "encoder.layer"};
#define EVERYWHERE(name)                                                                           \
    {                                                                                              \
        name, name, name                                                                           \
    }
static const part_row part_rows[BLOCK_PARTS] = {
    [BLOCK_NORM1] = {NULL, "norm", {"ln_1", "input_layernorm", "attention.output.LayerNorm"}},
    [BLOCK_QKV] = {NULL, "attention", {"attn.c_attn", NULL, NULL}},
    [BLOCK_Q] = {"q", "attention", {NULL, "self_attn.q_proj", "attention.self.query"}},
    [BLOCK_K] = {"k", "attention", {NULL, "self_attn.k_proj", "attention.self.key"}},
    [BLOCK_V] = {"v", "attention", {NULL, "self_attn.v_proj", "attention.self.value"}},
    [BLOCK_O] = {"o", "attention", {"attn.c_proj", "self_attn.o_proj", "attention.output.dense"}},
    [BLOCK_ADAPT1_IN] = {NULL, "adapter", EVERYWHERE("adapter_attention.down")},
    [BLOCK_ADAPT1_OUT] = {NULL, "adapter", EVERYWHERE("adapter_attention.up")},
    [BLOCK_PREFIX_K] = {NULL, "prefix", EVERYWHERE("prefix.key")},
    [BLOCK_PREFIX_V] = {NULL, "prefix", EVERYWHERE("prefix.value")},
    [BLOCK_NORM2] = {NULL, "norm", {"ln_2", "post_attention_layernorm", "output.LayerNorm"}},
    [BLOCK_GATE] = {"gate", "mlp", {NULL, "mlp.gate_proj", NULL}},
    [BLOCK_UP] = {"up", "mlp", {"mlp.c_fc", "mlp.up_proj", "intermediate.dense"}},
    [BLOCK_DOWN] = {"down", "mlp", {"mlp.c_proj", "mlp.down_proj", "output.dense"}},
    [BLOCK_ADAPT2_IN] = {NULL, "adapter", EVERYWHERE("adapter_mlp.down")},
    [BLOCK_ADAPT2_OUT] = {NULL, "adapter", EVERYWHERE("adapter_mlp.up")},
};

static bool part_is(block_part p, block_part first, block_part last)
{
    return p >= first && p <= last;
}

static bool part_wanted(const transformer *m, block_part p)
{
    if (part_is(p, BLOCK_ADAPT1_IN, BLOCK_ADAPT1_OUT))
        return m->adapter == ADAPTER_HOULSBY;
    if (part_is(p, BLOCK_ADAPT2_IN, BLOCK_ADAPT2_OUT))
        return m->adapter != ADAPTER_NONE;
    if (part_is(p, BLOCK_PREFIX_K, BLOCK_PREFIX_V))
        return m->prefix > 0;
    return true;
}

/* Appends NAME.weight, or NAME.bias; *at becomes its place. */
static status tensor_add(transformer *m, int *at, const char *name, const char *end,
                         const char *roles, int layer, size_t rows, size_t cols)
{
    char full[128];
    size_t shape[2] = {rows, cols};
    snprintf(full, sizeof full, "%s%s", name, end);
    *at = (int)m->base.layout.n_tensors;
    return idim_model_tensor(&m->base, full, roles, layer, cols ? 2 : 1, shape);
}

/* Rows and columns of a part's matrix; a norm has rows alone. */
static void part_shape(const transformer *m, block_part p, size_t shape[2])
{
    const block_shape *s = &m->stack.shape;
    size_t w = s->width, q = s->heads * s->head, kv = s->kv_heads * s->head;
    const size_t shapes[BLOCK_PARTS][2] = {
        [BLOCK_NORM1] = {w, 0},
        [BLOCK_QKV] = {q + 2 * kv, w},
        [BLOCK_Q] = {q, w},
        [BLOCK_K] = {kv, w},
        [BLOCK_V] = {kv, w},
        [BLOCK_O] = {w, q},
        [BLOCK_ADAPT1_IN] = {s->bottleneck, w},
        [BLOCK_ADAPT1_OUT] = {w, s->bottleneck},
        [BLOCK_PREFIX_K] = {s->prefix, kv},
        [BLOCK_PREFIX_V] = {s->prefix, kv},
        [BLOCK_NORM2] = {w, 0},
        [BLOCK_GATE] = {s->hidden, w},
        [BLOCK_UP] = {s->hidden, w},
        [BLOCK_DOWN] = {w, s->hidden},
        [BLOCK_ADAPT2_IN] = {s->bottleneck, w},
        [BLOCK_ADAPT2_OUT] = {w, s->bottleneck},
    };
    memcpy(shape, shapes[p], 2 * sizeof *shape);
}

static status part_add(transformer *m, block_part p, size_t layer)
{
    const part_row *row = &part_rows[p];
    const char *form = row->names[m->family < BERT ? m->family : BERT];
    bool added = !strcmp(row->group, "adapter"), prefix = !strcmp(row->group, "prefix");
    bool norms = !strcmp(row->group, "norm");
    unsigned marks = added || prefix ? MODEL_OUTSIDE : 0;
    char name[96], roles[64], blocks[96];
    size_t shape[2];
    int at, i = (int)layer;
    status st;
    m->stack.parts[p][0] = m->stack.parts[p][1] = STACK_NONE;
    if (!form || !part_wanted(m, p))
        return OK;
    snprintf(name, sizeof name, "%s.%zu.%s", layer_names[m->family], layer, form);
    snprintf(roles, sizeof roles, "%s%s%s%s", row->role ? row->role : "", row->role ? "+" : "",
             row->group, norms || prefix ? "" : "+kernel");
    part_shape(m, p, shape);
    if ((st = tensor_add(m, &at, name, prefix ? "" : ".weight", roles, i, shape[0], shape[1])))
        return st;
    model_mark(&m->base, marks | (prefix ? MODEL_BARE : 0));
    m->stack.parts[p][0] = at - m->stack.first - i * m->stack.stride;
    if (p == BLOCK_QKV) {
        size_t kv = m->stack.shape.kv_heads * m->stack.shape.head;
        snprintf(blocks, sizeof blocks, "q:%zu+k:%zu+v:%zu", shape[0] - 2 * kv, kv, kv);
        if ((st = idim_model_blocks(&m->base, blocks)))
            return st;
    }
    if (prefix || (norms ? m->stack.shape.rms : m->family == LLAMA && !added))
        return OK;
    snprintf(roles, sizeof roles, "%s+bias", row->group);
    if ((st = tensor_add(m, &at, name, ".bias", roles, i, shape[0], 0)))
        return st;
    model_mark(&m->base, marks);
    m->stack.parts[p][1] = at - m->stack.first - i * m->stack.stride;
    return OK;
}

static status layout_embeddings(transformer *m)
{
    stack_places *at = &m->stack.at;
    const char *const tokens[FAMILIES] = {"wte", "model.embed_tokens", "embeddings.word_embeddings",
                                          "embeddings.word_embeddings"};
    bool tied = m->stack.language && is_tied(m);
    status st = tensor_add(m, &at->tokens, tokens[m->family], ".weight",
                           tied ? "embed+head+kernel" : "embed+kernel", -1, m->tokens, m->width);
    if (st)
        return st;
    model_mark(&m->base, MODEL_BARE | (tied ? MODEL_TIED : 0));
    if (m->family == LLAMA)
        return OK;
    size_t rows = m->longest + (m->family == ROBERTA ? 2 : 0);
    st = tensor_add(m, &at->positions, is_bert(m) ? "embeddings.position_embeddings" : "wpe",
                    ".weight", "position+kernel", -1, rows, m->width);
    if (st)
        return st;
    model_mark(&m->base, MODEL_BARE);
    if (!is_bert(m))
        return OK;
    if ((st = tensor_add(m, &at->segments, "embeddings.token_type_embeddings", ".weight",
                         "segment+kernel", -1, m->family == BERT ? 2 : 1, m->width)))
        return st;
    model_mark(&m->base, MODEL_BARE);
    return OK;
}

/* bert: behind the embeddings; else behind the last block. */
static status layout_norm(transformer *m)
{
    const char *name = is_bert(m)          ? "embeddings.LayerNorm"
                       : m->family == GPT2 ? "ln_f"
                                           : "model.norm";
    status st = tensor_add(m, &m->stack.at.norm, name, ".weight", "norm", -1, m->width, 0);
    if (st || m->stack.shape.rms)
        return st;
    return tensor_add(m, &m->stack.at.norm_bias, name, ".bias", "norm+bias", -1, m->width, 0);
}

static status layout_pair(transformer *m, int *weight, int *bias, const char *name,
                          const char *role, size_t rows, size_t cols)
{
    char roles[64];
    status st;
    snprintf(roles, sizeof roles, cols ? "%s+kernel" : "%s+norm", role);
    if ((st = tensor_add(m, weight, name, ".weight", roles, -1, rows, cols)))
        return st;
    snprintf(roles, sizeof roles, cols ? "%s+bias" : "%s+norm+bias", role);
    return tensor_add(m, bias, name, ".bias", roles, -1, rows, 0);
}

static status layout_language(transformer *m)
{
    stack_places *at = &m->stack.at;
    bool bert = m->family == BERT;
    const char *out = bert ? "cls.predictions.decoder" : is_bert(m) ? "lm_head.decoder" : "lm_head";
    status st;
    if (is_bert(m)) {
        const char *dense = bert ? "cls.predictions.transform.dense" : "lm_head.dense";
        const char *norms = bert ? "cls.predictions.transform.LayerNorm" : "lm_head.layer_norm";
        const char *bias = bert ? "cls.predictions.bias" : "lm_head.bias";
        if ((st = layout_pair(m, &at->dense, &at->dense_bias, dense, "head", m->width, m->width)) ||
            (st =
                 layout_pair(m, &at->head_norm, &at->head_norm_bias, norms, "head", m->width, 0)) ||
            (st = tensor_add(m, &at->out_bias, bias, "", "head+bias", -1, m->tokens, 0)))
            return st;
    }
    if (is_tied(m)) {
        at->out = at->tokens;
        return OK;
    }
    return tensor_add(m, &at->out, out, ".weight", "head+kernel", -1, m->tokens, m->width);
}

static status layout_classes(transformer *m)
{
    stack_places *at = &m->stack.at;
    size_t classes = m->base.task->n_outputs, w = m->width;
    bool bert = m->family == BERT;
    status st;
    if (!is_bert(m))
        return tensor_add(m, &at->out, "score", ".weight", "head+kernel", -1, classes, w);
    /* bert's pooler was trained with the rest; roberta's dense layer is as fresh as the classes */
    if ((st =
             layout_pair(m, &at->dense, &at->dense_bias, bert ? "pooler.dense" : "classifier.dense",
                         bert ? "pooler" : "head", w, w)))
        return st;
    return layout_pair(m, &at->out, &at->out_bias, bert ? "classifier" : "classifier.out_proj",
                       "head", classes, w);
}

static status layout_all(transformer *m)
{
    status st;
    m->stack.at =
        (stack_places){STACK_NONE, STACK_NONE, STACK_NONE, STACK_NONE, STACK_NONE, STACK_NONE,
                       STACK_NONE, STACK_NONE, STACK_NONE, STACK_NONE, STACK_NONE};
    if ((st = layout_embeddings(m)) || (is_bert(m) && (st = layout_norm(m))))
        return st;
    m->stack.first = (int)m->base.layout.n_tensors;
    for (size_t l = 0; l < m->layers; l++) {
        for (block_part p = 0; p < BLOCK_PARTS; p++)
            if ((st = part_add(m, p, l)))
                return st;
        if (!l)
            m->stack.stride = (int)m->base.layout.n_tensors - m->stack.first;
    }
    if (!is_bert(m) && (st = layout_norm(m)))
        return st;
    return m->stack.language ? layout_language(m) : layout_classes(m);
}

static status transformer_init(model *base)
{
    transformer *m = (transformer *)base;
    stack *s = &m->stack;
    const task *t = base->task;
    status st;
    shape_fill(m);
    if ((st = shape_check(m)))
        return st;
    if (m->family == LLAMA) {
        m->turns = mem_array(m->longest, s->shape.head * sizeof *m->turns);
        if (!m->turns)
            return ERR_MEMORY;
        rope_table(m->longest, s->shape.head, m->theta, m->turns);
        s->shape.turns = m->turns;
    }
    s->layers = m->layers;
    s->length = t->length;
    s->outputs = s->language ? m->tokens : t->n_outputs;
    s->position0 = m->family == ROBERTA ? 2 : 0;
    s->segments = m->family == BERT; /* roberta has one segment, whatever the task has */
    s->drop_first = m->family == ROBERTA;
    s->recompute = m->recompute;
    s->drop = m->drop;
    base->n_outputs = s->language ? t->length * m->width : t->n_outputs;
    return layout_all(m);
}

static void transformer_clear(model *base)
{
    mem_free(((transformer *)base)->turns);
}

/* ------------------------------------------------------------------ step 0 */

static void transformer_tensor0(const model *base, const stream *s, size_t i, real *at)
{
    const transformer *m = (const transformer *)base;
    double residual = is_bert(m) ? 1 : 1 / sqrt(2 * (double)m->layers);
    const tensor *t = &base->layout.tensors[i];
    stream own = stream_named(s, t->name); /* what is added beside moves no other's numbers */
    int part = (int)i - m->stack.first;
    bool in_block = part >= 0 && part < m->stack.stride * (int)m->layers;
    part = in_block ? part % m->stack.stride : STACK_NONE;
    bool ends = part != STACK_NONE &&
                (part == m->stack.parts[BLOCK_O][0] || part == m->stack.parts[BLOCK_DOWN][0]);
    bool zero = part != STACK_NONE && (part == m->stack.parts[BLOCK_ADAPT1_OUT][0] ||
                                       part == m->stack.parts[BLOCK_ADAPT2_OUT][0]);
    real spread = (real)(.02 * (ends ? residual : 1));
    bool gain = !t->shape[1] && strstr(t->roles, "norm") && !strstr(t->roles, "bias");
    if (t->shape[1] && !zero)
        rng_normals(&own, 0, t->n, at);
    for (size_t k = 0; k < t->n; k++)
        at[k] = t->shape[1] && !zero ? spread * at[k] : gain ? 1 : 0;
}

static void transformer_theta0(const model *base, const stream *s, real *theta0)
{
    for (size_t i = 0; i < base->layout.n_tensors; i++)
        transformer_tensor0(base, s, i, theta0 + base->layout.tensors[i].offset);
}

static size_t transformer_work(const model *base, const view *v, size_t n, idim_mode mode)
{
    return stack_work(&((const transformer *)base)->stack, v, n, mode);
}

static void transformer_forward(const model *base, const view *v, const batch *b, const pass *ps,
                                void *work, real *outputs)
{
    stack_forward(&((const transformer *)base)->stack, v, b, ps, work, outputs);
}

static void transformer_backward(const model *base, const view *v, const batch *b, const pass *ps,
                                 void *work, const real *g_outputs)
{
    stack_backward(&((const transformer *)base)->stack, v, b, ps, work, g_outputs);
}

static void transformer_loss(const model *base, const view *v, const batch *b, const pass *ps,
                             void *work, const real *outputs, real *g_outputs, idim_tally *tally,
                             uint8_t *hits)
{
    stack_loss(&((const transformer *)base)->stack, base->task->loss, v, b, ps, work, outputs,
               g_outputs, tally, hits);
}

static size_t transformer_decode_work(const model *base, const view *v, size_t room)
{
    return stack_decode_work(&((const transformer *)base)->stack, v, room);
}

static void transformer_decode(const model *base, const view *v, size_t room, const int32_t *tokens,
                               size_t first, size_t n, void *work, real *logits)
{
    stack_decode(&((const transformer *)base)->stack, v, room, tokens, first, n, work, logits);
}

status transformer_keys(const model *base, char **keys_)
{
    const transformer *m = (const transformer *)base;
    const block_shape *s = &m->stack.shape;
    text t = {0};
    *keys_ = NULL;
    if (strcmp(base->row->name, "transformer") != 0)
        return error_set(ERR_USAGE, "%s: no transformer, so that no config.json describes it",
                         model_spec(base));
    if (s->rms != (m->family == LLAMA) || s->act != acts[m->family] || s->prefix || s->bottleneck)
        return error_set(ERR_USAGE,
                         "%s: its norm, act, adapter or prefix is not its family's, so that no "
                         "config.json describes it; keep its z (--keep-z)",
                         model_spec(base));
    text_add(&t, "family=%s,width=%zu,layers=%zu,heads=%zu,kv-heads=%zu,hidden=%zu",
             family_words[m->family], s->width, m->layers, s->heads, s->kv_heads, s->hidden);
    text_add(&t, ",positions=%zu,vocabulary=%zu,eps=%.9g,theta=%.9g,tie=%s,rope=%s", m->longest,
             m->tokens, s->eps, m->theta, is_tied(m) ? "yes" : "no",
             s->half ? "auto" : "interleaved");
    if (text_failed(&t))
        return ERR_MEMORY;
    *keys_ = t.text;
    return OK;
}

static size_t transformer_decode_logits(const model *base, size_t *longest)
{
    const transformer *m = (const transformer *)base;
    *longest = m->longest;
    return m->stack.language && m->stack.shape.causal ? m->tokens : 0;
}

const model_row model_transformer = {
    .name = "transformer",
    .doc = "a transformer as GPT-2, Llama, BERT or RoBERTa: language model or classes",
    .source = "Vaswani et al. 2017, arXiv 1706.03762",
    .example = "transformer:width=8,layers=2,heads=2,hidden=12",
    /* 2: products of narrow heads (linalg/thin), exponentials of a vocabulary by vectors; 3: the tables
     * are no targets of low-rank spaces by default, which moves no other model's numbers */
    .revision = 3,
    .keys = keys,
    .size = sizeof(transformer),
    .riders = true,
    .init = transformer_init,
    .clear = transformer_clear,
    .theta0 = transformer_theta0,
    .tensor0 = transformer_tensor0,
    .work = transformer_work,
    .forward = transformer_forward,
    .backward = transformer_backward,
    .loss = transformer_loss,
    .decode_work = transformer_decode_work,
    .decode = transformer_decode,
    .decode_logits = transformer_decode_logits,
};
