/* show.h -- the curves of a results folder on a terminal. */
#ifndef EXPERIMENTS_SHOW_H
#define EXPERIMENTS_SHOW_H

#include "report/terminal.h"

#include <stdio.h>

status show_curves(const char *path, FILE *out);

#endif
