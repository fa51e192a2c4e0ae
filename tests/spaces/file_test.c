/* file_test.c -- what file alone promises. tests/spaces/directions.npy: numpy.save of
 * i = numpy.arange(350); numpy.cos(0.7 * i + 0.03 * i * i / 70).reshape(5, 70), little-endian doubles. */
#include "tests/test.h"

#include "base/hash.h"
#include "format/safetensors.h"
#include "spaces/space.h"
#include "sweep/run.h"
#include "tests/spaces/world.h"

#define PLACE "tests/spaces/directions.npy"
static real theta0[WORLD_MOST];
static const layout *const fc = &world_layouts[0];
static char folder[256];

static double at(size_t j, size_t i) /* number i of direction j */
{
    double k = (double)(j * 70 + i);
    return cos(0.7 * k + 0.03 * k * k / 70);
}

/* Writes the directions as a tensor (5, 70), or (70, 5) with cols; number `bad` is NaN. */
static const char *tensors(const char *name, bool cols, size_t bad, size_t count)
{
    static char path[300];
    static real P[350];
    size_t shape[2] = {cols ? 70 : 5, cols ? 5 : 70};
    for (size_t k = 0; k < 350; k++)
        P[k] = (real)(cols ? at(k % 5, k / 5) : at(k / 70, k % 70));
    if (bad < 350)
        P[bad] = (real)NAN;
    const safetensor t[2] = {
        {.name = "P", .type = SAFETENSOR_REAL, .dims = 2, .shape = shape, .data = P},
        {.name = "other", .type = SAFETENSOR_REAL, .dims = 1, .shape = shape, .data = P}};
    snprintf(path, sizeof path, "%s/%s.safetensors", folder, name);
    assert_ok(safetensors_write(path, t, count, NULL, 0));
    return path;
}

static void lifts_to(const char *spec, size_t d, double unit)
{
    world w;
    real z[5], theta[70];
    world_fill(theta0, 70, 2);
    world_fill(z, 5, 3);
    world_open(&w, spec, fc, theta0, 1);
    assert_int_equal(w.s->d, d);
    space_lift(w.s, w.mem, z, theta);
    for (size_t i = 0; i < 70; i++) {
        double sum = (double)theta0[i];
        for (size_t j = 0; j < d; j++) {
            double length = 0;
            for (size_t k = 0; k < 70; k++)
                length += at(j, k) * at(j, k);
            sum += (double)z[j] * at(j, i) / (unit > 0 ? sqrt(length) : 1);
        }
        assert_near(theta[i], sum, 1e-6);
    }
    world_close(&w);
}

static void directions_are_read_from_any_format_either_way_round(void **state)
{
    char spec[400];
    lifts_to("file:path=" PLACE, 5, 0);
    lifts_to("file:path=" PLACE ",d=3", 3, 0);
    lifts_to("file:path=" PLACE ",d=4,norm=unit", 4, 1);
    snprintf(spec, sizeof spec, "file:path=%s", tensors("rows", false, SIZE_MAX, 1));
    lifts_to(spec, 5, 0);
    snprintf(spec, sizeof spec, "file:path=%s,d=2,member=P", tensors("cols", true, SIZE_MAX, 2));
    lifts_to(spec, 2, 0);
}

static void refused(status st, const char *spec, const char *word)
{
    space *s;
    assert_int_equal(space_new(&s, spec, fc, theta0, world_stream(1)), st);
    assert_null(s);
    if (!strstr(error_text(), word))
        fail_msg("%s: %s", spec, error_text());
}

static void what_does_not_fit_is_refused_by_name(void **state)
{
    char spec[400];
    refused(ERR_USAGE, "file", "path must be given");
    refused(ERR_FILE, "file:path=tests/spaces/nothing.npy", "nothing.npy");
    refused(ERR_FILE, "file:path=/dev/zero", "no regular file");
    refused(ERR_USAGE, "file:path=" PLACE ",d=6", "holds 5 directions; lower d");
    refused(ERR_USAGE, "file:path=" PLACE ",targets=kernel", "(directions, 54)");
    refused(ERR_USAGE, "file:path=" PLACE ",content=0123456789abcdef", "another file");
    snprintf(spec, sizeof spec, "file:path=%s", tensors("nan", false, 80, 1));
    refused(ERR_FORMAT, spec, "direction 1 holds what is no number");
    snprintf(spec, sizeof spec, "file:path=%s", tensors("two", false, SIZE_MAX, 2));
    refused(ERR_USAGE, spec, "2 tensors; name one by member=");
    snprintf(spec, sizeof spec, "file:path=%s,member=Q", tensors("two", false, SIZE_MAX, 2));
    refused(ERR_USAGE, spec, "has no tensor Q");
}

static void id_of(const char *path, char id[RUN_ID])
{
    run_spec r, canonical;
    key_texts texts = {0};
    char *spec = mem_printf("file:path=%s,d=3++bias", path);
    assert_ok(run_defaults(&r, &texts));
    r.space = spec;
    assert_ok(run_canonical(&r, NULL, &canonical, &texts));
    assert_non_null(strstr(canonical.space, "content="));
    assert_ok(run_id(&canonical, NULL, "", id, NULL));
    key_texts_clear(&texts);
    mem_free(spec);
}

/* The same bytes elsewhere are the same run; other bytes in the same place another. */
static void the_content_is_in_the_id_and_the_place_is_not(void **state)
{
    char here[RUN_ID], there[RUN_ID], changed[RUN_ID], path[300], *bytes;
    size_t n;
    id_of(PLACE, here);
    snprintf(path, sizeof path, "%s/elsewhere.npy", folder);
    assert_ok(file_read(PLACE, SIZE_MAX, &bytes, &n));
    assert_ok(file_write(path, bytes, n));
    id_of(path, there);
    assert_string_equal(here, there);
    bytes[n - 1] ^= 1;
    assert_ok(file_write(path, bytes, n));
    id_of(path, changed);
    assert_string_not_equal(here, changed);
    mem_free(bytes);
}

static int open_folder(void **state)
{
    test_folder(folder);
    return 0;
}

static int close_folder(void **state)
{
    test_folder_end(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_are_read_from_any_format_either_way_round),
        cmocka_unit_test(what_does_not_fit_is_refused_by_name),
        cmocka_unit_test(the_content_is_in_the_id_and_the_place_is_not),
    };
    return cmocka_run_group_tests_name("spaces/file", tests, open_folder, close_folder);
}
