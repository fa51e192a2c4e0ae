/* shape.h -- a transformer by its shape alone, for commands that need none of its weights. */
#ifndef EXPERIMENTS_SHAPE_H
#define EXPERIMENTS_SHAPE_H

#include "measure/memory.h"

/* name: a config.json, the folder it lies in, or "transformer:width=768,vocabulary=50257,...". Fills model, language,
 * vocabulary, and the rest with what a batch of one text of two classes takes; *longest: positions, 0: not said;
 * *spec, fresh, is what a->model borrows. */
status shape_of(const char *name, memory_ask *a, size_t *longest, char **spec);

#endif
