/* planned.h -- what a sweep file comes to before anything starts: runs by stage, those that are done, time and
 * memory by the runs of the folder, or by a few steps that are timed. */
#ifndef EXPERIMENTS_PLANNED_H
#define EXPERIMENTS_PLANNED_H

#include "experiments/folder.h"
#include "sweep/expand.h"

typedef struct planned planned;

/* csv: every run that is known, a row each, and no estimate; NULL: none. */
status planned_new(planned **p, const expansion *e, const char *path, const folder_options *folder,
                   FILE *csv);
void planned_free(planned *p); /* NULL is fine */
void planned_print(const planned *p, size_t jobs, FILE *out);

double planned_mean(const planned *p);            /* seconds a run */
size_t planned_most(const planned *p, int stage); /* runs to do, later ones too; 0: plain runs */

#endif
