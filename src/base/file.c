/* file.c -- whole reads with a limit, atomic writes, folders, maps, the append-only log. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/os.h"

/* One read, begun again after a signal. */
static ssize_t file_get(int fd, char *to, size_t room)
{
    ssize_t n;
    do
        n = read(fd, to, room);
    while (n < 0 && errno == EINTR);
    return n;
}

/* All n bytes; false with errno set. *done: what was written all the same. */
static bool file_put(int fd, const char *from, size_t n, size_t *done)
{
    bool full = fault_now(FAULT_WRITE); /* a full disk takes a part */
    for (*done = 0; *done < n;) {
        ssize_t k = write(fd, from + *done, full ? (n - *done + 1) / 2 : n - *done);
        if (full && k > 0) {
            *done += (size_t)k;
            errno = ENOSPC;
            return false;
        }
        if (k < 0 && errno != EINTR)
            return false;
        if (k > 0)
            *done += (size_t)k;
    }
    return true;
}

/* A disk may also say only when it is asked to finish that it is full. */
static bool file_fault(void)
{
    bool now = fault_now(FAULT_WRITE);
    if (now)
        errno = EIO;
    return now;
}

/* ------------------------------------------------------------------ whole files */

/* Grows by what fstat promised, then by doubling: pipes and files of /proc promise 0. */
static status file_read_fd(int fd, const char *path, size_t limit, char **bytes, size_t *n)
{
    struct stat info;
    size_t room = 4096, length = 0;
    char *text_ = NULL;
    status st = OK;
    if (fstat(fd, &info))
        return error_errno(ERR_FILE, "%s: cannot be examined", path);
    if (S_ISREG(info.st_mode) && info.st_size > 0) {
        if ((uintmax_t)info.st_size > limit)
            return error_set(ERR_LIMIT,
                             "%s: %jd bytes, above the limit of %zu; is it the right file?", path,
                             (intmax_t)info.st_size, limit);
        room = (size_t)info.st_size + 2; /* one for '\0', one that shows the end without growing */
    }
    for (;;) {
        if (!text_ || length + 1 == room) {
            size_t more = text_ ? (room > SIZE_MAX / 2 ? SIZE_MAX : 2 * room) : room;
            char *p = mem_resize(text_, more, 1);
            if (!p) {
                st = ERR_MEMORY;
                goto done;
            }
            text_ = p;
            room = more;
        }
        ssize_t k = file_get(fd, text_ + length, room - 1 - length);
        if (k < 0) {
            st = error_errno(ERR_FILE, "%s: cannot be read", path);
            goto done;
        }
        if (k == 0)
            break;
        length += (size_t)k;
        if (length > limit) {
            st = error_set(ERR_LIMIT, "%s: above the limit of %zu bytes; is it the right file?",
                           path, limit);
            goto done;
        }
    }
    text_[length] = '\0';
    *bytes = text_;
    *n = length;
    text_ = NULL;
done:
    mem_free(text_);
    return st;
}

status file_read(const char *path, size_t limit, char **bytes, size_t *n)
{
    *bytes = NULL;
    *n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(ERR_FILE, "%s: cannot be opened", path);
    status st = file_read_fd(fd, path, limit, bytes, n);
    close(fd);
    return st;
}

/* The folder that a path lies in; a fresh string. */
static char *file_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_string(".");
    if (slash == path)
        return mem_string("/");
    return mem_printf("%.*s", (int)(slash - path), path);
}

/* A name is safe after a crash only when its folder is. Some network file systems cannot do this
 * and say EINVAL; there is nothing to be done about them. */
static status file_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(ERR_FILE, "%s: cannot be opened", folder);
    status st = OK;
    if (fsync(fd) && errno != EINVAL && errno != EROFS)
        st = error_errno(ERR_FILE, "%s: cannot be brought to disk", folder);
    close(fd);
    return st;
}

status file_write(const char *path, const void *bytes, size_t n)
{
    return file_write_pieces(path, &(file_piece){bytes, n}, 1);
}

status file_write_text(const char *folder, const char *name, const text *t)
{
    char *path = text_failed(t) ? NULL : mem_printf("%s/%s", folder, name);
    status st = path ? file_write(path, t->text, t->length) : ERR_MEMORY;
    mem_free(path);
    return st;
}

status file_write_pieces(const char *path, const file_piece *pieces, size_t n)
{
    status st = ERR_MEMORY;
    size_t done_;
    int fd = -1;
    char *folder = file_folder(path);
    char *name = mem_printf("%s.%016llx.tmp", path, (unsigned long long)os_random());
    if (!folder || !name)
        goto done;
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        st = error_errno(ERR_FILE, "%s: cannot be made", name);
        goto done;
    }
    bool put = true;
    for (size_t i = 0; i < n && put; i++)
        put = file_put(fd, pieces[i].bytes, pieces[i].n, &done_);
    put = put && !file_fault() && fsync(fd) == 0;
    if (!put)
        st = error_errno(ERR_FILE, "%s: cannot be written", path);
    if (close(fd) && put) {
        st = error_errno(ERR_FILE, "%s: cannot be written", path);
        put = false;
    }
    if (put && rename(name, path)) {
        st = error_errno(ERR_FILE, "%s: cannot be replaced", path);
        put = false;
    }
    if (put)
        st = file_sync_folder(folder);
    else
        unlink(name);
done:
    mem_free(folder);
    mem_free(name);
    return st;
}

/* ------------------------------------------------------------------ what is not replaced */

static status file_is_as(const char *path, const file_piece *pieces, size_t n)
{
    file_map m;
    if (!file_exists(path))
        return OK;
    if (file_is_folder(path))
        return error_set(ERR_USAGE, "%s: is a folder, and a file is written; give another name",
                         path);
    status st = file_map_open(&m, path);
    if (st)
        return st;
    const char *at = m.bytes;
    size_t left = m.n;
    bool same = true;
    for (size_t i = 0; i < n && same; i++) {
        size_t k = pieces[i].n;
        same = k <= left && (!k || !memcmp(at, pieces[i].bytes, k));
        at += same ? k : 0;
        left -= same ? k : 0;
    }
    file_map_close(&m);
    if (same && !left)
        return OK;
    return error_set(ERR_USAGE,
                     "%s: is there already with other content, which is not replaced; give another "
                     "name, or move it away",
                     path);
}

status file_write_once(const char *path, const file_piece *pieces, size_t n)
{
    status st = file_is_as(path, pieces, n);
    return st || file_exists(path) ? st : file_write_pieces(path, pieces, n);
}

status file_holds_only(const char *folder, const char *const *names, size_t n)
{
    char **there;
    size_t count;
    status st = file_is_folder(folder) ? file_names(folder, "", &there, &count) : OK;
    if (st || !file_is_folder(folder))
        return st;
    for (size_t i = 0; i < count && !st; i++) {
        bool known = *there[i] == '.';
        for (size_t k = 0; k < n && !known; k++)
            known = !strcmp(there[i], names[k]);
        if (!known)
            st = error_set(ERR_USAGE,
                           "%s/%s: is there already, and what is written is not mixed with it; "
                           "name another folder, or move it away",
                           folder, there[i]);
    }
    file_names_free(there, count);
    return st;
}

status file_write_folder(const char *folder, const file_part *parts, size_t n)
{
    const char **names = mem_array(n, sizeof *names);
    char **paths = mem_array(n, sizeof *paths);
    status st = names && paths ? OK : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        names[i] = parts[i].name;
        paths[i] = mem_printf("%s/%s", folder, parts[i].name);
        st = paths[i] ? file_is_as(paths[i], parts[i].pieces, parts[i].n) : ERR_MEMORY;
    }
    if (!st && !(st = file_holds_only(folder, names, n)))
        st = file_make_folder(folder);
    for (size_t i = 0; i < n && !st; i++)
        st = file_write_once(paths[i], parts[i].pieces, parts[i].n);
    for (size_t i = 0; paths && i < n; i++)
        mem_free(paths[i]);
    mem_free(paths);
    mem_free(names);
    return st;
}

/* ------------------------------------------------------------------ folders */

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

uint64_t file_size(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && info.st_size > 0 ? (uint64_t)info.st_size : 0;
}

static status file_make_one(const char *path)
{
    if (mkdir(path, 0777) == 0)
        return OK;
    const int why = errno; /* looking whether it is there has a reason of its own */
    if (file_is_folder(path))
        return OK; /* another process was faster, or it was there */
    errno = why;
    if (errno == EEXIST)
        return error_set(ERR_FILE,
                         "%s: is a file where a folder is wanted; move it or choose "
                         "another name",
                         path);
    return error_errno(ERR_FILE, "%s: cannot be made", path);
}

status file_make_folder(const char *path)
{
    status st = OK;
    char *p = mem_string(path);
    if (!p)
        return ERR_MEMORY;
    for (char *s = p + (*p == '/'); !st && *s; s++)
        if (*s == '/' && s[-(s > p)] != '/') {
            *s = '\0';
            st = file_make_one(p);
            *s = '/';
        }
    if (!st)
        st = file_make_one(p);
    mem_free(p);
    return st;
}

status file_make_folder_of(const char *path)
{
    char *folder = file_folder(path);
    status st = folder ? file_make_folder(folder) : ERR_MEMORY;
    mem_free(folder);
    return st;
}

static int file_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool file_ends_in(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);
    return n >= k && strcmp(name + n - k, suffix) == 0;
}

status file_names(const char *folder, const char *suffix, char ***names, size_t *n)
{
    char **list = NULL;
    size_t count = 0, room = 0;
    struct dirent *entry;
    status st = OK;
    *names = NULL;
    *n = 0;
    DIR *d = opendir(folder);
    if (!d)
        return errno == ENOENT ? OK : error_errno(ERR_FILE, "%s: cannot be opened", folder);
    while (errno = 0, (entry = readdir(d))) {
        const char *name = entry->d_name;
        if (!strcmp(name, ".") || !strcmp(name, "..") || !file_ends_in(name, suffix))
            continue;
        if (count == room) {
            char **grown = mem_resize(list, room = 2 * room + 16, sizeof *list);
            if (!grown)
                goto memory;
            list = grown;
        }
        if (!(list[count] = mem_string(name)))
            goto memory;
        count++;
    }
    if (errno) {
        st = error_errno(ERR_FILE, "%s: cannot be listed", folder);
        goto done;
    }
    if (count)
        qsort(list, count, sizeof *list, file_compare);
    *names = list;
    *n = count;
    list = NULL;
    count = 0;
    goto done;
memory:
    st = ERR_MEMORY;
done:
    file_names_free(list, count);
    closedir(d);
    return st;
}

void file_names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mem_free(names[i]);
    mem_free(names);
}

status file_folders_with(const char *folder, const char *file, char ***names, size_t *n)
{
    size_t kept = 0;
    status st = file_names(folder, "", names, n);
    for (size_t i = 0; i < *n; i++) {
        char *path = mem_printf("%s/%s/%s", folder, (*names)[i], file);
        if (!path)
            st = ERR_MEMORY;
        if (path && file_exists(path))
            (*names)[kept++] = (*names)[i];
        else
            mem_free((*names)[i]);
        mem_free(path);
    }
    *n = kept;
    if (!kept || st) {
        file_names_free(*names, kept);
        *names = NULL;
        *n = 0;
    }
    return st;
}

/* ------------------------------------------------------------------ maps */

status file_map_open(file_map *m, const char *path)
{
    struct stat info;
    status st = OK;
    *m = (file_map){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(ERR_FILE, "%s: cannot be opened", path);
    if (fstat(fd, &info))
        st = error_errno(ERR_FILE, "%s: cannot be examined", path);
    else if (!S_ISREG(info.st_mode))
        st = error_set(ERR_FILE, "%s: is no plain file and cannot be mapped; name a file", path);
    else if (info.st_size == 0)
        m->bytes = ""; /* mmap refuses 0 bytes */
    else {
        void *p = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (p == MAP_FAILED)
            st = error_errno(ERR_FILE, "%s: cannot be mapped", path);
        else
            *m = (file_map){p, (size_t)info.st_size};
    }
    close(fd);
    return st;
}

void file_map_close(file_map *m)
{
    if (m->n)
        os_unmap(m->bytes, m->n);
    *m = (file_map){0};
}

void file_map_forget(const file_map *m, const void *bytes, size_t n)
{
    uintptr_t at = (uintptr_t)bytes, begin = (uintptr_t)m->bytes;
    if (m->n && at >= begin && at - begin <= m->n && n <= m->n - (at - begin))
        os_forget(bytes, n);
}

/* ------------------------------------------------------------------ the log */

struct file_log {
    int fd;
    uint64_t length;
    char *path;
};

status file_log_new(file_log **log, const char *path)
{
    status st = ERR_MEMORY;
    *log = NULL;
    file_log *l = mem_array(1, sizeof *l);
    char *folder = file_folder(path);
    if (l)
        l->fd = -1;
    if (!l || !folder || !(l->path = mem_string(path)))
        goto fail;
    l->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (l->fd < 0) {
        st = error_errno(ERR_FILE, "%s: cannot be made", path);
        goto fail;
    }
    if ((st = file_sync_folder(folder))) {
        unlink(path);
        goto fail;
    }
    *log = l;
    mem_free(folder);
    return OK;
fail:
    mem_free(folder);
    if (l && l->fd >= 0)
        close(l->fd);
    if (l)
        mem_free(l->path);
    mem_free(l);
    return st;
}

/* A line that did not fit is cut off again, so that the next one does not begin in its middle. */
status file_log_add(file_log *log, const void *bytes, size_t n, uint64_t *offset)
{
    size_t done;
    if (!file_put(log->fd, bytes, n, &done) || file_fault() || fdatasync(log->fd)) {
        error_errno(ERR_FILE, "%s: cannot be written", log->path);
        if (done && ftruncate(log->fd, (off_t)log->length))
            error_prefix("a torn line was left, ");
        return ERR_FILE;
    }
    if (offset)
        *offset = log->length;
    log->length += n;
    return OK;
}

status file_log_close(file_log *log)
{
    if (!log)
        return OK;
    status st = OK;
    if (close(log->fd))
        st = error_errno(ERR_FILE, "%s: cannot be closed", log->path);
    mem_free(log->path);
    mem_free(log);
    return st;
}
