/* model.h -- networks behind one table, made from "fc:width=200,depth=2" for a task. A model owns no
 * weights: it declares a layout and runs on a weights view. Const and shared by threads once made. */
#ifndef MODELS_MODEL_H
#define MODELS_MODEL_H

#include "base/key.h"
#include "base/rng.h"
#include "base/status.h"
#include "data/data.h"

typedef idim_model model;
typedef idim_model_row model_row;
typedef idim_layout layout;
typedef idim_tensor tensor;
typedef idim_view view;
typedef idim_slot slot;
typedef idim_rider rider;
typedef idim_pass pass;

extern const model_row *const model_rows[]; /* ended by NULL */
status model_find(const char *name, const model_row **row);

status model_new(model **m, const char *spec, const task *t);
status model_new_row(model **m, const model_row *row, const char *args, const task *t);
void model_free(model *m);
const char *model_spec(const model *m); /* canonical */

/* After forward: the task's loss on its outputs, by the model's own `loss` where it has one. Adds to
 * the tally; hits (batch->n n_labels) and g_outputs (batch->n, n_outputs), overwritten, or NULL. */
void model_loss(const model *m, const view *v, const batch *b, const pass *ps, void *work,
                const real *outputs, real *g_outputs, idim_tally *tally, uint8_t *hits);
void tally_add(idim_tally *to, const idim_tally *more);

/* In place of a tensor's offset: its values are in no flat vector (stored.h). */
#define LAYOUT_ELSEWHERE SIZE_MAX

/* A view with all slots frozen at theta (layout.n): values there, grad NULL, scale 1, no riders. */
status view_init(view *v, const layout *l);
void view_clear(view *v);
void view_point(view *v, const real *theta, real *g_theta /* NULL: frozen */);

/* The trainer's l2: grad += l2 * value for every slot that has a gradient and whose tensor decays
 * (kernels; Li et al. 2018 regularise the projected weights so). */
void view_add_l2(const view *v, real l2);

/* The place of a tensor by its name; SIZE_MAX: none. */
size_t layout_find(const layout *l, const char *name);

/* Is `role` (length bytes) one of the words of "a+b+c"? Has a tensor this role? */
bool roles_have(const char *roles, const char *role, size_t length);
bool tensor_has_role(const tensor *t, const char *role);

/* For init: marks of the tensor appended last. MODEL_OUTSIDE takes it out of D. */
enum { MODEL_TIED = 1, MODEL_BARE = 2, MODEL_OUTSIDE = 4 };
void model_mark(model *m, unsigned marks);

/* Cuts the next block off "q:768+k:768": its name (length bytes, not ended) and rows; *at moves behind it.
 * false: none is left, or what stands there is no block. */
bool blocks_next(const char **at, const char **name, size_t *length, size_t *rows);

#endif
