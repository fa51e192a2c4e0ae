/* terminal_test.c -- the drawings were looked at once, and must stay as they were; what any drawing must
 * keep is asked of many. */
#include "report/terminal.h"
#include "tests/report/world.h"

static void load(curves *c, const char *folder)
{
    world_make(folder);
    assert_ok(curves_load(c, folder));
}

static char *draw(const curve_space *s, terminal_look look)
{
    text t = {0};
    terminal_curve(s, look, &t);
    assert_false(t.failed);
    return t.text;
}

/* Letters a line, counting UTF-8 as terminals do: the longest. */
static size_t widest(const char *drawn)
{
    size_t most = 0, n = 0;
    for (const char *p = drawn; *p; p++) {
        n = *p == '\n' ? 0 : n + (((unsigned char)*p & 0xC0) != 0x80);
        most = n > most ? n : most;
    }
    return most;
}

static size_t count(const char *text_, const char *part)
{
    size_t n = 0;
    for (const char *p = text_; (p = strstr(p, part)); p += strlen(part))
        n++;
    return n;
}

static const char golden_utf8[] =
    " accuracy\n"
    "        │───────────────────────────────────────────────────••• baseline 0.9\n"
    "        │╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌⢀◆⠤⠒⠉⠁╌╌ threshold 0.81\n"
    "    0.8 ┤                                          ⢀⡠⠤⠚⠁┊\n"
    "        │                                      •••⠊⠁    ┊\n"
    "        │                                  ⢀⡠⠔⠊⠁        ┊\n"
    "    0.6 ┤                              ⢀⡠⠔⠊⠁            ┊\n"
    "        │                           ••⠊⠁                ┊\n"
    "        │                       ⣀⠤⠒⠉•                   ┊\n"
    "    0.4 ┤                   ⣀⠤⠒⠉                        ┊\n"
    "        │              •⢀⡠⠖⠉                            ┊\n"
    "        │           ⣀⠤⠒••                               ┊\n"
    "    0.2 ┤       ⢀⡠⠖⠉                                    ┊\n"
    "        │   ⣀⠤⠔⠊⠁                                       ┊\n"
    "        │•••┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈ floor 0.1\n"
    "        └─┬───────┬─────────┬───────┬──────┬─────────┬───────┬─\n"
    "         10      20        50      100    200       500    1000 d\n"
    "                              d90 = 639 (512 to 797) ├──◆─┤\n";
static const char golden_ascii[] =
    " accuracy\n"
    "        |-------------------------------------- baseline 0.9\n"
    "        |~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ threshold 0.81\n"
    "        |\n"
    "    0.5 +\n"
    "        |\n"
    "        |                               ....ooo\n"
    "        |          oo......ooo.....ooo...\n"
    "        |.ooo......o........................... floor 0.1\n"
    "        +--+----+-----+-----+----+-----+-----+-\n"
    "          10   20    50    100  200   500  1000 d\n"
    "                                              > d90 > 1000\n";

static void the_drawing_is_the_one_that_was_looked_at(void **state)
{
    char folder[256];
    curves c;
    test_folder(folder);
    load(&c, folder);
    char *drawn = draw(&c.spaces[0], (terminal_look){.utf8 = true});
    assert_string_equal(drawn, golden_utf8);
    mem_free(drawn);
    drawn = draw(&c.spaces[1], (terminal_look){.columns = 64, .rows = 8});
    assert_string_equal(drawn, golden_ascii);
    mem_free(drawn);
    curves_clear(&c);
    test_folder_end(folder);
}

static void every_run_is_a_dot(void **state)
{
    char folder[256];
    curves c;
    test_folder(folder);
    load(&c, folder);
    char *drawn = draw(&c.spaces[0], (terminal_look){.utf8 = true});
    assert_int_equal(count(drawn, "•"), 15);
    mem_free(drawn);
    for (size_t i = 0; i < c.spaces[0].n_runs; i++) /* all of one d on one spot: side by side */
        c.spaces[0].runs[i].score = c.spaces[0].means[i / 3].mean;
    drawn = draw(&c.spaces[0], (terminal_look){.utf8 = true});
    assert_int_equal(count(drawn, "•"), 15);
    mem_free(drawn);
    curves_clear(&c);
    test_folder_end(folder);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
    char folder[256];
    curves c;
    test_folder(folder);
    load(&c, folder);
    for (size_t columns = 44; columns <= 200; columns += 12)
        for (size_t k = 0; k < 2; k++)
            for (size_t rows = 4; rows < 30; rows += 5) {
                char *drawn = draw(&c.spaces[k], (terminal_look){columns, rows, true, false});
                assert_true(widest(drawn) <= columns);
                assert_in_range(count(drawn, "\n"), rows + 4, rows + 5);
                mem_free(drawn);
            }
    assert_null(draw(&c.spaces[0], (terminal_look){.columns = 43}));
    curves_clear(&c);
    test_folder_end(folder);
}

static void ascii_is_ascii_and_colour_changes_no_letter(void **state)
{
    char folder[256];
    curves c;
    test_folder(folder);
    load(&c, folder);
    char *plain = draw(&c.spaces[0], (terminal_look){0});
    char *colour = draw(&c.spaces[0], (terminal_look){.colour = true});
    for (const char *p = plain; *p; p++)
        assert_true((*p >= ' ' && *p <= '~') || *p == '\n');
    char *to = colour;
    bool on = false;
    assert_non_null(strchr(colour, '\33'));
    for (const char *p = colour; *p; p++) {
        if (*p == '\33') {
            const char *code = p;
            p = strchr(p, 'm');
            assert_non_null(p);
            on = strncmp(code, "\33[0m", 4) != 0;
            continue;
        }
        assert_false(*p == '\n' && on); /* no line leaves its colour on */
        *to++ = *p;
    }
    *to = '\0';
    assert_string_equal(plain, colour);
    mem_free(plain);
    mem_free(colour);
    curves_clear(&c);
    test_folder_end(folder);
}

/* One space of n runs at the given places, for the corners. */
static char *corner(size_t n, const double *d, const double *score, d90_row row)
{
    curve_run runs[8];
    curve_mean means[8];
    curve_space s = {.space = "s",
                     .state = d90_state_text[row.state],
                     .metric = "loss",
                     .baseline = row.baseline,
                     .floor = row.floor,
                     .threshold = row.threshold,
                     .d90 = row.fit,
                     .d_min = row.d_min,
                     .d_max = row.d_max,
                     .row = row,
                     .runs = runs,
                     .means = means,
                     .n_runs = n,
                     .n_means = n};
    for (size_t i = 0; i < n; i++) {
        runs[i] = (curve_run){d[i], score[i], 1};
        means[i] = (curve_mean){d[i], score[i], 1};
    }
    char *drawn = draw(&s, (terminal_look){.columns = 80});
    if (drawn)
        assert_true(widest(drawn) <= 80);
    return drawn;
}

static void corners_are_drawn(void **state)
{
    const double nan = (double)NAN, inf = (double)INFINITY;
    d90_row r = {.state = IDIM_UNMEASURABLE,
                 .better = "lower",
                 .baseline = nan,
                 .floor = nan,
                 .threshold = nan,
                 .fit = nan,
                 .low = nan,
                 .high = nan,
                 .d_min = 7,
                 .d_max = 7};
    mem_free(corner(1, (double[]){7}, (double[]){0}, r));
    mem_free(corner(1, (double[]){7}, (double[]){-1e300}, r));
    mem_free(corner(2, (double[]){7, 1e300}, (double[]){1e300, 1e-300}, r));
    mem_free(corner(2, (double[]){1e-9, 1e9}, (double[]){.5, .5}, r));
    mem_free(corner(3, (double[]){7, 8, 9}, (double[]){1e-12, 2e-12, 3e-12}, r));
    assert_null(corner(0, NULL, NULL, r));
    r.state = IDIM_EXACT; /* far outside of what was run */
    r.threshold = r.baseline = 3;
    r.fit = 1e12;
    r.low = 0;
    r.high = inf;
    char *drawn = corner(2, (double[]){7, 8}, (double[]){2, 4}, r);
    assert_non_null(strstr(drawn, "(below 7 to above 7)"));
    mem_free(drawn);
    r.fit = 1e-12;
    mem_free(corner(2, (double[]){7, 8}, (double[]){2, 4}, r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_drawing_is_the_one_that_was_looked_at),
        cmocka_unit_test(every_run_is_a_dot),
        cmocka_unit_test(no_line_is_wider_than_the_terminal),
        cmocka_unit_test(ascii_is_ascii_and_colour_changes_no_letter),
        cmocka_unit_test(corners_are_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
