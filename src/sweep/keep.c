/* keep.c -- see keep.h. Nothing of clock, host, program or place stands in z/ID.safetensors: the same work gives
 * the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "format/safetensors.h"
#include "sweep/keep.h"

char *keep_partial(const char *folder, const char *id)
{
    return mem_printf("%s/partial/%s.safetensors", folder, id);
}

char *keep_z(const char *folder, const char *id)
{
    return mem_printf("%s/z/%s.safetensors", folder, id);
}

/* How the rest of the model comes back. */
static const char *frozen_words(const space *s)
{
    return space_regenerable(s) ? "regenerable: the space's frozen parts and theta0 come back bit "
                                  "for bit from the run"
                                : "not regenerable: the space's frozen parts are computed from "
                                  "theta0, and come back bit "
                                  "for bit on the same numeric kind alone";
}

status keep_z_write(const char *folder, const record *r, const run_rows *rows, const char *form,
                    const space *s)
{
    char format[16], *path = keep_z(folder, r->id);
    text run = {0};
    run_spec spec;
    key_texts texts = {0};
    size_t d = r->result.d;
    status st = path ? run_without_places(&r->run, rows, &spec, &texts) : ERR_MEMORY;
    snprintf(format, sizeof format, "%d", KEEP_FORMAT);
    if (!st) {
        run_write(&spec, &run);
        st = run.failed ? ERR_MEMORY : OK;
    }
    if (!st && !(st = file_make_folder_of(path))) {
        const safetensor z = {
            .name = "z", .type = SAFETENSOR_REAL, .dims = 1, .shape = &d, .data = r->result.z};
        const safetensor_meta meta[] = {{"idim", "z of a run"},  {"format", format},
                                        {"id", r->id},           {"kind", r->kind},
                                        {"space", r->run.space}, {"frozen", frozen_words(s)},
                                        {"run", run.text},       {"hashed", form}};
        st = safetensors_write(path, &z, 1, meta, sizeof meta / sizeof *meta);
    }
    text_clear(&run);
    key_texts_clear(&texts);
    mem_free(path);
    return st;
}

static status read_z(const char *path, const safetensors *f, run_spec *run, key_texts *texts,
                     char id[RUN_ID], real **z, size_t *d)
{
    const char *format = safetensors_meta(f, "format"), *text_ = safetensors_meta(f, "run"),
               *id_ = safetensors_meta(f, "id");
    const safetensor *t = safetensors_find(f, "z");
    json_error_t error;
    if (!format || !text_ || !id_ || !t || t->dims != 1 || strlen(id_) != RUN_ID - 1)
        return error_set(ERR_FORMAT, "%s: not the z of a run; `idim train --keep-z` writes them",
                         path);
    if (atoi(format) != KEEP_FORMAT || t->type != SAFETENSOR_REAL)
        return error_set(
            ERR_FORMAT, "%s: format %.8s with numbers of %zu bits, this program reads %d with %zu",
            path, format, safetensor_type_bits(t->type), KEEP_FORMAT, 8 * sizeof(real));
    json_t *object = json_loads(text_, JSON_REJECT_DUPLICATES, &error);
    if (!object)
        return error_set(ERR_FORMAT, "%s: its run cannot be read: %s", path, error.text);
    status st = run_read(object, run, texts);
    json_decref(object);
    if (st)
        return st;
    memcpy(id, id_, RUN_ID);
    *d = t->n;
    if (!(*z = mem_array(t->n, sizeof **z)))
        return ERR_MEMORY;
    return safetensor_reals(t, 0, t->n, *z);
}

status keep_z_read(const char *path, run_spec *run, key_texts *texts, char id[RUN_ID], real **z,
                   size_t *d)
{
    safetensors *f;
    status st = safetensors_open(&f, path);
    *z = NULL;
    *d = 0;
    if (st)
        return st;
    if ((st = read_z(path, f, run, texts, id, z, d))) {
        mem_free(*z);
        *z = NULL;
    }
    safetensors_close(f);
    return st;
}
