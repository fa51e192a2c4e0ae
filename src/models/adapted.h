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

#endif
