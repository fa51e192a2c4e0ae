/* leading.h -- what the files of a sweep's leader (worker.h) share, and no other includes:
 *
 *     leader.c     a sweep is opened, asked for stages, closed; runs in this process
 *     units.c      which runs of a stage are wanted, cut into units; which of them is next
 *     fitting.c    whether a unit fits into memory beside what is under way
 *     hands.c      workers: given a unit, listened to, missed
 *     telling.c    what the user, and who looks into the folder, sees of a stage */
#ifndef SWEEP_LEADING_H
#define SWEEP_LEADING_H

#include "base/os.h"
#include "sweep/claims.h"
#include "sweep/room.h"
#include "sweep/worker.h"

enum { LEADER_TASKS = 64, OTHERS_MS = 100 }; /* OTHERS_MS: until others are looked at again */

typedef struct unit { /* runs of one stage that go to one worker together */
    size_t *runs;     /* places in the stage */
    size_t n, share;  /* whose */
    bool given;       /* to one of ours, or done by others */
    double theta0;    /* bytes of the weights at step 0; 0 of a program */
} unit;

typedef struct hand { /* a worker as the leader sees it */
    os_child child;
    bool alive, busy;
    size_t tasks; /* that were there when it started: it has the descriptors of no later one */
    size_t unit;
    double share; /* of the unit that is done */
    text line;
} hand;

typedef struct packed_task { /* a task made once and handed round */
    char *spec;
    int fd;
    char content[80];
    size_t n_train;
} packed_task;

struct sweep {
    sweep_options options;
    store *store;
    runner *runner; /* of this process: sizes, and runs when jobs = 0 */
    progress *progress;
    packed_task tasks[LEADER_TASKS];
    size_t n_tasks;
    hand *hands;
    size_t n_hands;
    char **gpus;
    size_t n_gpus;
    key_texts texts;
    size_t done, found, failed, expected;
    double started, shares;
    double said; /* when others were told what is under way (watch.h) */
    bool announced;
    char (*redone)[RUN_ID]; /* whole runs that were taken up again: once is what was asked for */
    size_t n_redone;
    claims *claims; /* NULL: in memory, nobody else can come */
    size_t share, shares_n;
    room room;
};

typedef struct stage {
    sweep *s;
    const run_spec *runs;
    char (*ids)[RUN_ID];
    size_t *todo, n_todo; /* places in runs */
    unit *units;
    size_t n_units, done_runs, before; /* before: runs of earlier stages */
    size_t stop_epoch;
    double likely; /* bytes of the largest unit before any is measured */
    bool waited;   /* a unit for memory, which was told */
} stage;

/* ------------------------------------------------------------------ leader.c */

/* The task of a run; borrowed. */
status sweep_task(sweep *s, const run_spec *run, const packed_task **out);
/* The id of a canonical run. */
status sweep_id(sweep *s, const run_spec *canonical, char id[RUN_ID]);
/* Bytes that the frozen parts of a worker's spaces may take. */
size_t sweep_share(const sweep *s, size_t jobs);
/* ERR_STOPPED after a signal. */
status stage_signal(void);

/* ------------------------------------------------------------------ units.c */

/* Fills the ids of n runs, and which of them are wanted, each once. */
status stage_todo(stage *g, size_t n);
/* Groups what may go side by side; a group is cut so that every job has a unit. */
status stage_units(stage *g);
/* A unit whose runs stand in the journals: it is given back, counted and told. */
status stage_finish(stage *g, size_t which);
/* The next unit that no other leader has in hand or has done; n_units: none for now. *waits: others are at
 * some. For one of our hands (NULL: this process), which must have room for it. */
status stage_next(stage *g, const hand *h, size_t *which, bool *waits);

/* ------------------------------------------------------------------ fitting.c */

size_t hands_busy(const sweep *s);
/* Refuses what does not fit before anything starts. */
status stage_room(stage *g);
/* Is there room for a unit in this hand, beside what is under way? Idle workers go where they are in its way. */
status hand_has_room(stage *g, const hand *h, const unit *u, bool *room_);

/* ------------------------------------------------------------------ hands.c */

/* A worker ends with its stdin. */
void hand_dismiss(hand *h);
/* Waits for it; hard: tells it to. */
void hand_end(hand *h, bool hard);
/* Until all of a stage is done. */
status stage_workers(stage *g);

/* ------------------------------------------------------------------ telling.c */

/* How far it is; which: a unit, n_units: none. ERR_STOPPED when told asks. */
status stage_show(stage *g, size_t which);
/* May a line of this level be written? Then the progress line makes room. */
bool sweep_tells(sweep *s, log_level level);
/* A line for each run of a unit that ended. */
void stage_tell_runs(stage *g, const unit *u);

#endif
