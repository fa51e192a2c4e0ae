/* adapted.h -- a LoRA adapter put on a model's weights. */
#ifndef MODELS_ADAPTED_H
#define MODELS_ADAPTED_H

#include "format/adapter.h"
#include "models/model.h"

/* theta (l->n) becomes that of the model with the adapter merged in:
 *
 *     W + s B A,   for DoRA m o (W + s B A) / ||row of W + s B A||,   a table of embeddings + s (B A)^T
 *
 * and tensors that the adapter holds whole (modules_to_save, a classifier) are put in their places.
 * Hu et al. 2021, 4.1; Liu et al. 2024 (DoRA), eq. 5. ERR_FORMAT: a module that the model does not have,
 * another shape, a matrix that the configuration asks an adapter for and that has none, an alpha that is
 * not known; each by its name. */
status adapted_merge(const adapter *a, const layout *l, real *theta);

/* The riders of a slot as one pair, W + s B A: how many rows in all, and A (r, in), B (out, r), one rank
 * behind another. B begins as zeros. */
size_t adapted_rank(const slot *w);
void adapted_factors(const slot *w, double s, size_t in, size_t r, real *A, real *B);

/* Writes the adapter that a bound view is (space_bind) as PEFT reads it: the riders of a tensor become its
 * pair, several of them one of their ranks' sum, factors of rows DoRA's lengths; tensors that do not lie in
 * theta0 are held whole. names: of the tensors on file, modules' ending in ".weight". pairs: how many.
 * ERR_USAGE: no tensor has a low-rank path; ERR_FILE. */
status adapted_write(const view *v, const real *theta0, const char *const *names,
                     const adapter_make *how, const char *folder, size_t *pairs);

#endif
