/* table.c -- the data sets. */
#include <string.h>

#include "base/kind.h"
#include "base/status.h"
#include "data/data.h"

/* names with a dash cannot be words of C: X(symbol) */
/* clang-format off */
#define TASKS(X) \
    X(fashion_mnist) X(mnist) X(cifar10) X(idx) X(npy) X(synth) X(toy) \
    X(tinyshakespeare) X(wikitext2) X(text) X(sst2) X(mrpc) X(tsv) X(synthtext) \
    X(cartpole) X(pendulum)
/* clang-format on */

#define DECLARE(name) extern const task_row task_##name;
TASKS(DECLARE)
#undef DECLARE
#define POINT(name) &task_##name,
const task_row *const task_rows[] = {TASKS(POINT) NULL};
#undef POINT

KIND_ROW(task_row);

status task_find(const char *name, const task_row **row)
{
    const void *found;
    *row = NULL;
    if (!strcmp(name, "csv"))
        return error_set(
            ERR_USAGE, "csv: no data set of that name: a table of numbers goes by npy (numpy.savez "
                       "of x and y, then npy:file=X.npz), one of sentences, with tabs, by tsv");
    status st = kind_find("data set", name, (const void *const *)task_rows, &found);
    *row = found;
    return st;
}
