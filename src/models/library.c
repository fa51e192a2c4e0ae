/* library.c -- models as idim.h gives them to programs that train by themselves. */
#include "models/model.h"

idim_status idim_model_new(idim_model **m, const char *spec, const idim_task *t)
{
    return model_new(m, spec, t);
}

void idim_model_free(idim_model *m)
{
    model_free(m);
}

const idim_layout *idim_model_layout(const idim_model *m)
{
    return &m->layout;
}

void idim_model_theta0(const idim_model *m, uint64_t seed, idim_real *theta0)
{
    stream s = stream_make(seed, "theta0");
    m->row->theta0(m, &s, theta0);
}
