/* shard.c -- see shard.h. */
#include <stdlib.h>
#include <string.h>

#include "sweep/shard.h"

/* Digits alone, up to SHARD_MOST; what else stands in the environment is not for us. */
static bool number_of(const char *text_, size_t *x)
{
    char *end;
    if (!text_ || !*text_ || strspn(text_, "0123456789") != strlen(text_) || strlen(text_) > 9)
        return false;
    *x = strtoul(text_, &end, 10);
    return !*end;
}

static bool pair_of(char *(*env)(const char *), const char *i, const char *n, shard *out)
{
    return number_of(env(i), &out->i) && number_of(env(n), &out->n) && out->i < out->n;
}

static status asked_of(const char *asked, shard *out)
{
    char i[16] = "";
    const char *slash = strchr(asked, '/');
    if (slash && (size_t)(slash - asked) < sizeof i)
        memcpy(i, asked, (size_t)(slash - asked));
    if (!slash || !number_of(i, &out->i) || !number_of(slash + 1, &out->n) || out->i >= out->n ||
        out->n > SHARD_MOST)
        return error_set(ERR_USAGE, "shard=%s: no share; write i/N with i from 0 to N - 1, as 0/4",
                         asked);
    out->by = "--shard";
    return OK;
}

/* An element of an array, and within it a task of srun: SLURM_PROCID stands in the batch script too, where
 * it numbers nothing. */
static bool slurm_of(char *(*env)(const char *), shard *out)
{
    size_t id = 0, min = 0, step = 1, count = 1, task = 0, tasks = 1;
    bool array = number_of(env("SLURM_ARRAY_TASK_ID"), &id) &&
                 number_of(env("SLURM_ARRAY_TASK_COUNT"), &count) && count;
    shard in = {0, 1, ""};
    if (env("SLURM_STEP_ID") && pair_of(env, "SLURM_PROCID", "SLURM_NTASKS", &in)) {
        task = in.i;
        tasks = in.n;
    }
    if (array) {
        number_of(env("SLURM_ARRAY_TASK_MIN"), &min);
        number_of(env("SLURM_ARRAY_TASK_STEP"), &step);
        id = id >= min ? (id - min) / (step ? step : 1) : 0;
        id = id < count ? id : id % count;
    } else {
        id = 0;
        count = 1;
    }
    *out = (shard){id * tasks + task, count * tasks, array ? "Slurm's array" : "srun"};
    return out->n > 1;
}

status shard_find(const char *asked, char *(*env)(const char *name), shard *out)
{
    *out = (shard){0, 1, ""};
    if (*asked)
        return asked_of(asked, out);
    if (slurm_of(env, out))
        return OK;
    if (pair_of(env, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", out) ||
        pair_of(env, "PMI_RANK", "PMI_SIZE", out)) {
        out->by = "mpirun";
        return OK;
    }
    if (number_of(env("JOB_COMPLETION_INDEX"), &out->i)) {
        if (!number_of(env("JOB_COMPLETIONS"), &out->n) || out->i >= out->n)
            *out = (shard){out->i % SHARD_UNKNOWN, SHARD_UNKNOWN, ""};
        out->by = "JOB_COMPLETION_INDEX";
        return OK;
    }
    *out = (shard){0, 1, ""};
    return OK;
}
