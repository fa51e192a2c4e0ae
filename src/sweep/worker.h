/* worker.h -- the two ends of a sweep's processes.
 *
 * The leader spawns workers (this same program) and hands each a unit at a time; a worker trains it,
 * writes its own journal, and says so. One line each way:
 *
 *     to a worker     {"fd":5,"stop":0,"keep_z":false,"grace":30,"runs":[{...},{...}]}
 *     from a worker   epoch K N        said SENTENCE        done        failed STATUS SENTENCE
 *
 * fd: the packed task, inherited; stop: the epoch after which the runs stop, 0: never.
 *
 * A worker ends when its stdin does, when its leader dies, or at a signal: then what it trains is left in
 * its checkpoint, and the leader started again has it taken up there. */
#ifndef SWEEP_WORKER_H
#define SWEEP_WORKER_H

#include "base/progress.h"
#include "sweep/runner.h"
#include "sweep/store.h"

/* The whole life of a worker process. ERR_STOPPED after a signal. */
status worker_main(const char *folder, size_t threads, size_t memory, int in, int out);

typedef struct sweep_options {
    const char *folder; /* NULL: in memory, in this process */
    size_t jobs;        /* processes; 0: runs are trained in this process, one after another */
    size_t threads;     /* of each run */
    double memory;      /* bytes that all of them may hold; 0: os_memory */
    bool again;         /* runs that failed by themselves are tried again, each once */
    bool keep_z;        /* z/ID.safetensors of each run; who has none is trained again */
    double grace_s;     /* that a program has to end in after a signal (exec.h) */
    const char
        *gpus; /* devices "0+1": each job sees one, in turn; NULL or "": all that there are */
    const run_rows *rows; /* a library user's own; needs jobs = 0 */
    FILE *show;           /* the progress line; NULL: none */
    logger log;           /* warn: what is tried again; info: every run; debug: workers */
    int (*told)(void *context, size_t done, size_t total, const char *now); /* or NULL */
    void *context;
} sweep_options;

typedef struct sweep sweep;
status sweep_open(sweep **s, const sweep_options *options);
status sweep_close(sweep *s); /* ends the workers; NULL is fine */

store *sweep_store(sweep *s);
const char *sweep_kind(const sweep *s); /* this machine's numeric kind */
size_t sweep_done(const sweep *s);      /* trained by this sweep */
size_t sweep_found(const sweep *s);     /* needed and found done */
size_t sweep_failed(const sweep *s);    /* of the stages so far */

/* This process is one of several at one folder: it trains its share of a stage first, then what is left of
 * the others' from the far end. Without this one that another has in hand is passed over too (claims.h). */
void sweep_share_of(sweep *s, size_t share, size_t of);

/* How many runs the stages still to come may add: for the progress line alone. */
void sweep_expect(sweep *s, size_t later);

/* Trains a canonical run in this process whatever the store holds; nothing is written. The record is the
 * caller's. */
status sweep_repeat(sweep *s, const run_spec *run, record *out);
/* The same until `stepped` (runner_how) has seen enough: *whole false, and there is no record. */
status sweep_watch(sweep *s, const run_spec *run, bool (*stepped)(void *context, bool scored),
                   void *context, record *out, bool *whole);

/* Makes a run canonical (texts owned by the sweep), with its id. */
status sweep_run_of(sweep *s, const run_spec *r, run_spec *canonical, char id[RUN_ID]);
/* The ids of runs that differ from a canonical one in their seeds alone. */
status sweep_ids(sweep *s, const run_spec *canonical, const size_t *seeds, size_t n,
                 char (*ids)[RUN_ID]);
/* Can the space of a canonical run be made in a worker, of so many jobs (0: as many as the sweep has)?
 * Nothing is trained. */
status sweep_fits(sweep *s, const run_spec *r, size_t jobs);
/* What a canonical run's task and model are. */
status sweep_describe(sweep *s, const run_spec *r, runner_about *about);
status sweep_fresh_head(sweep *s, const run_spec *r, bool *fresh); /* runner_fresh_head */

/* Would a stage train this run of the store (NULL: not there)? A whole one only as the options say
 * (again, keep_z), and once in a sweep's life. */
bool sweep_wants(const sweep *s, const record *r);

/* Trains those of n canonical runs that the store does not hold yet. All are tried; failures are
 * records. ERR_STOPPED after a signal or when told asks: what is finished is kept. */
status sweep_stage(sweep *s, const run_spec *runs, size_t n);
/* The same with each run stopped after this many epochs: a search's round. Who is there already, with so
 * many epochs or whole, is not trained; a later round, or a stage, takes each up where it stopped. */
status sweep_round(sweep *s, const run_spec *runs, size_t n, size_t stop_epoch);

#endif
