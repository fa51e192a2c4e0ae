/* plot.c -- see plot.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/key.h"
#include "base/os.h"
#include "plot_scripts.h"
#include "report/plot.h"

const char *plot_name(size_t i)
{
    return plot_scripts[i].name;
}

static status find_gnuplot(char **program)
{
    const char *path = getenv("PATH");
    *program = NULL;
    while (path && *path) {
        size_t n = strcspn(path, ":");
        char *whole = mem_printf("%.*s/gnuplot", (int)n, path);
        if (!whole)
            return ERR_MEMORY;
        if (file_exists(whole)) {
            *program = whole;
            return OK;
        }
        mem_free(whole);
        path += n + (path[n] == ':');
    }
    return error_set(ERR_FAILED, "gnuplot is not installed; the CSVs are there: apt install "
                                 "gnuplot-nox, then idim plot NAME, here or elsewhere");
}

/* A text in gnuplot's single quotes, where '' is one. */
static void quoted(text *t, const char *s)
{
    text_add(t, "'");
    for (; *s; s++)
        text_add(t, *s == '\'' ? "''" : "%c", *s);
    text_add(t, "'");
}

static status run(const char *program, const char *settings, const char *script)
{
    const char *const argv[] = {program, "-e", settings, script, NULL};
    const char *const env[] = {NULL};
    char some[512];
    os_child child;
    size_t n;
    int code;
    status st = os_spawn(&child, program, argv, env);
    if (st)
        return st;
    do /* what it says on stdout is nobody's business; its end is */
        st = os_read(child.out, some, sizeof some, &n);
    while (!st && n);
    status st2 = os_reap(&child, &code);
    if (st || st2)
        return st ? st : st2;
    return code
               ? error_set(ERR_FAILED, "%s: gnuplot ended with %d; run it to see why", script, code)
               : OK;
}

static status draw(const char *program, const char *folder, const char *name, const char *script,
                   const char *format)
{
    text settings = {0};
    char *target = mem_printf("%s/plots/%s.%s", folder, name, format);
    char *half = mem_printf("%s/plots/.%s.%s", folder, name, format);
    status st = target && half ? OK : ERR_MEMORY;
    text_add(&settings, "folder=");
    quoted(&settings, folder);
    text_add(&settings, "; format='%s'; target=", format);
    quoted(&settings, half ? half : "");
    if (settings.failed)
        st = ERR_MEMORY;
    if (!st && !(st = run(program, settings.text, script)) && rename(half, target))
        st = error_errno(ERR_FILE, "%s: cannot be put in its place", target);
    if (st && half)
        remove(half);
    text_clear(&settings);
    mem_free(target);
    mem_free(half);
    return st;
}

static status place_script(const char *folder, const char *name, char **script)
{
    char *plots = mem_printf("%s/plots", folder);
    status st = ERR_USAGE;
    *script = mem_printf("%s/plots/%s.gp", folder, name);
    if (!plots || !*script) {
        mem_free(plots);
        return ERR_MEMORY;
    }
    for (size_t i = 0; plot_scripts[i].name && st == ERR_USAGE; i++)
        if (!strncmp(plot_scripts[i].name, name, strlen(name)) &&
            !strcmp(plot_scripts[i].name + strlen(name), ".gp") && !(st = file_make_folder(plots)))
            st = file_write(*script, plot_scripts[i].bytes, plot_scripts[i].n);
    if (st == ERR_USAGE)
        st = error_set(ERR_USAGE, "%s: no such figure", name);
    mem_free(plots);
    return st;
}

status plot_draw(const char *folder, const char *name, const char *formats)
{
    char *program = NULL, *script = NULL, **parts = NULL;
    size_t n = 0;
    status st;
    if ((st = key_cut(formats, "+", &parts, &n)))
        return st;
    for (size_t i = 0; i < n && !st; i++)
        if (strcmp(parts[i], "svg") && strcmp(parts[i], "pdf") && strcmp(parts[i], "png"))
            st = error_set(ERR_USAGE, "%s: figures are svg, pdf or png", parts[i]);
    if (!st && !(st = place_script(folder, name, &script)))
        st = find_gnuplot(&program);
    for (size_t i = 0; i < n && !st; i++)
        st = draw(program, folder, name, script, parts[i]);
    key_parts_free(parts, n);
    mem_free(program);
    mem_free(script);
    return st;
}
