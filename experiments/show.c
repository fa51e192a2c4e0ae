/* show.c -- idim show: a results folder as curve and headline, from its CSVs alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "base/progress.h"
#include "experiments/folder.h"
#include "experiments/show.h"

/* Does the terminal read UTF-8? By the locale's names, as terminals set them. */
static bool speaks_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strstr(value, "UTF-8") || strstr(value, "utf8") || strstr(value, "UTF8");
    }
    return false;
}

status show_curves(const char *path, FILE *out)
{
    curves c;
    text t = {0};
    size_t columns = os_columns();
    terminal_look look = {
        .columns = columns < 80 ? columns : 80, .utf8 = speaks_utf8(), .colour = log_colour(out)};
    status st = curves_load(&c, path);
    if (st)
        return st;
    for (size_t i = 0; i < c.n; i++) {
        if (c.n > 1)
            text_add(&t, "%s\n", c.spaces[i].space);
        terminal_curve(&c.spaces[i], look, &t);
    }
    if (t.failed)
        st = ERR_MEMORY;
    else
        fprintf(out, "%s", t.text ? t.text : "");
    text_clear(&t);
    curves_clear(&c);
    return st;
}

/* "d90 = 312, 95 % 250 .. 390" of a space, as the CSV has it. */
static void headline(const curve_space *s, FILE *out)
{
    fprintf(out, "%s: ", s->space);
    if (!strcmp(s->state, "exact"))
        fprintf(out, "d90 = %.3g", s->d90);
    else if (!strcmp(s->state, "above"))
        fprintf(out, "d90 > %g", s->d_max);
    else if (!strcmp(s->state, "below"))
        fprintf(out, "d90 < %g", s->d_min);
    else
        fprintf(out, "d90 cannot be measured");
    if (!strcmp(s->state, "exact") && *s->low_state && *s->high_state) {
        bool below = !strcmp(s->low_state, "below"), above = !strcmp(s->high_state, "above");
        fprintf(out, ", 95 %% %s%.3g .. %s%.3g", below ? "< " : "", below ? s->d_min : s->low,
                above ? "> " : "", above ? s->d_max : s->high);
    }
    fprintf(out, " (%s)\n", s->rule);
}

static status show_folder(const char *path, FILE *out)
{
    curves c;
    char D[32];
    char *file = mem_printf("%s/d90.csv", path);
    status st = file ? OK : ERR_MEMORY;
    if (!st && !file_exists(file))
        st = error_set(ERR_FILE,
                       "%s: not there; `idim d90 --out %s` makes it, `idim collect` lists "
                       "runs",
                       file, path);
    mem_free(file);
    if (st || (st = curves_load(&c, path)))
        return st;
    fprintf(out, "%s, %s, D = %s, %s epochs\n", c.data, c.model, count_text((size_t)c.D, D),
            c.epochs);
    st = show_curves(path, out);
    for (size_t i = 0; i < c.n && !st; i++)
        headline(&c.spaces[i], out);
    curves_clear(&c);
    return st;
}

static int show_run(void *options, size_t n, char *const *names, FILE *out)
{
    status st = OK;
    (void)options;
    for (size_t i = 0; i < n && !st; i++) {
        char *path = folder_path(names[i], "");
        st = path ? show_folder(path, out) : ERR_MEMORY;
        mem_free(path);
    }
    return command_end(st);
}

const command command_show = {
    .name = "show",
    .group = "look",
    .doc = "curve and d90 of a results folder",
    .takes = "NAME...",
    .least = 1,
    .most = 16,
    .examples = {"idim show demo", "idim show results/demo"},
    .run = show_run,
};
