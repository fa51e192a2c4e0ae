/* record.h -- a finished run: what it was, what came out, where it was made; as one journal line.
 *
 * Everything but the members under "made", and the places of data in "run", is the same bytes whenever
 * the same run is done again on the same numeric kind. */
#ifndef SWEEP_RECORD_H
#define SWEEP_RECORD_H

#include "format/jsonl.h"
#include "sweep/run.h"
#include "train/train.h"

enum { RECORD_FORMAT = 1, RECORD_TRIES = 3 };

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
    char kind[17]; /* numeric kind; "" for a failure */
    run_spec run;  /* canonical */
    record_status status;
    const char *reason; /* of a failure: one sentence; "" */
    bool outside;       /* a failure by a signal, memory or a full disk: tried again */
    size_t tries;       /* that ended so, this one counted */
    size_t d, d_head, D, n_train, n_val, n_test;
    double lr;
    const char *metric;
    bool lower_is_better;
    train_result result; /* bits and z are not in the line: empty when read back */
    /* of record_scan, borrowed: the line, and its history, which result does not have then */
    jsonl_span line, rows;

    const char *bits_file; /* under runs/; "" when there are none */
    uint64_t bits_offset;
    uint32_t bits_crc;
    /* made: moves no number */
    char start[32], host[64];
    double wall_s, cpu_s, peak_rss;
    size_t team, threads; /* wall_s and cpu_s are the team's shares */
    const char *by;       /* program, compiler, BLAS, CPU: a JSON object (provenance.h) */
    key_texts texts;      /* that the texts above point into */
} record;

/* The line with its '\n'. */
void record_write(const record *r, text *line);

/* A line without its '\n'. ERR_FORMAT: no JSON, a wrong checksum, another format. */
status record_read(const char *line, size_t n, record *r);
/* The same with its history left in the line, which must outlive the record. */
status record_scan(const char *line, size_t n, record *r);
/* The rows of a record's history wherever they are, fresh. */
status record_history(const record *r, train_row **rows, size_t *n);
void record_clear(record *r);

/* A run that failed and has no numbers: of a canonical run, its id and the reason in one sentence.
 * outside: as the member. Empty on failure. */
status record_failed(record *r, const run_spec *run, const char id[RUN_ID], const char *reason,
                     bool outside);

/* A text that the record owns from now on; NULL: ERR_MEMORY. */
const char *record_text(record *r, const char *text_);

/* A whole result: done, or failed in a way that another try would not mend. */
bool record_whole(const record *r);
/* Do two records of one id hold the same numbers (all but "made" and where the data lay)? */
bool record_same(const record *a, const record *b);

#endif
