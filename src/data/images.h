/* images.h -- data sets of four IDX files: what mnist, fashion-mnist and a user's own share. */
#ifndef DATA_IMAGES_H
#define DATA_IMAGES_H

#include "data/data.h"

/* Reads images and labels into a split and notes the files. Sets shape and n_features, or checks that
 * they agree. classes: labels must be below it; 0: it is raised to the largest label and one. */
status images_read(task *t, split which, const char *images, const char *labels, size_t classes);

/* The four files of MNIST's naming, found by task_locate; then task_apply. */
status images_mnist(task *t, const char *sub, const samples_options *options, size_t classes);

#endif
