/* keep.c -- see keep.h. Nothing of clock, host, program or place stands in z/ID.safetensors: the same work gives
 * the same bytes. */
#include <stdio.h>
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
static const char *frozen_words(bool regenerable)
{
    return regenerable ? "regenerable: the space's frozen parts and theta0 come back bit "
                         "for bit from the run"
                       : "not regenerable: the space's frozen parts are computed from "
                         "theta0, and come back bit "
                         "for bit on the same numeric kind alone";
}

status keep_z_put(const char *path, const keep_about *about, const real *z, size_t d)
{
    char format[16];
    text run = {0};
    snprintf(format, sizeof format, "%d", KEEP_FORMAT);
    run_write(about->run, &run);
    const safetensor t = {.name = "z", .type = SAFETENSOR_REAL, .dims = 1, .shape = &d, .data = z};
    const safetensor_meta meta[] = {{"idim", "z of a run"},
                                    {"format", format},
                                    {"id", about->id},
                                    {"kind", about->kind},
                                    {"space", about->run->space},
                                    {"frozen", frozen_words(about->regenerable)},
                                    {"run", run.text},
                                    {"hashed", about->form},
                                    {"coded", "in few bits: near the run's z, not equal"}};
    size_t n = sizeof meta / sizeof *meta - !about->coded;
    safetensors_bytes b = {0};
    status st = run.failed ? ERR_MEMORY : safetensors_make(&b, &t, 1, meta, n);
    if (!st)
        st = (about->once ? file_write_once : file_write_pieces)(path, b.pieces, b.n);
    safetensors_made_clear(&b);
    text_clear(&run);
    return st;
}

status keep_z_write(const char *folder, const record *r, const run_rows *rows, const char *form,
                    const space *s)
{
    char *path = keep_z(folder, r->id);
    run_spec spec;
    key_texts texts = {0};
    status st = path ? run_without_places(&r->run, rows, &spec, &texts) : ERR_MEMORY;
    if (!st && !(st = file_make_folder_of(path)))
        st = keep_z_put(path,
                        &(keep_about){.run = &spec,
                                      .id = r->id,
                                      .kind = r->kind,
                                      .form = form,
                                      .regenerable = space_regenerable(s)},
                        r->result.z, r->result.d);
    key_texts_clear(&texts);
    mem_free(path);
    return st;
}
