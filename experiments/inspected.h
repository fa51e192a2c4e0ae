/* inspected.h -- what idim inspect found in one file or folder, and how it is told: to people, as CSV, as JSON. */
#ifndef EXPERIMENTS_INSPECTED_H
#define EXPERIMENTS_INSPECTED_H

#include "experiments/command.h"
#include "format/adapter.h"
#include "format/packed.h"
#include "format/survey.h"
#include "sweep/run.h"

enum { INSPECTED_DIMS = 4, INSPECTED_FORMAT = 1 };

typedef struct inspect_options {
    bool all, numbers, hash, csv, json;
    double alpha;
} inspect_options;

/* One tensor or array. */
typedef struct inspected_row {
    const char *name, *type;
    size_t dims, n;
    double bytes;
    const size_t *shape;
    size_t own[INSPECTED_DIMS]; /* shape of an array, whose reader is closed again */
    char *own_name;             /* of an array */
    char own_type[8];           /* likewise */
    const safetensor *t;        /* NULL: an array */
    survey_numbers numbers;
    bool seen; /* its numbers were read */
} inspected_row;

typedef struct inspected {
    const char *path, *kind;
    tensors *t; /* NULL: arrays */
    survey s;
    adapter *a; /* NULL: it is none, or a broken one */
    inspected_row *rows;
    size_t n;
    bool arrays, archive, idx;
    packed *p;    /* of idim pack; NULL: it is none */
    run_spec run; /* that it was packed from; texts are `texts`' */
    key_texts texts;
    char hash[HASH_HEX];
} inspected;

void inspected_text(const inspected *in, const inspect_options *o, FILE *out);
/* One row a tensor; with the names of the columns first. */
void inspected_csv(const inspected *in, bool head, text *out);
/* One object, json_decref. NULL: no memory, or a name that JSON cannot hold. */
json_t *inspected_json(const inspected *in);

#endif
