/* laws_test.c -- what every data set promises, on those that need no files, and on real ones where they
 * are; what task_apply does. */
#include "tests/test.h"

#include "base/os.h"
#include "data/data.h"
#include "tests/format/pack.h"

static const char small[] = "synth:features=5,informative=4,classes=3,n=90";

static bool same_split(const task *a, const task *b, int which)
{
    const samples *s = &a->splits[which], *t = &b->splits[which];
    return s->n == t->n && !memcmp(s->labels, t->labels, s->n * sizeof *s->labels) &&
           (!s->reals || !memcmp(s->reals, t->reals, s->n * a->n_features * sizeof *s->reals)) &&
           (!s->bytes || !memcmp(s->bytes, t->bytes, s->n * a->n_features));
}

static void the_same_spec_gives_the_same_bytes(void **state)
{
    task *a, *b;
    assert_ok(task_new(&a, small));
    assert_ok(task_new(&b, small));
    for (int s = 0; s < IDIM_SPLITS; s++)
        assert_true(same_split(a, b, s));
    task_free(a);
    task_free(b);
}

static void validation_is_a_stratified_part_and_disjoint(void **state)
{
    task *whole, *t;
    size_t count[2][3] = {{0}};
    assert_ok(task_new(&whole, "synth:features=5,informative=4,classes=3,n=100,val=0"));
    assert_ok(task_new(&t, "synth:features=5,informative=4,classes=3,n=100,val=.25"));
    const samples *train = &t->splits[IDIM_SPLIT_TRAIN], *val = &t->splits[IDIM_SPLIT_VAL];
    assert_int_equal(whole->splits[IDIM_SPLIT_VAL].n, 0);
    assert_int_equal(train->n, 75);
    assert_int_equal(val->n, 25);
    for (size_t i = 0; i < 25; i++) {
        count[0][val->labels[i]]++;
        for (size_t k = 0; k < 75; k++) /* no sample is on both sides */
            assert_true(memcmp(val->reals + 5 * i, train->reals + 5 * k, 5 * sizeof(real)) != 0);
    }
    for (size_t c = 0; c < 3; c++) /* 34, 33, 33 samples of each class: 8 or 9 */
        assert_in_range(count[0][c], 8, 9);
    task_free(whole);
    task_free(t);
}

static void subsets_are_stratified(void **state)
{
    task *t;
    size_t count[3] = {0};
    assert_ok(task_new(&t, "synth:features=5,informative=4,classes=3,n=90,val=0,train=30,test=9"));
    assert_int_equal(t->splits[IDIM_SPLIT_TRAIN].n, 30);
    assert_int_equal(t->splits[IDIM_SPLIT_TEST].n, 9);
    for (size_t i = 0; i < 30; i++)
        count[t->splits[IDIM_SPLIT_TRAIN].labels[i]]++;
    for (size_t c = 0; c < 3; c++)
        assert_int_equal(count[c], 10);
    task_free(t);
    assert_refused(task_new(&t, "synth:n=90,train=91"), ERR_USAGE, "there are 90");
}

static void shuffled_labels_are_scored_on_training_data(void **state)
{
    task *a, *b;
    size_t moved = 0, count[2][3] = {{0}};
    assert_ok(task_new(&a, "synth:features=5,informative=4,classes=3,n=90,val=0"));
    assert_ok(task_new(&b, "synth:features=5,informative=4,classes=3,n=90,val=0,shuffle=labels"));
    assert_true(b->memorise);
    assert_int_equal(b->splits[IDIM_SPLIT_TEST].n, 90);
    assert_int_equal(b->splits[IDIM_SPLIT_VAL].n, 90);
    for (size_t i = 0; i < 90; i++) {
        int32_t x = a->splits[0].labels[i], y = b->splits[0].labels[i];
        moved += x != y;
        count[0][x]++;
        count[1][y]++;
    }
    assert_in_range(moved, 40, 80); /* two thirds of 90, more or less */
    assert_memory_equal(count[0], count[1], sizeof count[0]);
    task_free(a);
    task_free(b);
}

static void shuffled_pixels_are_one_permutation_for_all(void **state)
{
    task *a, *b;
    size_t from[5];
    assert_ok(task_new(&a, "synth:features=5,informative=4,classes=3,n=90"));
    assert_ok(task_new(&b, "synth:features=5,informative=4,classes=3,n=90,shuffle=pixels"));
    for (size_t k = 0; k < 5; k++) {
        from[k] = 5;
        for (size_t j = 0; j < 5; j++)
            if (a->splits[0].reals[j] == b->splits[0].reals[k])
                from[k] = j;
        assert_true(from[k] < 5);
    }
    for (int s = 0; s < IDIM_SPLITS; s++)
        for (size_t i = 0; i < a->splits[s].n; i++)
            for (size_t k = 0; k < 5; k++)
                assert_true(b->splits[s].reals[5 * i + k] == a->splits[s].reals[5 * i + from[k]]);
    task_free(a);
    task_free(b);
}

static void standardised_features_have_mean_0_and_sd_1(void **state)
{
    static const char *const how[] = {"global", "feature"};
    for (size_t h = 0; h < 2; h++) {
        char spec[128];
        task *t;
        batch_buffer b;
        uint32_t index[90];
        snprintf(spec, sizeof spec,
                 "synth:features=5,informative=4,classes=3,n=90,val=0,standardise=%s", how[h]);
        assert_ok(task_new(&t, spec));
        assert_ok(batch_init(&b, t, 90));
        for (uint32_t i = 0; i < 90; i++)
            index[i] = i;
        task_fetch(t, IDIM_SPLIT_TRAIN, index, 90, 0, &b);
        size_t width = h ? 5 : 1, all = 90 * 5 / width;
        for (size_t k = 0; k < width; k++) {
            double sum = 0, squares = 0;
            for (size_t i = 0; i < all; i++) {
                double x = (double)b.x[i * width + k];
                sum += x / (double)all;
                squares += x * x / (double)all;
            }
            assert_near(sum, 0, 1e-5);
            assert_near(squares, 1, 1e-5);
        }
        batch_clear(&b);
        task_free(t);
    }
}

static void a_packed_task_gives_the_same_batches(void **state)
{
    static const char *const specs[] = {small,
                                        "toy:groups=3,n=20",
                                        "synth:features=5,informative=4,n=90,standardise=feature",
                                        "synth:features=5,informative=4,n=90,shuffle=labels",
                                        "synthtext:n=20,length=5,ragged=yes",
                                        "synthtext:n=20,length=5,classes=3"};
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
        task *a, *b;
        batch_buffer x, y;
        int fd;
        static const uint32_t index[3] = {7, 0, 11}, first[1] = {0};
        assert_ok(task_new(&a, specs[k]));
        assert_ok(task_pack(a, &fd));
        assert_ok(task_unpack(&b, fd));
        assert_string_equal(task_spec(a), task_spec(b));
        assert_string_equal(task_content(a), task_content(b));
        assert_true(a->length == b->length && a->vocabulary == b->vocabulary);
        assert_true(a->loss == b->loss && a->memorise == b->memorise &&
                    a->published == b->published);
        assert_ok(batch_init(&x, a, 3));
        assert_ok(batch_init(&y, b, 3));
        for (int s = 0; s < IDIM_SPLITS; s++) {
            size_t n = a->splits[s].n > 11 ? 3 : 1;
            assert_int_equal(a->splits[s].n, b->splits[s].n);
            task_fetch(a, (split)s, n == 3 ? index : first, n, 0, &x);
            task_fetch(b, (split)s, n == 3 ? index : first, n, 0, &y);
            assert_memory_equal(x.x, y.x, n * a->n_features * sizeof *x.x);
            assert_memory_equal(x.labels, y.labels, n * task_labels(a) * sizeof *x.labels);
            assert_memory_equal(x.tokens, y.tokens, n * a->length * sizeof *x.tokens);
            if (!a->length) /* a language model has no targets */
                assert_memory_equal(x.targets, y.targets, n * a->n_outputs * sizeof *x.targets);
        }
        batch_clear(&x);
        batch_clear(&y);
        task_free(a);
        task_free(b);
        os_close(fd);
    }
}

/* Counts of labels as the data sets' authors give them. */
static void mnist_is_the_published_one(void **state)
{
    static const size_t test[10] = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};
    char folder[512], spec[600];
    size_t count[10] = {0};
    task *t;
    if (!test_data("mnist", folder))
        skip();
    snprintf(spec, sizeof spec, "mnist:dir=\"%s\"", folder);
    assert_ok(task_new(&t, spec));
    assert_true(t->shape[0] == 1 && t->shape[1] == 28 && t->shape[2] == 28);
    assert_int_equal(t->splits[IDIM_SPLIT_TRAIN].n, 54000);
    assert_int_equal(t->splits[IDIM_SPLIT_VAL].n, 6000);
    for (size_t i = 0; i < 10000; i++)
        count[t->splits[IDIM_SPLIT_TEST].labels[i]]++;
    assert_memory_equal(count, test, sizeof test);
    assert_true(strlen(task_content(t)) == 64);
    task_free(t);
}

static void cifar10_has_a_thousand_of_each(void **state)
{
    char folder[512], spec[600];
    size_t count[10] = {0};
    task *t;
    if (!test_data("cifar10", folder))
        skip();
    snprintf(spec, sizeof spec, "cifar10:dir=\"%s\",val=0", folder);
    assert_ok(task_new(&t, spec));
    assert_true(t->shape[0] == 3 && t->shape[1] == 32 && t->shape[2] == 32);
    assert_int_equal(t->splits[IDIM_SPLIT_TRAIN].n, 50000);
    for (size_t i = 0; i < 10000; i++)
        count[t->splits[IDIM_SPLIT_TEST].labels[i]]++;
    for (size_t c = 0; c < 10; c++)
        assert_int_equal(count[c], 1000);
    task_free(t);
}

enum { BATCHES = 6, BATCH = 10000 * 3073 };

/* Batch f of CIFAR-10's form: grey pictures, which pack well. */
static const char *grey_batch(size_t f, unsigned char *raw)
{
    static const char *const names[BATCHES] = {"data_batch_1.bin", "data_batch_2.bin",
                                               "data_batch_3.bin", "data_batch_4.bin",
                                               "data_batch_5.bin", "test_batch.bin"};
    for (size_t i = 0; i < 10000; i++) {
        memset(raw + i * 3073, (int)(30 * f + i % 7), 3073);
        raw[i * 3073] = (unsigned char)((i + f) % 10);
    }
    return names[f];
}

static void put_gzip(const char *folder, const char *name, const void *bytes, size_t n)
{
    size_t room = n / 50 + 1000;
    unsigned char *gz = mem_array(room, 1);
    char *path = mem_printf("%s/%s", folder, name);
    assert_ok(file_write(path, gz, pack_gzip(bytes, n, gz, room)));
    mem_free(path);
    mem_free(gz);
}

/* The first `count` batches, `size` bytes of each, in the archive's form; `more` bytes behind its end. */
static void put_archive(const char *folder, size_t count, size_t size, size_t more)
{
    unsigned char *raw = mem_array(BATCH, 1);
    unsigned char *tar = mem_array((count + 1) * (BATCH + 2048) + more, 1);
    size_t at = tar_add(tar, 0, "cifar-10-batches-bin/", '5', NULL, 0);
    for (size_t f = 0; f < count; f++) {
        char name[64];
        snprintf(name, sizeof name, "cifar-10-batches-bin/%s", grey_batch(f, raw));
        at = tar_add(tar, at, name, '0', raw, size);
    }
    put_gzip(folder, "cifar-10-binary.tar.gz", tar, tar_end(tar, at) + more);
    mem_free(tar);
    mem_free(raw);
}

static void cifar10_is_the_same_in_its_archive_and_out_of_it(void **state)
{
    char folder[256], spec[400];
    unsigned char *raw = mem_array(BATCH, 1);
    task *t[2];
    test_folder(folder);
    snprintf(spec, sizeof spec, "cifar10:dir=\"%s\"", folder);
    put_archive(folder, BATCHES, BATCH, 0);
    assert_ok(task_new(&t[0], spec));
    for (size_t f = 0; f < BATCHES; f++) {
        char name[64];
        snprintf(name, sizeof name, "%s.gz", grey_batch(f, raw));
        put_gzip(folder, name, raw, BATCH);
    }
    snprintf(spec, sizeof spec, "%s/cifar-10-binary.tar.gz", folder);
    assert_int_equal(remove(spec), 0);
    snprintf(spec, sizeof spec, "cifar10:dir=\"%s\"", folder);
    assert_ok(task_new(&t[1], spec));
    assert_string_equal(task_content(t[0]), task_content(t[1])); /* so both make the same runs */
    for (int s = 0; s < IDIM_SPLITS; s++)
        assert_true(same_split(t[0], t[1], s));
    assert_int_equal(t[0]->splits[IDIM_SPLIT_TEST].bytes[3072 * 8], 150 + 8 % 7);
    task_free(t[0]);
    task_free(t[1]);
    mem_free(raw);
    test_folder_end(folder);
}

static void broken_archives_of_cifar10_are_refused(void **state)
{
    static const struct {
        size_t count, size, more;
        status st;
        const char *part;
    } broken[] = {
        {1, BATCH, 0, ERR_FILE, "tar.gz: data_batch_2.bin is not in the archive"},
        {1, BATCH - 1, 0, ERR_FORMAT, "tar.gz: data_batch_1.bin: 30729999 bytes, a batch has"},
        {1, BATCH, (size_t)BATCHES * BATCH, ERR_LIMIT, "tar.gz: unpacks to more than"},
    };
    char folder[256], spec[400], path[400];
    task *t;
    test_folder(folder);
    snprintf(spec, sizeof spec, "cifar10:dir=\"%s\"", folder);
    snprintf(path, sizeof path, "%s/cifar-10-binary.tar.gz", folder);
    assert_refused(task_new(&t, spec), ERR_FILE, "neither data_batch_1.bin nor the archive");
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        put_archive(folder, broken[i].count, broken[i].size, broken[i].more);
        assert_refused(task_new(&t, spec), broken[i].st, broken[i].part);
        assert_null(t);
    }
    assert_ok(file_write(path, "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10));
    assert_refused(task_new(&t, spec), ERR_FORMAT, "tar.gz: the gzip file is cut short");
    assert_ok(file_write(path, "<html>no such page</html>", 25));
    assert_refused(task_new(&t, spec), ERR_FORMAT, "tar.gz: the tar archive is cut short");
    test_folder_end(folder);
}

static void what_is_missing_is_said_with_all_places(void **state)
{
    task *t;
    assert_refused(task_new(&t, "mnist:dir=/nowhere"), ERR_FILE, "/nowhere");
    assert_null(t);
    assert_refused(task_new(&t, "mnits"), ERR_USAGE, "did you mean mnist");
    assert_refused(task_new(&t, "idx:dir=/nowhere"), ERR_FILE, "/nowhere");
    assert_refused(task_new(&t, "npy:x_test=a"), ERR_USAGE, "y_test");
}

static void labels_out_of_range_are_refused(void **state)
{
    static const unsigned char x[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4};
    static const unsigned char y[] = {0, 0, 8, 1, 0, 0, 0, 2, 3, 10};
    static const unsigned char three[] = {0, 0, 8, 1, 0, 0, 0, 3, 3, 1, 2};
    static const char *const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                        "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
    char folder[256], path[400], spec[400];
    task *t;
    test_folder(folder);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_ok(file_write(path, i % 2 ? y : x, i % 2 ? sizeof y : sizeof x));
    }
    snprintf(spec, sizeof spec, "mnist:dir=\"%s\"", folder);
    assert_refused(task_new(&t, spec), ERR_FORMAT, "label 10 of sample 1");
    snprintf(path, sizeof path, "%s/%s", folder, names[1]);
    assert_ok(file_write(path, three, sizeof three));
    assert_refused(task_new(&t, spec), ERR_FORMAT, "3 labels for 2 samples");
    test_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_spec_gives_the_same_bytes),
        cmocka_unit_test(validation_is_a_stratified_part_and_disjoint),
        cmocka_unit_test(subsets_are_stratified),
        cmocka_unit_test(shuffled_labels_are_scored_on_training_data),
        cmocka_unit_test(shuffled_pixels_are_one_permutation_for_all),
        cmocka_unit_test(standardised_features_have_mean_0_and_sd_1),
        cmocka_unit_test(a_packed_task_gives_the_same_batches),
        cmocka_unit_test(mnist_is_the_published_one),
        cmocka_unit_test(cifar10_has_a_thousand_of_each),
        cmocka_unit_test(cifar10_is_the_same_in_its_archive_and_out_of_it),
        cmocka_unit_test(broken_archives_of_cifar10_are_refused),
        cmocka_unit_test(what_is_missing_is_said_with_all_places),
        cmocka_unit_test(labels_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
