/* idim.c -- main() and the table of commands. `idim d90 ...`, or by a link's name `idim-d90 ...`. */
#include <stdlib.h>
#include <string.h>

#include "experiments/command.h"

/* One a line, in the order of the help. */
/* clang-format off */
#define COMMANDS(X) \
    X(d90) \
    X(ranks) \
    X(train) \
    X(compare) \
    X(bound) \
    X(plan) \
    X(run) \
    X(slurm) \
    X(status) \
    X(collect) \
    X(diff) \
    X(verify) \
    X(export) \
    X(import) \
    X(clean) \
    X(repro) \
    X(spectra) \
    X(similarity) \
    X(intruders) \
    X(inspect) \
    X(eval) \
    X(generate) \
    X(merge) \
    X(extract) \
    X(pack) \
    X(unpack) \
    X(tokenize) \
    X(memory) \
    X(latency) \
    X(list) \
    X(show) \
    X(plot) \
    X(report) \
    X(doctor) \
    X(worker)
/* clang-format on */

#define DECLARE(name) extern const command command_##name;
COMMANDS(DECLARE)
#undef DECLARE
#define POINT(name) &command_##name,
const command *const command_rows[] = {COMMANDS(POINT) NULL};
#undef POINT

static void help(FILE *out)
{
    const char *group = "";
    fprintf(out,
            "idim %s: how many numbers must training really choose?\n\n"
            "  idim d90 --data fashion-mnist     d90 of a network, with its interval\n"
            "  idim list spaces                  what can be trained in place of all weights\n"
            "  idim show NAME                    what a results folder holds\n",
            IDIM_VERSION);
    for (const command *const *row = command_rows; *row; row++) {
        const command *c = *row;
        if (c->hidden)
            continue;
        if (strcmp(group, c->group))
            fprintf(out, "\n%s\n", c->group);
        group = c->group;
        fprintf(out, "  %-10s %s\n", c->name, c->doc);
    }
    fprintf(out,
            "\nidim COMMAND --help shows a command's examples and options.\n"
            "idim --version; idim --man COMMAND | man -l -; idim --completion bash, or zsh.\n");
}

static const command *find(const char *name)
{
    for (const command *const *row = command_rows; *row; row++)
        if (!strcmp((*row)->name, name))
            return *row;
    return NULL;
}

/* For links and scripts: one a line. */
static void names(void)
{
    for (const command *const *row = command_rows; *row; row++)
        if (!(*row)->hidden)
            puts((*row)->name);
}

static int unknown(const char *name)
{
    const char *all[64];
    char mean[80];
    size_t n = 0;
    for (const command *const *row = command_rows; *row && n < 64; row++)
        if (!(*row)->hidden)
            all[n++] = (*row)->name;
    return command_end(error_set(ERR_USAGE, "idim: no command %s%s; `idim --help` shows them all",
                                 name, key_did_you_mean(name, all, n, mean)));
}

static int man(const char *name)
{
    if (name && !find(name))
        return unknown(name);
    command_man(name ? find(name) : NULL, stdout);
    return EXIT_DONE;
}

static int dispatch(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/'), *self = slash ? slash + 1 : argv[0];
    if (!strncmp(self, "idim-", 5) && find(self + 5))
        return command_main(find(self + 5), argc - 1, argv + 1);
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "help") && argc > 2) /* idim help train */
        return find(argv[2]) ? command_main(find(argv[2]), 1, (char *[]){(char[]){"--help"}, NULL})
                             : unknown(argv[2]);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
        help(stdout);
    else if (!strcmp(argv[1], "--version"))
        printf("idim %s\n", IDIM_VERSION);
    else if (!strcmp(argv[1], "--commands"))
        names();
    else if (!strcmp(argv[1], "--man"))
        return man(argc > 2 ? argv[2] : NULL);
    else if (!strcmp(argv[1], "--completion"))
        return command_end(command_completion(argc > 2 ? argv[2] : "bash", stdout));
    else if (find(argv[1]))
        return command_main(find(argv[1]), argc - 2, argv + 2);
    else
        return unknown(argv[1]);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    if (idim_start())
        return command_end(ERR_FAILED);
    int code = dispatch(argc, argv);
    if (fflush(stdout) || ferror(stdout)) { /* a full disk is not exit 0 */
        fprintf(stderr, "standard output: cannot be written; is the disk full?\n");
        return code ? code : EXIT_FAILED;
    }
    return code;
}
