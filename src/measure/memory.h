/* memory.h -- what training and serving a transformer takes, from its configuration alone: the model is laid out,
 * none of its weights is made.
 *
 *   weights      frozen ones in `frozen` bytes each, trained ones in 4
 *                of a LoRA on tables of embeddings too: they take no low-rank path, so all that it is on is formed, and
 *                has gradients, in 4 bytes a number each
 *   gradients    4 bytes a trained number;  optimiser  4 `states` (Adam: 2) a trained number
 *   activations  what the model's own plan asks for a batch (models/stack.c), and its outputs with their gradient
 *   stored       4 bytes a trained number, for each task; a full copy of the model where it is trained whole
 *   serving      weights and keys and values of a text in 2 bytes each
 * With 16-bit weights beside a float master, 16-bit gradients and Adam full training takes 2 + 2 + 4 + 8 bytes a
 * number: the same 16 as all in float.
 *   step0        4 bytes a number of the tensors that are trained or ridden on: idim's own, not in the total
 * What a process takes beside these (libraries, data, allocator) is not counted.
 * Sources: papers.md 5.4; Houlsby et al. 2019, Pfeiffer et al. 2021, Li, Liang 2021 (prefix), Hu et al. 2021. */
#ifndef MEASURE_MEMORY_H
#define MEASURE_MEMORY_H

#include "measure/d90.h"
#include "models/model.h"

typedef struct memory_ask {
    const char *model; /* "transformer:family=llama,width=4096,..." */
    bool language;     /* predicts tokens; else classes for a text */
    size_t vocabulary, length, batch, classes;
    size_t frozen, states, tasks; /* bytes of a frozen weight; optimiser's numbers; stored copies */
    bool recompute;
} memory_ask;

/* One row of memory.csv; all but d in bytes. */
typedef struct memory_row {
    const char *method; /* borrowed */
    size_t d, tensors;
    double share; /* d / D */
    double weights, gradients, optimiser, activations, total, step0;
    double stored, tasks, serving, cache;
    size_t batch, length;
} memory_row;
extern const d90_column memory_columns[]; /* the last row is all zeros */

/* One row of parameters.csv: the tensors of the same roles. */
typedef struct memory_role {
    char roles[D90_WORDS];
    size_t tensors, numbers;
    double share;
} memory_role;
extern const d90_column memory_role_columns[];

typedef struct memory_model {
    task task; /* of no data */
    model *model;
    size_t D, block, blocks; /* numbers of a block; of all blocks the same */
} memory_model;
/* extra: keys beside those of ask->model, "" or ",adapter=houlsby". Errors as model_new. */
status memory_model_init(memory_model *m, const memory_ask *ask, const char *extra);
void memory_model_clear(memory_model *m);

/* Fresh rows by roles, in layout order (mem_free). */
status memory_roles(const memory_model *m, memory_role **rows, size_t *n);

/* What a method that adds tensors asks of the model, and the space that trains them; fresh texts. */
status memory_method(const char *method, char **extra, char **space);

/* A method: a spec of full or lora or a preset of them; houlsby, pfeiffer (bottleneck=N); prefix (prefix=N).
 * ERR_USAGE as space_count. */
status memory_of(const memory_ask *ask, const char *method, memory_row *row);

#endif
