/* kept.c -- see kept.h. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "format/safetensors.h"
#include "sweep/keep.h"
#include "sweep/kept.h"

void kept_clear(kept *k)
{
    mem_free(k->form);
    mem_free(k->z);
    packed_clear(&k->packed);
    key_texts_clear(&k->texts);
    *k = (kept){0};
}

/* The id and the lines behind the run's, "core ..." first; what a form has in both kinds of file. */
static const char *kept_notes(const char *form)
{
    const char *notes = strstr(form, "core ");
    while (notes && notes > form && notes[-1] != '\n')
        notes = strstr(notes + 1, "core ");
    return notes;
}

static status kept_id(kept *k, const char *path, const char *id)
{
    char hex[HASH_HEX];
    hash_bytes(k->form, strlen(k->form), hex);
    memcpy(k->id, hex, RUN_ID - 1);
    k->id[RUN_ID - 1] = '\0';
    if (id && strcmp(id, k->id))
        return error_set(ERR_FORMAT, "%s: it says run %.20s, and its configuration is that of %s",
                         path, id, k->id);
    return OK;
}

/* ------------------------------------------------------------------ z/ID.safetensors */

static status kept_tensor(kept *k, const char *path, const safetensors *f)
{
    const char *format = safetensors_meta(f, "format"), *run = safetensors_meta(f, "run"),
               *id = safetensors_meta(f, "id"), *form = safetensors_meta(f, "hashed"),
               *kind = safetensors_meta(f, "kind"), *frozen = safetensors_meta(f, "frozen");
    const safetensor *t = safetensors_find(f, "z");
    json_error_t error;
    if (!format || !run || !id || !form || !kind || !frozen || !t || t->dims != 1 ||
        strlen(kind) != PACKED_KIND - 1)
        return error_set(ERR_FORMAT, "%s: not the z of a run; `idim train --keep-z` writes them",
                         path);
    if (atoi(format) != KEEP_FORMAT || t->type != SAFETENSOR_REAL)
        return error_set(
            ERR_FORMAT, "%s: format %.8s with numbers of %zu bits, this program reads %d with %zu",
            path, format, safetensor_type_bits(t->type), KEEP_FORMAT, 8 * sizeof(real));
    json_t *object = json_loads(run, JSON_REJECT_DUPLICATES, &error);
    if (!object)
        return error_set(ERR_FORMAT, "%s: its run cannot be read: %s", path, error.text);
    status st = run_read(object, &k->run, &k->texts);
    json_decref(object);
    if (st)
        return st;
    memcpy(k->kind, kind, PACKED_KIND);
    k->regenerable = !strncmp(frozen, "regenerable", strlen("regenerable"));
    k->d = t->n;
    if (!(k->form = mem_string(form)) || !(k->z = mem_array(t->n, sizeof *k->z)))
        return ERR_MEMORY;
    return (st = kept_id(k, path, id)) ? st : safetensor_reals(t, 0, t->n, k->z);
}

/* ------------------------------------------------------------------ packed */

static status kept_packed(kept *k, const char *path)
{
    packed *p = &k->packed;
    status st = packed_read(path, p);
    if (st)
        return st;
    if ((st = run_form_read(p->run, &k->run, &k->texts))) {
        error_prefix("%s: ", path);
        return st;
    }
    k->form = mem_printf("%s%s", p->run, p->notes);
    if (!k->form || (st = kept_id(k, path, NULL)))
        return st ? st : ERR_MEMORY;
    memcpy(k->kind, p->kind, PACKED_KIND);
    k->regenerable = p->regenerable;
    k->d = p->z.d;
    if (p->z.form != ZCODE_WHOLE)
        return OK;
    k->z = p->z.whole;
    p->z.whole = NULL;
    return OK;
}

status kept_read(kept *k, const char *path)
{
    safetensors *f;
    *k = (kept){0};
    if (packed_is(path))
        return kept_packed(k, path);
    status st = safetensors_open(&f, path);
    if (st)
        return st;
    st = kept_tensor(k, path, f);
    safetensors_close(f);
    return st;
}

status kept_start(kept *k, const real *z0, size_t d)
{
    if (d != k->d)
        return error_set(ERR_USAGE, "%s: it trains %zu numbers here, and z has %zu", k->run.space,
                         d, k->d);
    if (!(k->z = mem_array(d, sizeof *k->z)))
        return ERR_MEMORY;
    zcode_values(&k->packed.z, z0, k->z);
    return OK;
}

status kept_weights(const kept *k, const char *path, const layout *l, real *theta)
{
    for (size_t i = 0; i < k->packed.n_tensors; i++) {
        const packed_tensor *t = &k->packed.tensors[i];
        if (t->index >= l->n_tensors || t->n != l->tensors[t->index].n)
            return error_set(ERR_FORMAT, "%s: its weights are not this model's; pack it again",
                             path);
        memcpy(theta + l->tensors[t->index].offset, t->values, t->n * sizeof *theta);
    }
    return OK;
}

/* ------------------------------------------------------------------ writing */

/* Does the run come back from the lines that are packed? */
static status kept_comes_back(const kept *k, const char *run)
{
    run_spec again, then = k->run;
    key_texts texts = {0};
    text a = {0}, b = {0};
    status st = run_form_read(run, &again, &texts);
    then.data_content = ""; /* the notes have it */
    run_write(&then, &a);
    if (!st)
        run_write(&again, &b);
    if (!st && (a.failed || b.failed))
        st = ERR_MEMORY;
    if (!st && strcmp(a.text, b.text))
        st = error_set(ERR_FORMAT,
                       "run %s was written by another idim: its configuration does not "
                       "come back from what is hashed; pack it with that one",
                       k->id);
    text_clear(&a);
    text_clear(&b);
    key_texts_clear(&texts);
    return st;
}

status kept_pack(kept *k, const char *path)
{
    packed *p = &k->packed;
    const char *notes = kept_notes(k->form);
    status st = ERR_MEMORY;
    if (!notes)
        return error_set(ERR_FORMAT, "run %s: what its id is the hash of says no core", k->id);
    mem_free(p->run);
    mem_free(p->notes);
    p->run = mem_printf("%.*s", (int)(notes - k->form), k->form);
    p->notes = mem_string(notes);
    memcpy(p->kind, k->kind, PACKED_KIND);
    p->regenerable = k->regenerable;
    if (p->run && p->notes && !(st = kept_comes_back(k, p->run)))
        st = packed_write(p, path);
    return st;
}

status kept_write(const kept *k, const char *path)
{
    return keep_z_put(path,
                      &(keep_about){.run = &k->run,
                                    .id = k->id,
                                    .kind = k->kind,
                                    .form = k->form,
                                    .regenerable = k->regenerable,
                                    .coded = k->packed.z.form != ZCODE_WHOLE,
                                    .once = true},
                      k->z, k->d);
}
