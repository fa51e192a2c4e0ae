/* conv.c -- see conv.h.
 *
 * A tile of pixels and channels stays in registers while the kernel passes over it; each of its products
 * is one fused multiply-add of a whole vector. With AVX-512 a block is one vector wide, with AVX2 two, one
 * after the other. Tile sizes: fastest of 1x6 2x6 4x6 1x8 2x8 2x4 4x4 (forward) and 1 2 3 4 outputs
 * (gradient), 16 and 32 registers, bench/steps.c. */
#include <string.h>

#include "nn/conv.h"

enum { MOST = 6 }; /* planes of a tile */

void lanes_take(size_t n, size_t features, const real *restrict x, real *restrict block)
{
    if (n < LANES)
        memset(block, 0, features * LANES * sizeof *block);
    for (size_t f = 0; f < features; f++)
        for (size_t l = 0; l < n; l++)
            block[f * LANES + l] = x[l * features + f];
}

void lanes_give(size_t n, size_t features, const real *restrict block, real *restrict x)
{
    for (size_t l = 0; l < n; l++)
        for (size_t f = 0; f < features; f++)
            x[l * features + f] = block[f * LANES + l];
}

static size_t conv_rows(const conv *c)
{
    return c->height - CONV_SIDE + 1;
}

static size_t conv_cols(const conv *c)
{
    return c->width - CONV_SIDE + 1;
}

size_t conv_kernel(const conv *c)
{
    return c->out * c->channels * CONV_SIDE * CONV_SIDE;
}

size_t conv_sums(const conv *c)
{
    return (conv_kernel(c) + c->out) * LANES;
}

void conv_turn(const conv *c, const idim_slot *weight, real *forward, real *backward)
{
    const real *W = weight->value;
    size_t K = CONV_SIDE * CONV_SIDE;
    for (size_t o = 0; o < c->out; o++)
        for (size_t i = 0; i < c->channels; i++)
            for (size_t k = 0; k < K; k++) {
                real w = weight->scale * W[(o * c->channels + i) * K + k];
                forward[(i * K + k) * c->out + o] = w;
                backward[(o * K + K - 1 - k) * c->channels + i] = w;
            }
}

/* ------------------------------------------------------------------ forward and backward */

/* Which part of a kernel lies on the picture: rows dy0 .. dy1 - 1, columns dx0 .. dx1 - 1. */
typedef struct window {
    size_t dy0, dy1, dx0, dx1;
} window;

/* One output pixel and `pixels - 1` on its right, `m` output planes: both are constants at each call.
 *   x  the pixel that the window's first number sees, of the first of `planes` input planes
 *   w  (planes, 5, 5, ldw), the first of m numbers        b  (m) or NULL        y  (m, ldy) */
VEC_INLINE void tile(size_t pixels, size_t m, size_t planes, size_t plane, size_t width, window in,
                     const real *x, const real *w, size_t ldw, const real *b, real *y, size_t ldy)
{
    vec acc[2][MOST];
    VEC_UNROLL for (size_t j = 0; j < m; j++) VEC_UNROLL for (size_t p = 0; p < pixels; p++)
        acc[p][j] = vec_all(b ? b[j] : 0);
    for (size_t i = 0; i < planes; i++)
        for (size_t dy = in.dy0; dy < in.dy1; dy++)
            for (size_t dx = in.dx0; dx < in.dx1; dx++) {
                const real *at = x + (i * plane + (dy - in.dy0) * width + dx - in.dx0) * LANES;
                const real *k = w + ((i * CONV_SIDE + dy) * CONV_SIDE + dx) * ldw;
                VEC_UNROLL for (size_t j = 0; j < m; j++)
                    VEC_UNROLL for (size_t p = 0; p < pixels; p++) acc[p][j] =
                        vec_fma(vec_at(at + p * LANES), vec_all(k[j]), acc[p][j]);
            }
    VEC_UNROLL for (size_t j = 0; j < m; j++) VEC_UNROLL for (size_t p = 0; p < pixels; p++)
        vec_put(y + (j * ldy + p) * LANES, acc[p][j]);
}

/* How many planes a tile takes of those that are left. */
static size_t tile_planes(size_t left)
{
    return left % 6 == 0 ? 6 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

/* The tile for each m, so that its loops are straight lines of code. */
VEC_INLINE void tiles(size_t pixels, size_t m, size_t planes, size_t plane, size_t width, window in,
                      const real *x, const real *w, size_t ldw, const real *b, real *y, size_t ldy)
{
    switch (m) {
    case 6:
        tile(pixels, 6, planes, plane, width, in, x, w, ldw, b, y, ldy);
        break;
    case 4:
        tile(pixels, 4, planes, plane, width, in, x, w, ldw, b, y, ldy);
        break;
    case 2:
        tile(pixels, 2, planes, plane, width, in, x, w, ldw, b, y, ldy);
        break;
    default:
        tile(pixels, 1, planes, plane, width, in, x, w, ldw, b, y, ldy);
    }
}

void conv_forward(const conv *c, const real *turned, const real *b, const real *x, real *y)
{
    static const window whole = {0, CONV_SIDE, 0, CONV_SIDE};
    size_t rows = conv_rows(c), cols = conv_cols(c), plane = c->height * c->width;
    for (size_t half = 0; half < LANES; half += WIDE)
        for (size_t o = 0, m; o < c->out; o += m) {
            m = tile_planes(c->out - o);
            for (size_t r = 0; r < rows; r++) {
                const real *from = x + r * c->width * LANES + half;
                real *to = y + (o * rows + r) * cols * LANES + half;
                size_t q = 0;
                for (; q + 2 <= cols; q += 2)
                    tiles(2, m, c->channels, plane, c->width, whole, from + q * LANES, turned + o,
                          c->out, b + o, to + q * LANES, rows * cols);
                for (; q < cols; q++)
                    tiles(1, m, c->channels, plane, c->width, whole, from + q * LANES, turned + o,
                          c->out, b + o, to + q * LANES, rows * cols);
            }
        }
}

/* The kernel turned round slides over g_y from 4 pixels before its first to 4 behind its last; what lies
 * beside the picture is left out. */
static void window_of(size_t at, size_t n, size_t *first, size_t *end)
{
    *first = at < CONV_SIDE - 1 ? CONV_SIDE - 1 - at : 0;
    *end = n + CONV_SIDE - 1 - at < CONV_SIDE ? n + CONV_SIDE - 1 - at : CONV_SIDE;
}

void conv_backward(const conv *c, const real *turned, const real *g_y, real *g_x)
{
    size_t rows = conv_rows(c), cols = conv_cols(c), plane = c->height * c->width;
    for (size_t half = 0; half < LANES; half += WIDE)
        for (size_t i = 0, m; i < c->channels; i += m) {
            m = tile_planes(c->channels - i);
            for (size_t r = 0; r < c->height; r++)
                for (size_t q = 0; q < c->width; q++) {
                    window in;
                    window_of(r, rows, &in.dy0, &in.dy1);
                    window_of(q, cols, &in.dx0, &in.dx1);
                    size_t row = r + in.dy0 - (CONV_SIDE - 1), col = q + in.dx0 - (CONV_SIDE - 1);
                    const real *from = g_y + (row * cols + col) * LANES + half;
                    tiles(1, m, c->out, rows * cols, cols, in, from, turned + i, c->channels, NULL,
                          g_x + (i * plane + r * c->width + q) * LANES + half, plane);
                }
        }
}

/* ------------------------------------------------------------------ gradients of the kernel */

/* Row dy of the kernels from one input plane to m output planes, over all pixels.
 *   x  the first pixel that this row of the kernel sees      g_y  (m, rows cols)      sums  (m, lds) */
VEC_INLINE void sum_row(size_t m, size_t rows, size_t cols, size_t width, const real *x,
                        const real *g_y, real *sums, size_t lds)
{
    vec acc[2][CONV_SIDE];
    VEC_UNROLL for (size_t j = 0; j < m; j++) VEC_UNROLL for (size_t dx = 0; dx < CONV_SIDE; dx++)
        acc[j][dx] = vec_at(sums + (j * lds + dx) * LANES);
    for (size_t r = 0; r < rows; r++)
        for (size_t q = 0; q < cols; q++) {
            const real *at = x + (r * width + q) * LANES, *g = g_y + (r * cols + q) * LANES;
            VEC_UNROLL for (size_t j = 0; j < m; j++)
            {
                vec one = vec_at(g + j * rows * cols * LANES);
                VEC_UNROLL for (size_t dx = 0; dx < CONV_SIDE; dx++) acc[j][dx] =
                    vec_fma(vec_at(at + dx * LANES), one, acc[j][dx]);
            }
        }
    VEC_UNROLL for (size_t j = 0; j < m; j++) VEC_UNROLL for (size_t dx = 0; dx < CONV_SIDE; dx++)
        vec_put(sums + (j * lds + dx) * LANES, acc[j][dx]);
}

void conv_sum(const conv *c, const real *x, const real *g_y, real *sums)
{
    size_t rows = conv_rows(c), cols = conv_cols(c), K = CONV_SIDE * CONV_SIDE;
    size_t all = c->channels * K;
    real *biases = sums + conv_kernel(c) * LANES;
    for (size_t half = 0; half < LANES; half += WIDE)
        for (size_t o = 0; o < c->out; o += 2) {
            const real *g = g_y + o * rows * cols * LANES + half;
            for (size_t i = 0; i < c->channels; i++)
                for (size_t dy = 0; dy < CONV_SIDE; dy++) {
                    const real *at = x + (i * c->height + dy) * c->width * LANES + half;
                    real *to = sums + (o * all + i * K + dy * CONV_SIDE) * LANES + half;
                    if (o + 1 < c->out)
                        sum_row(2, rows, cols, c->width, at, g, to, all);
                    else
                        sum_row(1, rows, cols, c->width, at, g, to, all);
                }
        }
    for (size_t o = 0; o < c->out; o++)
        for (size_t p = 0; p < rows * cols; p++)
            for (size_t l = 0; l < LANES; l++)
                biases[o * LANES + l] += g_y[(o * rows * cols + p) * LANES + l];
}

static void add_lanes(size_t n, const real *sums, real scale, real *grad)
{
    for (size_t i = 0; grad && i < n; i++) {
        double sum = 0;
        for (size_t l = 0; l < LANES; l++)
            sum += (double)sums[i * LANES + l];
        grad[i] += scale * (real)sum;
    }
}

void conv_gradients(const conv *c, const real *sums, const idim_slot *weight, const idim_slot *bias)
{
    add_lanes(conv_kernel(c), sums, weight->scale, weight->grad);
    add_lanes(c->out, sums + conv_kernel(c) * LANES, 1, bias->grad);
}

/* ------------------------------------------------------------------ relu and maxima */

typedef lane_place places __attribute__((vector_size(VECTOR)));

/* Lane by lane: where the mask is set a, else b. */
VEC_INLINE vec vec_select(places mask, vec a, vec b)
{
    return (vec)((mask & (places)a) | (~mask & (places)b));
}

VEC_INLINE places places_select(places mask, places a, places b)
{
    return (mask & a) | (~mask & b);
}

/* Where a is greater than b or no number, which wins whatever stands beside it; of equal ones b stays. */
VEC_INLINE places vec_beats(vec a, vec b)
{
    return (a > b) | (a != a);
}

void relu_maxpool_forward(size_t planes, size_t height, size_t width, const real *restrict x,
                          real *restrict y, lane_place *restrict which)
{
    size_t rows = height / 2, cols = width / 2;
    for (size_t i = 0; i < planes; i++)
        for (size_t r = 0; r < rows; r++)
            for (size_t at = 0; at < cols * LANES; at += WIDE) {
                size_t pixel = at / LANES, lane = at % LANES,
                       to = (i * rows + r) * cols * LANES + at;
                const real *a = x + ((i * height + 2 * r) * width + 2 * pixel) * LANES + lane;
                const real *b = a + width * LANES;
                vec first = vec_at(a), second = vec_at(a + LANES);
                vec third = vec_at(b), fourth = vec_at(b + LANES);
                places right = vec_beats(second, first), below_right = vec_beats(fourth, third);
                vec upper = vec_select(right, second, first);
                vec lower = vec_select(below_right, fourth, third);
                places below = vec_beats(lower, upper);
                vec top = vec_select(below, lower, upper);
                /* masks are -1: 0 or 1, 2 or 3 */
                places place = places_select(below, 2 - below_right, -right);
                places off = top <= 0;
                place = places_select(off, (places){0} + 4, place);
                vec_put(y + to, vec_select(off, (vec){0}, top));
                memcpy(which + to, &place, sizeof place);
            }
}

void relu_maxpool_backward(size_t planes, size_t height, size_t width,
                           const lane_place *restrict which, const real *restrict g_y,
                           real *restrict g_x)
{
    size_t rows = height / 2, cols = width / 2;
    if (height % 2 || width % 2)
        memset(g_x, 0, planes * height * width * LANES * sizeof *g_x);
    for (size_t i = 0; i < planes; i++)
        for (size_t r = 0; r < rows; r++)
            for (size_t at = 0; at < cols * LANES; at += WIDE) {
                size_t pixel = at / LANES, lane = at % LANES,
                       from = (i * rows + r) * cols * LANES + at;
                real *a = g_x + ((i * height + 2 * r) * width + 2 * pixel) * LANES + lane;
                real *b = a + width * LANES;
                vec g = vec_at(g_y + from), zero = {0};
                places place;
                memcpy(&place, which + from, sizeof place);
                vec_put(a, vec_select(place == 0, g, zero));
                vec_put(a + LANES, vec_select(place == 1, g, zero));
                vec_put(b, vec_select(place == 2, g, zero));
                vec_put(b + LANES, vec_select(place == 3, g, zero));
            }
}
