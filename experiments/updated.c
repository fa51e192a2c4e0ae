/* updated.c -- see updated.h. */
#include <math.h>
#include <string.h>

#include "base/progress.h"
#include "experiments/updated.h"
#include "format/safetensors.h"
#include "report/plot.h"

/* Is it a z that a run left? What cannot be read is said by who reads it. */
static bool updated_kept(const char *path)
{
    safetensors *f;
    if (packed_is(path))
        return true;
    if (safetensors_open(&f, path))
        return false;
    const char *word = safetensors_meta(f, "idim");
    bool kept_ = word && safetensors_find(f, "z");
    safetensors_close(f);
    return kept_;
}

status updated_run(updated *w, const run_spec *places, const char *z)
{
    *w = (updated){0};
    status st = rebuilt_open(&w->rebuilt, places, z, 1);
    if (!st && !(st = rebuilt_z(&w->rebuilt)))
        st = runner_updates(w->rebuilt.runner, &w->rebuilt.run, -1, w->rebuilt.kept.z,
                            w->rebuilt.kept.d, &w->updates);
    if (!st && *w->rebuilt.run.from)
        st = runner_fresh_head(w->rebuilt.runner, &w->rebuilt.run, -1, &w->fresh_head);
    if (st)
        updated_close(w);
    return st;
}

static status updated_places(updated *w, const updated_options *o, const char *z)
{
    key_texts texts = {0};
    run_spec places;
    status st = run_defaults(&places, &texts);
    if (!st) {
        places.from = o->from;
        places.data = *o->data ? o->data : places.data;
        st = updated_run(w, &places, z);
    }
    key_texts_clear(&texts);
    return st;
}

status updated_open(updated *w, const updated_options *o, const char *before, const char *path)
{
    const char *from = *o->from ? o->from : NULL;
    double alpha = o->alpha > 0 ? o->alpha : (double)NAN;
    bool adapter_;
    status st;
    *w = (updated){0};
    if (before) {
        st = updates_open(&w->updates, before, path, from, alpha);
    } else if (updated_kept(path)) {
        st = updated_places(w, o, path);
    } else if (!(st = updates_is_adapter(path, &adapter_))) {
        if (adapter_)
            st = updates_open(&w->updates, path, NULL, from, alpha);
        else if (from)
            st = updates_open(&w->updates, from, path, NULL, alpha);
        else
            st = error_set(
                ERR_USAGE,
                "%s holds no LoRA adapter; a checkpoint's update is told by its base: --from BASE",
                path);
    }
    if (st)
        updated_close(w);
    return st;
}

void updated_close(updated *w)
{
    updates_close(w->updates);
    rebuilt_close(&w->rebuilt);
    *w = (updated){0};
}

bool updated_drawn(const updated *w, const char *name)
{
    const layout *l = w->fresh_head ? &w->rebuilt.model->layout : NULL;
    size_t k = l ? layout_find(l, name) : SIZE_MAX;
    return k != SIZE_MAX && !l->tensors[k].tied && tensor_has_role(&l->tensors[k], "head");
}

status updated_each(const updated *w, const updated_options *o, bool before, updated_look *look,
                    void *context)
{
    size_t n = updates_count(w->updates);
    progress *p = NULL;
    status st = o->quiet ? OK : progress_new(&p, stderr, n);
    for (size_t i = 0; i < n && !st; i++) {
        update u;
        if (p)
            progress_show(p, i, -1, updates_name(w->updates, i));
        if ((st = updates_load(w->updates, i, before, &u)))
            break;
        st = look(context, i, &u);
        update_clear(&u);
    }
    progress_free(p);
    return st;
}

bool updated_draw(const updated_options *o, const char *path, const char *const *figures)
{
    for (; o->plot && *figures; figures++)
        if (plot_draw(path, *figures, "svg+pdf+png")) {
            fprintf(stderr, "%s\n", error_text()); /* the CSVs are there */
            return false;
        }
    return o->plot;
}

void updated_notes(const updated *w, FILE *out)
{
    if (!updates_scaled(w->updates))
        fprintf(out,
                "UNSCALED: the update is B A, for the file tells no alpha; --alpha 16 gives it\n");
    if (updates_moved(w->updates))
        fprintf(out, "the adapter has trained lengths (DoRA), which change the weights too\n");
}

/* The words of a path that are names: no slash or dot in front, results/ or .safetensors. */
static void updated_name(const char *path, text *out)
{
    static const char runs[] = "results/", end[] = ".safetensors";
    size_t n = strlen(path), tail = sizeof end - 1;
    while (*path == '/' || *path == '.')
        path++, n--;
    if (!strncmp(path, runs, sizeof runs - 1))
        path += sizeof runs - 1, n -= sizeof runs - 1;
    while (n && path[n - 1] == '/')
        n--;
    if (n > tail && !strncmp(path + n - tail, end, tail))
        n -= tail;
    text_add(out, "-");
    for (size_t i = 0; i < n; i++)
        text_bytes(out, path[i] == '/' ? "-" : path + i, 1);
}

char *updated_folder(const updated_options *o, const char *what, size_t n, char *const *names)
{
    text name = {0};
    char *path = NULL;
    text_add(&name, "%s", what);
    for (size_t i = 0; i < n; i++)
        updated_name(names[i], &name);
    if (!text_failed(&name))
        path = folder_path(o->out, name.text);
    text_clear(&name);
    return path;
}
