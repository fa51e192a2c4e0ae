/* table.c -- the models. */
#include "base/kind.h"
#include "models/model.h"

#define MODELS(X) X(fc) X(lenet) X(toy) X(transformer)

#define DECLARE(name) extern const model_row model_##name;
MODELS(DECLARE)
#undef DECLARE
#define POINT(name) &model_##name,
const model_row *const model_rows[] = {MODELS(POINT) NULL};
#undef POINT

KIND_ROW(model_row);

status model_find(const char *name, const model_row **row)
{
    const void *found;
    status st = kind_find("model", name, (const void *const *)model_rows, &found);
    *row = found;
    return st;
}
