/* blocks_test.c -- rows of a tensor named by their roles. */
#include "tests/test.h"

#include "models/model.h"

/* A network of one fused matrix whose blocks are a key. */
typedef struct fused {
    model base;
    const char *blocks;
    bool none;
} fused;

static const key fused_keys[] = {
    KEY_TEXT("blocks", fused, blocks, "q:2+k:3", "rows by role"),
    KEY("none", fused, none, "no", 0, 0, "", "blocks before any tensor"),
    {0},
};

static status fused_init(model *base)
{
    const fused *m = (const fused *)base;
    status st = m->none ? OK : idim_model_tensor(base, "w", "attn", 0, 2, (size_t[]){5, 4});
    base->n_outputs = 1;
    return st ? st : idim_model_blocks(base, m->blocks);
}

static const model_row row = {
    .name = "fused",
    .revision = 1,
    .keys = fused_keys,
    .size = sizeof(fused),
    .init = fused_init,
};

static void blocks_are_kept_and_cut_in_order(void **state)
{
    model *m;
    const char *name;
    size_t length, rows;
    assert_ok(model_new_row(&m, &row, "", NULL));
    const char *at = m->layout.tensors[0].blocks;
    assert_string_equal(at, "q:2+k:3");
    assert_true(blocks_next(&at, &name, &length, &rows));
    assert_true(length == 1 && *name == 'q' && rows == 2);
    assert_true(blocks_next(&at, &name, &length, &rows));
    assert_true(length == 1 && *name == 'k' && rows == 3);
    assert_false(blocks_next(&at, &name, &length, &rows));
    model_free(m);
}

static void refused(const char *args, const char *word)
{
    model *m;
    assert_int_equal(model_new_row(&m, &row, args, NULL), ERR_USAGE);
    assert_null(m);
    if (!strstr(error_text(), word))
        fail_msg("%s: %s", args, error_text());
}

static void what_are_not_all_rows_once_is_refused(void **state)
{
    refused("blocks=q:2+k:2", "4 rows of 5");
    refused("blocks=q:2+k:4", "6 rows of 5");
    refused("blocks=q:2+q:3", "q stands twice");
    refused("blocks=q:2+3", "written q:768");
    refused("blocks=q:2+k:0+v:3", "written q:768");
    refused("blocks=q:5+", "written q:768");
    refused("none=yes", "before any tensor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_kept_and_cut_in_order),
        cmocka_unit_test(what_are_not_all_rows_once_is_refused),
    };
    return cmocka_run_group_tests_name("models/blocks", tests, NULL, NULL);
}
