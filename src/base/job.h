/* job.h -- somebody else's program, run to its end: in a process group of its own, its words read, its
 * processor time and memory counted.
 *
 * A guard process of ours stands between: when we die, by whatever signal, it kills the whole group. So
 * nothing that a job started outlives its sweep. Beside os.c the one file that asks the system. */
#ifndef BASE_JOB_H
#define BASE_JOB_H

#include "base/status.h"

typedef struct job {
    char *const *words; /* program and arguments, ended by NULL; found on the PATH, no shell */
    const char *const
        *env;       /* "NAME=value" in place of what is inherited, ended by NULL; NULL: none */
    double grace_s; /* after a signal was passed on, until the group is killed */
    /* Told what the job wrote, as it comes; error: on stderr. */
    void (*wrote)(void *context, bool error, const char *bytes, size_t n);
    void *context;
} job;

typedef struct job_end {
    int code;          /* exit code, or 128 + signal */
    bool killed;       /* by us, when the grace was over */
    double cpu_s;      /* user + system, with all processes that it waited for */
    uint64_t peak_rss; /* bytes, of its largest process */
} job_end;

/* Waits for the end. A signal that os_catch_signals noted is passed on to the group; then ERR_STOPPED,
 * with *end filled. ERR_FAILED: it cannot be started. */
status job_run(const job *j, job_end *end);

/* Is there such a program to start, on the PATH or by its path? ERR_USAGE says no. */
status job_found(const char *program);

#endif
