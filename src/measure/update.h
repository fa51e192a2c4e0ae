/* update.h -- the weight updates that a file or two hold, one tensor after another:
 *
 *   of an adapter         s B A of every pair; with the base model's files also what it was added to
 *   of two checkpoints    W1 - W0 of every tensor of two dimensions and more that both have, (out, in); the
 *                         matrices that GPT-2's files hold as (in, out) are turned, and rows of q and k
 *                         whose rotary pairs lie otherwise before (llama2.c) than after are put in after's order
 *   of a model in memory  W1 - W0 of its matrices, or s B A where low-rank paths ride on them
 *
 * Tensors are read when they are asked for, so that what is held is one tensor. */
#ifndef MEASURE_UPDATE_H
#define MEASURE_UPDATE_H

#include "format/adapter.h"
#include "base/idim.h"
#include "measure/spectrum.h"

typedef struct updates updates;

/* a: an adapter, b NULL; or two checkpoints, before and after. base: the adapter's base model, NULL: not
 * here. alpha: NaN takes the configuration's. Errors as adapter_open and tensors_open; ERR_FORMAT: two
 * checkpoints with no matrix in common, a tensor of two shapes, a base without a module that the adapter has;
 * ERR_USAGE: base with two checkpoints, alpha likewise, an adapter beside a checkpoint. */
status updates_open(updates **u, const char *a, const char *b, const char *base, double alpha);
void updates_close(updates *u); /* NULL is fine */
/* Of weights before and after (l->n), fresh arrays that are the updates' from here on, after a failure too; the
 * layout is borrowed until updates_close. A tensor with riders in `now` (a view that a space is bound to, read
 * here alone; NULL: there is none) is their product, with A as it lies in `start`, the view at step 0. The others
 * are those of two dimensions and more that are not what they were. */
status updates_of(updates **u, const idim_layout *l, real *before, real *after,
                  const idim_view *now, const idim_view *start);
/* Does it hold factors by their names? Errors as tensors_open. */
status updates_is_adapter(const char *path, bool *is);

size_t updates_count(const updates *u);
const char *updates_name(const updates *u, size_t i); /* the module's, or the tensor's; borrowed */
size_t updates_find(const updates *u, const char *name); /* SIZE_MAX: none */
bool updates_scaled(
    const updates *u); /* false: an adapter whose alpha is not known, scale taken as 1 */
bool updates_moved(const updates *u); /* DoRA: trained lengths change the weights too */
size_t
updates_alone(const updates *u); /* matrices of one of two checkpoints that the other lacks */

typedef struct update {
    spectrum_about about; /* texts are borrowed; method "factors" or "" */
    double s;             /* of s B A, 1 where it is not known */
    real *A, *B;          /* (r, n), (m, r); NULL: a difference */
    real *A0;             /* (r, n) A at step 0; NULL: not known */
    real *W;              /* (m, n) the difference; NULL: factors */
    real *W0;             /* (m, n) what it was before; NULL: not asked, or not known */
} update;

/* before: W0 is wanted. norm of factors is filled by update_spectrum. */
status updates_load(const updates *u, size_t i, bool before, update *out);
void update_clear(update *u);

/* The tuned model as a folder that transformers reads, with W[i] (m, n) in place of tensor i's weights: what the
 * second checkpoint holds, or the adapter's base. ERR_USAGE: without a base or a configuration; ERR_FILE. */
status updates_save(const updates *u, const char *folder, real *const *W);

/* W (m, n) itself, formed where there are factors; mem_free. */
status update_formed(const update *u, real **W);

/* U (m, k), sigma (k), V (n, k) of the update, k the most there are or `most` (0: all). */
typedef struct update_vectors {
    size_t m, n, k;
    real *U, *V;
    double *sigma;
} update_vectors;
status update_vectors_of(const update *u, size_t most, update_vectors *out);
void update_vectors_clear(update_vectors *v);

typedef struct update_how {
    size_t values;     /* the largest, of differences; 0: all, exactly */
    double tolerance;  /* of those that are not all */
    size_t replicates; /* of the tail's p; 0: no tail */
    uint64_t seed;     /* of the null and of what is randomized */
} update_how;

typedef struct update_spectrum {
    size_t k;
    double *sigma, *bound; /* (k); bound NULL: exact to rounding */
    double *null;          /* (k) of a Gaussian matrix of equal norm */
    double *null_rank;     /* (k) of a random update of equal rank and norm; NULL: a difference */
    bool converged;
    spectrum_row row;
} update_spectrum;

/* Fills about.norm and about.method too. */
status update_spectrum_of(update *u, const update_how *how, update_spectrum *out);
void update_spectrum_clear(update_spectrum *s);

/* One row of spectra.csv. */
typedef struct update_value {
    const char *tensor, *role;
    double layer; /* NaN: of none */
    size_t index; /* from 1 */
    double sigma, share, bound, null, null_rank;
    bool scaled;
} update_value;

extern const d90_column update_value_columns[]; /* the last row is all zeros */

/* A row for each value: rows (s->k). */
void update_spectrum_rows(const update_spectrum *s, update_value *rows);

#endif
