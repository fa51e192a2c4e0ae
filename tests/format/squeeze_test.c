/* squeeze_test.c -- a tar of ours, plain and squeezed, comes back by our own readers; sizes and names that
 * ustar cannot hold are refused. tests/cli/store.sh has tar(1), gzip and xz read them. */
#include "tests/test.h"

#include "format/inflate.h"
#include "format/squeeze.h"
#include "format/tar.h"

static const char long_name[] =
    "a-folder-whose-name-is-long/another-folder-whose-name-is-long-too/and-a-third-one-of-the-sort/"
    "runs/host-12345-0123abcd.jsonl";

/* Two files: 700 bytes under a long name, 0 under a short one. */
static void made(squeeze_kind kind, text *out)
{
    char block[TAR_BLOCK], bytes[2 * TAR_BLOCK] = "";
    squeeze *z;
    memset(bytes, 'x', 700);
    assert_ok(squeeze_new(&z, kind));
    assert_ok(tar_header(long_name, 700, block));
    assert_ok(squeeze_add(z, block, sizeof block));
    assert_ok(squeeze_add(z, bytes, sizeof bytes));
    assert_ok(tar_header("s/empty", 0, block));
    assert_ok(squeeze_add(z, block, sizeof block));
    memset(bytes, 0, sizeof bytes);
    assert_ok(squeeze_add(z, bytes, sizeof bytes));
    assert_ok(squeeze_end(z, out));
    squeeze_free(z);
}

static void what_is_written_comes_back(void **state)
{
    char folder[256], path[300], *bytes;
    test_folder(folder);
    snprintf(path, sizeof path, "%s/t", folder);
    for (int kind = SQUEEZE_PLAIN; kind <= SQUEEZE_XZ; kind++) {
        text out, again;
        tar_member m;
        size_t n, at = 0;
        bool end;
        made((squeeze_kind)kind, &out);
        made((squeeze_kind)kind, &again);
        assert_int_equal(out.length, again.length);
        assert_memory_equal(out.text, again.text, out.length);
        assert_true(kind == SQUEEZE_PLAIN ? out.length == 6 * TAR_BLOCK : out.length < 512);
        assert_ok(file_write(path, out.text, out.length));
        assert_ok(inflate_file(path, 1 << 20, &bytes, &n));
        assert_ok(tar_next(path, bytes, n, &at, &m, &end));
        assert_string_equal(m.path, long_name);
        assert_true(!end && m.type == '0' && m.n == 700 && m.bytes[699] == 'x');
        assert_ok(tar_next(path, bytes, n, &at, &m, &end));
        assert_string_equal(m.path, "s/empty");
        assert_ok(tar_next(path, bytes, n, &at, &m, &end));
        assert_true(end);
        mem_free(bytes);
        text_clear(&out);
        text_clear(&again);
    }
    test_folder_end(folder);
}

static void what_ustar_cannot_hold_is_refused(void **state)
{
    char block[TAR_BLOCK], name[300];
    memset(name, 'n', sizeof name);
    name[101] = '\0';
    assert_refused(tar_header(name, 1, block), ERR_LIMIT, "shorten it");
    assert_refused(tar_header("a", (size_t)1 << 33, block), ERR_LIMIT, "8 GiB");
    assert_ok(tar_header("a", ((size_t)1 << 33) - 1, block));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(what_ustar_cannot_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
