/* shard.h -- which of how many processes this one is, as whoever started them numbered them.
 *
 *     --shard i/N                                          from 0
 *     SLURM_ARRAY_TASK_ID, _MIN, _STEP, _COUNT             an element of a job array, and in it
 *     SLURM_PROCID, SLURM_NTASKS                           a task of srun
 *     OMPI_COMM_WORLD_RANK, _SIZE; PMI_RANK, PMI_SIZE      mpirun
 *     JOB_COMPLETION_INDEX, JOB_COMPLETIONS                an indexed container job
 *
 * Kubernetes tells a pod its index and not how many there are: without JOB_COMPLETIONS shares are of
 * SHARD_UNKNOWN, and what no pod has as its share is trained by whoever has none left. */
#ifndef SWEEP_SHARD_H
#define SWEEP_SHARD_H

#include "base/status.h"

enum { SHARD_UNKNOWN = 64, SHARD_MOST = 1000000 };

typedef struct shard {
    size_t i, n;    /* i < n; 0 of 1: alone */
    const char *by; /* "--shard", "srun"; "" */
} shard;

/* asked: "i/N" or ""; env: getenv. ERR_USAGE: no such share. */
status shard_find(const char *asked, char *(*env)(const char *name), shard *out);

#endif
