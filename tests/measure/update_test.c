/* update_test.c -- updates of adapters and between checkpoints, as files hold them.
 *
 * The published adapters' numbers are numpy's, of the product in double:
 *     s = numpy.linalg.svd(alpha / r * B @ A, compute_uv=False); exp(-(p * log(p)).sum()), p = s / s.sum() */
#include "tests/test.h"

#include "format/safetensors.h"
#include "measure/update.h"

static char folder[256];

static int setup(void **state)
{
    test_folder(folder);
    return 0;
}

static int teardown(void **state)
{
    test_folder_end(folder);
    return 0;
}

static const char *path_of(const char *name, char out[400])
{
    snprintf(out, 400, "%s/%s", folder, name);
    return out;
}

static safetensor tensor(const char *name, safetensor_type type, size_t dims, const size_t *shape,
                         const void *data)
{
    return (safetensor){.name = name, .type = type, .dims = dims, .shape = shape, .data = data};
}

static void put(const char *name, const safetensor *all, size_t n)
{
    char path[400];
    assert_ok(file_make_folder_of(path_of(name, path)));
    assert_ok(safetensors_write(path, all, n, NULL, 0));
}

static status opened(const char *a, const char *b, const char *base, double alpha, updates **u)
{
    char pa[400], pb[400], pc[400];
    return updates_open(u, path_of(a, pa), b ? path_of(b, pb) : NULL,
                        base ? path_of(base, pc) : NULL, alpha);
}

static const size_t two_three[2] = {2, 3}, three_two[2] = {3, 2}, three[1] = {3};
static const float x0[6] = {1, 2, 3, 4, 5, 6}, x1[6] = {1, 2.5f, 3, 4, 5, 4};

static void a_difference_is_that_of_tensors_of_one_name(void **state)
{
    updates *u;
    update x;
    safetensor before[] = {tensor("layers.10.q_proj.weight", SAFETENSOR_F32, 2, two_three, x0),
                           tensor("layers.2.q_proj.weight", SAFETENSOR_F32, 2, two_three, x0),
                           tensor("norm.weight", SAFETENSOR_F32, 1, three, x0),
                           tensor("old.weight", SAFETENSOR_F32, 2, two_three, x0)};
    safetensor after[] = {tensor("layers.10.q_proj.weight", SAFETENSOR_F32, 2, two_three, x1),
                          tensor("layers.2.q_proj.weight", SAFETENSOR_F32, 2, two_three, x0),
                          tensor("norm.weight", SAFETENSOR_F32, 1, three, x1),
                          tensor("new.weight", SAFETENSOR_F32, 2, two_three, x0)};
    put("a.safetensors", before, 4);
    put("b.safetensors", after, 4);
    assert_ok(opened("a.safetensors", "b.safetensors", NULL, (double)NAN, &u));
    assert_int_equal(updates_count(u), 2); /* vectors have no spectrum */
    assert_int_equal(updates_alone(u), 2);
    assert_string_equal(updates_name(u, 0),
                        "layers.2.q_proj.weight"); /* by layer, not by letters */
    assert_int_equal(updates_find(u, "layers.10.q_proj.weight"), 1);
    assert_ok(updates_load(u, 1, true, &x));
    assert_true(x.about.m == 2 && x.about.n == 3 && x.about.layer == 10);
    assert_string_equal(x.about.role, "q");
    for (size_t i = 0; i < 6; i++) {
        assert_near(x.W[i], x1[i] - x0[i], 0);
        assert_near(x.W0[i], x0[i], 0);
    }
    assert_near(x.about.norm, sqrt(.25 + 4), 1e-12);
    assert_near(x.about.weight_norm, sqrt(91), 1e-12);
    assert_near(x.about.unchanged, 4.0 / 6, 1e-12);
    assert_true(isnan(x.about.rounding));
    update_clear(&x);
    assert_ok(updates_load(u, 0, false, &x));
    assert_true(x.about.norm == 0 && x.about.unchanged == 1 && !x.W0);
    update_clear(&x);
    updates_close(u);
}

static void sixteen_bits_leave_a_bulk_of_rounding(void **state)
{
    /* 1 and 3 in bfloat16 are 2^-7 and 2^-6 from their neighbours; 1 and 3 in half 2^-10 and 2^-9 */
    static const uint16_t b0[2] = {0x3f80, 0x4040}, h1[2] = {0x3c00, 0x4200};
    static const size_t one_two[2] = {1, 2};
    double squares = ldexp(1, -14) + ldexp(1, -12) + ldexp(1, -20) + ldexp(1, -18);
    safetensor before = tensor("W", SAFETENSOR_BF16, 2, one_two, b0);
    safetensor after = tensor("W", SAFETENSOR_F16, 2, one_two, h1);
    updates *u;
    update x;
    put("a.safetensors", &before, 1);
    put("b.safetensors", &after, 1);
    assert_ok(opened("a.safetensors", "b.safetensors", NULL, (double)NAN, &u));
    assert_ok(updates_load(u, 0, false, &x));
    assert_near(x.about.rounding, sqrt(squares / 12 / 2), 1e-15);
    assert_near(x.about.unchanged, 1, 0);
    update_clear(&x);
    updates_close(u);
}

static void gpt2s_matrices_are_turned(void **state)
{
    static const char config[] = "{\"model_type\":\"gpt2\"}";
    safetensor before[] = {tensor("h.0.attn.c_attn.weight", SAFETENSOR_F32, 2, two_three, x0),
                           tensor("wte.weight", SAFETENSOR_F32, 2, two_three, x0)};
    safetensor after[] = {tensor("h.0.attn.c_attn.weight", SAFETENSOR_F32, 2, two_three, x1),
                          tensor("wte.weight", SAFETENSOR_F32, 2, two_three, x1)};
    char path[400];
    updates *u;
    update x;
    put("a/model.safetensors", before, 2);
    put("b/model.safetensors", after, 2);
    assert_ok(file_write(path_of("a/config.json", path), config, sizeof config - 1));
    assert_ok(file_write(path_of("b/config.json", path), config, sizeof config - 1));
    assert_ok(opened("a", "b", NULL, (double)NAN, &u));
    assert_ok(updates_load(u, updates_find(u, "h.0.attn.c_attn.weight"), true, &x));
    assert_true(x.about.m == 3 && x.about.n == 2);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 2; j++) {
            assert_near(x.W[i * 2 + j], x1[j * 3 + i] - x0[j * 3 + i], 0);
            assert_near(x.W0[i * 2 + j], x0[j * 3 + i], 0);
        }
    update_clear(&x);
    assert_ok(updates_load(u, updates_find(u, "wte.weight"), false, &x));
    assert_true(x.about.m == 2 && x.about.n == 3);
    update_clear(&x);
    updates_close(u);
}

static void rotary_pairs_are_put_in_one_order(void **state)
{
    /* one head of 4: rows 0 1 2 3 side by side are pairs (0 1)(2 3); half a head apart 0 2 1 3 */
    static const char side[] =
        "{\"model_type\":\"llama\",\"hidden_size\":4,\"num_attention_heads\":1,"
        "\"rope_interleaved\":true}";
    static const char apart[] =
        "{\"model_type\":\"llama\",\"hidden_size\":4,\"num_attention_heads\":1}";
    static const size_t four_one[2] = {4, 1};
    static const float rows[4] = {1, 2, 3, 4}, halves[4] = {1, 3, 2, 4};
    const char *names[] = {"model.layers.0.self_attn.k_proj.weight",
                           "model.layers.0.self_attn.v_proj.weight"};
    safetensor before[] = {tensor(names[0], SAFETENSOR_F32, 2, four_one, rows),
                           tensor(names[1], SAFETENSOR_F32, 2, four_one, rows)};
    safetensor after[] = {tensor(names[0], SAFETENSOR_F32, 2, four_one, halves),
                          tensor(names[1], SAFETENSOR_F32, 2, four_one, rows)};
    char path[400];
    put("side/model.safetensors", before, 2);
    put("apart/model.safetensors", after, 2);
    assert_ok(file_write(path_of("side/config.json", path), side, sizeof side - 1));
    assert_ok(file_write(path_of("apart/config.json", path), apart, sizeof apart - 1));
    for (int back = 0; back < 2; back++) {
        updates *u;
        update x;
        assert_ok(opened(back ? "apart" : "side", back ? "side" : "apart", NULL, (double)NAN, &u));
        for (size_t i = 0; i < 2; i++) {
            assert_ok(updates_load(u, i, true, &x));
            assert_near(x.about.norm, 0, 0);
            assert_near(x.W0[1], i || back ? 2 : 3, 0); /* in the order of what is after */
            update_clear(&x);
        }
        updates_close(u);
    }
}

static void what_does_not_belong_together_is_refused(void **state)
{
    safetensor a = tensor("W", SAFETENSOR_F32, 2, two_three, x0);
    safetensor turned = tensor("W", SAFETENSOR_F32, 2, three_two, x0);
    safetensor other = tensor("V", SAFETENSOR_F32, 2, two_three, x0);
    updates *u;
    put("a.safetensors", &a, 1);
    put("turned.safetensors", &turned, 1);
    put("other.safetensors", &other, 1);
    assert_refused(opened("a.safetensors", "turned.safetensors", NULL, (double)NAN, &u), ERR_FORMAT,
                   "W has another shape");
    assert_refused(opened("a.safetensors", "other.safetensors", NULL, (double)NAN, &u), ERR_FORMAT,
                   "are they one model?");
    assert_refused(opened("a.safetensors", "a.safetensors", "a.safetensors", (double)NAN, &u),
                   ERR_USAGE, "--from");
    assert_refused(opened("a.safetensors", "a.safetensors", NULL, 16, &u), ERR_USAGE, "--alpha");
    assert_refused(opened("a.safetensors", NULL, NULL, (double)NAN, &u), ERR_FORMAT, "no LoRA");
    assert_refused(opened("a.safetensors", "none.safetensors", NULL, (double)NAN, &u), ERR_FILE,
                   "none.safetensors");
    assert_null(u);
}

/* A (1, 3) = e_1, B (2, 1) = (3, 4): B A has the one value 5 */
static void put_adapter(void)
{
    static const float A[3] = {1, 0, 0}, B[2] = {3, 4};
    static const size_t one_three[2] = {1, 3}, two_one[2] = {2, 1};
    safetensor all[] = {
        tensor("model.layers.1.self_attn.q_proj.lora_A", SAFETENSOR_F32, 2, one_three, A),
        tensor("model.layers.1.self_attn.q_proj.lora_B", SAFETENSOR_F32, 2, two_one, B)};
    put("lora.safetensors", all, 2);
}

static void an_unknown_alpha_is_said_and_a_told_one_taken(void **state)
{
    const update_how how = {0, 0, 0, 1};
    for (int told = 0; told < 2; told++) {
        updates *u;
        update x;
        update_spectrum s;
        real *W;
        put_adapter();
        assert_ok(opened("lora.safetensors", NULL, NULL, told ? 16 : (double)NAN, &u));
        assert_int_equal(updates_scaled(u), told);
        assert_ok(updates_load(u, 0, false, &x));
        assert_ok(update_spectrum_of(&x, &how, &s));
        assert_near(s.sigma[0], told ? 80 : 5, 1e-5);
        assert_near(s.null_rank[0], s.sigma[0], 1e-5); /* of rank 1 there is one of that norm */
        assert_int_equal(s.row.about.scaled, told);
        assert_near(s.row.about.norm, s.sigma[0], 1e-5);
        update_value value;
        update_spectrum_rows(&s, &value);
        assert_true(value.index == 1 && value.layer == 1 && value.scaled == told);
        assert_near(value.share, 1, 1e-6);
        assert_ok(update_formed(&x, &W));
        assert_near(W[3], told ? 64 : 4, 1e-5);
        mem_free(W);
        update_spectrum_clear(&s);
        update_clear(&x);
        updates_close(u);
    }
}

static void a_base_gives_the_weights_before(void **state)
{
    safetensor base = tensor("layers.1.self_attn.q_proj.weight", SAFETENSOR_F32, 2, two_three, x0);
    safetensor turned =
        tensor("layers.1.self_attn.q_proj.weight", SAFETENSOR_F32, 2, three_two, x0);
    safetensor other = tensor("layers.1.self_attn.k_proj.weight", SAFETENSOR_F32, 2, two_three, x0);
    updates *u;
    update x;
    put_adapter();
    put("base.safetensors", &base, 1);
    put("turned.safetensors", &turned, 1);
    put("other.safetensors", &other, 1);
    assert_ok(opened("lora.safetensors", NULL, "base.safetensors", 1, &u));
    assert_ok(updates_load(u, 0, true, &x));
    assert_near(x.about.weight_norm, sqrt(91), 1e-6);
    for (size_t i = 0; i < 6; i++)
        assert_near(x.W0[i], x0[i], 0);
    update_clear(&x);
    updates_close(u);
    assert_refused(opened("lora.safetensors", NULL, "turned.safetensors", 1, &u), ERR_FORMAT,
                   "is not 2 x 3");
    assert_refused(opened("lora.safetensors", NULL, "other.safetensors", 1, &u), ERR_FORMAT,
                   "it has no model.layers.1.self_attn.q_proj.weight");
}

static void the_vectors_of_a_difference_give_it_back(void **state)
{
    safetensor before = tensor("W", SAFETENSOR_F32, 2, two_three, x0);
    safetensor after = tensor("W", SAFETENSOR_F32, 2, two_three, x1);
    updates *u;
    update x;
    update_vectors v;
    put("a.safetensors", &before, 1);
    put("b.safetensors", &after, 1);
    assert_ok(opened("a.safetensors", "b.safetensors", NULL, (double)NAN, &u));
    assert_ok(updates_load(u, 0, false, &x));
    assert_ok(update_vectors_of(&x, 0, &v));
    assert_true(v.k == 2);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 3; j++) {
            double sum = 0;
            for (size_t k = 0; k < 2; k++)
                sum += (double)v.U[i * 2 + k] * v.sigma[k] * (double)v.V[j * 2 + k];
            assert_near(sum, x.W[i * 3 + j], 1e-6);
        }
    update_vectors_clear(&v);
    assert_ok(update_vectors_of(&x, 1, &v)); /* the first alone */
    assert_true(v.k == 1);
    double length = 0;
    for (size_t j = 0; j < 3; j++)
        length += (double)v.V[j] * (double)v.V[j];
    assert_near(length, 1, 1e-6);
    update_vectors_clear(&v);
    update_clear(&x);
    updates_close(u);
}

static void published(const char *name, const char *module, double alpha, size_t k,
                      const double *want, double effective)
{
    char path[512];
    const update_how how = {0, 0, 0, 1};
    updates *u;
    update x;
    update_spectrum s;
    if (!test_data(name, path))
        skip();
    assert_ok(updates_open(&u, path, NULL, NULL, alpha));
    assert_true(updates_scaled(u));
    assert_ok(updates_load(u, updates_find(u, module), false, &x));
    assert_ok(update_spectrum_of(&x, &how, &s));
    for (size_t i = 0; i < k; i++) /* the bound: 1e-5 of the largest */
        assert_true(fabs(s.sigma[i] - want[i]) < 1e-5 * want[0]);
    assert_near(s.row.effective_rank, effective, 1e-5);
    update_spectrum_clear(&s);
    update_clear(&x);
    updates_close(u);
}

static void robertas_adapter_has_numpys_values(void **state)
{
    const double want[] = {7.629513431282775,  4.496036920161346,  2.7399355062363773,
                           1.6033563630754741, 1.4623055135095144, 1.1997656554177938,
                           0.7165736522173245, 0.30025510438300174};
    published("checkpoints/roberta-base-lora-mnli/model.safetensors",
              "roberta.encoder.layer.0.attention.self.query", 16, 8, want, 5.5560147584761195);
}

static void gpt2s_adapter_has_numpys_values(void **state)
{
    const double want[] = {1.6619861867506243,  1.547969918964208,  0.7866243643284917,
                           0.4704834202437457,  0.3365091649847884, 0.2600225159676819,
                           0.23522693843072082, 0.17084545113747654};
    published("checkpoints/gpt2-lora-tigrinya", "transformer.h.3.attn.c_attn", (double)NAN, 8, want,
              5.865217455199456);
}

static void open_calms_adapter_has_numpys_value(void **state)
{
    const double want[] = {517.1372705913659};
    published("checkpoints/open-calm-1b-lora-r1", "gpt_neox.layers.0.attention.query_key_value",
              (double)NAN, 1, want, 1);
}

/* Two matrices and a bias: the first rides (two riders, rank 3 in all), the second moved, the bias is no matrix. */
static void a_model_in_memory_has_factors_where_it_is_ridden(void **state)
{
    enum { N = 6 + 4 + 2 };
    const idim_tensor parts[] = {
        {.name = "layers.1.q_proj.weight", .shape = {2, 3}, .n = 6, .layer = 1},
        {.name = "b", .shape = {2}, .offset = 6, .n = 2, .layer = -1},
        {.name = "w", .shape = {2, 2}, .offset = 8, .n = 4, .layer = -1}};
    const idim_layout l = {.tensors = parts, .n_tensors = 3, .n = N};
    real *before = mem_array(N, sizeof *before), *after = mem_array(N, sizeof *after);
    for (size_t i = 0; i < N; i++)
        before[i] = after[i] = (real)i;
    after[6] = 9;  /* the bias */
    after[11] = 8; /* 11 before: one entry of w is 3 less */
    /* 2 e_0 (1 2 3) + .5 (1 1)^T (0 1 0; 0 0 1 halved by m) */
    const real A[] = {1, 2, 3}, A0[] = {4, 5, 6}, B[] = {1}, C[] = {0, 1, 0, 0, 0, 1},
               E[] = {1, 1, 1, 1}, m[] = {1, (real)0.5};
    idim_rider now[] = {{.rows = 1, .r = 1, .s = 2, .A = A, .B = B, .lda = 3, .ldb = 1},
                        {.rows = 2, .r = 2, .s = .5, .A = C, .B = E, .m = m, .lda = 3, .ldb = 2}};
    idim_rider start[] = {now[0], now[1]};
    start[0].A = A0;
    idim_slot here[] = {{.riders = now, .n_riders = 2}, {0}, {0}};
    idim_slot there[] = {{.riders = start, .n_riders = 2}, {0}, {0}};
    const idim_view at = {.layout = &l, .slots = here}, first = {.layout = &l, .slots = there};
    const real want[] = {2, (real)4.5, (real)6.25, 0, (real)0.5, (real)0.25};
    updates *u;
    update one;
    real *W;
    assert_ok(updates_of(&u, &l, before, after, &at, &first));
    assert_int_equal(updates_count(u), 2);
    assert_string_equal(updates_name(u, 0), "layers.1.q_proj.weight");
    assert_true(updates_scaled(u) && !updates_alone(u));
    assert_ok(updates_load(u, 0, true, &one));
    assert_true(one.about.r == 3 && one.about.layer == 1 && one.s == 2);
    assert_string_equal(one.about.role, "q");
    assert_ok(update_formed(&one, &W));
    for (size_t i = 0; i < 6; i++) {
        assert_near((double)W[i], (double)want[i], 1e-6);
        assert_true(one.W0[i] >= (real)i && one.W0[i] <= (real)i);
    }
    for (size_t i = 0; i < 3; i++)
        assert_near((double)one.A0[i], (double)A0[i], 0);
    mem_free(W);
    update_clear(&one);
    assert_ok(updates_load(u, 1, false, &one));
    assert_true(!one.A && !one.A0 && !one.W0 && one.about.r == 0);
    assert_near(one.about.norm, 3, 1e-6);
    assert_near((double)one.W[3], -3, 0);
    assert_near(one.about.unchanged, .75, 0);
    assert_near(one.about.weight_norm, sqrt(8 * 8 + 9 * 9 + 10 * 10 + 11 * 11), 1e-5);
    update_clear(&one);
    updates_close(u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_difference_is_that_of_tensors_of_one_name),
        cmocka_unit_test(sixteen_bits_leave_a_bulk_of_rounding),
        cmocka_unit_test(gpt2s_matrices_are_turned),
        cmocka_unit_test(rotary_pairs_are_put_in_one_order),
        cmocka_unit_test(what_does_not_belong_together_is_refused),
        cmocka_unit_test(an_unknown_alpha_is_said_and_a_told_one_taken),
        cmocka_unit_test(a_base_gives_the_weights_before),
        cmocka_unit_test(the_vectors_of_a_difference_give_it_back),
        cmocka_unit_test(a_model_in_memory_has_factors_where_it_is_ridden),
        cmocka_unit_test(robertas_adapter_has_numpys_values),
        cmocka_unit_test(gpt2s_adapter_has_numpys_values),
        cmocka_unit_test(open_calms_adapter_has_numpys_value),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
