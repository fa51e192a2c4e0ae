/* pretrained_test.c -- checkpoints as step 0: configuration, names, turned and permuted matrices, there and
 * back; what does not fit is named. */
#include "tests/test.h"

#include "models/pretrained.h"
#include "tests/models/words.h"

enum { MOST = 64 };

static const struct {
    const char *spec, *prefix, *config;
} families[] = {
    {"transformer:family=gpt2,width=8,layers=2,heads=2", "transformer.",
     "{\"model_type\":\"gpt2\",\"n_embd\":8,\"n_layer\":2,\"n_head\":2,\"n_positions\":9,"
     "\"n_inner\":null,\"vocab_size\":11,\"layer_norm_epsilon\":1e-05,"
     "\"activation_function\":\"gelu_new\",\"other\":{\"kept\":[1,2]}}"},
    {"transformer:family=llama,width=8,layers=2,heads=2,kv-heads=1,hidden=12", "",
     "{\"model_type\":\"llama\",\"hidden_size\":8,\"num_hidden_layers\":2,"
     "\"num_attention_heads\":2,\"num_key_value_heads\":1,\"intermediate_size\":12,"
     "\"vocab_size\":11,\"max_position_embeddings\":9,\"rms_norm_eps\":1e-05,"
     "\"rope_theta\":10000.0,\"rope_scaling\":null,\"tie_word_embeddings\":false}"},
    {"transformer:family=bert,width=8,layers=2,heads=2,hidden=12", "bert.",
     "{\"model_type\":\"bert\",\"hidden_size\":8,\"num_hidden_layers\":2,"
     "\"num_attention_heads\":2,\"intermediate_size\":12,\"vocab_size\":11,"
     "\"max_position_embeddings\":9,\"type_vocab_size\":2,\"layer_norm_eps\":1e-12,"
     "\"hidden_act\":\"gelu\"}"},
    {"transformer:family=roberta,width=8,layers=2,heads=2,hidden=12", "roberta.",
     "{\"model_type\":\"roberta\",\"hidden_size\":8,\"num_hidden_layers\":2,"
     "\"num_attention_heads\":2,\"intermediate_size\":12,\"vocab_size\":11,"
     "\"max_position_embeddings\":11,\"type_vocab_size\":1,\"layer_norm_eps\":1e-05,"
     "\"hidden_act\":\"gelu\"}"},
};
enum { GPT2, LLAMA, BERT, ROBERTA, FAMILIES };

typedef struct world {
    char folder[256], path[300];
    task *t;
    model *m;
    real *theta, *back;
} world;

/* The folder of one family, written by the rules of papers: names with the class's prefix (heads without),
 * Conv1D turned. edit: one tensor is left out (0), twice as long (1), or one too many (2). */
static void put_folder(const world *w, int family, const char *config, int edit)
{
    static real room[20000];
    static char names[MOST][128];
    static size_t shapes[MOST][2];
    safetensor all[MOST];
    json_error_t error;
    json_t *json = json_loads(config, 0, &error);
    size_t n = 0, at = 0;
    assert_non_null(json);
    for (size_t k = edit == 0; k < w->m->layout.n_tensors; k++) {
        const tensor *t = &w->m->layout.tensors[k];
        bool head = !strncmp(t->name, "classifier", 10) || !strncmp(t->name, "cls", 3) ||
                    !strncmp(t->name, "lm_head", 7) || !strncmp(t->name, "score", 5);
        bool turned = family == GPT2 && t->shape[1] && strstr(t->name, "h.") == t->name;
        snprintf(names[n], sizeof names[n], "%s%s", head ? "" : families[family].prefix, t->name);
        shapes[n][0] = turned ? t->shape[1] : t->shape[0];
        shapes[n][1] = turned ? t->shape[0] : t->shape[1];
        for (size_t i = 0; i < t->n; i++) {
            size_t row = i / (t->shape[1] ? t->shape[1] : 1),
                   col = i % (t->shape[1] ? t->shape[1] : 1);
            room[at + (turned ? col * t->shape[0] + row : i)] = w->theta[t->offset + i];
        }
        all[n] = (safetensor){.name = names[n],
                              .type = SAFETENSOR_REAL,
                              .dims = t->shape[1] ? 2 : 1,
                              .shape = shapes[n],
                              .data = room + at};
        at += t->n;
        assert_true(++n < MOST && at < sizeof room / sizeof *room);
    }
    if (edit == 1)
        shapes[0][0]--;
    if (edit == 2) {
        all[n] = all[n - 1];
        all[n++].name = "h.7.attn.extra.weight";
    }
    assert_ok(tensors_write(w->path, json, all, n, NULL));
    json_decref(json);
}

static void world_open(world *w, int family, const char *labels)
{
    char keys_[64];
    *w = (world){0};
    test_folder(w->folder);
    snprintf(w->path, sizeof w->path, "%s/model", w->folder);
    snprintf(keys_, sizeof keys_, "labels=%s", labels);
    assert_ok(task_new_row(&w->t, &words_row, keys_));
    char *spec = mem_printf("%s,positions=9,vocabulary=11", families[family].spec);
    assert_ok(model_new(&w->m, spec, w->t));
    mem_free(spec);
    w->theta = mem_array(w->m->layout.n, sizeof(real));
    w->back = mem_array(w->m->layout.n, sizeof(real));
    test_fill(w->theta, w->m->layout.n, 7);
}

static void world_close(world *w)
{
    mem_free(w->theta);
    mem_free(w->back);
    model_free(w->m);
    task_free(w->t);
    test_folder_end(w->folder);
}

static void reload(world *w, const char *path)
{
    pretrained *p;
    model *m;
    char *spec;
    size_t fresh;
    assert_ok(pretrained_open(&p, path, "", 0));
    assert_ok(pretrained_spec(p, "transformer", &spec));
    assert_ok(model_new(&m, spec, w->t));
    assert_int_equal(m->layout.n, w->m->layout.n);
    memset(w->back, 0, m->layout.n * sizeof(real));
    assert_ok(pretrained_load(p, m, w->back, &fresh));
    assert_int_equal(fresh, 0);
    assert_memory_equal(w->back, w->theta, m->layout.n * sizeof(real));
    mem_free(spec);
    model_free(m);
    pretrained_close(p);
}

static void every_family_comes_back_from_its_folder(void **state)
{
    static const char *const labels[FAMILIES] = {"next", "next", "hidden", "hidden"};
    for (int f = 0; f < FAMILIES; f++)
        for (int classes_ = 0; classes_ < 2; classes_++) {
            world w;
            pretrained *p;
            char again[320], first[HASH_HEX], second[HASH_HEX];
            world_open(&w, f, classes_ ? "classes" : labels[f]);
            put_folder(&w, f, families[f].config, -1);
            reload(&w, w.path);
            /* written by us and read again: the same tensors under the same names, the same words */
            snprintf(again, sizeof again, "%s/again", w.folder);
            assert_ok(pretrained_open(&p, w.path, "", 0));
            assert_ok(pretrained_save(p, &w.m->layout, w.theta, NULL, again));
            assert_ok(pretrained_hash(p, first));
            pretrained_close(p);
            reload(&w, again);
            assert_ok(pretrained_open(&p, again, "", 0));
            assert_ok(pretrained_hash(p, second));
            pretrained_close(p);
            assert_string_equal(first, second);
            world_close(&w);
        }
}

static void a_model_from_scratch_becomes_a_folder_that_comes_back(void **state)
{
    static const char *const labels[FAMILIES] = {"next", "next", "hidden", "hidden"};
    for (int f = 0; f < FAMILIES; f++)
        for (int classes_ = 0; classes_ < 2; classes_++) {
            world w;
            pretrained *p;
            world_open(&w, f, classes_ ? "classes" : labels[f]);
            assert_ok(pretrained_describe(&p, w.m));
            assert_ok(pretrained_save(p, &w.m->layout, w.theta, NULL, w.path));
            pretrained_close(p);
            reload(&w, w.path);
            world_close(&w);
        }
}

static void what_no_configuration_describes_is_refused(void **state)
{
    static const char *const specs[] = {"fc:width=3", "transformer:width=8,norm=rms",
                                        "transformer:width=8,act=relu",
                                        "transformer:width=8,adapter=houlsby"};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        task *t;
        model *m;
        pretrained *p;
        assert_ok(i ? task_new_row(&t, &words_row, "labels=next") : task_new(&t, "synth:n=20"));
        assert_ok(model_new(&m, specs[i], t));
        assert_refused(pretrained_describe(&p, m), ERR_USAGE,
                       i ? "its family's" : "no transformer");
        model_free(m);
        task_free(t);
    }
}

static void load_refused(int edit, const char *sentence)
{
    world w;
    pretrained *p;
    size_t fresh;
    world_open(&w, GPT2, "next");
    put_folder(&w, GPT2, families[GPT2].config, edit);
    assert_ok(pretrained_open(&p, w.path, "", 0));
    assert_refused(pretrained_load(p, w.m, w.back, &fresh), ERR_FORMAT, sentence);
    pretrained_close(p);
    world_close(&w);
}

static void what_does_not_fit_is_named(void **state)
{
    load_refused(0, "wte.weight is missing");
    load_refused(1, "wte.weight");
    load_refused(2, "h.7.attn.extra.weight");
}

/* a language model's folder gives a classifier everything but its head */
static void a_head_that_only_the_task_knows_stays_as_it_was_drawn(void **state)
{
    world lm, classes_;
    pretrained *p;
    size_t fresh;
    world_open(&lm, LLAMA, "next");
    put_folder(&lm, LLAMA, families[LLAMA].config, -1);
    world_open(&classes_, LLAMA, "classes");
    assert_ok(pretrained_open(&p, lm.path, "", 0));
    assert_ok(pretrained_load(p, classes_.m, classes_.back, &fresh));
    assert_int_equal(fresh, 3 * 8); /* score.weight */
    const tensor *head =
        &classes_.m->layout.tensors[layout_find(&classes_.m->layout, "score.weight")];
    for (size_t i = 0; i < head->n; i++)
        assert_true(classes_.back[head->offset + i] == 0);
    pretrained_close(p);
    world_close(&lm);
    world_close(&classes_);
}

static void settings_that_would_give_other_numbers_are_refused(void **state)
{
    static const struct {
        int family;
        const char *from, *to, *sentence;
    } bad[] = {
        {LLAMA, "\"rope_scaling\":null", "\"rope_scaling\":{\"factor\":8}", "rope_scaling"},
        {GPT2, "gelu_new", "relu", "activation_function to relu"},
        {BERT, "\"gelu\"", "\"relu\"", "hidden_act"},
        {BERT, "\"bert\"", "\"t5\"", "model_type \"t5\""},
        {BERT, "\"hidden_size\":8,", "", "no number hidden_size"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        world w;
        pretrained *p;
        char *spec, config[1024];
        const char *whole = families[bad[i].family].config, *at = strstr(whole, bad[i].from);
        world_open(&w, bad[i].family, "classes");
        snprintf(config, sizeof config, "%.*s%s%s", (int)(at - whole), whole, bad[i].to,
                 at + strlen(bad[i].from));
        put_folder(&w, bad[i].family, config, -1);
        status st = pretrained_open(&p, w.path, "", 0);
        if (!st) {
            st = pretrained_spec(p, "transformer", &spec);
            pretrained_close(p);
        }
        assert_refused(st, ERR_FORMAT, bad[i].sentence);
        world_close(&w);
    }
}

static void keys_that_were_given_stand(void **state)
{
    world w;
    pretrained *p;
    char *spec;
    world_open(&w, LLAMA, "next");
    put_folder(&w, LLAMA, families[LLAMA].config, -1);
    assert_ok(pretrained_open(&p, w.path, "", 0));
    assert_ok(pretrained_spec(p, "transformer:recompute=yes,layers=1", &spec));
    assert_non_null(strstr(spec, "recompute=yes"));
    assert_non_null(strstr(spec, "layers=1"));
    assert_null(strstr(spec, "layers=2"));
    mem_free(spec);
    assert_refused(pretrained_spec(p, "lenet", &spec), ERR_USAGE, "leave --model lenet out");
    pretrained_close(p);
    world_close(&w);
}

/* nats a token of a fixed line of tokens, at these weights */
static double loss_of(const char *path, const char *save)
{
    enum { T = 24 };
    task *t;
    model *m;
    pretrained *p;
    char *spec;
    size_t fresh;
    idim_tally tally = {0};
    view v;
    assert_ok(task_new_row(&t, &words_row, "labels=next,vocabulary=512,length=24,n=3"));
    assert_ok(pretrained_open(&p, path, "", 0));
    assert_ok(pretrained_spec(p, "transformer", &spec));
    assert_ok(model_new(&m, spec, t));
    real *theta = mem_array(m->layout.n, sizeof *theta);
    assert_ok(pretrained_load(p, m, theta, &fresh));
    assert_ok(view_init(&v, &m->layout));
    view_point(&v, theta, NULL);
    const samples *s = &t->splits[IDIM_SPLIT_TRAIN];
    static const uint32_t index[] = {0, 1, 2};
    batch_buffer b;
    pass ps = {.mode = IDIM_EVAL};
    assert_ok(batch_init(&b, t, s->n));
    task_fetch(t, IDIM_SPLIT_TRAIN, index, 3, 0, &b);
    void *work = mem_array(m->row->work(m, &v, 3, IDIM_EVAL), 1);
    real *outputs = mem_array(3 * m->n_outputs, sizeof *outputs);
    m->row->forward(m, &v, &b.batch, &ps, work, outputs);
    model_loss(m, &v, &b.batch, &ps, work, outputs, NULL, &tally, NULL);
    if (save)
        assert_ok(pretrained_save(p, &m->layout, theta, NULL, save));
    mem_free(work);
    mem_free(outputs);
    batch_clear(&b);
    view_clear(&v);
    mem_free(theta);
    mem_free(spec);
    model_free(m);
    pretrained_close(p);
    task_free(t);
    return tally.loss / (double)tally.n;
}

static void llama2c_becomes_a_hugging_face_folder_of_the_same_function(void **state)
{
    char path[512], folder[256], save[300];
    if (!test_data("checkpoints/stories260K/stories260K.bin", path))
        skip();
    test_folder(folder);
    snprintf(save, sizeof save, "%s/hf", folder);
    double interleaved = loss_of(path, save), halves = loss_of(save, NULL);
    assert_true(isfinite(interleaved));
    assert_near(halves, interleaved, 1e-5); /* sums of a head in another order */
    test_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_comes_back_from_its_folder),
        cmocka_unit_test(a_model_from_scratch_becomes_a_folder_that_comes_back),
        cmocka_unit_test(what_no_configuration_describes_is_refused),
        cmocka_unit_test(what_does_not_fit_is_named),
        cmocka_unit_test(a_head_that_only_the_task_knows_stays_as_it_was_drawn),
        cmocka_unit_test(settings_that_would_give_other_numbers_are_refused),
        cmocka_unit_test(keys_that_were_given_stand),
        cmocka_unit_test(llama2c_becomes_a_hugging_face_folder_of_the_same_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
