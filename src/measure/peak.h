/* peak.h -- what training a method really takes: a few steps are run, and the process's largest memory is read
 * beside the count of memory.h. What the process held before, the libraries' buffers of a matrix product among it,
 * is taken off. One measurement a process: a peak is never forgotten. */
#ifndef MEASURE_PEAK_H
#define MEASURE_PEAK_H

#include "measure/memory.h"

/* One row of peak.csv, bytes. */
typedef struct peak_row {
    const char *method; /* borrowed */
    size_t d, steps;
    double counted, step0; /* memory_row's total and step0 */
    double before, peak;   /* the process's, before and at its largest */
    double measured;       /* peak - before */
    double ratio;          /* measured / (counted + step0) */
} peak_row;
extern const d90_column peak_columns[];

/* ERR_USAGE: frozen weights of another width than ours; else as trial_open. */
status peak_measure(const memory_ask *ask, const char *method, size_t steps, peak_row *row);

#endif
