/* generate.h -- text from a language model, a token at a time: the likeliest, or drawn. */
#ifndef MODELS_GENERATE_H
#define MODELS_GENERATE_H

#include "models/model.h"

typedef struct generate_ask {
    const int32_t *prompt;
    size_t n_prompt, most; /* tokens behind the prompt at most */
    double temperature;    /* of the softmax; 0: the likeliest token, of equal ones the first */
    size_t top_k;          /* draw among so many of the likeliest tokens; 0: all */
    double top_p;          /* and of these among the likeliest that hold this share; 1: all */
    int32_t end;           /* stops behind this token, which is not told; -1: none */
    stream draws;          /* token k is drawn by its number k */
    /* Told each token; a value other than 0 stops there. */
    int (*told)(void *context, int32_t token);
    void *context;
} generate_ask;

/* ERR_USAGE: the model does not predict next tokens, an empty prompt, a token it does not know, a text
 * longer than its positions; ERR_MEMORY. */
status generate(const model *m, const view *v, const generate_ask *ask);

/* The token that these logits and an ask's temperature, top_k and top_p give, u uniform in (0,1); logits are lost.
 * order (n). */
int32_t generate_pick(real *logits, size_t n, const generate_ask *ask, double u, uint32_t *order);

#endif
