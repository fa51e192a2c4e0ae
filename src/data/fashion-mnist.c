/* fashion-mnist.c -- Fashion-MNIST: pictures of clothes, 28 x 28, 10 classes (Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747). */
#include "data/images.h"

typedef struct fashion_mnist {
    task base;
    samples_options options;
} fashion_mnist;

static const key keys[] = {SAMPLES_KEYS(fashion_mnist, options), {0}};

static status fashion_mnist_init(task *t)
{
    const fashion_mnist *m = (const fashion_mnist *)t;

    return images_mnist(t, "fashion-mnist", &m->options, 10);
}

const task_row task_fashion_mnist = {
    .name = "fashion-mnist",
    .doc = "pictures of clothes, 28 x 28, 10 classes",
    .source = "Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747",
    .example = "fashion-mnist",
    .revision = 1,
    .keys = keys,
    .size = sizeof(fashion_mnist),
    .init = fashion_mnist_init,
};
