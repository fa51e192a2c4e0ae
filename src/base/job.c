/* job.c -- see job.h.
 *
 *     we --- link (both ways) --- guard --- the job's group
 *
 * Over the link we send signals to pass on, a byte each; the guard sends the end. Closed by our death, it
 * tells the guard to kill. The guard is in a group of its own, so that `kill -9` of our group leaves it
 * that last duty; if it is killed itself, the kernel kills the job (its first process). Between fork and
 * exec, and in the guard, only what signal(7) allows there is called: we may have threads. */
#define _GNU_SOURCE /* pipe2, environ */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/job.h"
#include "base/mem.h"
#include "base/os.h"

enum { JOB_TICK_MS = 200, JOB_FILES = 1024 };

extern char **environ;

typedef struct guard_word { /* from the guard, once */
    int how;                /* as waitpid tells it */
    double cpu_s;
    long peak_kib;
} guard_word;

/* ------------------------------------------------------------------ behind fork */

static void guard_keep(const int *kept, size_t n)
{
    for (int fd = 0; fd < JOB_FILES; fd++) {
        bool keep = false;
        for (size_t i = 0; i < n; i++)
            keep = keep || kept[i] == fd;
        if (!keep)
            close(fd);
    }
}

static void guard_exec(const job *j, char **env, int out, int err)
{
    const int back[] = {SIGINT, SIGTERM, SIGUSR1, SIGPIPE}, standard[] = {0, 1, 2};
    sigset_t none;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < sizeof back / sizeof *back; i++)
        signal(back[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(out, 1);
    dup2(err, 2);
    guard_keep(standard, 3);
    environ = env;
    execvp(j->words[0], j->words);
    _exit(127);
}

static double guard_cpu(const struct rusage *u)
{
    return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
           1e-6 * (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec);
}

/* The guard's whole life. */
static void guard_main(const job *j, char **env, int link, int out, int err)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    setpgid(0, 0);
    sigemptyset(&all);
    sigaddset(&all, SIGCHLD);
    int children = signalfd(-1, &all, 0);
    pid_t program = fork();
    if (!program)
        guard_exec(j, env, out, err);
    if (program > 0)
        setpgid(program, program); /* whoever is first */
    const int kept[] = {link, children};
    guard_keep(kept, 2);
    guard_word word = {.how = 127 << 8};
    while (program > 0) {
        struct pollfd wait[] = {{.fd = link, .events = POLLIN}, {.fd = children, .events = POLLIN}};
        struct signalfd_siginfo what;
        struct rusage used;
        char number;
        poll(wait, 2, -1);
        if (wait[1].revents && read(children, &what, sizeof what) > 0 &&
            waitpid(program, &word.how, WNOHANG) == program) {
            getrusage(RUSAGE_CHILDREN, &used);
            word.cpu_s = guard_cpu(&used);
            word.peak_kib = used.ru_maxrss;
            break;
        }
        if (wait[0].revents) {
            if (read(link, &number, 1) == 1)
                kill(-program, number);
            else /* we are dead */
                break;
        }
    }
    if (program > 0)
        kill(-program, SIGKILL); /* what it left behind in its group, too */
    (void)!write(link, &word, sizeof word);
    _exit(0);
}

/* ------------------------------------------------------------------ before it */

typedef struct job_pipes {
    int link[2], out[2], err[2]; /* [0] is ours; of pipes the reading end */
} job_pipes;

static void pipes_close(job_pipes *p, int side)
{
    int *const all[] = {p->link, p->out, p->err};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        os_close(all[i][side]);
        all[i][side] = -1;
    }
}

static status job_start(const job *j, job_pipes *p, pid_t *guard)
{
    char **env = os_environment(j->env);
    status st = OK;
    *p = (job_pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    if (!env)
        return ERR_MEMORY;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->link) || pipe2(p->out, O_CLOEXEC) ||
        pipe2(p->err, O_CLOEXEC) || (*guard = fork()) < 0)
        st = error_errno(ERR_FAILED, "%s: cannot be started", j->words[0]);
    else if (!*guard) {
        pipes_close(p, 0);
        guard_main(j, env, p->link[1], p->out[1], p->err[1]);
    }
    pipes_close(p, 1);
    if (st)
        pipes_close(p, 0);
    mem_free(env);
    return st;
}

/* Reads what is there; closes the end of a stream that is over. */
static void job_read(const job *j, int *fd, bool error)
{
    char some[4096];
    ssize_t got = read(*fd, some, sizeof some);
    if (got > 0) {
        if (j->wrote)
            j->wrote(j->context, error, some, (size_t)got);
    } else if (!got || errno != EINTR) {
        os_close(*fd);
        *fd = -1;
    }
}

/* After the end, what is still in the pipes; a daemon that keeps them open is not waited for. */
static void job_drain(const job *j, job_pipes *p)
{
    for (;;) {
        struct pollfd wait[] = {{.fd = p->out[0], .events = POLLIN},
                                {.fd = p->err[0], .events = POLLIN}};
        if ((p->out[0] < 0 && p->err[0] < 0) || poll(wait, 2, 0) <= 0)
            return;
        if (wait[0].revents)
            job_read(j, &p->out[0], false);
        if (wait[1].revents)
            job_read(j, &p->err[0], true);
    }
}

/* Passes a noted signal on once; kills when the grace is over. */
static void job_signals(const job *j, const job_pipes *p, double *since, job_end *end)
{
    char number = (char)os_signal();
    if (!number)
        return;
    if (*since < 0) {
        *since = os_seconds();
        (void)!write(p->link[0], &number, 1);
    } else if (!end->killed && os_seconds() - *since > j->grace_s) {
        number = SIGKILL;
        end->killed = write(p->link[0], &number, 1) == 1;
    }
}

status job_run(const job *j, job_end *end)
{
    job_pipes p;
    pid_t guard = 0;
    guard_word word;
    double since = -1;
    ssize_t got = -1;
    status st = job_start(j, &p, &guard);
    *end = (job_end){0};
    if (st)
        return st;
    while (got < 0) {
        struct pollfd wait[] = {{.fd = p.link[0], .events = POLLIN},
                                {.fd = p.out[0], .events = POLLIN},
                                {.fd = p.err[0], .events = POLLIN}};
        job_signals(j, &p, &since, end);
        if (poll(wait, 3, JOB_TICK_MS) <= 0)
            continue;
        if (wait[1].revents)
            job_read(j, &p.out[0], false);
        if (wait[2].revents)
            job_read(j, &p.err[0], true);
        if (wait[0].revents)
            got = read(p.link[0], &word, sizeof word);
    }
    job_drain(j, &p);
    pipes_close(&p, 0);
    while (waitpid(guard, NULL, 0) < 0 && errno == EINTR) {
    }
    if (got != (ssize_t)sizeof word)
        return error_set(ERR_FAILED, "%s: its guard was killed, and so was it", j->words[0]);
    end->code = WIFSIGNALED(word.how) ? 128 + WTERMSIG(word.how) : WEXITSTATUS(word.how);
    end->cpu_s = word.cpu_s;
    end->peak_rss = (uint64_t)word.peak_kib * 1024;
    return since < 0 ? OK : error_set(ERR_STOPPED, "stopped by signal %d", os_signal());
}

status job_found(const char *program)
{
    const char *path = getenv("PATH");
    if (strchr(program, '/'))
        return !access(program, X_OK)
                   ? OK
                   : error_errno(ERR_USAGE, "exec: %s cannot be started", program);
    for (const char *at = path ? path : "/usr/bin:/bin", *stop;; at = stop + 1) {
        stop = at + strcspn(at, ":");
        char *whole = mem_printf("%.*s/%s", (int)(stop - at), at, program);
        if (!whole)
            return ERR_MEMORY;
        bool found = !access(whole, X_OK);
        mem_free(whole);
        if (found)
            return OK;
        if (!*stop)
            return error_set(ERR_USAGE,
                             "exec: no program %s is found on the PATH; write its whole path",
                             program);
    }
}
