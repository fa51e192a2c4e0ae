/* test.h -- what all tests share: cmocka with its includes, nearness, fills, folders of their own, the
 * real data where it is there. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/status.h"

/* A case of the table that needs double: in the float variant it is not there at all. */
#ifdef IDIM_DOUBLE
#define double_test(f) cmocka_unit_test(f)
#else
#define double_test(f)                                                                             \
    {                                                                                              \
        NULL, (sizeof &f) ? NULL : f, NULL, NULL, NULL                                             \
    }
#endif

/* |a - b| <= tolerance max(1, |a|, |b|); NaN is near nothing. */
#define assert_near(a, b, tolerance)                                                               \
    test_near((double)(a), (double)(b), (tolerance), __FILE__, __LINE__)
static inline void test_near(double a, double b, double tolerance, const char *file, int line)
{
    double size = fmax(1, fmax(fabs(a), fabs(b)));
    if (fabs(a - b) <= tolerance * size)
        return;
    print_error("%.17g is not near %.17g (tolerance %g)\n", a, b, tolerance);
    _fail(file, line);
}

/* What must be OK; else the sentence is shown. */
#define assert_ok(st) test_ok((st), __FILE__, __LINE__)
static inline void test_ok(status st, const char *file, int line)
{
    if (st == OK)
        return;
    print_error("status %d: %s\n", (int)st, error_text());
    _fail(file, line);
}

/* What must fail so, with a sentence that holds `part`. */
#define assert_refused(st, expected, part)                                                         \
    test_refused((st), (expected), (part), __FILE__, __LINE__)
static inline void test_refused(status st, status expected, const char *part, const char *file,
                                int line)
{
    if (st == expected && strstr(error_text(), part))
        return;
    print_error("status %d, expected %d; \"%s\" should hold \"%s\"\n", (int)st, (int)expected,
                st ? error_text() : "", part);
    _fail(file, line);
}

/* No 0, no 1, no symmetry: nothing can cancel. */
static inline void test_fill(real *x, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (real)(0.1 + 0.7 * sin(1.3 * (double)(i + 1) + 2.1 * seed + 0.01 * (double)(i * i)));
}

/* A fresh folder of this test's own under $TMPDIR; test_folder_end removes it. */
static inline void test_folder(char out[256])
{
    const char *base = getenv("TMPDIR");
    snprintf(out, 256, "%s/idim-test-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(out))
        fail_msg("%s: cannot be made", out);
}
static inline void test_folder_end(const char *folder)
{
    char command[400];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command))
        print_error("%s: cannot be removed\n", folder);
}

/* NAME in the folder of real data ($IDIM_TEST_DATA, else ../shared/data). false, with a word, when it
 * is not there: the caller calls skip(). */
static inline bool test_data(const char *name, char out[512])
{
    const char *folder = getenv("IDIM_TEST_DATA");
    snprintf(out, 512, "%s/%s", folder && *folder ? folder : "../shared/data", name);
    if (file_exists(out) || file_is_folder(out))
        return true;
    print_message("skipped: %s is not here (IDIM_TEST_DATA names its folder)\n", out);
    return false;
}

#endif
