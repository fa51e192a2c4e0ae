/* supervised.c -- learning from samples: the row alone, its loop is train.c's, where teams share batches. */
#include "train/trainer.h"

static const key keys[] = {{0}};

const trainer_row trainer_supervised = {
    .name = "supervised",
    .doc = "the loss of batches of a data set",
    .source = "ours",
    .example = "supervised",
    .revision = 1,
    .keys = keys,
    .size = sizeof(trainer),
};
