/* provenance.h -- what made a number: program, compiler, flags, BLAS and its kernel, CPU. */
#ifndef SWEEP_PROVENANCE_H
#define SWEEP_PROVENANCE_H

#include "base/mem.h"

typedef struct provenance {
    const char *name;
    char value[256];
} provenance;

enum { PROVENANCE = 8 };
/* version, commit, compiler, flags, blas, cpu, instructions, real. Constant in one process. */
void provenance_now(provenance out[PROVENANCE]);

/* Appends them as a JSON object: {"version":"0.1.0",...} */
void provenance_object(text *t);

#endif
