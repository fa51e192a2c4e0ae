/* table.c -- the spaces, and the presets: rows with a text in place of code (preset.c). */
#include <stddef.h>

#include "spaces/space.h"

#ifndef SPACES_MORE /* docs/extend.md: the tests put its example here */
#define SPACES_MORE(X)
#endif
#define SPACES(X)                                                                                  \
    X(full)                                                                                        \
    X(dense)                                                                                       \
    X(sparse)                                                                                      \
    X(fastfood)                                                                                    \
    X(srht)                                                                                        \
    X(onehot)                                                                                      \
    X(file) X(said) X(lora) X(dora) X(adalora) X(vera) X(nola) X(pissa) X(lora_xs) SPACES_MORE(X)

static const space_ops preset_top = {
    .name = "top",
    .doc = "the last layer alone, all else frozen",
    .source = "linear probing",
    .example = "top",
    .cost = "as full",
    .expansion = "full:targets=head",
};

static const space_ops preset_bias = {
    .name = "bias",
    .doc = "the biases alone, all else frozen",
    .source = "Ben Zaken et al., BitFit, arXiv 2106.10199",
    .example = "bias",
    .cost = "as full",
    .expansion = "full:targets=bias",
};

static const space_ops preset_norms = {
    .name = "norms",
    .doc = "the scales and shifts of normalisation layers alone",
    .source = "Frankle et al., arXiv 2003.00152",
    .example = "norms",
    .cost = "as full",
    .expansion = "full:targets=norm",
};

static const space_ops preset_did = {
    .name = "did",
    .doc = "one fastfood block for all weights; per=tensor, as the released code: one each, of the "
           "same z",
    .source = "Aghajanyan et al. 2020, arXiv 2012.13255",
    .example = "did:d=5",
    .cost = "as fastfood, form=single",
    .expansion = "fastfood:form=single",
};

static const space_ops preset_unilora = {
    .name = "unilora",
    .doc = "every number of a LoRA's factors follows one of d trained ones",
    .source = "Li et al., \"Uni-LoRA: One Vector is All You Need\", arXiv 2506.00799",
    .example = "unilora:d=5,r=2",
    .cost = "as lora, and an index for each number of its factors",
    .expansion = "onehot:start=.02@lora:alpha=1,init=zero,scale=one",
};

#define DECLARE(name) extern const space_ops space_##name;
SPACES(DECLARE)
#undef DECLARE
#define POINT(name) &space_##name,
const space_ops *const space_rows[] = {
    SPACES(POINT) & preset_top, &preset_bias, &preset_norms, &preset_did, &preset_unilora, NULL};
#undef POINT
