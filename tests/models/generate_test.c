/* generate_test.c -- decoding with kept keys and values against whole passes, the published sample of
 * stories260K (karpathy/llama2.c, tinyllamas), and the choice of a token. */
#include "tests/test.h"

#include "models/generate.h"
#include "tests/models/words.h"

typedef struct world {
    task *t;
    model *m;
    view v;
    real *theta;
} world;

static void world_open(world *w, const char *spec, const char *words_)
{
    *w = (world){0};
    assert_ok(task_new_row(&w->t, &words_row, words_));
    assert_ok(model_new(&w->m, spec, w->t));
    assert_ok(view_init(&w->v, &w->m->layout));
    w->theta = mem_array(w->m->layout.n, sizeof(real));
    assert_non_null(w->theta);
    test_fill(w->theta, w->m->layout.n, 1);
    view_point(&w->v, w->theta, NULL);
}

static void world_close(world *w)
{
    mem_free(w->theta);
    view_clear(&w->v);
    model_free(w->m);
    task_free(w->t);
}

/* Logits behind each of n tokens, by the loss of each possible next one: -ln p. */
static double whole_loss(world *w, const int32_t *tokens, size_t n, int32_t next)
{
    int32_t labels[200];
    batch b = {
        .n = 1, .tokens = tokens, .length = n, .labels = labels, .n_labels = n, .counted = 1};
    const pass ps = {.mode = IDIM_EVAL};
    idim_tally sum = {0};
    for (size_t i = 0; i < n; i++)
        labels[i] = i + 1 == n ? next : -1;
    void *work = mem_array(w->m->row->work(w->m, &w->v, 1, IDIM_EVAL), 1);
    real *outputs = mem_array(w->m->n_outputs, sizeof *outputs);
    assert_true(work && outputs);
    w->m->row->forward(w->m, &w->v, &b, &ps, work, outputs);
    model_loss(w->m, &w->v, &b, &ps, work, outputs, NULL, &sum, NULL);
    mem_free(work);
    mem_free(outputs);
    return sum.loss;
}

/* In pieces of all sizes, longer and shorter than those that decode takes at a time. */
static void decoding_gives_what_a_whole_pass_gives(void **state)
{
    enum { N = 150, V = 11 };
    static const char *const specs[] = {
        "transformer:family=gpt2,width=6,layers=2,heads=2,hidden=5,prefix=2,adapter=pfeiffer",
        "transformer:family=llama,width=12,layers=2,heads=6,kv-heads=2,hidden=5"};
    static const size_t pieces[] = {100, 1, 1, 40, 8};
    int32_t tokens[N];
    for (size_t i = 0; i < N; i++)
        tokens[i] = (int32_t)((i * i + 3 * i) % V);
    for (size_t k = 0; k < 2; k++) {
        world w;
        real logits[V];
        size_t longest, at = 0;
        world_open(&w, specs[k], "length=150,labels=next");
        for (size_t i = 0; i < w.m->layout.n; i++)
            w.theta[i] *= (real).3;
        assert_int_equal(w.m->row->decode_logits(w.m, &longest), V);
        assert_int_equal(longest, N);
        void *work = mem_array(w.m->row->decode_work(w.m, &w.v, N), 1);
        assert_non_null(work);
        for (size_t p = 0; p < 5; at += pieces[p++]) {
            double sum = 0;
            w.m->row->decode(w.m, &w.v, N, tokens + at, at, pieces[p], work, logits);
            for (size_t j = 0; j < V; j++)
                sum += exp((double)logits[j]);
            for (int32_t j = 0; j < V; j++)
                assert_near(log(sum) - (double)logits[j], whole_loss(&w, tokens, at + pieces[p], j),
                            1e-5);
        }
        mem_free(work);
        world_close(&w);
    }
}

/* ------------------------------------------------------------------ stories260K */

typedef struct story {
    char text[2000];
    size_t n, told, most;
    const char *pieces[512];
    int lengths[512];
} story;

static int story_told(void *context, int32_t token)
{
    story *s = context;
    assert_true(s->n + (size_t)s->lengths[token] < sizeof s->text);
    memcpy(s->text + s->n, s->pieces[token], (size_t)s->lengths[token]);
    s->n += (size_t)s->lengths[token];
    return ++s->told == s->most;
}

static void story_take(const float **from, real *theta, const layout *l, const char *form,
                       size_t layers)
{
    char name[96];
    for (size_t k = 0; k < layers; k++) {
        snprintf(name, sizeof name, "%s%zu.%s", "model.layers.", k, form);
        size_t at = layout_find(l, layers == 1 ? form : name);
        assert_true(at < l->n_tensors);
        for (size_t i = 0; i < l->tensors[at].n; i++)
            theta[l->tensors[at].offset + i] = (real)(*from)[i];
        *from += l->tensors[at].n;
    }
}

static void stories260k_tells_its_published_story(void **state)
{
    static const char *const parts[] = {
        "input_layernorm.weight",  "self_attn.q_proj.weight", "self_attn.k_proj.weight",
        "self_attn.v_proj.weight", "self_attn.o_proj.weight", "post_attention_layernorm.weight",
        "mlp.gate_proj.weight",    "mlp.down_proj.weight",    "mlp.up_proj.weight"};
    static const char expected[] =
        " Once upon a time, there was a little girl named Lily. She loved to play outside in the "
        "park. One day, she saw a big, red ball.";
    static const int32_t begin = 1;
    char path[512];
    static story s;
    char *bytes, *tokens;
    size_t n, n_tokens, at = 4;
    world w;
    if (!test_data("checkpoints/stories260K/tok512.bin", path))
        skip();
    assert_ok(file_read(path, 1 << 20, &tokens, &n_tokens));
    assert_true(test_data("checkpoints/stories260K/stories260K.bin", path));
    assert_ok(file_read(path, 1 << 21, &bytes, &n));
    assert_int_equal(n, 28 + 4 * 264128);
    world_open(&w,
               "transformer:family=llama,width=64,layers=5,heads=8,kv-heads=4,hidden=172,"
               "rope=interleaved,tie=yes,positions=512",
               "vocabulary=512,labels=next");
    float *numbers = mem_array(264128, sizeof *numbers);
    memcpy(numbers, bytes + 28, 264128 * sizeof *numbers);
    const float *from = numbers;
    story_take(&from, w.theta, &w.m->layout, "model.embed_tokens.weight", 1);
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        story_take(&from, w.theta, &w.m->layout, parts[k], 5);
    story_take(&from, w.theta, &w.m->layout, "model.norm.weight", 1);
    assert_int_equal(from - numbers, 260032);
    for (size_t k = 0; k < 512; k++) { /* score, length, bytes */
        memcpy(&s.lengths[k], tokens + at + 4, 4);
        s.pieces[k] = tokens + at + 8;
        at += 8 + (size_t)s.lengths[k];
    }
    s.most = 200;
    s.n = 0;
    generate_ask ask = {.prompt = &begin,
                        .n_prompt = 1,
                        .most = 200,
                        .top_p = 1,
                        .end = 1,
                        .told = story_told,
                        .context = &s};
    assert_ok(generate(w.m, &w.v, &ask));
    s.text[strlen(expected)] = '\0';
    assert_string_equal(s.text, expected);
    mem_free(numbers);
    mem_free(bytes);
    mem_free(tokens);
    world_close(&w);
}

/* ------------------------------------------------------------------ choice */

static int32_t pick_of(size_t top_k, double temperature, double top_p, double u)
{
    const generate_ask ask = {.temperature = temperature, .top_k = top_k, .top_p = top_p};
    real logits[] = {(real)log(.1), (real)log(.4), (real)log(.3), (real)log(.2)};
    uint32_t order[4];
    return generate_pick(logits, 4, &ask, u, order);
}

static int32_t pick(double temperature, double top_p, double u)
{
    return pick_of(0, temperature, top_p, u);
}

static void tokens_are_drawn_by_their_share_among_the_likeliest(void **state)
{
    assert_int_equal(pick(0, 1, .999), 1);
    assert_int_equal(pick(1, 1, .39), 1); /* from the likeliest on: .4, .3, .2, .1 */
    assert_int_equal(pick(1, 1, .41), 2);
    assert_int_equal(pick(1, 1, .71), 3);
    assert_int_equal(pick(1, 1, .91), 0);
    assert_int_equal(pick(1, .6, .999), 2); /* .4 and .3 hold .6; .4 of .7 is .571 */
    assert_int_equal(pick(1, .6, .57), 1);
    assert_int_equal(pick(1, .6, .58), 2);
    assert_int_equal(pick(1, 1e-9, .99), 1);
    /* at temperature 1/2 shares go with squares: .16 of .3 is .533 */
    assert_int_equal(pick(.5, 1, .53), 1);
    assert_int_equal(pick(.5, 1, .54), 2);
}

/* As Hugging Face's warpers, one behind the other: the share of top_p is of what top_k leaves. */
static void top_k_goes_before_top_p(void **state)
{
    assert_int_equal(pick_of(1, 1, 1, .999), 1);
    assert_int_equal(pick_of(3, 1, 1, .999), 3); /* .4, .3, .2 of .9 */
    assert_int_equal(pick_of(3, 1, 1, .44), 1);
    assert_int_equal(pick_of(3, 1, 1, .45), 2);
    assert_int_equal(pick_of(3, 1, .75, .999),
                     2); /* .4 + .3 of .9 is .78; of 1 three would be needed */
    assert_int_equal(pick_of(4, 1, .75, .999), 3);
    assert_int_equal(pick_of(9, 1, 1, .91), 0);
}

static int told_nothing(void *context, int32_t token)
{
    size_t *n = context;
    (*n)++;
    return 0;
}

static void a_text_that_cannot_be_gone_on_with_is_refused(void **state)
{
    static const int32_t prompt[] = {1, 2, 11};
    size_t told = 0;
    world w;
    generate_ask ask = {
        .prompt = prompt, .n_prompt = 2, .most = 5, .top_p = 1, .end = -1, .told = told_nothing};
    ask.context = &told;
    world_open(&w, "transformer:width=4,layers=1,heads=1", "labels=next");
    assert_ok(generate(w.m, &w.v, &ask));
    assert_int_equal(told, 5);
    ask.most = 6;
    assert_refused(generate(w.m, &w.v, &ask), ERR_USAGE, "positions for 7");
    ask.n_prompt = 3;
    assert_refused(generate(w.m, &w.v, &ask), ERR_USAGE, "token 11 of the prompt");
    ask.n_prompt = 0;
    assert_refused(generate(w.m, &w.v, &ask), ERR_USAGE, "empty prompt");
    world_close(&w);
    world_open(&w, "transformer:family=bert,width=4,layers=1,heads=1", "labels=hidden");
    assert_refused(generate(w.m, &w.v, &ask), ERR_USAGE, "does not predict");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding_gives_what_a_whole_pass_gives),
        cmocka_unit_test(stories260k_tells_its_published_story),
        cmocka_unit_test(tokens_are_drawn_by_their_share_among_the_likeliest),
        cmocka_unit_test(top_k_goes_before_top_p),
        cmocka_unit_test(a_text_that_cannot_be_gone_on_with_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
