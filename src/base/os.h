/* os.h -- the one place that asks the operating system: cores, memory, clocks, processes.
 * os.c and job.c alone define _GNU_SOURCE. */
#ifndef BASE_OS_H
#define BASE_OS_H

#include "base/status.h"

size_t os_cores(void);      /* SLURM_CPUS_PER_TASK, else the affinity mask; at least 1 */
size_t os_processors(void); /* of the machine, whoever may use them */
uint64_t os_memory(void);   /* bytes this process may use: the cgroup's limit, else the machine's */
uint64_t os_memory_left(void);   /* of those, what the machine could give out now */
uint64_t os_peak_rss(void);      /* bytes */
uint64_t os_rss(long process);   /* bytes that a process of ours holds now; 0 when it is gone */
double os_seconds(void);         /* monotonic */
double os_cpu_seconds(void);     /* user + system, this process */
void os_time_text(char out[32]); /* wall clock, UTC, ISO 8601: "2026-11-24T12:00:00Z" */
void os_host(char out[64]);
void os_cpu_name(char out[64]); /* /proc/cpuinfo's model name */
uint64_t os_random(void); /* from the system: for file name suffixes alone, never for science */
size_t os_columns(void);  /* of the terminal on stderr, 80 when unknown */
bool os_is_terminal(int fd);
bool os_process_runs(long process); /* on this machine */
long os_process(void);              /* this process's id */

/* "HOST-PROCESS-RANDOM": a name for files that this process alone writes. */
void os_own_name(char out[128]);
/* The process of such a name, and of one with an ending ".jsonl", of this host; 0: of another host. One host's name may
 * begin another's (gpu, gpu-3), so the whole is looked at. */
long os_process_of(const char *name);

/* The path of the running executable (not of a link to it). ERR_FILE. */
status os_executable(char *out, size_t room);

/* From the root, without links; fresh. ERR_FILE. */
status os_real_path(const char *path, char **whole);

/* true when this CPU has every instruction set the program was compiled for; else `missing` names
 * the first that it lacks. Runs before any vector instruction. */
bool os_cpu_fits(const char **missing);

/* AMD's number of this CPU's family (25: Zen 4, 26: Zen 5) where it has AVX-512; 0 on any other. Models'
 * names do not say it: a virtual machine may hide them. */
unsigned os_amd_avx512(void);

/* An anonymous memory file (memfd), inherited by spawned processes, of n bytes mapped for writing. */
status os_shared_new(const char *name, size_t n, int *fd, void **bytes);
/* Maps a descriptor read-only; *n is its size. */
status os_shared_map(int fd, const void **bytes, size_t *n);
void os_unmap(const void *bytes, size_t n);
/* Lets go of a mapped file's pages: they are read again where they are needed. Of a file alone: other memory would
 * lose what it holds. */
void os_forget(const void *bytes, size_t n);
void os_close(int fd);

/* A spawned process with pipes to its stdin and from its stdout; stderr is inherited, and so are
 * descriptors made by os_shared_new. */
typedef struct os_child {
    long process;
    int in, out; /* we write to in, read from out; -1 when closed */
} os_child;
status os_spawn(os_child *child, const char *path, const char *const *argv,
                const char *const *extra_env);
/* Waits until one of n children has something to read, or timeout_ms passed (-1: for ever).
 * *which = n on a timeout. A child with out = -1 is passed over. ERR_STOPPED after a signal that
 * os_catch_signals noted. */
status os_wait_any(os_child *children, size_t n, int timeout_ms, size_t *which);
/* Bytes read into buffer (0: the child closed its end). */
status os_read(int fd, char *buffer, size_t room, size_t *n);
status os_write(int fd, const void *bytes, size_t n);
/* Waits for the end. *exit_code is the exit code or 128 + signal. Closes the pipes. */
status os_reap(os_child *child, int *exit_code);
void os_kill(os_child *child, bool hard); /* SIGKILL when hard, else the noted signal, else TERM */
/* The environment with "NAME=value" entries in place of those of their names; mem_free, the entries are borrowed.
 * NULL: ERR_MEMORY. */
char **os_environment(const char *const *extra);

/* INT, TERM and USR1 are noted, no more; os_signal gives the first noted one, 0 when none. */
void os_catch_signals(void);
int os_signal(void);
/* This process ends when its parent does (a worker whose leader was killed). */
void os_die_with_parent(void);

#endif
