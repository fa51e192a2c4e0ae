/* survey.h -- what a list of tensors is: a family of models, its sizes, names that differ by their layer's
 * number alone folded to one, and what is wrong with it. */
#ifndef FORMAT_SURVEY_H
#define FORMAT_SURVEY_H

#include "format/tensors.h"

/* Tensors of one name but for its numbers, one type and one shape. */
typedef struct survey_group {
    char *name;          /* "model.layers.*.mlp.up_proj.weight" */
    const safetensor *t; /* the first */
    size_t count;
    double bytes;
} survey_group;

typedef struct survey {
    const char *family; /* "GPT-2", "Llama", "BERT", "RoBERTa", "GPT-NeoX"; "" */
    bool read;          /* a family that idim's transformer has */
    size_t parameters;  /* numbers; a storage that two names share counts once */
    size_t buffers;     /* numbers that nothing trains: masks, positions' ids */
    double bytes;       /* of all tensors, as they lie */
    size_t layers;      /* largest number of a layer + 1 */
    size_t width, heads, vocabulary, length; /* by the configuration; 0: not said */
    bool head;                               /* a tensor of its own reads out words */
    survey_group *groups;                    /* in the order of the file */
    size_t n_groups;
    char **wrong; /* sentences without a place */
    size_t n_wrong;
} survey;

/* Borrows t. ERR_MEMORY. */
status survey_init(survey *s, const tensors *t);
void survey_clear(survey *s);

/* One more thing that is wrong. ERR_MEMORY. */
status survey_add(survey *s, const char *format, ...) PRINTF_LIKE(2, 3);

/* Sizes of numbers as they come; those that are NaN or Inf are counted alone. */
typedef struct survey_numbers {
    double squares, largest;
    size_t n, not_finite; /* n: finite ones */
} survey_numbers;
void survey_take(survey_numbers *s, double x);
double survey_rms(const survey_numbers *s); /* root mean square; 0 of none */

/* All of a tensor's, read in pieces, so that the mapped file is not kept in memory. ERR_USAGE: a type that is not
 * read. */
status survey_read(const tensors *from, const safetensor *t, survey_numbers *out);

#endif
