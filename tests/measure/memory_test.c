/* memory_test.c -- counts of published models from their configurations, against their published totals:
 * Llama 3.1 8B 8,030,261,248 in blocks of 218,112,000 and LoRA r 8 on q and v 3,407,872 (papers.md 5.4); GPT-2
 * 124,439,808 (Radford et al.'s released weights); BERT-base 109,482,240 with its pooler (Hugging Face). */
#include "tests/test.h"

#include "measure/memory.h"
#include "spaces/space.h"

static const memory_ask llama = {
    .model = "transformer:family=llama,width=4096,layers=32,heads=32,kv-heads=8,hidden=14336,"
             "positions=131072,vocabulary=128256,tie=no",
    .language = true,
    .vocabulary = 128256,
    .length = 64,
    .batch = 1,
    .frozen = 4,
    .states = 2,
    .tasks = 10};
static const memory_ask gpt2 = {
    .model = "transformer:family=gpt2,width=768,layers=12,heads=12,positions=1024,vocabulary=50257",
    .language = true,
    .vocabulary = 50257,
    .length = 128,
    .batch = 4,
    .frozen = 4,
    .states = 2,
    .tasks = 10};
static const memory_ask bert = {
    .model = "transformer:family=bert,width=768,layers=12,heads=12,positions=512,vocabulary=30522",
    .vocabulary = 30522,
    .length = 128,
    .batch = 4,
    .classes = 2,
    .frozen = 4,
    .states = 2,
    .tasks = 10};

static void llama_has_its_published_numbers(void **state)
{
    memory_model m;
    memory_row full, lora;
    assert_ok(memory_model_init(&m, &llama, ""));
    assert_int_equal(m.D, 8030261248);
    assert_int_equal(m.block, 218112000);
    assert_int_equal(m.blocks, 32);
    memory_model_clear(&m);
    assert_ok(memory_of(&llama, "full", &full));
    assert_int_equal(full.d, 8030261248);
    /* 128.5 GB: 16 bytes a number, four times the model */
    assert_near(full.weights + full.gradients + full.optimiser, 16.0 * 8030261248, 0);
    assert_near(full.tasks, 10 * 4.0 * 8030261248, 0);
    assert_ok(memory_of(&llama, "lora:r=8,targets=q+v", &lora));
    assert_int_equal(lora.d, 3407872);
    assert_int_equal(lora.tensors, 64);
    assert_near(lora.weights, 4.0 * 8030261248 + 4 * 3407872, 0);
    assert_near(lora.gradients + lora.optimiser, 12.0 * 3407872, 0);
    assert_near(lora.stored, 4.0 * 3407872, 0);
    assert_near(lora.tasks, 40.0 * 3407872 + 4.0 * 8030261248, 0);
    /* keys and values: 2 x 32 layers x 8 heads of 128, 2 bytes, 64 tokens */
    assert_near(lora.cache, 2.0 * 32 * 1024 * 2 * 64, 0);
}

static void gpt2_and_bert_have_theirs(void **state)
{
    memory_model m;
    memory_row row;
    assert_ok(memory_model_init(&m, &gpt2, ""));
    assert_int_equal(m.D, 124439808);
    memory_model_clear(&m);
    assert_ok(memory_model_init(&m, &bert, ""));
    assert_int_equal(m.D, 109482240 + 2 * 769); /* and two classes */
    memory_model_clear(&m);
    /* r = 8 on the query and value blocks of a fused c_attn: 12 x 2 x 8 x (768 + 768) */
    assert_ok(memory_of(&gpt2, "lora:r=8,targets=q+v", &row));
    assert_int_equal(row.d, 294912);
    /* Houlsby, width m = 64: a layer has 2 (2 m w + w + m) */
    assert_ok(memory_of(&bert, "houlsby:bottleneck=64", &row));
    assert_int_equal(row.d, 12 * 2 * (2 * 64 * 768 + 768 + 64));
    assert_ok(memory_of(&bert, "pfeiffer:bottleneck=64", &row));
    assert_int_equal(row.d, 12 * (2 * 64 * 768 + 768 + 64));
    assert_ok(memory_of(&gpt2, "prefix:prefix=16", &row));
    assert_int_equal(row.d, 12 * 2 * 16 * 768);
    assert_ok(memory_of(&bert, "bias", &row));
    assert_true(row.d > 80000 && row.d < 110000);
    assert_near(row.weights, 4.0 * (109482240 + 2 * 769), 0); /* they are weights themselves */
}

static void roles_add_up(void **state)
{
    memory_model m;
    memory_role *rows;
    size_t n, sum = 0;
    assert_ok(memory_model_init(&m, &bert, ""));
    assert_ok(memory_roles(&m, &rows, &n));
    for (size_t i = 0; i < n; i++)
        sum += rows[i].numbers;
    assert_int_equal(sum, m.D);
    mem_free(rows);
    memory_model_clear(&m);
}

static void frozen_layers_and_recomputation_save_activations(void **state)
{
    memory_ask again = gpt2;
    memory_row full, lora, less, more;
    again.recompute = true;
    assert_ok(memory_of(&gpt2, "full", &full));
    assert_ok(memory_of(&gpt2, "lora:r=8,targets=q+v", &lora));
    assert_ok(memory_of(&again, "full", &less));
    assert_true(lora.total < full.total && less.activations < .6 * full.activations);
    again = gpt2;
    again.batch = 8;
    assert_ok(memory_of(&again, "full", &more));
    assert_true(more.activations > 1.8 * full.activations && more.d == full.d);
    again.frozen = 2;
    assert_ok(memory_of(&again, "lora:r=8,targets=q+v", &less));
    assert_near(less.weights, 2.0 * 124439808 + 4 * 294912, 0);
}

static void what_has_no_closed_count_is_refused(void **state)
{
    memory_row row;
    assert_refused(memory_of(&gpt2, "fastfood:d=9", &row), ERR_USAGE, "one at a time");
    assert_refused(memory_of(&gpt2, "lora:r=8++full:targets=norm", &row), ERR_USAGE,
                   "one at a time");
    assert_refused(memory_of(&gpt2, "lora:r=q:4+8", &row), ERR_USAGE, "one rank");
    assert_refused(memory_of(&gpt2, "lora:targets=quark", &row), ERR_USAGE, "quark");
    assert_refused(memory_of(&gpt2, "houlsby:neck=3", &row), ERR_USAGE, "neck");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(llama_has_its_published_numbers),
        cmocka_unit_test(gpt2_and_bert_have_theirs),
        cmocka_unit_test(roles_add_up),
        cmocka_unit_test(frozen_layers_and_recomputation_save_activations),
        cmocka_unit_test(what_has_no_closed_count_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
