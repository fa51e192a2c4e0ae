/* export.c -- idim export: a results folder as one file. */
#include <string.h>

#include "experiments/folder.h"
#include "sweep/bundle.h"

typedef struct options {
    const char *to;
    bool light;
} options;

static const key keys[] = {
    KEY_TEXT("to", options, to, "", "the file: .tar, .tar.gz, .tar.xz; NAME.tar.gz when empty"),
    KEY("light", options, light, "no", 0, 0, "",
        "for a reader without idim: CSVs, figures with their scripts, report, tables"),
    {0},
};

static int export_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    char *path = folder_path(names[0], ""), size[16], *file;
    const char *slash = strrchr(names[0], '/');
    bundle_told told;
    (void)n;
    file = *o->to ? mem_string(o->to)
                  : mem_printf("%s%s.tar.gz", slash && slash[1] ? slash + 1 : names[0],
                               o->light ? "-light" : "");
    status st = path && file ? folder_check(path) : ERR_MEMORY;
    if (!st && !(st = bundle_export(path, file, o->light, &told))) {
        fprintf(out, "%s: %zu files, %s unpacked, checksums in SHA256SUMS\n", file, told.files,
                mem_bytes_text((double)told.bytes, size));
        if (told.left_out)
            fprintf(out, "left out, for it is large: %s\n", told.left_out);
        if (!o->light)
            fprintf(out, "next, there: idim import %s\n", file);
    }
    mem_free(path);
    mem_free(file);
    return command_end(st);
}

const command command_export = {
    .name = "export",
    .group = "sweep",
    .doc = "a sweep as one file with checksums, for another machine or a reader",
    .takes = "NAME",
    .least = 1,
    .most = 1,
    .examples = {"idim export demo", "idim export demo --to demo.tar.xz",
                 "idim export demo --light"},
    .tables = {keys},
    .size = sizeof(options),
    .run = export_run,
};
