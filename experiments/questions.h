/* questions.h -- several questions in one results folder (networks, data, ways to train): their runs lie together,
 * and each has a folder of its own below, with its runs.csv and d90.csv, that is named after what tells it apart. */
#ifndef EXPERIMENTS_QUESTIONS_H
#define EXPERIMENTS_QUESTIONS_H

#include "experiments/measured.h"

/* Asks that are canonical, of a sub-sweep ("": of none). */
typedef struct questions {
    const char *part;
    const ask *asks;
    size_t n;
} questions;

/* How many questions they are: asks that differ in spaces, d, rates and seeds alone are one. */
size_t questions_count(const questions *q);

/* Measures each, by all noted asks that are like it; alone: in path itself. failed: the most runs of one. */
status questions_answer(const measured *o, sweep *s, const questions *q, bool alone,
                        const ask_list *noted, const char *path, FILE *out, size_t *failed);

#endif
