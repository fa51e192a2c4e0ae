/* man.c -- the man pages, from the same rows as --help: idim(1) is the overview, idim-COMMAND(1) has each
 * command's options. */
#include <string.h>

#include "experiments/command.h"

/* As it is typed: quotes and minus stay ASCII, to be copied; no line is one that roff takes for a request. */
static void man_text(const char *s, FILE *out)
{
    if (*s == '.')
        fputs("\\&", out);
    for (; *s; s++)
        if (*s == '\'')
            fputs("\\(aq", out);
        else if (*s == '`')
            fputs("\\(ga", out);
        else
            fprintf(out, *s == '-' || *s == '\\' ? "\\%c" : "%c", *s);
}

static void man_head(const char *name, const char *doc, FILE *out)
{
    fprintf(out, ".TH ");
    for (const char *at = name; *at; at++)
        fputc(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at, out);
    fprintf(out, " 1 \"\" \"idim %s\" \"User Commands\"\n.SH NAME\n", IDIM_VERSION);
    man_text(name, out);
    fprintf(out, " \\- ");
    man_text(doc, out);
    fprintf(out, "\n.SH SYNOPSIS\n");
}

static void man_exit(FILE *out)
{
    fprintf(out,
            ".SH EXIT STATUS\n0 done; 1 failed; 2 usage; 3 finished with some runs failed; 4 "
            "differences were found; 75 stopped, start again to go on; 130 interrupted, what is "
            "finished is kept.\n");
}

/* idim-NAME(1), and the comma or full stop behind it */
static void man_see(const char *name, const char *behind, FILE *out)
{
    fprintf(out, ".BR idim\\-%s (1)%s\n", name, behind);
}

/* ------------------------------------------------------------------ a command's page */

static void man_option(const command *c, const key *k, FILE *out)
{
    text meaning = {0};
    command_meaning(c, k, &meaning);
    fprintf(out, ".TP\n.B \\-\\-");
    man_text(k->name, out);
    fprintf(out, "%s\n", command_form(k));
    man_text(meaning.text ? meaning.text : "", out);
    fputc('\n', out);
    text_clear(&meaning);
}

/* The usual ones of all tables, or the others, under a title; returns how many. */
static size_t man_options(const command *c, bool usual, const char *title, FILE *out)
{
    size_t n = 0;
    for (size_t i = 0; i < COMMAND_TABLES && c->tables[i]; i++)
        for (const key *k = c->tables[i]; k->name; k++)
            if (command_usual(c, k) == usual) {
                if (!n++)
                    fprintf(out, ".SH %s\n", title);
                man_option(c, k, out);
            }
    return n;
}

static void man_examples(const command *c, FILE *out)
{
    fprintf(out, ".SH EXAMPLES\n.nf\n");
    for (size_t i = 0; i < 3 && c->examples[i]; i++) {
        man_text(c->examples[i], out);
        fputc('\n', out);
    }
    fprintf(out, ".fi\n");
}

/* Its neighbours in the help. */
static void man_see_also(const command *c, FILE *out)
{
    fprintf(out, ".SH SEE ALSO\n");
    for (const command *const *row = command_rows; *row; row++)
        if (*row != c && !(*row)->hidden && !strcmp((*row)->group, c->group))
            man_see((*row)->name, ",", out);
    fprintf(out, ".BR idim (1)\n");
}

static void man_command(const command *c, FILE *out)
{
    char name[64];
    snprintf(name, sizeof name, "idim-%s", c->name);
    man_head(name, c->doc, out);
    fprintf(out, ".B idim %s\n", c->name);
    if (c->takes) {
        fprintf(out, ".I ");
        man_text(c->takes, out);
        fputc('\n', out);
    }
    fprintf(out, "[\\-\\-option value]...\n");
    if (c->of_file)
        fprintf(out,
                ".br\n.B idim %s\n.I FILE\n[\\-\\-option value]...: a sweep file first, as\n"
                ".BR idim\\-run (1)\n",
                c->name);
    man_examples(c, out);
    if (man_options(c, true, "OPTIONS", out))
        man_options(c, false, "MORE OPTIONS", out);
    man_exit(out);
    man_see_also(c, out);
}

/* ------------------------------------------------------------------ the overview */

static void man_overview(FILE *out)
{
    const char *group = "", *last = NULL;
    man_head("idim", "how many numbers must training really choose?", out);
    fprintf(out, ".B idim\n.I command\n[\\-\\-option value]...\n.SH COMMANDS\n"
                 "Each has a page of its own, with its options.\n");
    for (const command *const *row = command_rows; *row; row++) {
        const command *c = *row;
        if (c->hidden)
            continue;
        if (strcmp(group, c->group))
            fprintf(out, ".SS %s\n", c->group);
        group = c->group;
        fprintf(out, ".TP\n");
        man_see(c->name, "", out);
        man_text(c->doc, out);
        fputc('\n', out);
        last = c->name;
    }
    fprintf(
        out,
        ".SH FILES\nA results folder is results/NAME, or a path where the name has a slash. Its "
        "files and all columns: docs/formats.md, or\n.BR \"idim list d90.csv\" .\n"
        ".SH ENVIRONMENT\n"
        ".TP\n.B IDIM_DATA\nfolder of data sets, looked at before ./data and "
        "/usr/share/datasets\n"
        ".TP\n.B SLURM_CPUS_PER_TASK\ncores to fill, in place of those that this process may use\n"
        ".TP\n.B NO_COLOR\nwhen not empty: no colours\n"
        ".TP\n.B TERM\ndumb: no colours, and no progress line, which would have to be redrawn\n"
        ".TP\n.BR LC_ALL , \" LC_CTYPE\" , \" LANG\"\nUTF\\-8 or not: what curves in the terminal "
        "are "
        "drawn with\n"
        ".TP\n.B COLUMNS\nwidth where there is no terminal to ask\n"
        ".TP\n.B OPENBLAS_CORETYPE\nkernels of OpenBLAS (idim doctor); another one is another "
        "numeric "
        "kind\n");
    man_exit(out);
    fprintf(out, ".SH SEE ALSO\n");
    for (const command *const *row = command_rows; *row; row++)
        if (!(*row)->hidden)
            man_see((*row)->name, strcmp((*row)->name, last) ? "," : "", out);
}

void command_man(const command *c, FILE *out)
{
    if (c)
        man_command(c, out);
    else
        man_overview(out);
}
