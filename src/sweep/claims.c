/* claims.c -- see claims.h. A file is opened for each word and closed behind it, which is when a network file
 * system hands it on. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "sweep/claims.h"

typedef struct leader { /* another one */
    char *name;
    size_t read; /* bytes */
    char (*ids)[RUN_ID];
    size_t n;
    double grown; /* when, by this process's clock */
    bool seen;    /* in this listing */
} leader;

struct claims {
    char *folder, name[128], *path;
    leader *others;
    size_t n;
    double beat;
};

static void leader_clear(leader *l)
{
    mem_free(l->name);
    mem_free(l->ids);
    *l = (leader){0};
}

static bool leader_dead(const leader *l)
{
    long process = os_process_of(l->name);
    return (process && !os_process_runs(process)) || os_seconds() - l->grown > CLAIMS_DEAD_S;
}

/* What cannot be written costs a run done twice at most. */
static void claims_say(claims *c, const char *words, size_t n)
{
    FILE *out = fopen(c->path, "ab");
    if (!out)
        return;
    fwrite(words, 1, n, out);
    fclose(out);
    c->beat = os_seconds();
}

static void claims_words(claims *c, char what, const char *const *ids, size_t n)
{
    text t = {0};
    for (size_t i = 0; i < n; i++)
        text_add(&t, "%c%s\n", what, ids[i]);
    if (!t.failed)
        claims_say(c, t.text, t.length);
    text_clear(&t);
}

status claims_open(claims **out, const char *folder)
{
    claims *c = mem_array(1, sizeof *c);
    status st;
    *out = NULL;
    if (!c)
        return ERR_MEMORY;
    os_own_name(c->name);
    c->folder = mem_printf("%s/working", folder);
    c->path = c->folder ? mem_printf("%s/%s", c->folder, c->name) : NULL;
    st = c->path ? file_make_folder(c->folder) : ERR_MEMORY;
    if (!st) {
        claims_say(c, ".\n", 2);
        st = claims_refresh(c);
    }
    if (st) {
        claims_close(c);
        return st;
    }
    *out = c;
    return OK;
}

void claims_close(claims *c)
{
    if (!c)
        return;
    if (c->path)
        remove(c->path);
    if (c->folder)
        remove(c->folder); /* when it is empty */
    for (size_t i = 0; i < c->n; i++)
        leader_clear(&c->others[i]);
    mem_free(c->others);
    mem_free(c->path);
    mem_free(c->folder);
    mem_free(c);
}

/* One word of another's file. */
static status leader_word(leader *l, const char *word, size_t n)
{
    if (n != RUN_ID || (*word != '+' && *word != '-'))
        return OK; /* "." */
    size_t i = 0;
    while (i < l->n && memcmp(l->ids[i], word + 1, RUN_ID - 1) != 0)
        i++;
    if (*word == '-' && i < l->n)
        memmove(l->ids[i], l->ids[--l->n], RUN_ID);
    if (*word == '-' || i < l->n)
        return OK;
    char(*more)[RUN_ID] = mem_resize(l->ids, l->n + 1, sizeof *more);
    if (!more)
        return ERR_MEMORY;
    l->ids = more;
    memcpy(more[l->n], word + 1, RUN_ID - 1);
    more[l->n++][RUN_ID - 1] = '\0';
    return OK;
}

static status leader_read(leader *l, const char *folder)
{
    char *path = mem_printf("%s/%s", folder, l->name), *bytes;
    size_t n;
    status st = path ? file_read(path, SIZE_MAX, &bytes, &n) : ERR_MEMORY;
    mem_free(path);
    if (st) /* gone since it was listed */
        return st == ERR_MEMORY ? st : OK;
    if (n > l->read)
        l->grown = os_seconds();
    for (const char *stop;
         !st && l->read < n && (stop = memchr(bytes + l->read, '\n', n - l->read));
         l->read = (size_t)(stop - bytes) + 1)
        st = leader_word(l, bytes + l->read, (size_t)(stop - bytes) - l->read);
    mem_free(bytes);
    return st;
}

static status claims_find(claims *c, const char *name, leader **out)
{
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->others[i].name, name)) {
            *out = &c->others[i];
            return OK;
        }
    leader *more = mem_resize(c->others, c->n + 1, sizeof *more);
    if (!more)
        return ERR_MEMORY;
    c->others = more;
    more[c->n] = (leader){.name = mem_string(name), .grown = os_seconds()};
    if (!more[c->n].name)
        return ERR_MEMORY;
    *out = &more[c->n++];
    return OK;
}

/* Whose file is gone has ended; whose process is gone left it behind. */
static void claims_bury(claims *c)
{
    for (size_t i = c->n; i-- > 0;) {
        leader *l = &c->others[i];
        if (l->seen && !leader_dead(l))
            continue;
        char *path = l->seen ? mem_printf("%s/%s", c->folder, l->name) : NULL;
        if (path)
            remove(path);
        mem_free(path);
        leader_clear(l);
        *l = c->others[--c->n];
    }
}

status claims_refresh(claims *c)
{
    char **names;
    size_t n;
    status st;
    if (os_seconds() - c->beat > CLAIMS_BEAT_S)
        claims_say(c, ".\n", 2);
    if ((st = file_names(c->folder, "", &names, &n)))
        return st;
    for (size_t i = 0; i < c->n; i++)
        c->others[i].seen = false;
    for (size_t i = 0; i < n && !st; i++) {
        leader *l;
        if (!strcmp(names[i], c->name) || (st = claims_find(c, names[i], &l)))
            continue;
        l->seen = true;
        st = leader_read(l, c->folder);
    }
    file_names_free(names, n);
    claims_bury(c);
    return st;
}

size_t claims_others(const claims *c)
{
    return c->n;
}

static bool leader_holds(const leader *l, const char *id)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->ids[i], id))
            return true;
    return false;
}

bool claims_held(const claims *c, const char *id)
{
    for (size_t i = 0; i < c->n; i++)
        if (leader_holds(&c->others[i], id))
            return true;
    return false;
}

status claims_take(claims *c, const char *const *ids, size_t n, bool *taken)
{
    status st;
    *taken = false;
    for (size_t i = 0; i < n; i++)
        if (claims_held(c, ids[i]))
            return OK;
    claims_words(c, '+', ids, n);
    if ((st = claims_refresh(c)))
        return st;
    *taken = true;
    for (size_t k = 0; k < c->n && *taken; k++)
        for (size_t i = 0; i < n && *taken; i++)
            *taken = !leader_holds(&c->others[k], ids[i]) || strcmp(c->others[k].name, c->name) > 0;
    if (!*taken)
        claims_release(c, ids, n);
    return OK;
}

void claims_release(claims *c, const char *const *ids, size_t n)
{
    claims_words(c, '-', ids, n);
}

status claims_other(const char *folder, char name[CLAIMS_NAME])
{
    char *working = mem_printf("%s/working", folder), **names = NULL;
    size_t n = 0;
    status st = working ? file_names(working, "", &names, &n) : ERR_MEMORY;
    *name = '\0';
    for (size_t i = 0; i < n && !*name; i++) {
        long process = os_process_of(names[i]);
        if (!process || (process != os_process() && os_process_runs(process)))
            snprintf(name, CLAIMS_NAME, "%s", names[i]);
    }
    file_names_free(names, n);
    mem_free(working);
    return st;
}
