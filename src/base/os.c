/* os.c -- the one place that asks the operating system. */
#define _GNU_SOURCE /* getrandom, memfd_create, sched_getaffinity, pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/os.h"

/* ------------------------------------------------------------------ the machine */

size_t os_cores(void)
{
    const char *slurm = getenv("SLURM_CPUS_PER_TASK");
    long n = slurm ? strtol(slurm, NULL, 10) : 0;
    cpu_set_t set;
    if (n > 0)
        return (size_t)n;
    if (!sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) > 0)
        return (size_t)CPU_COUNT(&set);
    return 1;
}

size_t os_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (size_t)n : 1;
}

/* The first number in a file of the kernel's; 0 when there is none ("max"). */
static uint64_t number_in(const char *path)
{
    unsigned long long n = 0;
    FILE *in = fopen(path, "r");
    if (in && fscanf(in, "%llu", &n) != 1)
        n = 0;
    if (in)
        fclose(in);
    return n;
}

uint64_t os_memory(void)
{
    uint64_t all = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    char line[512], path[640];
    FILE *in = fopen("/proc/self/cgroup", "r");
    while (in && fgets(line, sizeof line, in)) {
        char *place = strrchr(line, ':');
        if (!place)
            continue;
        place[strcspn(place, "\n")] = '\0';
        bool v2 = !strncmp(line, "0::", 3), v1 = strstr(line, ":memory:") != NULL;
        if (!v2 && !v1)
            continue;
        snprintf(path, sizeof path,
                 v2 ? "/sys/fs/cgroup%s/memory.max"
                    : "/sys/fs/cgroup/memory%s/memory.limit_in_bytes",
                 place + 1);
        uint64_t limit = number_in(path);
        if (limit && limit < all)
            all = limit;
    }
    if (in)
        fclose(in);
    return all;
}

uint64_t os_memory_left(void)
{
    unsigned long long kib, left = 0;
    char line[128];
    FILE *in = fopen("/proc/meminfo", "r");
    while (in && fgets(line, sizeof line, in))
        if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
            left = kib * 1024;
    if (in)
        fclose(in);
    uint64_t all = os_memory();
    return left && left < all ? left : all;
}

uint64_t os_peak_rss(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)u.ru_maxrss * 1024;
}

uint64_t os_rss(long process)
{
    unsigned long long all, held = 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/statm", process);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%llu %llu", &all, &held) != 2)
        held = 0;
    if (f)
        fclose(f);
    return held * (uint64_t)sysconf(_SC_PAGESIZE);
}

double os_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double os_cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void os_time_text(char out[32])
{
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

void os_host(char out[64])
{
    if (gethostname(out, 64))
        snprintf(out, 64, "unknown");
    out[63] = '\0';
}

void os_cpu_name(char out[64])
{
    char line[256];
    FILE *in = fopen("/proc/cpuinfo", "r");
    snprintf(out, 64, "unknown");
    while (in && fgets(line, sizeof line, in)) {
        char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) || !value)
            continue;
        value += strspn(value, ": \t");
        value[strcspn(value, "\n")] = '\0';
        snprintf(out, 64, "%.63s", value);
        break;
    }
    if (in)
        fclose(in);
}

/* The clock and the process are the fallback on a kernel without getrandom: names must differ, no more. */
uint64_t os_random(void)
{
    uint64_t bits;
    if (getrandom(&bits, sizeof bits, 0) == (ssize_t)sizeof bits)
        return bits;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return ((uint64_t)t.tv_nsec << 32 ^ (uint64_t)t.tv_sec) * 0x9E3779B97F4A7C15u +
           (uint64_t)getpid();
}

bool os_is_terminal(int fd)
{
    return isatty(fd) == 1;
}

size_t os_columns(void)
{
    struct winsize w;
    const char *columns = getenv("COLUMNS");
    long n = columns ? strtol(columns, NULL, 10) : 0;
    if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &w) && w.ws_col > 20)
        return w.ws_col;
    return n > 20 ? (size_t)n : 80;
}

long os_process(void)
{
    return (long)getpid();
}

bool os_process_runs(long process)
{
    return !kill((pid_t)process, 0) || errno == EPERM;
}

void os_own_name(char out[128])
{
    char host[64];
    os_host(host);
    snprintf(out, 128, "%s-%ld-%08x", host, os_process(), (unsigned)(uint32_t)os_random());
}

long os_process_of(const char *name)
{
    char host[64], *end;
    os_host(host);
    size_t n = strlen(host);
    if (strncmp(name, host, n) || name[n] != '-' || name[n + 1] < '1' || name[n + 1] > '9')
        return 0;
    long process = strtol(name + n + 1, &end, 10);
    if (*end != '-' || strspn(end + 1, "0123456789abcdef") != 8 || (end[9] && end[9] != '.'))
        return 0;
    return process;
}

status os_executable(char *out, size_t room)
{
    ssize_t n = readlink("/proc/self/exe", out, room - 1);
    if (n < 0 || (size_t)n >= room - 1)
        return error_errno(ERR_FILE, "/proc/self/exe: cannot find the running program");
    out[n] = '\0';
    return OK;
}

status os_real_path(const char *path, char **whole)
{
    char *found = realpath(path, NULL);
    *whole = found ? mem_string(found) : NULL;
    status st = !found   ? error_errno(ERR_FILE, "%s: cannot be found", path)
                : *whole ? OK
                         : ERR_MEMORY;
    free(found);
    return st;
}

/* ------------------------------------------------------------------ shared memory */

status os_shared_new(const char *name, size_t n, int *fd, void **bytes)
{
    *bytes = NULL;
    *fd = memfd_create(name, 0); /* inherited by workers: no CLOEXEC */
    if (*fd < 0)
        return error_errno(ERR_MEMORY, "%s: no shared memory to be had", name);
    if (ftruncate(*fd, (off_t)n) || (*bytes = mmap(NULL, n ? n : 1, PROT_READ | PROT_WRITE,
                                                   MAP_SHARED, *fd, 0)) == MAP_FAILED) {
        status st =
            error_errno(ERR_MEMORY, "%s: %zu bytes of shared memory cannot be had", name, n);
        close(*fd);
        *fd = -1;
        *bytes = NULL;
        return st;
    }
    return OK;
}

status os_shared_map(int fd, const void **bytes, size_t *n)
{
    struct stat about;
    *bytes = NULL;
    *n = 0;
    if (fstat(fd, &about))
        return error_errno(ERR_FILE, "descriptor %d: no shared memory", fd);
    void *p = mmap(NULL, about.st_size ? (size_t)about.st_size : 1, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return error_errno(ERR_MEMORY, "descriptor %d: cannot be mapped", fd);
    *bytes = p;
    *n = (size_t)about.st_size;
    return OK;
}

/* munmap takes a plain pointer though it writes nothing through it. */
void os_unmap(const void *bytes, size_t n)
{
    if (n)
        munmap((void *)(uintptr_t)bytes, n);
}

/* Whole pages, outwards: their neighbours lie in the same file. */
void os_forget(const void *bytes, size_t n)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)bytes & ~(page - 1);
    if (n)
        madvise((void *)begin, (uintptr_t)bytes + n - begin, MADV_DONTNEED);
}

void os_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* ------------------------------------------------------------------ processes */

static volatile sig_atomic_t caught; /* the one thing a handler may touch */

extern char **environ;

static bool env_named(const char *entry, const char *const *extra)
{
    size_t n = strcspn(entry, "=");
    for (size_t i = 0; extra && extra[i]; i++)
        if (!strncmp(extra[i], entry, n) && extra[i][n] == '=')
            return true;
    return false;
}

char **os_environment(const char *const *extra)
{
    size_t n = 0, k = 0;
    while (environ[n])
        n++;
    for (size_t i = 0; extra && extra[i]; i++)
        k++;
    char **env = mem_array(n + k + 1, sizeof *env);
    if (!env)
        return NULL;
    k = 0;
    for (size_t i = 0; i < n; i++)
        if (!env_named(environ[i], extra))
            env[k++] = environ[i];
    for (size_t i = 0; extra && extra[i]; i++)
        env[k++] = (char *)(uintptr_t)extra[i];
    return env;
}

status os_spawn(os_child *child, const char *path, const char *const *argv,
                const char *const *extra_env)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1}, failed;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    pid_t process;
    char **env = os_environment(extra_env);
    *child = (os_child){.in = -1, .out = -1};
    if (!env)
        return ERR_MEMORY;
    if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) {
        status st = error_errno(ERR_FAILED, "%s: no pipe to be had", path);
        os_close(to[0]);
        os_close(to[1]);
        mem_free(env);
        return st;
    }
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    failed =
        posix_spawn(&process, path, &actions, &attributes, (char *const *)(uintptr_t)argv, env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    mem_free(env);
    os_close(to[0]);
    os_close(from[1]);
    if (failed) {
        os_close(to[1]);
        os_close(from[0]);
        errno = failed;
        return error_errno(ERR_FAILED, "%s: cannot be started", path);
    }
    *child = (os_child){.process = (long)process, .in = to[1], .out = from[0]};
    return OK;
}

status os_wait_any(os_child *children, size_t n, int timeout_ms, size_t *which)
{
    struct pollfd *wait = mem_array(n, sizeof *wait);
    status st = OK;
    *which = n;
    if (!wait)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) /* poll passes over negative descriptors */
        wait[i] = (struct pollfd){.fd = children[i].out, .events = POLLIN};
    int ready = poll(wait, (nfds_t)n, timeout_ms);
    if (ready < 0 && errno != EINTR)
        st = error_errno(ERR_FAILED, "waiting for workers failed");
    else if (ready < 0 && os_signal())
        st = error_set(ERR_STOPPED, "stopped by signal %d; everything finished so far is kept",
                       os_signal());
    for (size_t i = 0; i < n && ready > 0; i++)
        if (wait[i].fd >= 0 && wait[i].revents) {
            *which = i;
            break;
        }
    mem_free(wait);
    return st;
}

status os_read(int fd, char *buffer, size_t room, size_t *n)
{
    ssize_t got;
    do
        got = read(fd, buffer, room);
    while (got < 0 && errno == EINTR && !os_signal());
    *n = got > 0 ? (size_t)got : 0;
    if (got < 0 && errno == EINTR)
        return error_set(ERR_STOPPED, "stopped by signal %d", os_signal());
    return got < 0 ? error_errno(ERR_FILE, "descriptor %d: cannot be read", fd) : OK;
}

status os_write(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_errno(ERR_FILE, "descriptor %d: cannot be written", fd);
        p += put;
        n -= (size_t)put;
    }
    return OK;
}

status os_reap(os_child *child, int *exit_code)
{
    int how;
    pid_t got;
    os_close(child->in);
    os_close(child->out);
    child->in = child->out = -1;
    *exit_code = 0;
    do
        got = waitpid((pid_t)child->process, &how, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_errno(ERR_FAILED, "process %ld: cannot be waited for", child->process);
    *exit_code = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
    return OK;
}

void os_kill(os_child *child, bool hard)
{
    if (child->process > 0)
        kill((pid_t)child->process, hard ? SIGKILL : caught ? caught : SIGTERM);
}

/* ------------------------------------------------------------------ signals */

static void note_signal(int number)
{
    if (!caught)
        caught = number;
}

void os_catch_signals(void)
{
    const int numbers[] = {SIGINT, SIGTERM, SIGUSR1};
    struct sigaction action = {.sa_handler = note_signal}; /* no SA_RESTART: waits must end */
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int os_signal(void)
{
    return caught;
}

void os_die_with_parent(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == 1) /* it died before we asked */
        raise(SIGKILL);
}
