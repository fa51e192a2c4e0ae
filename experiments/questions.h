/* questions.h -- what a command asks of a results folder, and the answers. A question is asks that differ in spaces, d,
 * rates and seeds alone.
 *
 * A folder of one question holds its tables itself. Of several (networks, data, ways to train) the runs lie together,
 * and each has a folder of its own below, with its runs.csv and d90.csv, that is named after what tells it apart. A
 * question comes into a folder only together with those that are there: `--epochs 5` and later `--epochs 20` are two
 * folders, or one command.
 *
 * An ask is answered with those of its question that stand before it in sweep.json, so that the same ask has the same
 * answer whatever was asked since; a new one with all that are there when it ends, whoever asked them. */
#ifndef EXPERIMENTS_QUESTIONS_H
#define EXPERIMENTS_QUESTIONS_H

#include "experiments/measured.h"

/* Asks that are canonical, of a sub-sweep ("": of none). Borrowed. */
typedef struct questions_part {
    const char *part;
    const ask *asks;
    size_t n;
    measured how;
} questions_part;

typedef struct questions questions;

/* What is there is looked at, nothing is written. ERR_USAGE: the folder holds a question that is not asked again. */
status questions_open(questions **q, const char *path, const questions_part *parts, size_t n);
void questions_free(questions *q);
/* All that the folder's sweep.json asks, for questions_answer. */
status questions_of(questions **q, const char *path, const measured *how);

/* Puts an ask of a part into sweep.json, as its stages have it (stages_ask). ERR_USAGE as above, where the content of
 * the data tells. */
status questions_note(questions *q, size_t part, const ask *a);

/* Measures each question that was noted. typed: the command as it is kept in the report. failed: the most runs of
 * one. several: they have folders of their own. */
status questions_answer(questions *q, sweep *s, const char *typed, FILE *out, size_t *failed,
                        bool *several);

#endif
