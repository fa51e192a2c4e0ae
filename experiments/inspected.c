/* inspected.c -- see inspected.h. */
#include <math.h>
#include <string.h>

#include "experiments/inspected.h"
#include "format/csv.h"
#include "format/jsonl.h"

enum { NAME = 42 };

/* ------------------------------------------------------------------ where it can go */

enum {
    MODEL = 1,
    ADAPTER = 2,
    UNSCALED = 4,
    ARCHIVE = 8,
    IDX = 16,
    KEPT = 32,
    SPEAKER = 64,
    PACKED = 128, /* of a run from scratch */
    TUNED = 256,  /* of one from a checkpoint */
    SCORED = 512
};

/* Shown where the command, and its option, are there. %s: the path. */
static const struct {
    unsigned of;
    bool base; /* takes its base model too, which idim must have */
    const char *command, *option, *form;
} goes[] = {
    {ADAPTER, false, "spectra", NULL, "idim spectra %s"},
    {UNSCALED, false, "spectra", "alpha", "idim spectra %s --alpha ALPHA"},
    {ADAPTER, false, "similarity", NULL, "idim similarity %s OTHER"},
    {ADAPTER, true, "eval", "adapter", "idim eval --from MODEL --adapter %s --data TASK"},
    {UNSCALED, true, "eval", "adapter.alpha",
     "idim eval --from MODEL --adapter %s --adapter.alpha ALPHA --data TASK"},
    {ADAPTER, true, "merge", "adapter", "idim merge --from MODEL --adapter %s --save merged"},
    {UNSCALED, true, "merge", "adapter.alpha",
     "idim merge --from MODEL --adapter %s --adapter.alpha ALPHA --save merged"},
    {MODEL, false, "eval", "from", "idim eval --from %s --data TASK"},
    {MODEL, false, "train", "from", "idim train --from %s --data TASK"},
    {MODEL, false, "ranks", "from", "idim ranks --from %s --data TASK"},
    {SPEAKER, false, "generate", "from", "idim generate --from %s"},
    {KEPT, false, "eval", "z", "idim eval --z %s"},
    {KEPT, false, "pack", NULL, "idim pack %s model.idim"},
    {PACKED, false, "eval", "z", "idim eval --z %s"},
    {PACKED, false, "unpack", NULL, "idim unpack %s z.safetensors"},
    {TUNED, false, "eval", "z", "idim eval --from MODEL --z %s"},
    {TUNED, false, "unpack", "from", "idim unpack --from MODEL %s z.safetensors"},
    {TUNED, false, "merge", "z", "idim merge --from MODEL --z %s --save merged"},
    {SCORED, false, "bound", NULL, "idim bound %s"},
    {ARCHIVE, false, "d90", "data", "idim d90 --data npy:%s"},
    {IDX, false, "d90", "data", "idim d90 --data idx:%s"},
};

static bool inspected_has(const char *name, const char *option)
{
    for (const command *const *c = command_rows; *c; c++) {
        if (strcmp((*c)->name, name))
            continue;
        for (size_t i = 0; i < COMMAND_TABLES && (*c)->tables[i] && option; i++)
            for (const key *k = (*c)->tables[i]; k->name; k++)
                if (!strcmp(k->name, option))
                    return true;
        return !option;
    }
    return false;
}

/* Keys of the data sets idx, where one dimension is labels, and npy. */
static void inspected_place(const inspected *in, text *out)
{
    const char *slash = strrchr(in->path, '/'), *name = slash ? slash + 1 : in->path;
    text keys = {0};
    if (slash)
        text_add(&keys, "dir=%.*s,", (int)(slash - in->path), in->path);
    if (in->archive)
        text_add(&keys, "file=%s", name);
    else if (in->rows[0].dims == 1)
        text_add(&keys, "x=SAMPLES,y=%s", name);
    else
        text_add(&keys, "x=%s,y=LABELS", name);
    command_quoted(keys.text ? keys.text : "", out);
    text_clear(&keys);
}

/* The z of a run, as --keep-z leaves it. */
static bool inspected_kept(const inspected *in)
{
    const json_t *meta = in->t ? tensors_meta(in->t) : NULL;
    return !strcmp(jsonl_get_string(meta, "idim", ""), "z of a run");
}

/* Form i for this file into `out`; false: it is none for it. */
static bool inspected_goes(const inspected *in, size_t i, text *out)
{
    bool unscaled = in->a && isnan(adapter_at(in->a, 0)->scale);
    bool whole = in->t && !in->a && in->s.read && tensors_config(in->t) && !in->s.n_wrong;
    bool speaks = whole && (!strcmp(in->s.family, "GPT-2") || !strcmp(in->s.family, "Llama"));
    unsigned is =
        (whole ? MODEL : 0u) | (speaks ? SPEAKER : 0u) | (in->a && !unscaled ? ADAPTER : 0u) |
        (unscaled ? UNSCALED : 0u) | (in->archive ? ARCHIVE : 0u) | (in->idx ? IDX : 0u) |
        (inspected_kept(in) ? KEPT : 0u) | (in->p ? *in->run.from_content ? TUNED : PACKED : 0u) |
        (in->p && in->p->samples ? SCORED : 0u);
    text word = {0};
    if (!(goes[i].of & is) || (goes[i].base && !in->s.read) ||
        !inspected_has(goes[i].command, goes[i].option))
        return false;
    if (goes[i].of == IDX || goes[i].of == ARCHIVE)
        inspected_place(in, &word);
    else
        command_quoted(in->path, &word);
    const char *at = strstr(goes[i].form, "%s");
    text_add(out, "%.*s%s%s", (int)(at - goes[i].form), goes[i].form, word.text ? word.text : "",
             at + 2);
    text_clear(&word);
    return true;
}
enum { GOES = sizeof goes / sizeof *goes };

/* ------------------------------------------------------------------ for reading */

/* What a file says is shown, never obeyed by the terminal. */
static void inspected_words(const char *s, FILE *out)
{
    for (size_t n; *s; s += n ? n : 1) {
        n = text_obeyed(s);
        fputc(n ? '?' : *s, out);
    }
}

/* A name that is too long has a line of its own. */
static void inspected_line(const char *name, size_t count, const inspected_row *r, FILE *out)
{
    char bytes[16], shape[80];
    size_t length = strlen(name);
    fputs("  ", out);
    inspected_words(name, out);
    fprintf(out, length > NAME ? "\n  %*s" : "%*s", (int)(length > NAME ? NAME : NAME - length),
            "");
    fprintf(out, " %5zu  %-13s %-5s %8s\n", count, tensors_shape_text(r->dims, r->shape, shape),
            r->type, mem_bytes_text(r->bytes * (double)count, bytes));
}

/* What all names begin with is said once: PEFT's prefix. */
static size_t inspected_prefix(const inspected *in)
{
    static const char prefix[] = "base_model.model.";
    size_t i = 0;
    while (i < in->n && !strncmp(in->rows[i].name, prefix, sizeof prefix - 1))
        i++;
    return i == in->n && i ? sizeof prefix - 1 : 0;
}

static void inspected_list(const inspected *in, bool all, FILE *out)
{
    const survey *s = &in->s;
    size_t skip = inspected_prefix(in);
    bool folded = in->t && !all;
    char title[64];
    snprintf(title, sizeof title, "%s%s", in->t ? "tensor" : "array",
             skip ? ", behind base_model.model." : "");
    fprintf(out, "  %-*s %5s  %-13s %-5s %8s\n", NAME, title, "count", "shape", "type", "bytes");
    for (size_t i = 0; i < (folded ? s->n_groups : in->n); i++) {
        const inspected_row *r =
            &in->rows[folded ? (size_t)(s->groups[i].t - tensors_at(in->t, 0)) : i];
        size_t count = folded ? s->groups[i].count : 1;
        inspected_line((count > 1 ? s->groups[i].name : r->name) + skip, count, r, out);
    }
    if (folded && s->n_groups < in->n)
        fprintf(out, "  a star stands for each layer's number; --all shows all %zu\n", in->n);
}

/* One value, or the smallest and the largest. */
static void inspected_range(const char *name, double low, double high, FILE *out)
{
    char a[32], b[32];
    key_number_text(low, a);
    key_number_text(high, b);
    if (low < high)
        fprintf(out, "%s %s to %s", name, a, b);
    else
        fprintf(out, "%s %s", name, a);
}

static const char *inspected_adapter_kind(const adapter *a)
{
    return !strcmp(adapter_type(a), "ADALORA") ? "AdaLoRA" : adapter_at(a, 0)->m ? "DoRA" : "LoRA";
}

static void inspected_adapter_lines(const inspected *in, FILE *out)
{
    double low[3] = {0}, high[3] = {0}, digits = 1e4;
    for (size_t i = 0; i < adapter_count(in->a); i++) {
        const adapter_pair *p = adapter_at(in->a, i);
        /* four digits are enough for a scale of a square root */
        const double x[3] = {(double)p->r, p->alpha, round(p->scale * digits) / digits};
        for (size_t k = 0; k < 3; k++) {
            low[k] = i ? fmin(low[k], x[k]) : x[k];
            high[k] = i ? fmax(high[k], x[k]) : x[k];
        }
    }
    fprintf(out, "  %zu pair%s, ", adapter_count(in->a), adapter_count(in->a) > 1 ? "s" : "");
    inspected_range("rank", low[0], high[0], out);
    if (isnan(low[1]))
        fprintf(out, ", alpha not known (--alpha), so no scale\n");
    else {
        inspected_range(", alpha", low[1], high[1], out);
        inspected_range(", scale", low[2], high[2], out);
        fputc('\n', out);
    }
    if (adapter_at(in->a, 0)->fan_in_fan_out)
        fprintf(out, "  its model stores matrices as (in, out): fan_in_fan_out\n");
    if (adapter_others(in->a))
        fprintf(out, "  %zu tensors beside the pairs, trained whole\n", adapter_others(in->a));
    fprintf(out, "  targets:");
    for (size_t i = 0, column = 10; i < adapter_count(in->a); i++) {
        const char *end = strrchr(adapter_at(in->a, i)->module, '.');
        const char *word = end ? end + 1 : adapter_at(in->a, i)->module;
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++) {
            const char *other = strrchr(adapter_at(in->a, k)->module, '.');
            seen = !strcmp(other ? other + 1 : adapter_at(in->a, k)->module, word);
        }
        if (seen)
            continue;
        if (column + strlen(word) >= 79) {
            fprintf(out, "\n          ");
            column = 10;
        }
        column += strlen(word) + 1;
        fputc(' ', out);
        inspected_words(word, out);
    }
    fputc('\n', out);
}

static void inspected_model_line(const inspected *in, FILE *out)
{
    const survey *s = &in->s;
    if (!s->layers || in->a || !*s->family)
        return;
    fprintf(out, "  %zu layers", s->layers);
    if (s->width)
        fprintf(out, " of width %zu", s->width);
    if (s->heads)
        fprintf(out, ", %zu heads", s->heads);
    if (s->vocabulary)
        fprintf(out, ", vocabulary %zu", s->vocabulary);
    if (s->length)
        fprintf(out, ", length %zu", s->length);
    fprintf(out, "%s\n", s->vocabulary && !s->head ? ", head tied" : "");
}

/* Some lines of a file's metadata: what wrote it, what a z belongs to. */
static void inspected_meta(const inspected *in, FILE *out)
{
    const char *name;
    json_t *value;
    size_t lines = 0;
    if (!in->t || !tensors_meta(in->t))
        return;
    json_object_foreach(json_mutable(tensors_meta(in->t)), name, value)
    {
        char line[72];
        if (lines++ == 10) {
            fprintf(out, "  ...\n");
            return;
        }
        snprintf(line, sizeof line, "%.20s: %s", name, json_string_value(value));
        fprintf(out, "  ");
        inspected_words(line, out);
        fprintf(out, "%s\n", strlen(line) == sizeof line - 1 ? "..." : "");
    }
}

/* A packed model: the run that it is of, what comes back from its seed, how it scored. */
static void inspected_packed_lines(const inspected *in, FILE *out)
{
    const packed *p = in->p;
    char right[32], all[32];
    for (const char *at = p->run; *at;) {
        int n = (int)strcspn(at, "\n");
        char *line = mem_printf("%.*s", n, at);
        fprintf(out, "  ");
        inspected_words(line ? line : "", out);
        fputc('\n', out);
        mem_free(line);
        at += n + (at[n] == '\n');
    }
    fprintf(out, "  code in %zu bytes, configuration in %zu", p->code_bytes, p->run_bytes);
    if (p->weight_bytes)
        fprintf(out, ", weights in %zu", p->weight_bytes);
    fprintf(out, "; %s comes back from the seed\n", p->regenerable ? "all else" : "the rest");
    fprintf(out, "  packed on numeric kind %s\n", p->kind);
    if (p->samples)
        fprintf(out, "  %s of %s training samples right\n", count_text(p->right, right),
                count_text(p->samples, all));
}

static void inspected_numbers_line(const inspected *in, FILE *out)
{
    const inspected_row *most = NULL;
    size_t zeros = 0;
    for (size_t i = 0; i < in->n; i++) {
        const inspected_row *r = &in->rows[i];
        if (!r->seen)
            continue;
        zeros += r->n && !r->numbers.not_finite && r->numbers.largest == 0;
        if (!most || r->numbers.largest > most->numbers.largest)
            most = r;
    }
    if (most) {
        fprintf(out, "  largest number %.4g, in ", most->numbers.largest);
        inspected_words(most->name, out);
        fputc('\n', out);
    }
    if (zeros)
        fprintf(out, "  all 0: %zu of them\n", zeros);
}

void inspected_text(const inspected *in, const inspect_options *o, FILE *out)
{
    const survey *s = &in->s;
    const char *base =
        in->a ? json_string_value(json_object_get(adapter_config(in->a), "base_model_name_or_path"))
              : NULL;
    const char *what = in->t ? "tensor" : "array";
    char count[32], bytes[16];
    text word = {0};
    size_t commands = 0;
    inspected_words(in->path, out);
    fprintf(out, ": %s\n", in->kind);
    if (*s->family || in->a)
        fprintf(out, "  %s%s%s%s", s->family, *s->family && in->a ? " " : "",
                in->a ? inspected_adapter_kind(in->a) : "", in->a ? " adapter" : "");
    if (base) {
        fprintf(out, " of ");
        inspected_words(base, out);
    }
    fprintf(out, "%s", *s->family || in->a ? "\n" : "");
    fprintf(out, "  %s numbers in %zu %s, %s\n", count_text(s->parameters + s->buffers, count),
            in->n,
            in->n == 1 ? what
            : in->t    ? "tensors"
                       : "arrays",
            mem_bytes_text(s->bytes, bytes));
    if (s->buffers)
        fprintf(out, "  %s parameters; the others are buffers, which nothing trains\n",
                count_text(s->parameters, count));
    inspected_model_line(in, out);
    if (in->a)
        inspected_adapter_lines(in, out);
    if (in->t)
        inspected_meta(in, out);
    if (in->p)
        inspected_packed_lines(in, out);
    if (o->numbers)
        inspected_numbers_line(in, out);
    if (*in->hash)
        fprintf(out, "  SHA-256 %s\n", in->hash);
    fputc('\n', out);
    inspected_list(in, o->all, out);
    if (s->n_wrong)
        fprintf(out, "\nwrong with it\n");
    for (size_t i = 0; i < s->n_wrong; i++) {
        char *plain = mem_string(s->wrong[i]);
        text lines = {0};
        for (char *c = plain; c && *c; c++)
            *c = text_obeyed(c) ? '?' : *c;
        key_wrapped(plain ? plain : "", 2, 80, &lines);
        fprintf(out, "  %s", lines.text ? lines.text : "\n");
        text_clear(&lines);
        mem_free(plain);
    }
    for (size_t i = 0; i < GOES; i++) {
        if (!inspected_goes(in, i, &word))
            continue;
        fprintf(out, "%s  ", commands++ ? "" : "\ngoes into\n");
        inspected_words(word.text ? word.text : "", out);
        fputc('\n', out);
        text_clear(&word);
    }
}

/* ------------------------------------------------------------------ for programs */

void inspected_csv(const inspected *in, bool head, text *out)
{
    static const char *const columns[] = {"path", "name",    "role",      "layer",
                                          "type", "shape",   "numbers",   "bytes",
                                          "rms",  "largest", "not_finite"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns && head; i++)
        csv_text(out, columns[i]);
    if (head)
        csv_end(out);
    for (size_t i = 0; i < in->n; i++) {
        const inspected_row *r = &in->rows[i];
        text shape = {0};
        int layer = -1;
        const char *role = in->t ? tensors_role(r->name, &layer) : "";
        for (size_t k = 0; k < r->dims; k++)
            text_add(&shape, "%s%zu", k ? "x" : "", r->shape[k]);
        csv_text(out, in->path);
        csv_text(out, r->name);
        csv_text(out, role);
        csv_number(out, layer < 0 ? (double)NAN : (double)layer);
        csv_text(out, r->type);
        csv_text(out, shape.text ? shape.text : "");
        csv_count(out, r->n);
        csv_number(out, r->bytes);
        csv_number(out, r->seen ? survey_rms(&r->numbers) : (double)NAN);
        csv_number(out, r->seen ? r->numbers.largest : (double)NAN);
        csv_number(out, r->seen ? (double)r->numbers.not_finite : (double)NAN);
        csv_end(out);
        out->failed |= shape.failed;
        text_clear(&shape);
    }
}

static json_t *inspected_json_row(const inspected *in, const inspected_row *r)
{
    int layer = -1;
    const char *role = in->t ? tensors_role(r->name, &layer) : "";
    json_t *shape = json_array();
    for (size_t k = 0; k < r->dims; k++)
        json_array_append_new(shape, json_integer((json_int_t)r->shape[k]));
    json_t *o = json_pack("{s:s, s:s, s:o?, s:s, s:o, s:I, s:I}", "name", r->name, "role", role,
                          "layer", layer < 0 ? NULL : json_integer(layer), "type", r->type, "shape",
                          shape, "numbers", (json_int_t)r->n, "bytes", (json_int_t)r->bytes);
    if (o && r->seen) {
        json_object_set_new(o, "rms", json_real(survey_rms(&r->numbers)));
        json_object_set_new(o, "largest", json_real(r->numbers.largest));
        json_object_set_new(o, "not_finite", json_integer((json_int_t)r->numbers.not_finite));
    }
    return o;
}

static json_t *inspected_json_pair(const adapter_pair *p)
{
    return json_pack("{s:s, s:s, s:o?, s:I, s:I, s:I, s:o?, s:o?}", "module", p->module, "role",
                     p->role, "layer", p->layer < 0 ? NULL : json_integer(p->layer), "rank",
                     (json_int_t)p->r, "in", (json_int_t)p->in, "out", (json_int_t)p->out, "alpha",
                     isnan(p->alpha) ? NULL : json_real(p->alpha), "scale",
                     isnan(p->scale) ? NULL : json_real(p->scale));
}

json_t *inspected_json(const inspected *in)
{
    json_t *rows = json_array(), *pairs = json_array(), *wrong = json_array(), *to = json_array();
    text word = {0};
    int failed = 0;
    for (size_t i = 0; i < in->n; i++)
        failed |= json_array_append_new(rows, inspected_json_row(in, &in->rows[i]));
    for (size_t i = 0; in->a && i < adapter_count(in->a); i++)
        failed |= json_array_append_new(pairs, inspected_json_pair(adapter_at(in->a, i)));
    for (size_t i = 0; i < in->s.n_wrong; i++)
        failed |= json_array_append_new(wrong, json_string(in->s.wrong[i]));
    for (size_t i = 0; i < GOES; i++) {
        if (!inspected_goes(in, i, &word))
            continue;
        failed |= json_array_append_new(to, json_string(word.text ? word.text : ""));
        text_clear(&word);
    }
    json_t *config = in->t && tensors_config(in->t) ? json_deep_copy(tensors_config(in->t)) : NULL;
    json_t *all = json_pack(
        "{s:i, s:s, s:s, s:s, s:o?, s:I, s:I, s:I, s:o?, s:o?, s:o, s:o, s:o, s:o}", "format",
        INSPECTED_FORMAT, "path", in->path, "kind", in->kind, "family", in->s.family, "adapter",
        in->a ? json_string(inspected_adapter_kind(in->a)) : NULL, "parameters",
        (json_int_t)in->s.parameters, "buffers", (json_int_t)in->s.buffers, "bytes",
        (json_int_t)in->s.bytes, "sha256", *in->hash ? json_string(in->hash) : NULL, "config",
        config, "tensors", rows, "pairs", pairs, "wrong", wrong, "commands", to);
    if (all && failed) {
        json_decref(all);
        all = NULL;
    }
    return all;
}
