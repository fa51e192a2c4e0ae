/* bundle.c -- see bundle.h. A journal goes in up to its last whole line, before its bits: so all bits are there. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/os.h"
#include "format/inflate.h"
#include "format/squeeze.h"
#include "format/tar.h"
#include "sweep/ask.h"
#include "sweep/bundle.h"
#include "sweep/claims.h"

static const char sums_name[] = "SHA256SUMS";
static const size_t bundle_limit = (size_t)1 << 34;

/* ------------------------------------------------------------------ out */

typedef struct writer {
    const char *folder, *top; /* top: the folder's own name */
    squeeze *z;
    text sums;
    bundle_told *told;
} writer;

static status put(writer *w, const char *name, const char *bytes, size_t n)
{
    static const char zeros[TAR_BLOCK];
    char block[TAR_BLOCK], hex[HASH_HEX], *member = mem_printf("%s/%s", w->top, name);
    status st = member ? tar_header(member, n, block) : ERR_MEMORY;
    mem_free(member);
    if (st || (st = squeeze_add(w->z, block, TAR_BLOCK)) || (st = squeeze_add(w->z, bytes, n)) ||
        (st = squeeze_add(w->z, zeros, (TAR_BLOCK - n % TAR_BLOCK) % TAR_BLOCK)))
        return st;
    hash_bytes(bytes, n, hex);
    text_add(&w->sums, "%s  %s\n", hex, name);
    w->told->files++;
    w->told->bytes += n;
    return w->sums.failed ? ERR_MEMORY : OK;
}

static bool ends(const char *name, const char *ending)
{
    size_t n = strlen(name), k = strlen(ending);
    return n >= k && !strcmp(name + n - k, ending);
}

/* One file of the folder; of a journal its whole lines. What is gone since it was listed is passed over. */
static status put_file(writer *w, const char *name, bool light)
{
    char *path = mem_printf("%s/%s", w->folder, name), *bytes = NULL;
    size_t n = 0;
    status st = path ? OK : ERR_MEMORY;
    if (!st && light && !strcmp(name, "history.csv") && file_size(path) > BUNDLE_HISTORY)
        w->told->left_out = "history.csv";
    else if (!st && file_exists(path) && !file_is_folder(path) &&
             !(st = file_read(path, bundle_limit, &bytes, &n))) {
        while (ends(name, ".jsonl") && n && bytes[n - 1] != '\n')
            n--;
        st = put(w, name, bytes, n);
    }
    mem_free(bytes);
    mem_free(path);
    return st;
}

/* The files of a folder within it ("": itself) that end so. */
static status put_folder(writer *w, const char *sub, const char *ending, bool light)
{
    char *path = mem_printf("%s/%s", w->folder, sub), **names = NULL;
    size_t n = 0;
    status st = path ? file_names(path, ending, &names, &n) : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        char *name = mem_printf("%s%s%s", sub, *sub ? "/" : "", names[i]);
        if (!name)
            st = ERR_MEMORY;
        else if (!ends(name, ".tmp"))
            st = put_file(w, name, light);
        mem_free(name);
    }
    file_names_free(names, n);
    mem_free(path);
    return st;
}

/* What a reader looks at, of the folder ("") or of a question's in it. */
static status put_seen(writer *w, const char *sub)
{
    static const char *const seen[] = {".csv", ".html", ".tex", ".md"};
    char *plots = mem_printf("%s%splots", sub, *sub ? "/" : "");
    status st = plots ? OK : ERR_MEMORY;
    for (size_t i = 0; i < sizeof seen / sizeof *seen && !st; i++)
        st = put_folder(w, sub, seen[i], true);
    if (!st)
        st = put_folder(w, plots, "", true);
    mem_free(plots);
    return st;
}

static status put_light(writer *w)
{
    char **questions = NULL;
    size_t n = 0;
    status st = put_seen(w, "");
    if (!st)
        st = file_folders_with(w->folder, "d90.csv", &questions, &n);
    for (size_t i = 0; i < n && !st; i++)
        st = put_seen(w, questions[i]);
    file_names_free(questions, n);
    return st;
}

static status put_all(writer *w, bool light)
{
    static const char *const whole[][2] = {
        {"runs", ".jsonl"}, {"runs", ".bits"}, {"z", ".safetensors"}, {"partial", ".safetensors"}};
    status st = put_file(w, "sweep.json", false);
    if (!st && light)
        return put_light(w);
    for (size_t i = 0; i < sizeof whole / sizeof *whole && !st; i++)
        st = put_folder(w, whole[i][0], whole[i][1], false);
    return st;
}

static const char *last_name(const char *folder, size_t *n)
{
    size_t end = strlen(folder), at;
    while (end > 1 && folder[end - 1] == '/')
        end--;
    for (at = end; at > 0 && folder[at - 1] != '/';)
        at--;
    *n = end - at;
    return folder + at;
}

status bundle_export(const char *folder, const char *file, bool light, bundle_told *told)
{
    static const char zeros[2 * TAR_BLOCK];
    size_t n;
    const char *last = last_name(folder, &n);
    bool dots = !n || (n == 1 && *last == '.') || (n == 2 && !memcmp(last, "..", 2));
    char *top = dots ? mem_string("sweep") : mem_printf("%.*s", (int)n, last);
    writer w = {.folder = folder, .top = top, .told = told};
    text out = {0};
    *told = (bundle_told){0};
    if (!top)
        return ERR_MEMORY;
    status st = ends(file, ".tar.gz") || ends(file, ".tgz") ? squeeze_new(&w.z, SQUEEZE_GZ)
                : ends(file, ".tar.xz")                     ? squeeze_new(&w.z, SQUEEZE_XZ)
                : ends(file, ".tar")                        ? squeeze_new(&w.z, SQUEEZE_PLAIN)
                                                            : ERR_USAGE;
    if (st == ERR_USAGE)
        error_set(st, "%s: a bundle is a .tar, .tar.gz or .tar.xz; name it so", file);
    if (!st && !(st = put_all(&w, light))) {
        char *sums = w.sums.text;
        size_t length = w.sums.length;
        w.sums = (text){0};
        if (!length)
            st = error_set(ERR_FILE, "%s: nothing is there to be exported", folder);
        else if (!(st = put(&w, sums_name, sums, length)) &&
                 !(st = squeeze_add(w.z, zeros, sizeof zeros)) && !(st = squeeze_end(w.z, &out)))
            st = file_write(file, out.text, out.length);
        told->files--; /* the sums are none of its own */
        mem_free(sums);
    }
    text_clear(&w.sums);
    text_clear(&out);
    squeeze_free(w.z);
    mem_free(top);
    return st;
}

/* ------------------------------------------------------------------ in */

typedef struct reader {
    const char *file;
    char *bytes;
    size_t n;
    tar_member *members; /* files, their paths without the top folder */
    bool *checked;       /* of each: it stands in the sums */
    size_t n_members;
    char top[TAR_PATH];
} reader;

/* A name that one of our files may have: letters, digits and ._- , none that begins with a dot. */
static bool plain_name(const char *s, size_t n)
{
    bool good = n && *s != '.';
    for (size_t i = 0; i < n && good; i++)
        good = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') ||
               (s[i] >= '0' && s[i] <= '9') || s[i] == '.' || s[i] == '_' || s[i] == '-';
    return good;
}

/* Is this the path, below its top, of a file that an import writes? */
static bool wanted_path(const char *path)
{
    static const char *const folders[][2] = {{"runs/", ".jsonl"},
                                             {"runs/", ".bits"},
                                             {"z/", ".safetensors"},
                                             {"partial/", ".safetensors"}};
    if (!strcmp(path, "sweep.json") || !strcmp(path, sums_name))
        return true;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        size_t n = strlen(folders[i][0]);
        if (!strncmp(path, folders[i][0], n) && plain_name(path + n, strlen(path + n)) &&
            ends(path, folders[i][1]))
            return true;
    }
    return false;
}

static void printable(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
            *s = '?';
}

/* Cuts the top folder off a member's path; it must be the same for all. */
static status take_member(reader *r, tar_member *m)
{
    char shown[TAR_PATH];
    const char *slash = strchr(m->path, '/');
    size_t n = slash ? (size_t)(slash - m->path) : 0;
    snprintf(shown, sizeof shown, "%s", m->path);
    printable(shown);
    if (m->type == '5')
        return OK;
    if (slash && !*r->top && n && strcmp(m->path, "../") != 0)
        snprintf(r->top, sizeof r->top, "%.*s", (int)n, m->path);
    if (!slash || m->type != '0' || strlen(r->top) != n || strncmp(m->path, r->top, n) ||
        !strcmp(r->top, "..") || !strcmp(r->top, ".") || !wanted_path(slash + 1))
        return error_set(ERR_FORMAT,
                         "%s: %s is no file of an exported sweep (a light bundle is for reading); "
                         "nothing was written",
                         r->file, shown);
    memmove(m->path, slash + 1, strlen(slash + 1) + 1);
    for (size_t i = 0; i < r->n_members; i++)
        if (!strcmp(r->members[i].path, m->path))
            return error_set(ERR_FORMAT, "%s: %s is there twice; nothing was written", r->file,
                             shown);
    tar_member *more = mem_resize(r->members, r->n_members + 1, sizeof *more);
    if (!more)
        return ERR_MEMORY;
    r->members = more;
    more[r->n_members++] = *m;
    return OK;
}

/* Its place; n_members: there is none. */
static size_t find_member(const reader *r, const char *path, size_t n)
{
    size_t i = 0;
    while (i < r->n_members &&
           (strlen(r->members[i].path) != n || memcmp(r->members[i].path, path, n) != 0))
        i++;
    return i;
}

/* Every file stands in the sums once, with the sum that it has. */
static status check_sums(reader *r)
{
    size_t own = find_member(r, sums_name, sizeof sums_name - 1), line = 0;
    if (own == r->n_members)
        return error_set(ERR_FORMAT,
                         "%s: no %s is in it: `idim export` did not write it, or not to "
                         "its end; nothing was written",
                         r->file, sums_name);
    if (!(r->checked = mem_array(r->n_members, sizeof *r->checked)))
        return ERR_MEMORY;
    r->checked[own] = true; /* needs no sum of its own */
    const char *at = r->members[own].bytes, *end = at + r->members[own].n;
    for (const char *stop; at < end; at = stop + 1) {
        stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = stop ? (size_t)(stop - at) : 0,
               i = n > 66 ? find_member(r, at + 66, n - 66) : r->n_members;
        char hex[HASH_HEX];
        line++;
        if (i == r->n_members || r->checked[i])
            return error_set(
                ERR_FORMAT,
                "%s: line %zu of %s names no file of it, or one a second time; nothing "
                "was written",
                r->file, line, sums_name);
        hash_bytes(r->members[i].bytes, r->members[i].n, hex);
        if (memcmp(hex, at, HASH_HEX - 1))
            return error_set(
                ERR_FORMAT,
                "%s: %s is not what its checksum says: fetch the bundle again; nothing "
                "was written",
                r->file, r->members[i].path);
        r->checked[i] = true;
    }
    for (size_t i = 0; i < r->n_members; i++)
        if (!r->checked[i])
            return error_set(ERR_FORMAT, "%s: %s stands in no line of %s; nothing was written",
                             r->file, r->members[i].path, sums_name);
    return OK;
}

static void reader_close(reader *r)
{
    mem_free(r->members);
    mem_free(r->checked);
    mem_free(r->bytes);
}

static status reader_open(reader *r, const char *file)
{
    size_t at = 0;
    tar_member m;
    bool end = false;
    status st;
    *r = (reader){.file = file};
    if ((st = inflate_file(file, bundle_limit, &r->bytes, &r->n)))
        return st;
    while (!(st = tar_next(file, r->bytes, r->n, &at, &m, &end)) && !end)
        if ((st = take_member(r, &m)))
            break;
    if (!st)
        st = check_sums(r);
    if (st)
        reader_close(r);
    return st;
}

status bundle_name(const char *file, char **name)
{
    reader r;
    status st = reader_open(&r, file);
    *name = NULL;
    if (st)
        return st;
    if (!plain_name(r.top, strlen(r.top)))
        st = error_set(ERR_USAGE, "%s: its folder's name is none to be used as it is; give --out",
                       file);
    else if (!(*name = mem_string(r.top)))
        st = ERR_MEMORY;
    reader_close(&r);
    return st;
}

/* Members of one sub-folder into a folder; those that are there stay. */
static status write_members(const reader *r, const char *sub, const char *folder)
{
    status st = OK;
    for (size_t i = 0; i < r->n_members && !st; i++) {
        const tar_member *m = &r->members[i];
        if (strncmp(m->path, sub, strlen(sub)))
            continue;
        char *path = mem_printf("%s/%s", folder, m->path);
        st = path ? OK : ERR_MEMORY;
        if (!st && !file_exists(path) && !(st = file_make_folder_of(path)))
            st = file_write(path, m->bytes, m->n);
        mem_free(path);
    }
    return st;
}

/* With the files in it; ERR_MEMORY leaves some. */
static status remove_folder(const char *folder, const char *sub)
{
    char *path = mem_printf("%s/%s", folder, sub), **names = NULL;
    size_t n = 0;
    status st = path ? file_names(path, "", &names, &n) : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        char *file = mem_printf("%s/%s", path, names[i]);
        st = file ? OK : ERR_MEMORY;
        if (file)
            remove(file);
        mem_free(file);
    }
    file_names_free(names, n);
    if (path)
        remove(path);
    mem_free(path);
    return st;
}

/* The asks of the bundle behind those of the folder. */
static status take_asks(const char *from, const char *folder)
{
    ask_list there = {0}, all = {0};
    status st = ask_load(from, &there);
    for (size_t i = 0; i < there.n && !st; i++) {
        ask_clear(&all);
        st = ask_note(folder, &there.asks[i], &all);
    }
    ask_clear(&all);
    ask_clear(&there);
    return st;
}

static status take_runs(const char *from, const char *folder,
                        void (*said)(void *context, const char *sentence), void *context,
                        bundle_told *told)
{
    store *s = NULL, *other = NULL;
    status st, st2;
    if (!(st = store_open(&other, from)) && !(st = store_open(&s, folder)))
        st = store_take(s, other, &told->taken, &told->differ);
    for (size_t i = 0; said && other && i < store_notes(other); i++)
        said(context, store_note(other, i));
    for (size_t i = 0; said && s && i < store_notes(s); i++)
        said(context, store_note(s, i));
    st2 = store_close(other);
    if (!st)
        st = st2;
    st2 = store_close(s);
    return st ? st : st2;
}

status bundle_import(const char *file, const char *folder,
                     void (*said)(void *context, const char *sentence), void *context,
                     bundle_told *told)
{
    reader r;
    status st = reader_open(&r, file);
    *told = (bundle_told){0};
    if (st)
        return st;
    claims *at_work = NULL; /* before anything is there that `idim clean` would take away */
    char *work = mem_printf("%s/" BUNDLE_WORK "%016" PRIx64 ".tmp", folder, os_random());
    st = work ? claims_open(&at_work, folder) : ERR_MEMORY;
    if (!st && !(st = file_make_folder(work)) && !(st = write_members(&r, "runs/", work)) &&
        !(st = write_members(&r, "sweep.json", work)) && !(st = write_members(&r, "z/", folder)) &&
        !(st = write_members(&r, "partial/", folder)) &&
        !(st = take_runs(work, folder, said, context, told)))
        st = take_asks(work, folder);
    told->files = r.n_members - 1;
    told->bytes = r.n;
    if (work) {
        status st2 = remove_folder(work, "runs");
        st = st ? st : st2;
        st2 = remove_folder(work, "");
        st = st ? st : st2;
    }
    claims_close(at_work);
    mem_free(work);
    reader_close(&r);
    return st;
}
