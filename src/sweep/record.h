/* record.h -- a finished run: what it was, what came out, where it was made; as one line of a journal.
 *
 * A line is JSON: {"crc":"xxxxxxxx","format":1,"id":...}; the checksum covers the bytes behind it. */
#ifndef SWEEP_RECORD_H
#define SWEEP_RECORD_H

#include "sweep/run.h"
#include "train/train.h"

enum { RECORD_FORMAT = 1 };

typedef enum record_status {
    RECORD_OK,
    RECORD_STOPPED,
    RECORD_DIVERGED,
    RECORD_FAILED,
    RECORD_STATES
} record_status;
extern const char *const record_status_text[RECORD_STATES];

typedef struct record {
    char id[RUN_ID];
    char kind[17]; /* numeric kind */
    run_spec run;  /* canonical */
    record_status status;
    const char *reason; /* of a failure; "" */
    bool outside;       /* a failure by signal, memory or a full disk: tried again */
    size_t d, D, n_train, n_val, n_test;
    const char *metric;
    train_result result; /* bits and z empty when read back */
    const char *bits_file;
    uint64_t bits_offset;
    uint32_t bits_crc;
    /* provenance: moves no number */
    const char *provenance; /* a JSON object */
    double wall_s, cpu_s, peak_rss;
    const char *start;
    key_texts texts;
} record;

/* The line with its '\n'. Doubles read back exactly; NaN is null. */
status record_write(const record *r, text *line);

/* A line without its '\n'. ERR_FORMAT: no JSON, a wrong checksum, another format. */
status record_read(const char *line, size_t n, record *r);
void record_clear(record *r);

#endif
