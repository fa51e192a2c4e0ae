/* shim.c -- preloaded into a sweep: its k-th call of one function, counted over all processes, does not come
 * back, or fails. crash.sh drives it.
 *
 *   CRASH_AT=write:37:kill     the process is killed with half of the bytes written (others: before the call)
 *   CRASH_AT=write:37:ENOSPC   the call fails so, once;   CRASH_AT=write:37:EIO+   and every one behind it
 *   CRASH_COUNTS=FILE          a file of zeros that the counts are kept in, shared
 *   CRASH_CLOCK=-86400         what the calendar is moved by, in seconds */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {"write",    "fsync", "fdatasync", "rename", "mkdir", "open",
                                    "memalign", "mmap",  "spawn",     "unlink", "read"};
enum { WRITE, FSYNC, FDATASYNC, RENAME, MKDIR, OPEN, MEMALIGN, MMAP, SPAWN, UNLINK, READ, CALLS };

static atomic_long *counts;
static long at;
static int call = -1, fails;
static int ever;
static long clock_moved;

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void begin(void)
{
    static const struct {
        const char *name;
        int number;
    } errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"ENOMEM", ENOMEM}, {"EAGAIN", EAGAIN}};
    const char *file = getenv("CRASH_COUNTS"), *what = getenv("CRASH_AT"),
               *moved = getenv("CRASH_CLOCK");
    void *(*map)(void *, size_t, int, int, int, off_t) = next("mmap");
    int fd = file ? (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR) : -1;
    clock_moved = moved ? atol(moved) : 0;
    if (fd < 0)
        return;
    void *p = map(NULL, CALLS * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        return;
    if (what && *what) {
        size_t n = strcspn(what, ":");
        const char *how = strrchr(what, ':') + 1;
        for (int i = 0; i < CALLS; i++)
            if (!strncmp(what, names[i], n) && !names[i][n])
                call = i;
        at = atol(what + n + 1);
        for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
            if (!strncmp(how, errors[i].name, strlen(errors[i].name)))
                fails = errors[i].number;
        ever = how[strlen(how) - 1] == '+';
    }
    counts = p;
}

/* Is this the one? A process that is to be killed is, unless `later`. */
static int hit(int which, int later)
{
    if (!counts)
        return 0;
    long k = atomic_fetch_add(&counts[which], 1) + 1;
    if (which != call || (k != at && !(ever && k > at)))
        return 0;
    if (!fails && !later)
        kill(getpid(), SIGKILL);
    errno = fails;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    ssize_t (*real)(int, const void *, size_t) = next("write");
    if (!hit(WRITE, 1))
        return real(fd, bytes, n);
    if (n > 1)
        (void)real(fd, bytes, n / 2);
    if (!fails)
        kill(getpid(), SIGKILL);
    if (n > 1) /* half of it was taken, and the rest fails the next time */
        return (ssize_t)(n / 2);
    return -1;
}

ssize_t read(int fd, void *bytes, size_t n)
{
    ssize_t (*real)(int, void *, size_t) = next("read");
    return hit(READ, 0) ? -1 : real(fd, bytes, n);
}

#define ONE(name, which, args, given)                                                              \
    int name args                                                                                  \
    {                                                                                              \
        int(*real) args = next(#name);                                                             \
        return hit(which, 0) ? -1 : real given;                                                    \
    }
ONE(fsync, FSYNC, (int fd), (fd))
ONE(fdatasync, FDATASYNC, (int fd), (fd))
ONE(rename, RENAME, (const char *from, const char *to), (from, to))
ONE(mkdir, MKDIR, (const char *path, mode_t mode), (path, mode))
ONE(unlink, UNLINK, (const char *path), (path))
ONE(remove, UNLINK, (const char *path), (path))

int open(const char *path, int flags, ...)
{
    int (*real)(const char *, int, int) = next("open");
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return flags & O_CREAT && hit(OPEN, 0) ? -1 : real(path, flags, mode);
}

int posix_memalign(void **p, size_t align, size_t n)
{
    static int (*real)(void **, size_t, size_t);
    if (!real)
        real = next("posix_memalign");
    return hit(MEMALIGN, 0) ? ENOMEM : real(p, align, n);
}

void *mmap(void *place, size_t n, int how, int flags, int fd, off_t offset)
{
    void *(*real)(void *, size_t, int, int, int, off_t) = next("mmap");
    return hit(MMAP, 0) ? MAP_FAILED : real(place, n, how, flags, fd, offset);
}

int posix_spawn(pid_t *process, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const argv[], char *const env[])
{
    int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                const posix_spawnattr_t *, char *const[], char *const[]) = next("posix_spawn");
    return hit(SPAWN, 0) ? fails : real(process, path, actions, attributes, argv, env);
}

int flock(int fd, int what)
{
    (void)fd, (void)what;
    errno = ENOSYS;
    return -1;
}

time_t time(time_t *out)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out)
        *out = t.tv_sec + clock_moved;
    return t.tv_sec + clock_moved;
}
