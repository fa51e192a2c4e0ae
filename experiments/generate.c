/* generate.c -- idim generate: a text that a language model goes on with: a checkpoint, one with an adapter,
 * or a kept z. */
#include <string.h>

#include "data/tokens.h"
#include "experiments/command.h"
#include "experiments/rebuilt.h"
#include "models/generate.h"

enum { GENERATE_TOKENS = 256 }; /* unless asked, where the positions reach so far */

typedef struct options {
    const char *from, *adapter, *z, *data, *tokenizer, *prompt;
    double alpha, temperature, top_p;
    size_t tokens, top_k, seed;
} options;

static const key keys[] = {
    KEY_TEXT("from", options, from, "", "checkpoint: a Hugging Face folder, a llama2.c file"),
    KEY_TEXT("adapter", options, adapter, "",
             "LoRA adapter that is merged into it first; empty: none"),
    KEY("adapter.alpha", options, alpha, "0", 0, 1e9, "",
        "of an adapter that does not say its own; 0: it does"),
    KEY_TEXT("z", options, z, "", "a kept z, z/ID.safetensors: the run says what it belongs to"),
    KEY_TEXT("data", options, data, "",
             "of the z's run, where its files lie elsewhere than in the usual places"),
    KEY_TEXT("tokenizer", options, tokenizer, "",
             "file or folder; empty: the one beside the checkpoint, or of the z's run"),
    KEY_TEXT("prompt", options, prompt, "", "how the text begins; empty: as any text may"),
    KEY("tokens", options, tokens, "0", 0, 1e7, "tokens",
        "behind the prompt, at most; 0: 256, or as many as the model has positions for"),
    KEY("temperature", options, temperature, "0", 0, 100, "",
        "of the draw; 0: the likeliest token each time"),
    KEY("top-k", options, top_k, "0", 0, 1e7, "tokens",
        "draw among so many of the likeliest; 0: all"),
    KEY("top-p", options, top_p, "1", 0, 1, "share",
        "draw among the likeliest that hold this share"),
    KEY("seed", options, seed, "1", 0, 1e15, "", "of the draws"),
    {0},
};

/* ------------------------------------------------------------------ the model */

typedef struct speaker {
    const model *model;
    const real *theta;
    const tokenizer *tokenizer;
    /* what it owns: of a z, or of a checkpoint, for which no data are needed */
    rebuilt w;
    key_texts texts;
    task blank; /* the shape of a text, without any */
    model *made;
    real *weights;
    tokenizer *opened;
} speaker;

static void speaker_close(speaker *s)
{
    rebuilt_close(&s->w);
    key_texts_clear(&s->texts);
    model_free(s->made);
    mem_free(s->weights);
    tokenizer_free(s->opened);
}

static status speaker_weights(speaker *s, const pretrained *p)
{
    stream fresh = stream_make(0, "theta0");
    size_t n;
    status st;
    if (!(s->weights = mem_array(s->made->layout.n, sizeof *s->weights)))
        return ERR_MEMORY;
    s->made->row->theta0(s->made, &fresh, s->weights);
    if ((st = pretrained_load(p, s->made, s->weights, &n)))
        return st;
    if (n)
        return error_set(ERR_FORMAT,
                         "the last layer's %zu numbers are not in the checkpoint: it is no "
                         "language model; train one from it first",
                         n);
    s->model = s->made;
    s->theta = s->weights;
    return OK;
}

static status speaker_checkpoint(speaker *s, const options *o)
{
    pretrained *p;
    char *beside = NULL, *spec = NULL;
    status st = pretrained_open(&p, o->from, o->adapter, o->alpha);
    if (st)
        return st;
    if (!*o->tokenizer && (st = pretrained_tokenizer(p, &beside)))
        goto done;
    if (!*o->tokenizer && !beside && !pretrained_of_bytes(p)) {
        st = error_set(ERR_USAGE, "%s: no tokenizer lies beside it; name one by --tokenizer",
                       o->from);
        goto done;
    }
    if ((st = tokenizer_open(&s->opened, beside          ? beside
                                         : *o->tokenizer ? o->tokenizer
                                                         : "bytes")) ||
        (st = pretrained_spec(p, "transformer", &spec)))
        goto done;
    s->tokenizer = s->opened;
    s->blank = (task){.loss = &idim_loss_tokens, .length = 2, .n_labels = 2};
    s->blank.n_outputs = s->blank.vocabulary = tokenizer_size(s->tokenizer);
    if (!(st = model_new(&s->made, spec, &s->blank)))
        st = speaker_weights(s, p);
done:
    mem_free(spec);
    mem_free(beside);
    pretrained_close(p);
    return st;
}

static status speaker_z(speaker *s, const options *o)
{
    run_spec run;
    status st = run_defaults(&run, &s->texts);
    if (st)
        return st;
    run.from = o->from;
    run.adapter = o->adapter;
    run.adapter_alpha = o->alpha;
    if (*o->data)
        run.data = o->data;
    if ((st = rebuilt_open(&s->w, &run, o->z, 1)) ||
        (*o->tokenizer && (st = tokenizer_open(&s->opened, o->tokenizer))))
        return st;
    s->model = s->w.model;
    s->theta = s->w.theta;
    s->tokenizer = *o->tokenizer ? s->opened : tokens_of(s->w.task);
    if (!s->tokenizer)
        return error_set(ERR_USAGE, "%s: its run read no text; name a tokenizer by --tokenizer",
                         o->z);
    return OK;
}

/* ------------------------------------------------------------------ the text */

/* Where a tokenizer begins texts by a token that ends none (llama2.c), every prompt has it in front, as its models were
 * trained; GPT-2's stands alone where there is no prompt, a new line where there is no such token. */
static status prompt_tokens(const tokenizer *t, const char *prompt, token_list *list)
{
    const tokenizer_special *s = tokenizer_specials(t);
    bool begins = s->bos >= 0 && tokenizer_pairs_of(t) != TOKENIZER_BERT;
    status st = OK;
    if (!*prompt && !begins)
        prompt = "\n";
    if (begins && (!*prompt || s->bos != s->eos))
        st = token_add(list, s->bos);
    return st ? st : tokenizer_encode(t, prompt, strlen(prompt), list);
}

typedef struct telling {
    const tokenizer *tokenizer;
    token_list ids;
    size_t told; /* bytes of their text that are printed */
    status st;
    FILE *out;
} telling;

static void telling_print(telling *t)
{
    text all = {0};
    tokenizer_decode(t->tokenizer, t->ids.ids, t->ids.n, &all);
    if (text_failed(&all))
        t->st = ERR_MEMORY;
    else if (all.length > t->told) {
        fwrite(all.text + t->told, 1, all.length - t->told, t->out);
        fflush(t->out); /* a large model takes its time */
        t->told = all.length;
    }
    text_clear(&all);
}

static int telling_told(void *context, int32_t token)
{
    telling *t = context;
    const tokenizer_special *s = tokenizer_specials(t->tokenizer);
    if (token == s->bos && tokenizer_pairs_of(t->tokenizer) != TOKENIZER_BERT)
        return 1; /* the next text */
    if (!(t->st = token_add(&t->ids, token)))
        telling_print(t);
    return t->st != OK;
}

static status speaker_tell(const speaker *s, const options *o, FILE *out)
{
    telling t = {.tokenizer = s->tokenizer, .out = out};
    generate_ask ask = {.most = o->tokens,
                        .temperature = o->temperature,
                        .top_k = o->top_k,
                        .top_p = o->top_p,
                        .end = tokenizer_specials(s->tokenizer)->eos,
                        .draws = stream_make(o->seed, "generate"),
                        .told = telling_told,
                        .context = &t};
    view v = {0};
    size_t longest = 0;
    status st = prompt_tokens(s->tokenizer, o->prompt, &t.ids);
    if (st || (st = view_init(&v, &s->model->layout)))
        goto done;
    view_point(&v, s->theta, NULL);
    if (s->model->row->decode_logits)
        s->model->row->decode_logits(s->model, &longest);
    if (!ask.most && longest > t.ids.n)
        ask.most = longest - t.ids.n < GENERATE_TOKENS ? longest - t.ids.n : GENERATE_TOKENS;
    int32_t *prompt = mem_copy(t.ids.ids, t.ids.n, sizeof *prompt); /* the list grows and moves */
    ask.prompt = prompt;
    ask.n_prompt = t.ids.n;
    st = prompt ? generate(s->model, &v, &ask) : ERR_MEMORY;
    if (!st && !(st = t.st)) {
        telling_print(&t); /* the prompt alone, where nothing came */
        fputc('\n', out);
    }
    mem_free(prompt);
done:
    view_clear(&v);
    token_list_clear(&t.ids);
    return st;
}

static int generate_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    speaker s = {0};
    status st;
    (void)n;
    (void)names;
    if (!*o->from && !*o->z)
        st = error_set(ERR_USAGE, "idim generate: which model? give --from, with an --adapter or "
                                  "without, or --z");
    else
        st = *o->z ? speaker_z(&s, o) : speaker_checkpoint(&s, o);
    if (!st)
        st = speaker_tell(&s, o, out);
    speaker_close(&s);
    return command_end(st);
}

const command command_generate = {
    .name = "generate",
    .group = "models",
    .doc = "a text that a language model goes on with",
    .examples = {"idim generate --from gpt2 --prompt \"To be, or not to be\"",
                 "idim generate --from gpt2 --adapter my-adapter --prompt Once --top-p .9",
                 "idim generate --z results/train/z/ID.safetensors --tokens 100"},
    .usual = " from adapter z prompt tokens ",
    .tables = {keys},
    .size = sizeof(options),
    .run = generate_run,
};
