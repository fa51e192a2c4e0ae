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
    char (*ids)[RUN_ID]; /* in hand */
    size_t n_ids;
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

/* Who took this leader for dead took its file away: then all is said again. */
static status claims_say(claims *c, char what, const char *const *ids, size_t n)
{
    text t = {0};
    bool gone = c->n_ids && !file_exists(c->path);
    for (size_t i = 0; gone && i < c->n_ids; i++)
        text_add(&t, "+%s\n", c->ids[i]);
    for (size_t i = 0; i < n; i++)
        text_add(&t, "%c%s\n", what, ids[i]);
    if (!n)
        text_add(&t, ".\n");
    if (t.failed)
        return ERR_MEMORY;
    FILE *out = fopen(c->path, "ab");
    bool said = out && fwrite(t.text, 1, t.length, out) == t.length;
    if (out && fclose(out))
        said = false;
    status st = said ? OK : error_errno(ERR_FILE, "%s: cannot be written", c->path);
    text_clear(&t);
    c->beat = os_seconds();
    return st;
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
    if (st || (st = claims_say(c, '.', NULL, 0)) || (st = claims_refresh(c))) {
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
    mem_free(c->ids);
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

/* On from where it was read to; one that is shorter by now is a new one. */
static status leader_read(leader *l, const char *folder)
{
    char *path = mem_printf("%s/%s", folder, l->name), some[4096];
    FILE *in = path ? fopen(path, "rb") : NULL;
    size_t n = 0, used = 1;
    status st = path ? OK : ERR_MEMORY;
    if (in && !fseek(in, 0, SEEK_END) && ftell(in) < (long)l->read)
        l->read = l->n = 0;
    if (in && fseek(in, (long)l->read, SEEK_SET))
        used = 0;
    while (in && !st && used) { /* NULL: gone since it was listed */
        const char *stop;
        n += fread(some + n, 1, sizeof some - n, in);
        for (used = 0; !st && (stop = memchr(some + used, '\n', n - used));
             used = (size_t)(stop - some) + 1)
            st = leader_word(l, some + used, (size_t)(stop - some) - used);
        if (used)
            l->grown = os_seconds();
        l->read += used;
        n -= used;
        memmove(some, some + used, n);
    }
    if (in)
        fclose(in);
    mem_free(path);
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
    if (os_seconds() - c->beat > CLAIMS_BEAT_S && (st = claims_say(c, '.', NULL, 0)) == ERR_MEMORY)
        return st; /* what cannot be written for now is said again */
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

/* By whose name sorts first of those who hold one of these. */
static const leader *claims_holder(const claims *c, const char *const *ids, size_t n)
{
    const leader *first = NULL;
    for (size_t k = 0; k < c->n; k++)
        for (size_t i = 0; i < n; i++)
            if (leader_holds(&c->others[k], ids[i]) &&
                (!first || strcmp(c->others[k].name, first->name) < 0))
                first = &c->others[k];
    return first;
}

/* Of two that said it at once, and both give it back, the one whose name sorts first tries again. */
status claims_take(claims *c, const char *const *ids, size_t n, bool *taken)
{
    const leader *holder;
    status st;
    char(*more)[RUN_ID] = mem_resize(c->ids, c->n_ids + n, sizeof *more);
    *taken = false;
    if (!more)
        return ERR_MEMORY;
    c->ids = more;
    while (!claims_holder(c, ids, n)) {
        if ((st = claims_say(c, '+', ids, n)) || (st = claims_refresh(c)))
            return st;
        if (!(holder = claims_holder(c, ids, n))) {
            for (size_t i = 0; i < n; i++)
                memcpy(c->ids[c->n_ids++], ids[i], RUN_ID);
            *taken = true;
            return OK;
        }
        bool first = strcmp(c->name, holder->name) < 0;
        if ((st = claims_say(c, '-', ids, n)) || !first || (st = claims_refresh(c)))
            return st;
    }
    return OK;
}

status claims_release(claims *c, const char *const *ids, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->n_ids; i++) {
        bool given = false;
        for (size_t k = 0; k < n && !given; k++)
            given = !strcmp(c->ids[i], ids[k]);
        if (!given)
            memmove(c->ids[kept++], c->ids[i], RUN_ID);
    }
    c->n_ids = kept;
    status st = claims_say(c, '-', ids, n);
    return st == ERR_MEMORY ? st : OK; /* unheard, it is theirs when this leader ends */
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
