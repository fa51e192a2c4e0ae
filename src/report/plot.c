/* plot.c -- see plot.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/key.h"
#include "base/os.h"
#include "format/csv.h"
#include "plot_scripts.h"
#include "report/plot.h"

enum { PLOT_SCRIPT = 1 << 20, PLOT_SAID = 4000 };

const char *plot_name(size_t i)
{
    return plot_scripts[i].name;
}

/* The name by which the user calls a folder: results/demo is demo. */
static const char *plot_folder_name(const char *folder)
{
    bool below = !strncmp(folder, "results/", 8) && folder[8] && !strchr(folder + 8, '/');
    return below ? folder + 8 : folder;
}

static status plot_find_gnuplot(const char *folder, char **program)
{
    const char *path = getenv("PATH");
    *program = NULL;
    while (path && *path) {
        size_t n = strcspn(path, ":");
        char *whole = mem_printf("%.*s/gnuplot", (int)n, path);
        if (!whole)
            return ERR_MEMORY;
        if (file_exists(whole) && !file_is_folder(whole)) {
            *program = whole;
            return OK;
        }
        mem_free(whole);
        path += n + (path[n] == ':');
    }
    return error_set(ERR_FAILED,
                     "gnuplot is not installed, so nothing was drawn; the CSVs are there: apt "
                     "install gnuplot-nox, then idim plot %s, here or elsewhere",
                     plot_folder_name(folder));
}

/* ------------------------------------------------------------------ the script */

static const char plot_seal[] = "# as idim wrote it: ";

/* Is the script that lies there one that idim wrote and nobody edited? */
static bool plot_sealed(const char *bytes, size_t n)
{
    char line[64];
    size_t room = sizeof plot_seal - 1 + 9; /* eight digits and the line end */
    if (n < room)
        return false;
    snprintf(line, sizeof line, "%s%08lx\n", plot_seal, (unsigned long)hash_crc32(bytes, n - room));
    return !memcmp(bytes + n - room, line, room);
}

/* The script to draw with: the one in the folder if it was edited, else ours, written there. */
static status plot_place(const char *path, size_t which, const char *settings, char **script)
{
    text t = {0};
    size_t n = 0;
    status st = OK;
    *script = NULL;
    if (file_exists(path)) {
        if ((st = file_read(path, PLOT_SCRIPT, script, &n)))
            return st;
        if (!plot_sealed(*script, n))
            return OK;
        mem_free(*script);
        *script = NULL;
    }
    text_add(&t, "%s", settings);
    text_bytes(&t, (const char *)plot_scripts[which].bytes, plot_scripts[which].n);
    if (!t.failed)
        text_add(&t, "%s%08lx\n", plot_seal, (unsigned long)hash_crc32(t.text, t.length));
    st = t.failed ? ERR_MEMORY : file_write(path, t.text, t.length);
    if (st)
        text_clear(&t);
    *script = t.text; /* mem_free frees it */
    return st;
}

/* Opens every file that the script reads by csv('NAME'), so that what is wrong with it is said by us. */
static status plot_check_files(const char *folder, const char *script)
{
    static const char call[] = "csv('";
    status st = OK;
    for (const char *p = script; !st && (p = strstr(p, call)); p++) {
        const char *name = p + sizeof call - 1;
        size_t n = strcspn(name, "'\n");
        char *word = mem_printf("%s%.*s'", call, (int)n, name);
        char *path = mem_printf("%s/%.*s", folder, (int)n, name);
        csv *c = NULL;
        if (!word || !path)
            st = ERR_MEMORY;
        else if (strstr(script, word) == p) /* each once */
            st = csv_open(&c, path);
        csv_free(c);
        mem_free(word);
        mem_free(path);
    }
    return st;
}

/* ------------------------------------------------------------------ drawing */

/* A text in gnuplot's single quotes, where '' is one and nothing else is special. */
static void plot_quoted(text *t, const char *s)
{
    text_add(t, "'");
    for (; *s; s++)
        text_bytes(t, *s == '\'' ? "''" : s, *s == '\'' ? 2 : 1);
    text_add(t, "'");
}

/* Runs gnuplot without the user's start-up files; the shell only joins stderr to stdout. */
static status plot_run(const char *program, const char *settings, const char *script)
{
    const char *const argv[] = {
        "/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1", program, "-d", "-e", settings, script, NULL};
    const char *const env[] = {"GNUTERM=unknown", NULL};
    char said[PLOT_SAID + 1], more[256];
    os_child child;
    size_t n, used = 0;
    int code;
    status st = os_spawn(&child, argv[0], argv, env), end;
    if (st)
        return st;
    os_close(child.in);
    child.in = -1;
    while (!(st = os_read(child.out, more, sizeof more, &n)) && n)
        for (size_t i = 0; i < n && used < PLOT_SAID; i++)
            if (used || more[i] > ' ') /* from the first word on, in one line */
                said[used++] = more[i] >= 0 && more[i] < ' ' ? ' ' : more[i];
    while (used && said[used - 1] == ' ')
        used--;
    said[used] = '\0';
    if (st)
        os_kill(&child, false);
    end = os_reap(&child, &code);
    if (st || end)
        return st ? st : end;
    return code ? error_set(ERR_FAILED, "%s: gnuplot could not draw it (exit %d): %.400s", script,
                            code, used ? said : "it said nothing")
                : OK;
}

/* Drawn beside its place and renamed, so that a figure is whole or as before. */
static status plot_format(const char *program, const char *folder, const char *name,
                          const char *script, const char *more, const char *format)
{
    text settings = {0};
    char *target = mem_printf("%s/plots/%s.%s", folder, name, format);
    char *half = mem_printf("%s/plots/.%s.%016llx.%s", folder, name,
                            (unsigned long long)os_random(), format);
    status st = target && half ? OK : ERR_MEMORY;
    text_add(&settings, "folder=");
    plot_quoted(&settings, folder);
    text_add(&settings, "; %sformat='%s'; target=", more, format);
    plot_quoted(&settings, half ? half : "");
    if (settings.failed)
        st = ERR_MEMORY;
    if (!st && !(st = plot_run(program, settings.text, script)) && rename(half, target))
        st = error_errno(ERR_FILE, "%s: cannot be put in its place", target);
    if (st && half)
        remove(half);
    text_clear(&settings);
    mem_free(target);
    mem_free(half);
    return st;
}

static status plot_which(const char *folder, const char *name, size_t *which)
{
    text known = {0};
    status st = OK;
    for (const char *p = folder; *p; p++)
        if (*p == '\n' || *p == '\r')
            return error_set(ERR_USAGE, "%s: a folder whose name has a line end cannot be drawn",
                             folder);
    for (*which = 0; plot_scripts[*which].name; ++*which) {
        if (!strcmp(plot_scripts[*which].name, name))
            break;
        text_add(&known, "%s%s", *which ? ", " : "", plot_scripts[*which].name);
    }
    if (!plot_scripts[*which].name)
        st = error_set(ERR_USAGE, "%s: no such figure; there are %s", name,
                       known.text ? known.text : "none");
    text_clear(&known);
    return st;
}

/* settings: what the script is left with in front, lines; more: the same for this drawing, commands. */
static status plot_one(const char *folder, const char *name, const char *settings, const char *more,
                       const char *formats)
{
    char *program = NULL, *plots = NULL, *path = NULL, *script = NULL, **parts = NULL;
    size_t n = 0, which = 0;
    status st;
    if ((st = key_cut(formats, "+", &parts, &n)) || (st = plot_which(folder, name, &which)))
        goto done;
    for (size_t i = 0; i < n; i++)
        if (strcmp(parts[i], "svg") && strcmp(parts[i], "pdf") && strcmp(parts[i], "png")) {
            st = error_set(ERR_USAGE, "%s: figures are svg, pdf or png", parts[i]);
            goto done;
        }
    plots = mem_printf("%s/plots", folder);
    path = mem_printf("%s/plots/%s.gp", folder, name);
    st = plots && path ? OK : ERR_MEMORY;
    if (st || (st = file_make_folder(plots)) || (st = plot_place(path, which, settings, &script)) ||
        (st = plot_check_files(folder, script)) || (st = plot_find_gnuplot(folder, &program)))
        goto done;
    for (size_t i = 0; i < n && !st; i++)
        st = plot_format(program, folder, name, path, more, parts[i]);
done:
    key_parts_free(parts, n);
    mem_free(program);
    mem_free(plots);
    mem_free(path);
    mem_free(script);
    return st;
}

status plot_draw(const char *folder, const char *name, const char *formats)
{
    return plot_one(folder, name, "", "", formats);
}

/* ------------------------------------------------------------------ several folders */

/* The columns that are read, of every folder. */
static status plot_over_check(const plot_sweeps *how, const char *folder)
{
    const char *const needed[] = {"role", how->x, how->y, how->by};
    csv *c;
    size_t column;
    status st = csv_open_in(&c, folder, "runs.csv");
    if (strpbrk(folder, "\t\r\n"))
        st = error_set(ERR_USAGE, "%s: a folder with a tab or a line end cannot be drawn", folder);
    for (size_t i = 0; i < sizeof needed / sizeof *needed && !st; i++)
        if (strcmp(needed[i], "folder") != 0 && csv_need(c, needed[i], &column))
            st = error_set(ERR_USAGE, "%s", error_text());
    csv_free(c);
    return st;
}

/* name='value' */
static void plot_setting(text *t, const char *name, const char *value)
{
    text_add(t, "%s=", name);
    plot_quoted(t, value);
}

status plot_over(const plot_sweeps *how, const char *const *folders, size_t n)
{
    text list = {0}, lines = {0}, more = {0};
    status st = OK;
    for (size_t i = 0; i < n && !st; i++) {
        st = plot_over_check(how, folders[i]);
        text_add(&list, "%s%s", i ? "\t" : "", folders[i]);
    }
    const struct {
        const char *name, *value;
    } settings[] = {{"folders", list.text ? list.text : ""},
                    {"by", how->by},
                    {"across", how->x},
                    {"up", how->y},
                    {"width", how->width}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        text_add(&lines, "if (!exists(\"%s\")) ", settings[i].name);
        plot_setting(&lines, settings[i].name, settings[i].value);
        text_add(&lines, "\n");
        plot_setting(&more, settings[i].name, settings[i].value);
        text_add(&more, "; ");
    }
    if (!st && (list.failed || lines.failed || more.failed))
        st = ERR_MEMORY;
    if (!st)
        st = plot_one(folders[0], "overlay", lines.text, more.text, how->format);
    text_clear(&list);
    text_clear(&lines);
    text_clear(&more);
    return st;
}
