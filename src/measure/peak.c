/* peak.c -- see peak.h. */
#include "base/os.h"
#include "linalg/linalg.h"
#include "measure/peak.h"
#include "measure/trial.h"

#define COLUMN(...) D90_COLUMN(peak_row, __VA_ARGS__)
const d90_column peak_columns[] = {
    COLUMN("method", D90_WORD, method, "", "what is trained"),
    COLUMN("d", D90_COUNT, d, "numbers", "trained"),
    COLUMN("steps", D90_COUNT, steps, "steps", "that were run"),
    COLUMN("counted", D90_NUMBER, counted, "bytes", "total of memory.csv"),
    COLUMN("step0", D90_NUMBER, step0, "bytes", "as in memory.csv, beside it"),
    COLUMN("before", D90_NUMBER, before, "bytes",
           "of the process before: program, libraries, their buffers"),
    COLUMN("peak", D90_NUMBER, peak, "bytes", "of the process at its largest"),
    COLUMN("measured", D90_NUMBER, measured, "bytes", "peak less before"),
    COLUMN("ratio", D90_NUMBER, ratio, "", "measured of counted and step0"),
    {0},
};

/* Products of this size touch all of the buffer that OpenBLAS ever uses. */
static status peak_warm(void)
{
    enum { N = 1024 };
    real *a = mem_array((size_t)N * N, sizeof *a), *b = mem_array((size_t)N * N, sizeof *b);
    if (a && b)
        mat_gemm(false, false, N, N, N, 1, a, N, a, N, 0, b, N);
    mem_free(a);
    mem_free(b);
    return a && b ? OK : ERR_MEMORY;
}

status peak_measure(const memory_ask *ask, const char *method, size_t steps, peak_row *row)
{
    memory_row counted;
    trial t;
    status st;
    *row = (peak_row){.method = method, .steps = steps};
    if (ask->frozen != sizeof(real))
        return error_set(ERR_USAGE, "frozen=%zu: weights are run in %zu bytes each", ask->frozen,
                         sizeof(real));
    if ((st = memory_of(ask, method, &counted)) || (st = peak_warm()))
        return st;
    row->before = (double)os_rss(os_process());
    if ((st = trial_open(&t, ask, method, true, NULL)))
        return st;
    for (size_t k = 0; k < steps; k++)
        trial_step(&t);
    trial_close(&t);
    row->d = counted.d;
    row->counted = counted.total;
    row->step0 = counted.step0;
    row->peak = (double)os_peak_rss();
    row->measured = row->peak - row->before;
    row->ratio = row->measured / (row->counted + row->step0);
    return OK;
}
