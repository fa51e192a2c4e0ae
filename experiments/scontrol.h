/* scontrol.h -- what the Slurm of this machine says of itself. */
#ifndef EXPERIMENTS_SCONTROL_H
#define EXPERIMENTS_SCONTROL_H

#include <stddef.h>

/* MaxArraySize: an array's elements are numbered below it. 0: no Slurm answers. */
size_t scontrol_array_size(void);

#endif
