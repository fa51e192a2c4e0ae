/* shape.c -- see shape.h. */
#include <string.h>

#include "base/file.h"
#include "base/key.h"
#include "base/mem.h"
#include "experiments/shape.h"
#include "models/pretrained.h"

/* The value of a key of a spec as it is written, fresh; "" where it is not there. */
static status spec_value(const char *spec, const char *name, char **value)
{
    char kind[64], **parts = NULL;
    const char *args;
    size_t n = 0, length = strlen(name);
    status st;
    *value = NULL;
    if ((st = key_kind(spec, kind, sizeof kind, &args)) ||
        (*args && (st = key_cut(args, ",", &parts, &n))))
        return st;
    for (size_t i = 0; i < n && !*value; i++)
        if (!strncmp(parts[i], name, length) && parts[i][length] == '=')
            *value = mem_string(parts[i] + length + 1);
    key_parts_free(parts, n);
    if (!*value)
        *value = mem_string("");
    return *value ? OK : ERR_MEMORY;
}

/* "transformer:family=bert,vocabulary=30522,..." */
static status ask_keys_of(const char *spec, memory_ask *a, size_t *longest)
{
    char *family = NULL, *tokens = NULL, *positions = NULL;
    double n = 0, most = 0;
    status st;
    if ((st = spec_value(spec, "family", &family)) ||
        (st = spec_value(spec, "vocabulary", &tokens)) ||
        (st = spec_value(spec, "positions", &positions)))
        goto done;
    if (!*tokens) {
        st = error_set(ERR_USAGE, "%s: vocabulary=N is missing: there is no text to count it in",
                       spec);
        goto done;
    }
    if ((st = key_number("vocabulary", tokens, &n)) ||
        (*positions && (st = key_number("positions", positions, &most))))
        goto done;
    if (n < 1 || n > 1e9 || most < 0 || most > 1e9) {
        st = error_set(ERR_USAGE, "%s: vocabulary and positions are whole numbers", spec);
        goto done;
    }
    a->vocabulary = (size_t)n;
    *longest = (size_t)most;
    a->language = strcmp(family, "bert") && strcmp(family, "roberta");
done:
    mem_free(family);
    mem_free(tokens);
    mem_free(positions);
    return st;
}

/* A spec has a colon and is no file. */
status shape_of(const char *name, memory_ask *a, size_t *longest, char **spec)
{
    status st;
    *a = (memory_ask){.batch = 1, .classes = 2, .frozen = sizeof(real), .states = 2, .tasks = 1};
    *longest = 0;
    *spec = NULL;
    if (strchr(name, ':') && !file_exists(name) && !file_is_folder(name)) {
        if (!(*spec = mem_string(name)))
            return ERR_MEMORY;
        st = ask_keys_of(name, a, longest);
    } else {
        st = pretrained_config_spec(name, spec, &a->language, longest, &a->vocabulary);
    }
    a->model = *spec;
    return st;
}
