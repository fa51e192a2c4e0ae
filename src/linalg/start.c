/* start.c -- idim_start of idim.h: what has to be set once in a process before anything is computed. */
#include <cblas.h>
#include <gsl/gsl_errno.h>

#include "base/os.h"
#include "linalg/linalg.h"

idim_status idim_start(void)
{
    const char *missing;
    if (!os_cpu_fits(&missing))
        return error_set(ERR_FAILED,
                         "this program was built for a CPU with %s, which this one lacks; build it "
                         "here, or with ARCH=x86-64",
                         missing);
    gsl_set_error_handler_off();
    openblas_set_num_threads(1);
    return OK;
}
