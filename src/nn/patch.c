/* patch.c -- see patch.h. Patches are laid out as a matrix and multiplied: tied weights take a block of
 * pictures at a time, (K, pictures L); untied ones take a place at a time, (pictures, K). Backward lays
 * them out again in place of keeping them: K times the picture would not stay in cache. */
#include <string.h>

#include "linalg/linalg.h"
#include "nn/patch.h"

enum { BLOCK = 16, BLOCK_NUMBERS = 1 << 19 }; /* pictures at a time; fewer when patches are large */

size_t patch_places(const patch *p)
{
    return p->rows * p->cols;
}

size_t patch_numbers(const patch *p)
{
    return p->channels * p->kh * p->kw;
}

static size_t patch_block(const patch *p, size_t n)
{
    size_t one = patch_places(p) * patch_numbers(p), fit = BLOCK_NUMBERS / one;
    size_t block = fit < 1 ? 1 : fit < BLOCK ? fit : BLOCK;
    return block < n ? block : n;
}

size_t patch_work(const patch *p, size_t n)
{
    size_t K = patch_numbers(p), L = patch_places(p), block = patch_block(p, n);
    size_t numbers = p->untied ? n * (K + p->out) : block * L * (K + p->out);
    return (numbers * sizeof(real) + 63) / 64 * 64;
}

/* ------------------------------------------------------------------ tied */

/* Row k of the patches of one picture, L numbers; add: the other way, summed up. */
static void lay_row(const patch *p, size_t k, real *picture, real *row, bool add)
{
    size_t dx = k % p->kw, dy = k / p->kw % p->kh, channel = k / p->kw / p->kh;
    real *plane = picture + channel * p->height * p->width;
    for (size_t r = 0; r < p->rows; r++) {
        real *line = plane + (p->wrap ? (r + dy) % p->height : r + dy) * p->width;
        real *to = row + r * p->cols;
        size_t first = p->wrap && dx + p->cols > p->width ? p->width - dx : p->cols;
        if (add) {
            for (size_t c = 0; c < first; c++)
                line[dx + c] += to[c];
            for (size_t c = first; c < p->cols; c++)
                line[dx + c - p->width] += to[c];
        } else {
            memcpy(to, line + dx, first * sizeof *to);
            memcpy(to + first, line, (p->cols - first) * sizeof *to);
        }
    }
}

static void lay_block(const patch *p, size_t block, real *x, real *columns, bool add)
{
    size_t L = patch_places(p), K = patch_numbers(p);
    size_t picture = p->channels * p->height * p->width;
    for (size_t k = 0; k < K; k++)
        for (size_t i = 0; i < block; i++)
            lay_row(p, k, x + i * picture, columns + (k * block + i) * L, add);
}

/* (out, block, L) to (block, out, L) with the bias, or back without. */
static void turn(const patch *p, size_t block, const real *from, real *to, bool forward)
{
    size_t L = patch_places(p);
    const real *b = p->bias->value;
    for (size_t o = 0; o < p->out; o++)
        for (size_t i = 0; i < block; i++) {
            size_t a = (o * block + i) * L, c = (i * p->out + o) * L;
            for (size_t l = 0; l < L; l++)
                if (forward)
                    to[c + l] = from[a + l] + b[o];
                else
                    to[a + l] = from[c + l];
        }
}

typedef union pixels { /* lay_row reads or adds; the reader's picture is never written */
    const real *read;
    real *written;
} pixels;

static void tied_forward(const patch *p, size_t n, const real *x, real *work, real *y)
{
    size_t L = patch_places(p), K = patch_numbers(p), most = patch_block(p, n);
    real *columns = work, *out = work + most * L * K;
    for (size_t at = 0; at < n; at += most) {
        size_t block = n - at < most ? n - at : most;
        pixels in = {.read = x + at * p->channels * p->height * p->width};
        lay_block(p, block, in.written, columns, false);
        mat_gemm(false, false, p->out, block * L, K, p->weight->scale, p->weight->value, K, columns,
                 block * L, 0, out, block * L);
        turn(p, block, out, y + at * p->out * L, true);
    }
}

static void tied_backward(const patch *p, size_t n, const real *x, real *work, const real *g_y,
                          real *g_x)
{
    size_t L = patch_places(p), K = patch_numbers(p), most = patch_block(p, n);
    size_t picture = p->channels * p->height * p->width;
    real *columns = work, *g_out = work + most * L * K;
    for (size_t at = 0; at < n; at += most) {
        size_t block = n - at < most ? n - at : most;
        pixels in = {.read = x + at * picture};
        turn(p, block, g_y + at * p->out * L, g_out, false);
        for (size_t o = 0; p->bias->grad && o < p->out; o++) {
            double sum = 0;
            for (size_t l = 0; l < block * L; l++)
                sum += (double)g_out[o * block * L + l];
            p->bias->grad[o] += (real)sum;
        }
        if (p->weight->grad) {
            lay_block(p, block, in.written, columns, false);
            mat_gemm(false, true, p->out, K, block * L, p->weight->scale, g_out, block * L, columns,
                     block * L, 1, p->weight->grad, K);
        }
        if (g_x) {
            mat_gemm(true, false, K, block * L, p->out, p->weight->scale, p->weight->value, K,
                     g_out, block * L, 0, columns, block * L);
            lay_block(p, block, g_x + at * picture, columns, true);
        }
    }
}

/* ------------------------------------------------------------------ untied */

/* The patch of every picture at place l: (n, K); add: the other way. */
static void lay_place(const patch *p, size_t l, size_t n, real *x, real *rows, bool add)
{
    size_t K = patch_numbers(p), r = l / p->cols, c = l % p->cols;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < K; k++) {
            size_t dx = k % p->kw, dy = k / p->kw % p->kh, channel = k / p->kw / p->kh;
            size_t at =
                ((i * p->channels + channel) * p->height + (r + dy) % p->height) * p->width +
                (c + dx) % p->width;
            if (add)
                x[at] += rows[i * K + k];
            else
                rows[i * K + k] = x[at];
        }
}

static void untied_forward(const patch *p, size_t n, const real *x, real *work, real *y)
{
    size_t L = patch_places(p), K = patch_numbers(p), out = p->out;
    real *rows = work, *one = work + n * K;
    const real *W = p->weight->value, *b = p->bias->value;
    pixels in = {.read = x};
    for (size_t l = 0; l < L; l++) {
        lay_place(p, l, n, in.written, rows, false);
        mat_gemm(false, true, n, out, K, p->weight->scale, rows, K, W + l * out * K, K, 0, one,
                 out);
        for (size_t i = 0; i < n; i++)
            for (size_t o = 0; o < out; o++)
                y[(i * out + o) * L + l] = one[i * out + o] + b[l * out + o];
    }
}

static void untied_backward(const patch *p, size_t n, const real *x, real *work, const real *g_y,
                            real *g_x)
{
    size_t L = patch_places(p), K = patch_numbers(p), out = p->out;
    real *rows = work, *g_one = work + n * K;
    const real *W = p->weight->value;
    pixels in = {.read = x};
    for (size_t l = 0; l < L; l++) {
        for (size_t i = 0; i < n; i++)
            for (size_t o = 0; o < out; o++)
                g_one[i * out + o] = g_y[(i * out + o) * L + l];
        for (size_t i = 0; p->bias->grad && i < n; i++)
            for (size_t o = 0; o < out; o++)
                p->bias->grad[l * out + o] += g_one[i * out + o];
        if (p->weight->grad) {
            lay_place(p, l, n, in.written, rows, false);
            mat_gemm(true, false, out, K, n, p->weight->scale, g_one, out, rows, K, 1,
                     p->weight->grad + l * out * K, K);
        }
        if (g_x) {
            mat_gemm(false, false, n, K, out, p->weight->scale, g_one, out, W + l * out * K, K, 0,
                     rows, K);
            lay_place(p, l, n, g_x, rows, true);
        }
    }
}

void patch_forward(const patch *p, size_t n, const real *x, void *work, real *y)
{
    if (p->untied)
        untied_forward(p, n, x, work, y);
    else
        tied_forward(p, n, x, work, y);
}

void patch_backward(const patch *p, size_t n, const real *x, void *work, const real *g_y, real *g_x)
{
    if (g_x)
        memset(g_x, 0, n * p->channels * p->height * p->width * sizeof *g_x);
    if (p->untied)
        untied_backward(p, n, x, work, g_y, g_x);
    else
        tied_backward(p, n, x, work, g_y, g_x);
}

/* ------------------------------------------------------------------ maxima */

void maxpool_forward(size_t planes, size_t height, size_t width, const real *x, real *y,
                     uint8_t *which)
{
    size_t rows = height / 2, cols = width / 2;
    for (size_t i = 0; i < planes; i++)
        for (size_t r = 0; r < rows; r++) {
            const real *a = x + (i * height + 2 * r) * width, *b = a + width;
            real *to = y + (i * rows + r) * cols;
            uint8_t *place = which + (i * rows + r) * cols;
            for (size_t c = 0; c < cols; c++) {
                real left = b[2 * c] > a[2 * c] ? b[2 * c] : a[2 * c];
                real right = b[2 * c + 1] > a[2 * c + 1] ? b[2 * c + 1] : a[2 * c + 1];
                real top = right > left ? right : left;
                to[c] = top;
                /* the first that is not below the maximum; NaN goes on as it is */
                place[c] = (uint8_t)(a[2 * c] >= top       ? 0
                                     : a[2 * c + 1] >= top ? 1
                                     : b[2 * c] >= top     ? 2
                                                           : 3);
            }
        }
}

void maxpool_backward(size_t planes, size_t height, size_t width, const uint8_t *which,
                      const real *g_y, real *g_x)
{
    size_t rows = height / 2, cols = width / 2;
    memset(g_x, 0, planes * height * width * sizeof *g_x);
    for (size_t i = 0; i < planes; i++)
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < cols; c++) {
                size_t from = (i * rows + r) * cols + c, k = which[from];
                g_x[(i * height + 2 * r + k / 2) * width + 2 * c + k % 2] = g_y[from];
            }
}
