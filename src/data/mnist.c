/* mnist.c -- MNIST: handwritten digits, 28 x 28, 10 classes (LeCun, Cortes, Burges). */
#include "data/images.h"

typedef struct mnist {
    task base;
    samples_options options;
} mnist;

static const key keys[] = {SAMPLES_KEYS(mnist, options), {0}};

static status mnist_init(task *t)
{
    const mnist *m = (const mnist *)t;
    t->published = 1; /* Li et al. 2018 measure against a baseline of 1.0 */
    return images_mnist(t, "mnist", &m->options, 10);
}

const task_row task_mnist = {
    .name = "mnist",
    .doc = "handwritten digits, 28 x 28, 10 classes",
    .source = "LeCun, Cortes, Burges",
    .example = "mnist",
    .revision = 1,
    .keys = keys,
    .size = sizeof(mnist),
    .init = mnist_init,
};
