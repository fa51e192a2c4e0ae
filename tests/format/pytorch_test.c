/* pytorch_test.c -- what torch.save writes is read without being run. Files by hand, and the real adapter that
 * lies beside its safetensors. */
#include "tests/format/hostile.h"
#include "tests/format/torch.h"

#include "format/pytorch.h"
#include "format/safetensors.h"

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

static const float six[6] = {0, 1, 2, 3, 4, 5};

static status opened(const void *words, size_t n, pytorch **f)
{
    torch_file z;
    torch_make(&z, words, n, six, sizeof six);
    char *path = mem_printf("%s/x.bin", folder);
    hostile_put(path, z.bytes, z.n);
    status st = pytorch_open(f, path);
    mem_free(path);
    return st;
}
#define OPENED(literal, f) opened(literal, sizeof literal - 1, f)

static const char plain[] = TORCH_BEGIN TORCH_TEXT("\1", "w")
    TORCH_TENSOR("FloatStorage", "0", "\6", "\0", "K\2K\3\x86", "K\3K\1\x86") TORCH_TEXT("\1", "b")
        TORCH_TENSOR("FloatStorage", "0", "\6", "\4", "K\2\x85", "K\1\x85") TORCH_END;

static void a_state_dict_is_read_where_it_lies(void **state)
{
    pytorch *f;
    assert_ok(OPENED(plain, &f));
    assert_int_equal(pytorch_count(f), 2);
    const safetensor *w = pytorch_at(f, 0), *b = pytorch_at(f, 1);
    assert_string_equal(w->name, "w");
    assert_true(w->dims == 2 && w->shape[0] == 2 && w->shape[1] == 3 && w->n == 6);
    assert_int_equal(w->type, SAFETENSOR_F32);
    assert_int_equal(w->bytes, sizeof six);
    assert_memory_equal(w->data, six, sizeof six);
    assert_string_equal(b->name, "b");
    assert_true(b->dims == 1 && b->n == 2);
    assert_memory_equal(b->data, six + 4, 8);
    assert_ptr_equal((const char *)w->data + 16, b->data); /* one storage, mapped once */
    pytorch_close(f);
}

/* As torch.save writes x.t(): shape 3 x 2, strides 1 and 3. */
static void a_transposed_view_is_put_in_order(void **state)
{
    static const char words[] = TORCH_BEGIN TORCH_TEXT("\1", "w")
        TORCH_TENSOR("FloatStorage", "0", "\6", "\0", "K\3K\2\x86", "K\1K\3\x86") TORCH_END;
    static const float wanted[6] = {0, 3, 1, 4, 2, 5};
    pytorch *f;
    assert_ok(OPENED(words, &f));
    assert_memory_equal(pytorch_at(f, 0)->data, wanted, sizeof wanted);
    pytorch_close(f);
}

/* {"epoch": 7, "model": {"w": Parameter}, "list": [tensor], 3: tensor, None: tensor} */
static void names_of_nested_dictionaries_are_joined(void **state)
{
#define ONE TORCH_TENSOR("FloatStorage", "0", "\6", "\1", "K\1\x85", "K\1\x85")
    static const char words[] = "\x80\2}(" TORCH_TEXT("\5", "epoch") "K\7" TORCH_TEXT(
        "\5", "model") "}" TORCH_TEXT("\1", "w") "ctorch._utils\n_rebuild_parameter\n(" ONE "\x88"
                                                 "ccollections\nOrderedDict\n)RtRs" TORCH_TEXT(
                                                     "\4", "list") "]" ONE "a"
                                                                   "K\3" ONE "N" ONE TORCH_END;
    pytorch *f;
    assert_ok(OPENED(words, &f));
    assert_int_equal(pytorch_count(f), 3);
    assert_string_equal(pytorch_at(f, 0)->name, "model.w");
    assert_string_equal(pytorch_at(f, 1)->name, "list.0");
    assert_string_equal(pytorch_at(f, 2)->name, "3");
    assert_memory_equal(pytorch_at(f, 0)->data, six + 1, 4);
    pytorch_close(f);
}

/* What pickle runs when it loads: functions of any module (protocol 0 to 2 and 4), classes, objects. */
static void nothing_but_tensors_is_asked_for(void **state)
{
    static const struct {
        const char *words;
        size_t n;
        const char *part;
    } all[] = {
#define WORDS(literal, part) {literal, sizeof literal - 1, part}
        WORDS("\x80\2cposix\nsystem\n" TORCH_TEXT("\2", "id") "\x85R.", "posix.system"),
        WORDS("\x80\4\x8c\5posix\x8c\6system\x93\x8c\2id\x85R.", "posix.system"),
        WORDS("\x80\2cbuiltins\neval\n" TORCH_TEXT("\1", "1") "\x85R.", "builtins.eval"),
        WORDS("\x80\2ctorch._utils\n_rebuild_tensor_v3\n.", "_rebuild_tensor_v3"),
        WORDS("\x80\2ccollections\nOrderedDict\n)\x81.", "NEWOBJ"),
        WORDS("\x80\2(cposix\nsystem\no.", "posix.system"),
        WORDS("\x80\2(i", "opcode INST"),
        WORDS("\x80\2]2.", "opcode DUP"),
        WORDS("\x80\2\xff.", "0xff"),
        WORDS("\x80\1}.", "protocol"),
        WORDS("}.", "protocol"),
        WORDS("\x80\2}", "cut short"),
        WORDS("\x80\2}}.", "more or less than one"),
        WORDS("\x80\2}.x", "more or less than one"),
        WORDS("\x80\2h\1.", "reference to nothing"),
        WORDS("\x80\2j\xff\xff\xff\xff.", "reference to nothing"),
        WORDS("\x80\2}r\xff\xff\xff\xff.", "beyond its length"),
        WORDS("\x80\2(}(.", "more or less"),
        WORDS("\x80\2t.", "no mark"),
        WORDS("\x80\2\x87.", "nothing to take"),
        WORDS("\x80\2}(K\1u.", "without their list or dictionary"),
        WORDS("\x80\2(K\1s.", "without their list or dictionary"),
        WORDS("\x80\2K\1K\2a.", "without their list or dictionary"),
        WORDS("\x80\2}K\1b.", "no tensor in it"),
        WORDS("\x80\2K\1}b.", "no dictionary"),
        WORDS("\x80\2X\1\0\0\0\xff.", "UTF-8"),
        WORDS("\x80\2X\xff\xff\xff\xff.", "cut short"),
        WORDS("\x80\2\x8a\11\1\1\1\1\1\1\1\1\1.", "more than 8 bytes"),
        WORDS("\x80\2}.", "no tensor in it"),
        /* a list in itself; a parameter of itself cannot be made: tuples are whole when they are made */
        WORDS("\x80\2]q\0h\0a.", "without end"),
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        pytorch *f;
        status st = opened(all[i].words, all[i].n, &f);
        assert_null(f);
        assert_true(st == ERR_FORMAT || st == ERR_LIMIT);
        if (!strstr(error_text(), all[i].part) || !strstr(error_text(), "x.bin"))
            fail_msg("\"%s\" should hold \"%s\"", error_text(), all[i].part);
    }
}

/* Twelve lists, each eight times in the next: 7e10 places, walked no further than the limit. */
static void a_list_in_many_places_is_refused(void **state)
{
    char words[512] = "\x80\2(]q\0";
    size_t n = 6;
    for (unsigned char i = 0; i < 12; i++) {
        const char begin[] = {']', 'q', (char)(i + 1), '('}, one[] = {'h', (char)i};
        memcpy(words + n, begin, sizeof begin);
        n += sizeof begin;
        for (size_t k = 0; k < 8; k++, n += sizeof one)
            memcpy(words + n, one, sizeof one);
        words[n++] = 'e';
    }
    memcpy(words + n, "t.", 2);
    pytorch *f;
    assert_refused(opened(words, n + 2, &f), ERR_LIMIT, "without end");
}

static void a_tensor_lies_in_its_storage(void **state)
{
#define T(type, n, offset, shape, strides)                                                         \
    TORCH_BEGIN TORCH_TEXT("\1", "w") TORCH_TENSOR(type, "0", n, offset, shape, strides) TORCH_END
    static const struct {
        const char *words;
        size_t n;
        const char *part;
    } all[] = {
        WORDS(T("FloatStorage", "\7", "\0", "K\2\x85", "K\1\x85"), "24 bytes, and 28"),
        WORDS(T("DoubleStorage", "\6", "\0", "K\2\x85", "K\1\x85"), "24 bytes, and 48"),
        WORDS(T("FloatStorage", "\6", "\0", "K\7\x85", "K\1\x85"), "beyond its storage"),
        WORDS(T("FloatStorage", "\6", "\1", "K\6\x85", "K\1\x85"), "beyond its storage"),
        WORDS(T("FloatStorage", "\6", "\7", "K\1\x85", "K\1\x85"), "beyond its storage"),
        WORDS(T("FloatStorage", "\6", "\0", "K\2K\2\x86", "K\5K\1\x86"), "beyond its storage"),
        WORDS(T("FloatStorage", "\6", "\0", "K\2K\2\x86", "K\1\x85"), "different length"),
        WORDS(T("FloatStorage", "\6", "\0", "J\xff\xff\xff\xff\x85", "K\1\x85"), "no count"),
        WORDS(T("FloatStorage", "\6", "\0", "N", "K\1\x85"), "no tuple"),
        WORDS(T("FloatStorage", "\6", "\0", "K\377K\377\x86", "K\0K\0\x86"), "contiguous"),
        WORDS(T("FloatStorage", "\6", "\0", "\x8a\10\0\0\0\0\0\0\0\100K\10\x86", "K\0K\0\x86"),
              "w: "),
        WORDS(T("Float8_e5m2Storage", "\6", "\0", "K\2\x85", "K\1\x85"), "Float8_e5m2Storage"),
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        pytorch *f;
        status st = opened(all[i].words, all[i].n, &f);
        assert_null(f);
        if (!st || !strstr(error_text(), all[i].part) || !strstr(error_text(), "x.bin"))
            fail_msg("%zu: \"%s\" should hold \"%s\"", i, error_text(), all[i].part);
    }
}

/* Zips that are none of torch.save's. */
static void what_is_around_the_pickle_is_looked_at(void **state)
{
    char *path = mem_printf("%s/x.bin", folder);
    torch_file z = {0};
    pytorch *f;
    torch_member(&z, "a/data", plain, sizeof plain - 1);
    torch_end(&z);
    hostile_put(path, z.bytes, z.n);
    assert_refused(pytorch_open(&f, path), ERR_FORMAT, "without data.pkl");
    z = (torch_file){0};
    torch_member(&z, "a/data.pkl", plain, sizeof plain - 1);
    torch_end(&z);
    hostile_put(path, z.bytes, z.n);
    assert_refused(pytorch_open(&f, path), ERR_FORMAT, "a/data/0 is not in the file");
    z = (torch_file){0};
    torch_member(&z, "a/data.pkl", plain, sizeof plain - 1);
    torch_member(&z, "a/data/0", six, sizeof six);
    torch_member(&z, "a/byteorder", "big", 3);
    torch_end(&z);
    hostile_put(path, z.bytes, z.n);
    assert_refused(pytorch_open(&f, path), ERR_FORMAT, "big-endian");
    for (size_t beyond = 0; beyond < 2;
         beyond++) { /* a storage that reaches into the directory, or out */
        z = (torch_file){0};
        torch_member(&z, "a/data.pkl", plain, sizeof plain - 1);
        torch_member(&z, "a/data/0", six, sizeof six);
        z.member[1].n = beyond ? z.n : 2000;
        torch_end(&z);
        hostile_put(path, z.bytes, z.n);
        assert_refused(pytorch_open(&f, path), ERR_FORMAT, "lies beyond the file");
    }
    z = (torch_file){0};
    torch_member(&z, "a/data.pkl", plain, sizeof plain - 1);
    torch_member(&z, "a/data/0", six, sizeof six);
    z.members = 2; /* the same bytes under two names, then under one */
    z.member[1].name = "a/data.pkl";
    torch_end(&z);
    hostile_put(path, z.bytes, z.n);
    assert_refused(pytorch_open(&f, path), ERR_FORMAT, "there twice");
    mem_free(path);
}

static void the_real_file_holds_what_lies_beside_it_as_safetensors(void **state)
{
    char zip[512], other[512];
    pytorch *f;
    safetensors *g;
    if (!test_data("checkpoints/roberta-base-lora-mnli/roberta_base_lora_mnli.bin", zip) ||
        !test_data("checkpoints/roberta-base-lora-mnli/model.safetensors", other))
        skip();
    assert_ok(pytorch_open(&f, zip));
    assert_ok(safetensors_open(&g, other));
    assert_int_equal(pytorch_count(f), 52);
    assert_int_equal(safetensors_count(g), 52);
    for (size_t i = 0; i < 52; i++) {
        const safetensor *a = pytorch_at(f, i), *b = safetensors_find(g, a->name);
        assert_non_null(b);
        assert_true(a->type == b->type && a->dims == b->dims && a->bytes == b->bytes);
        assert_memory_equal(a->shape, b->shape, a->dims * sizeof *a->shape);
        assert_memory_equal(a->data, b->data, a->bytes);
    }
    pytorch_close(f);
    safetensors_close(g);
}

static status reader(const char *path)
{
    pytorch *f;
    real x[8];
    status st = pytorch_open(&f, path);
    for (size_t i = 0; !st && i < pytorch_count(f); i++)
        if (pytorch_at(f, i)->n <= 8)
            (void)safetensor_reals(pytorch_at(f, i), 0, pytorch_at(f, i)->n, x);
    pytorch_close(f);
    return st;
}

static void hostile_files_are_refused_or_read(void **state)
{
    torch_file z;
    torch_make(&z, plain, sizeof plain - 1, six, sizeof six);
    /* taken: numbers, times, names of local headers; the pickle has a checksum */
    assert_true(hostile_try(folder, "hostile.bin", z.bytes, z.n, reader) < z.n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_dict_is_read_where_it_lies),
        cmocka_unit_test(a_transposed_view_is_put_in_order),
        cmocka_unit_test(names_of_nested_dictionaries_are_joined),
        cmocka_unit_test(nothing_but_tensors_is_asked_for),
        cmocka_unit_test(a_list_in_many_places_is_refused),
        cmocka_unit_test(a_tensor_lies_in_its_storage),
        cmocka_unit_test(what_is_around_the_pickle_is_looked_at),
        cmocka_unit_test(the_real_file_holds_what_lies_beside_it_as_safetensors),
        cmocka_unit_test(hostile_files_are_refused_or_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
