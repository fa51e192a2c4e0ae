/* inspect.c -- idim inspect: what a file or folder of numbers is, what is in it, what is wrong with it and which
 * commands take it. Files are mapped: headers alone are read, unless --numbers or --hash asks for all. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "experiments/inspected.h"
#include "format/idx.h"
#include "format/npy.h"
#include "format/zip.h"

static const key keys[] = {
    KEY("all", inspect_options, all, "no", 0, 0, "",
        "every tensor, where names that differ by a layer's number are folded"),
    KEY("numbers", inspect_options, numbers, "no", 0, 0, "",
        "read every number: root mean square, largest, NaN and Inf"),
    KEY("hash", inspect_options, hash, "no", 0, 0, "",
        "SHA-256 of the content, the same in whatever file it lies"),
    KEY("alpha", inspect_options, alpha, "0", 0, 1e9, "",
        "of an adapter without a configuration; 0: as it says"),
    KEY("csv", inspect_options, csv, "no", 0, 0, "", "one row a tensor, for programs"),
    KEY("json", inspect_options, json, "no", 0, 0, "", "one object of everything, for programs"),
    {0},
};

/* ------------------------------------------------------------------ arrays */

static status inspect_row(inspected *in, const char *name, const char *type, size_t width,
                          size_t dims, const size_t *shape)
{
    inspected_row *grown = mem_resize(in->rows, in->n + 1, sizeof *grown), *r;
    if (!grown)
        return ERR_MEMORY;
    in->rows = grown;
    r = &grown[in->n];
    *r = (inspected_row){.dims = dims, .n = 1, .own_name = mem_string(name)};
    if (!r->own_name)
        return ERR_MEMORY;
    in->n++;
    snprintf(r->own_type, sizeof r->own_type, "%s", type);
    for (size_t i = 0; i < dims; i++)
        r->n *= r->own[i] = shape[i]; /* the reader has checked the product */
    r->bytes = (double)width * (double)r->n;
    return OK;
}

static status inspect_npy(inspected *in, const inspect_options *o, const char *name,
                          const char *member)
{
    npy a;
    char type[8];
    status st = npy_open(&a, in->path, member);
    if (st)
        return st;
    snprintf(type, sizeof type, "%c%d", a.type, (int)a.width);
    st = inspect_row(in, name, type, a.width, a.dims, a.shape);
    for (size_t i = 0; i < a.n && !st && o->numbers; i++)
        survey_take(&in->rows[in->n - 1].numbers, npy_at(&a, i));
    npy_clear(&a);
    return st;
}

static status inspect_npz(inspected *in, const inspect_options *o, const zip *z)
{
    status st = OK;
    for (size_t i = 0; i < zip_count(z) && !st; i++)
        st = inspect_npy(in, o, zip_at(z, i)->name, zip_at(z, i)->name);
    return st;
}

static status inspect_idx(inspected *in, const inspect_options *o)
{
    static const char *const types[] = {[8] = "u1", "i1", NULL, "i2", "i4", "f4", "f8"};
    idx x;
    status st = idx_open(&x, in->path);
    if (!st)
        st = inspect_row(in, "numbers", types[x.type], (size_t)(types[x.type][1] - '0'), x.dims,
                         x.shape);
    for (size_t i = 0; i < x.n && !st && o->numbers; i++)
        survey_take(&in->rows[in->n - 1].numbers, idx_at(&x, i));
    idx_clear(&x);
    return st;
}

/* The code as one row, and the tensors that do not come back from the seed, by their place in the model. */
static status inspect_model(inspected *in)
{
    packed *p = in->p = mem_array(1, sizeof *p);
    status st = p ? packed_read(in->path, p) : ERR_MEMORY;
    if (st || (st = run_form_read(p->run, &in->run, &in->texts)))
        return st;
    char type[8];
    snprintf(type, sizeof type, p->z.form == ZCODE_WHOLE ? "F%zu" : "code", 8 * sizeof(real));
    if (!(st = inspect_row(in, "z", type, 0, 1, &p->z.d)))
        in->rows[0].bytes = (double)p->code_bytes;
    snprintf(type, sizeof type, "F%zu", 8 * sizeof(real));
    for (size_t i = 0; i < p->n_tensors && !st; i++) {
        char name[64];
        snprintf(name, sizeof name, "tensor %zu of the model", p->tensors[i].index);
        st = inspect_row(in, name, type, sizeof(real), 1, &p->tensors[i].n);
    }
    return st;
}

static bool inspect_packed(const unsigned char *b, size_t n)
{
    return n > 6 && (!memcmp(b, "\x1f\x8b", 2) || !memcmp(b, "\xfd\x37zXZ", 6));
}

/* The file's first bytes; a zip with a member .npy is NumPy's. *found: it was an array, or a broken one. */
static status inspect_arrays(inspected *in, const inspect_options *o, bool *found)
{
    file_map map;
    unsigned char b[16] = {0};
    zip *z = NULL;
    status st;
    *found = false;
    if (file_is_folder(in->path))
        return OK;
    if ((st = file_map_open(&map, in->path)))
        return st;
    size_t n = map.n < sizeof b ? map.n : sizeof b;
    memcpy(b, map.bytes, n);
    file_map_close(&map);
    *found = true;
    if (packed_is(in->path)) {
        in->kind = "a trained model, by idim pack";
        return inspect_model(in);
    }
    if (!memcmp(b, "\x93NUMPY", 6)) {
        in->kind = "NumPy array";
        return inspect_npy(in, o, "array", "");
    }
    if (n > 8 && !b[0] && !b[1] && b[2] >= 8 && b[2] <= 14 && b[3] && b[3] <= INSPECTED_DIMS &&
        b[8] != '{') {
        in->kind = "IDX file";
        in->idx = true;
        return inspect_idx(in, o);
    }
    if (inspect_packed(b, n)) {
        in->kind = "packed IDX file";
        in->idx = true;
        if (!inspect_idx(in, o))
            return OK;
        in->kind = "packed NumPy array";
        in->idx = false;
        return inspect_npy(in, o, "array", "");
    }
    if (!memcmp(b, "PK\3\4", 4) && !(st = zip_open(&z, in->path, "make it again"))) {
        for (size_t i = 0; i < zip_count(z) && !in->archive; i++) {
            const char *name = zip_at(z, i)->name;
            in->archive = strlen(name) > 4 && !strcmp(name + strlen(name) - 4, ".npy");
        }
        in->kind = "NumPy archive";
        if (in->archive)
            st = inspect_npz(in, o, z);
        *found = in->archive;
        zip_close(z);
        return st;
    }
    *found = st != OK;
    return st;
}

/* ------------------------------------------------------------------ tensors */

static status inspect_numbers(inspected *in)
{
    status st = OK;
    for (size_t i = 0; i < in->n && !st; i++) {
        inspected_row *r = &in->rows[i];
        if (r->t) /* a type that is not read is said already */
            r->seen = !survey_read(in->t, r->t, &r->numbers);
        if (r->numbers.not_finite)
            st = survey_add(&in->s, "%.200s: %zu of %zu numbers are NaN or Inf", r->name,
                            r->numbers.not_finite, r->n);
    }
    return st;
}

/* What is wrong with an adapter is a finding: its tensors are shown all the same. */
static status inspect_adapter(inspected *in, double alpha)
{
    bool lora = tensors_kind_of(in->t) == TENSORS_ADAPTER;
    size_t n = strlen(in->path);
    for (size_t i = 0; i < tensors_count(in->t); i++)
        lora |= strstr(tensors_at(in->t, i)->name, ".lora_") != NULL;
    if (!lora)
        return OK;
    status st = adapter_open(&in->a, in->path, alpha > 0 ? alpha : (double)NAN);
    if (!st || st == ERR_MEMORY)
        return st;
    const char *why = error_text();
    return survey_add(&in->s, "%s",
                      !strncmp(why, in->path, n) && why[n] == ':' ? why + n + 2 : why);
}

static status inspect_tensors(inspected *in, const inspect_options *o)
{
    status st;
    if ((st = tensors_open(&in->t, in->path)))
        return st;
    in->kind = tensors_kind_text(tensors_kind_of(in->t));
    in->n = tensors_count(in->t);
    if ((st = survey_init(&in->s, in->t)) || (st = inspect_adapter(in, o->alpha)))
        return st;
    if (!(in->rows = mem_array(in->n, sizeof *in->rows)))
        return ERR_MEMORY;
    for (size_t i = 0; i < in->n; i++) {
        const safetensor *t = tensors_at(in->t, i);
        in->rows[i] = (inspected_row){.name = t->name,
                                      .type = safetensor_type_name(t->type),
                                      .dims = t->dims,
                                      .n = t->n,
                                      .bytes = (double)t->bytes,
                                      .shape = t->shape,
                                      .t = t};
    }
    return o->hash ? tensors_hash(in->t, in->hash) : OK;
}

static status inspect_open(inspected *in, const char *path, const inspect_options *o)
{
    *in = (inspected){.path = path, .s = {.family = ""}};
    status st = inspect_arrays(in, o, &in->arrays);
    if (st)
        return st;
    if (!in->arrays) {
        char *runs = mem_printf("%s/runs", path);
        st = runs ? OK : ERR_MEMORY;
        if (!st && file_is_folder(runs))
            st = error_set(ERR_USAGE, "%s: is a results folder; `idim show %s` shows it", path,
                           path);
        mem_free(runs);
        return st ? st : inspect_tensors(in, o);
    }
    for (size_t i = 0; i < in->n; i++) { /* the list has its place now */
        inspected_row *r = &in->rows[i];
        r->name = r->own_name;
        r->seen = o->numbers && !in->p; /* a code's numbers are those of its z0 too */
        r->type = r->own_type;
        r->shape = r->own;
        in->s.parameters += r->n;
        in->s.bytes += r->bytes;
    }
    if (o->hash)
        st = hash_file(path, in->hash);
    return st;
}

static void inspect_close(inspected *in)
{
    for (size_t i = 0; i < in->n && in->rows; i++)
        mem_free(in->rows[i].own_name);
    mem_free(in->rows);
    if (in->p)
        packed_clear(in->p);
    mem_free(in->p);
    key_texts_clear(&in->texts);
    adapter_close(in->a);
    survey_clear(&in->s);
    tensors_close(in->t);
}

/* ------------------------------------------------------------------ the command */

static status inspect_programs(const inspected *in, const inspect_options *o, bool first, FILE *out)
{
    if (o->json) {
        json_t *all = inspected_json(in);
        char *words = all ? tensors_json(all) : NULL;
        json_decref(all);
        if (!words)
            return error_set(ERR_FAILED, "%s: cannot be told as JSON; use --csv", in->path);
        fputs(words, out);
        mem_free(words);
        return OK;
    }
    text rows = {0};
    inspected_csv(in, first, &rows);
    status st = text_failed(&rows) ? ERR_MEMORY : OK;
    if (!st)
        fputs(rows.text, out);
    text_clear(&rows);
    return st;
}

static int inspect_run(void *options, size_t n, char *const *names, FILE *out)
{
    const inspect_options *o = options;
    status st = OK;
    if (o->csv && o->json)
        return command_end(error_set(ERR_USAGE, "idim inspect: --csv or --json, not both"));
    if (o->json && n > 1)
        return command_end(
            error_set(ERR_USAGE, "idim inspect: --json tells of one file; name one"));
    for (size_t i = 0; i < n && !st; i++) {
        inspected in;
        if (!(st = inspect_open(&in, names[i], o)) && o->numbers)
            st = inspect_numbers(&in);
        if (!st && (o->csv || o->json))
            st = inspect_programs(&in, o, i == 0, out);
        else if (!st) {
            if (i)
                fputc('\n', out);
            inspected_text(&in, o, out);
        }
        if (!st && in.s.n_wrong)
            st = error_set(ERR_FORMAT, "%s: %s", in.path, in.s.wrong[0]);
        inspect_close(&in);
    }
    return command_end(st);
}

const command command_inspect = {
    .name = "inspect",
    .group = "models",
    .doc = "what a file or folder of tensors is, and what is wrong with it",
    .takes = "FILE...",
    .least = 1,
    .most = 16,
    .examples = {"idim inspect adapter/", "idim inspect model.safetensors --all --numbers",
                 "idim inspect model/ --json"},
    .usual = " all numbers hash csv json ",
    .tables = {keys},
    .size = sizeof(inspect_options),
    .run = inspect_run,
};
