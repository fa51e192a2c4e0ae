/* embed.c -- see embed.h. Gradients are added row by row in the batch's order: no thread decides. */
#include <string.h>

#include "nn/bf16.h"
#include "nn/embed.h"

/* y += row `at` of a table, of reals or of bf16. */
static void row_add(const idim_slot *table, size_t width, size_t at, real *y)
{
    if (table->storage == IDIM_STORED_BF16) {
        const uint16_t *row = (const uint16_t *)table->value + at * width;
        for (size_t j = 0; j < width; j++)
            y[j] += bf16_value(row[j]);
        return;
    }
    const real *row = (const real *)table->value + at * width;
    for (size_t j = 0; j < width; j++)
        y[j] += row[j];
}

static void row_pull(const idim_slot *table, size_t width, size_t at, const real *g)
{
    if (!table || !table->grad)
        return;
    real *row = table->grad + at * width;
    for (size_t j = 0; j < width; j++)
        row[j] += g[j];
}

void embed_forward(const embed *l, const int32_t *tokens, const uint8_t *segments, size_t n,
                   size_t length, size_t skip, const uint32_t *starts, real *y)
{
    for (size_t s = 0; s < n; s++)
        for (size_t row = starts[s], t = 0; row < starts[s + 1]; row++, t++) {
            int32_t token = tokens[s * length + t];
            real *to = y + row * l->width;
            memset(to, 0, l->width * sizeof *to);
            if (token >= 0)
                row_add(l->tokens, l->width, (size_t)token, to);
            if (l->positions)
                row_add(l->positions, l->width, l->first + skip + t, to);
            if (l->segments)
                row_add(l->segments, l->width, segments ? segments[s * length + t] : 0, to);
        }
}

void embed_backward(const embed *l, const int32_t *tokens, const uint8_t *segments, size_t n,
                    size_t length, const uint32_t *starts, const real *g_y)
{
    for (size_t s = 0; s < n; s++)
        for (size_t row = starts[s], t = 0; row < starts[s + 1]; row++, t++) {
            int32_t token = tokens[s * length + t];
            const real *g = g_y + row * l->width;
            if (token >= 0)
                row_pull(l->tokens, l->width, (size_t)token, g);
            row_pull(l->positions, l->width, l->first + t, g);
            row_pull(l->segments, l->width, segments ? segments[s * length + t] : 0, g);
        }
}
