/* generate.c -- see generate.h. Nucleus sampling: Holtzman et al. 2020. */
#include <math.h>

#include "models/generate.h"

static size_t likeliest(const real *logits, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

/* A heap of tokens, the likeliest on top; of equal ones the first. */
static bool before(const real *logits, uint32_t a, uint32_t b)
{
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
}

static void heap_sink(const real *logits, uint32_t *heap, size_t n, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(logits, heap[child + 1], heap[child]))
            child++;
        if (!before(logits, heap[child], heap[at]))
            return;
        uint32_t t = heap[at];
        heap[at] = heap[child];
        heap[child] = t;
    }
}

/* The likeliest of the first `left` goes behind the others; its share. */
static double heap_pop(const real *logits, uint32_t *heap, size_t left)
{
    uint32_t t = heap[0];
    heap[0] = heap[left - 1];
    heap[left - 1] = t;
    heap_sink(logits, heap, left - 1, 0);
    return (double)logits[t];
}

int32_t generate_pick(real *logits, size_t n, const generate_ask *ask, double u, uint32_t *order)
{
    size_t best = likeliest(logits, n), kept = 0;
    size_t most = ask->top_k && ask->top_k < n ? ask->top_k : n;
    double sum = 0, held = 0, at = 0;
    real top = logits[best];
    if (!(ask->temperature > 0))
        return (int32_t)best;
    for (size_t i = 0; i < n; i++) {
        double p = exp(((double)logits[i] - (double)top) / ask->temperature);
        logits[i] = (real)p;
        sum += (double)logits[i];
        order[i] = (uint32_t)i;
    }
    for (size_t i = n / 2; i-- > 0;)
        heap_sink(logits, order, n, i);
    if (most < n) { /* top_p is a share of what top_k leaves */
        for (sum = 0; kept < most; kept++)
            sum += heap_pop(logits, order, n - kept);
        for (kept = 0; kept < most && (!kept || held < ask->top_p * sum); kept++)
            held += (double)logits[order[n - 1 - kept]];
    } else {
        for (; kept < n && (!kept || held < ask->top_p * sum); kept++)
            held += heap_pop(logits, order, n - kept);
    }
    for (size_t k = 0; k < kept; k++) {
        uint32_t token = order[n - 1 - k];
        at += (double)logits[token];
        if (u * held < at)
            return (int32_t)token;
    }
    return (int32_t)order[n - kept]; /* rounding alone leads here */
}

static status ask_check(const model *m, const generate_ask *ask, size_t *tokens)
{
    size_t longest = 0;
    *tokens = m->row->decode_logits ? m->row->decode_logits(m, &longest) : 0;
    if (!*tokens)
        return error_set(ERR_USAGE,
                         "%s does not predict the next token of a text; take a language "
                         "model of family gpt2 or llama",
                         model_spec(m));
    if (!ask->n_prompt)
        return error_set(ERR_USAGE, "an empty prompt: nothing to go on from; begin the text");
    for (size_t i = 0; i < ask->n_prompt; i++)
        if (ask->prompt[i] < 0 || (size_t)ask->prompt[i] >= *tokens)
            return error_set(ERR_USAGE,
                             "token %d of the prompt: the model has %zu; take its own "
                             "tokenizer",
                             (int)ask->prompt[i], *tokens);
    if (ask->n_prompt > longest || ask->most > longest - ask->n_prompt)
        return error_set(ERR_USAGE,
                         "%zu tokens of prompt and %zu more: the model has positions for %zu; ask "
                         "for fewer",
                         ask->n_prompt, ask->most, longest);
    return OK;
}

status generate(const model *m, const view *v, const generate_ask *ask)
{
    size_t n, room = ask->n_prompt + ask->most, first = 0, some = ask->n_prompt;
    const int32_t *tokens = ask->prompt;
    int32_t token;
    status st = ask_check(m, ask, &n);
    if (st)
        return st;
    void *work = mem_raw(m->row->decode_work(m, v, room), 1);
    real *logits = mem_array(n, sizeof *logits);
    uint32_t *order = mem_array(n, sizeof *order);
    if (!work || !logits || !order) {
        st = ERR_MEMORY;
        goto done;
    }
    for (size_t k = 0; k < ask->most; k++) {
        m->row->decode(m, v, room, tokens, first, some, work, logits);
        first += some;
        token = generate_pick(logits, n, ask, rng_uniform(&ask->draws, k), order);
        if (token == ask->end || ask->told(ask->context, token))
            break;
        tokens = &token;
        some = 1;
    }
done:
    mem_free(work);
    mem_free(logits);
    mem_free(order);
    return st;
}
