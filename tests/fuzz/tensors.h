/* tensors.h -- seeds of safetensors files for the targets that read them. */
#ifndef TESTS_FUZZ_TENSORS_H
#define TESTS_FUZZ_TENSORS_H

#include "tests/fuzz/fuzz.h"

/* The header, its length before it, n bytes of tensors behind it. */
static inline void fuzz_tensors(const char *header, size_t n)
{
    uint8_t file[1024] = {0};
    size_t length = strlen(header);
    file[0] = (uint8_t)length;
    file[1] = (uint8_t)(length >> 8);
    memcpy(file + 8, header, length);
    for (size_t i = 0; i < n; i++)
        file[8 + length + i] = (uint8_t)(53 * i + 7);
    fuzz_seed(file, 8 + length + n);
}

#endif
