/* completion.c -- what a shell asks while a command is typed: its options, the kinds that one takes, results
 * folders. Made from the rows of commands and kinds, so that it knows what the program knows. */
#include <string.h>

#include "experiments/command.h"

/* Of an option named after a table of kinds (space: spaces, data: data); NULL: of none. */
static const command_kinds *completion_kinds(const key *k)
{
    for (const command_kinds *t = command_tables; t->name; t++) {
        size_t n = strlen(k->name);
        if (!strncmp(t->name, k->name, n) && (!t->name[n] || !strcmp(t->name + n, "s")))
            return t;
    }
    return NULL;
}

static bool completion_folders(const command *c) /* it takes names of results folders */
{
    return c->takes && !strncmp(c->takes, "NAME", 4);
}

static bool completion_lists(const command *c) /* it takes what idim list shows */
{
    return c->takes && !strcmp(c->takes, "WHAT");
}

/* "stacked+single" with blanks */
static void completion_words(const char *words, FILE *out)
{
    for (; *words; words++)
        fputc(*words == '+' ? ' ' : *words, out);
}

/* ------------------------------------------------------------------ bash */

/* What stands behind an option that takes a value; where nothing is known of it, files. */
static void bash_value(const key *k, FILE *out)
{
    const command_kinds *t = completion_kinds(k);
    if (k->type == IDIM_BOOL)
        return;
    fprintf(out, "            --%s) words=\"", k->name);
    if (t)
        fprintf(out, "$%s", t->name);
    else if (k->words)
        completion_words(k->words, out);
    fprintf(out, "\" ;;\n");
}

static void bash_command(const command *c, FILE *out)
{
    fprintf(out, "        %s)\n            case $before in\n", c->name);
    for (size_t i = 0; i < COMMAND_TABLES && c->tables[i]; i++)
        for (const key *k = c->tables[i]; k->name; k++)
            bash_value(k, out);
    fprintf(out, "            *) words=\"--help");
    for (size_t i = 0; i < COMMAND_TABLES && c->tables[i]; i++)
        for (const key *k = c->tables[i]; k->name; k++)
            fprintf(out, " --%s", k->name);
    if (completion_folders(c))
        fprintf(out, " $(command ls results 2>/dev/null)");
    for (const command_kinds *t = command_tables; t->name && completion_lists(c); t++)
        fprintf(out, " %s $%s", t->name, t->name);
    fprintf(out, "\" ;;\n            esac ;;\n");
}

static void completion_bash(FILE *out)
{
    fprintf(out,
            "# bash completion of idim, made by `idim --completion bash`\n"
            "_idim() {\n"
            "    local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=\n"
            "    [ \"$cur\" != = ] || cur=\n" /* readline cuts words at = */
            "    [ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD - 2]}\n");
    for (const command_kinds *t = command_tables; t->name; t++) {
        fprintf(out, "    local %s=\"", t->name);
        for (const void *const *row = t->rows; *row; row++)
            fprintf(out, "%s%s", row == t->rows ? "" : " ", ((const kind_row *)*row)->name);
        fprintf(out, "\"\n");
    }
    fprintf(out, "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=\"");
    for (const command *const *row = command_rows; *row; row++)
        if (!(*row)->hidden)
            fprintf(out, "%s ", (*row)->name);
    fprintf(out, "--help --version\"\n    else\n        case ${COMP_WORDS[1]} in\n");
    for (const command *const *row = command_rows; *row; row++)
        if (!(*row)->hidden)
            bash_command(*row, out);
    fprintf(out, "        esac\n    fi\n"
                 "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                 "    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                 "}\ncomplete -F _idim idim\n");
}

/* ------------------------------------------------------------------ zsh */

/* Text inside '...', with a backslash before each of `special`. */
static void zsh_text(const char *s, const char *special, FILE *out)
{
    for (; *s; s++)
        if (*s == '\'')
            fputs("'\\''", out);
        else
            fprintf(out, strchr(special, *s) ? "\\%c" : "%c", *s);
}

/* '--space=[what is trained]:value:_idim_spaces' */
static void zsh_option(const command *c, const key *k, FILE *out)
{
    const command_kinds *t = completion_kinds(k);
    fprintf(out, " \\\n            '%s--%s%s[", command_repeats(c, k) ? "*" : "", k->name,
            k->type == IDIM_BOOL ? "" : "=");
    zsh_text(k->doc, "[]\\", out);
    fputc(']', out);
    if (t)
        fprintf(out, ":%s:_idim_%s", k->name, t->name);
    else if (k->words) {
        fprintf(out, ":%s:(", k->name);
        completion_words(k->words, out);
        fputc(')', out);
    } else if (k->type == IDIM_TEXT)
        fprintf(out, ":%s:_files", k->name);
    else if (k->type != IDIM_BOOL)
        fprintf(out, ":%s: ", k->name);
    fputc('\'', out);
}

static void zsh_command(const command *c, FILE *out)
{
    fprintf(out, "    %s)\n        _arguments '--help[examples and options]'", c->name);
    for (size_t i = 0; i < COMMAND_TABLES && c->tables[i]; i++)
        for (const key *k = c->tables[i]; k->name; k++)
            zsh_option(c, k, out);
    if (c->takes)
        fprintf(out, " \\\n            '*:%s:%s'", c->takes,
                completion_folders(c) ? "_idim_folders"
                : completion_lists(c) ? "_idim_list"
                                      : "_files");
    fprintf(out, " ;;\n");
}

/* _idim_spaces() {...}: the rows of a table, behind the @ or ++ of a composition too */
static void zsh_kinds(const command_kinds *t, FILE *out)
{
    fprintf(out, "_idim_%s() {\n    local -a rows=(", t->name);
    for (const void *const *row = t->rows; *row; row++) {
        const kind_row *r = *row;
        fprintf(out, "\n        '%s:", r->name);
        zsh_text(r->doc, "", out);
        fputc('\'', out);
    }
    fprintf(out, ")\n    compset -P '*(@|++)'\n    _describe -t %s %s rows\n}\n", t->name, t->name);
}

static void completion_zsh(FILE *out)
{
    fprintf(out, "#compdef idim\n# zsh completion of idim, made by `idim --completion zsh`\n");
    for (const command_kinds *t = command_tables; t->name; t++)
        zsh_kinds(t, out);
    fprintf(out, "_idim_list() {\n    local -a tables=(");
    for (const command_kinds *t = command_tables; t->name; t++)
        fprintf(out, "%s%s", t == command_tables ? "" : " ", t->name);
    fprintf(out, ")\n    _describe -t tables table tables\n");
    for (const command_kinds *t = command_tables; t->name; t++)
        fprintf(out, "    _idim_%s\n", t->name);
    fprintf(out, "}\n_idim_folders() {\n    local -a folders=(results/*(/N:t))\n"
                 "    _describe -t folders 'results folder' folders\n    _files\n}\n"
                 "_idim() {\n    local -a commands=(");
    for (const command *const *row = command_rows; *row; row++)
        if (!(*row)->hidden) {
            fprintf(out, "\n        '%s:", (*row)->name);
            zsh_text((*row)->doc, "", out);
            fputc('\'', out);
        }
    fprintf(out, ")\n    if (( CURRENT == 2 )); then\n"
                 "        _describe -t commands command commands\n        return\n    fi\n"
                 "    shift words\n    (( CURRENT-- ))\n    case $words[1] in\n");
    for (const command *const *row = command_rows; *row; row++)
        if (!(*row)->hidden)
            zsh_command(*row, out);
    fprintf(out, "    esac\n}\n_idim \"$@\"\n");
}

status command_completion(const char *shell, FILE *out)
{
    if (!strcmp(shell, "bash"))
        completion_bash(out);
    else if (!strcmp(shell, "zsh"))
        completion_zsh(out);
    else
        return error_set(ERR_USAGE, "idim --completion: %s is not known; say bash or zsh", shell);
    return OK;
}
