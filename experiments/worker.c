/* worker.c -- idim worker: one process of a sweep, started by its leader (sweep/worker.h). */
#include "base/os.h"
#include "experiments/command.h"
#include "sweep/worker.h"

static int worker_run(void *options, size_t n, char *const *names, FILE *out)
{
    double threads, memory;
    (void)options;
    (void)n;
    (void)out;
    status st;
    if ((st = key_number("threads", names[1], &threads)) ||
        (st = key_number("memory", names[2], &memory)))
        return command_end(st);
    /* its leader is told in words, over the pipe */
    return worker_main(names[0], (size_t)threads, (size_t)memory, 0, 1) ? EXIT_FAILED : EXIT_DONE;
}

const command command_worker = {
    .name = "worker",
    .group = "",
    .doc = "one process of a sweep; its leader starts it",
    .takes = "FOLDER THREADS MEMORY",
    .least = 3,
    .most = 3,
    .hidden = true,
    .run = worker_run,
};
