/* file.c -- the user's own subspace: directions read from a file.
 *
 *   theta = theta0 + sum over j < d of z_j p_j      g_z_j = <p_j, g_theta>
 *
 * p_j are the rows of a (directions, n) matrix or the columns of an (n, directions) one, n the weights that
 * `targets` selects, in layout order; a square matrix is read by rows. The principal components of a saved
 * trajectory, the top directions of a Hessian: whatever is orthonormal there is so here (norm=unit divides
 * each by its length).
 * Numbers of .npy (plain, .gz, .xz), of a member of an .npz, or of a tensor of .safetensors.
 * What the file holds is part of what a run is: when a spec is written out, content becomes the first 16
 * digits of the file's SHA-256, and a file with another content is refused by name.
 * Not regenerable: with a packed model goes the file. */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "format/npy.h"
#include "format/safetensors.h"
#include "linalg/linalg.h"
#include "spaces/space.h"

enum { CONTENT = 16 }; /* digits of the hash */
enum { NORM_NONE, NORM_UNIT };

typedef struct file_space {
    space base;
    const char *path, *member, *content;
    int norm;
    size_t directions; /* in the file */
    bool rows;         /* they are its rows */
    real *P;           /* (d, n) */
} file_space;

static const key keys[] = {
    KEY_PLACE("path", file_space, path, "", "the file: .npy, .npz or .safetensors"),
    KEY_TEXT("member", file_space, member, "", "of an .npz or .safetensors; empty: its only one"),
    KEY("d", file_space, base.d, "0", 0, UINT32_MAX, "numbers",
        "how many of its directions, from the first; 0: all"),
    KEY_WORD("norm", file_space, norm, "none", "none+unit", "unit: directions of length 1"),
    KEY_TEXT("content", file_space, content, "",
             "SHA-256 of the file, its first 16 digits; filled in"),
    {0},
};

static bool file_ends(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n >= m && !strcmp(path + n - m, end);
}

static status file_content(const char *path, char digits[HASH_HEX])
{
    status st;
    if (!*path)
        return error_set(ERR_USAGE, "file: path must be given, as in file:path=directions.npy");
    if ((st = hash_file(path, digits))) {
        error_prefix("file: ");
        return st;
    }
    digits[CONTENT] = '\0';
    return OK;
}

/* Fills content. Given, it is believed here, and looked at when the file is read. */
static status file_settle(space *base, key_texts *texts)
{
    file_space *s = (file_space *)base;
    char digits[HASH_HEX];
    status st;
    if (*s->content)
        return OK;
    if ((st = file_content(s->path, digits)))
        return st;
    return key_set("file", keys, "content", digits, s, texts);
}

/* Which way round, how many directions, and d. */
static status file_shape(file_space *s, size_t dims, const size_t *shape)
{
    space *base = &s->base;
    bool rows = dims == 2 && shape[1] == base->n, cols = dims == 2 && shape[0] == base->n;
    if (!rows && !cols)
        return error_set(
            ERR_USAGE,
            "file: %s: a matrix (directions, %zu) or (%zu, directions) is wanted for the "
            "weights of targets=%s, not %zu dimensions of %zu, %zu",
            s->path, base->n, base->n, base->targets, dims, dims ? shape[0] : 0,
            dims > 1 ? shape[1] : 0);
    s->rows = rows;
    s->directions = shape[rows ? 0 : 1];
    if (s->directions == 0)
        return error_set(ERR_USAGE, "file: %s holds no direction", s->path);
    if (base->d > s->directions)
        return error_set(ERR_USAGE, "file: d=%zu, and %s holds %zu directions; lower d", base->d,
                         s->path, s->directions);
    if (!base->d)
        base->d = s->directions;
    status st = space_check_d(base);
    if (st || (st = space_needs(base, (double)base->d * (double)base->n * sizeof(real),
                                "its directions", "lower d, or select fewer weights by targets=")))
        return st;
    s->P = mem_array(base->d, base->n * sizeof *s->P);
    return s->P ? OK : ERR_MEMORY;
}

static status file_npy(file_space *s)
{
    npy a;
    status st = npy_open(&a, s->path, s->member);
    if (st)
        return st;
    if (!(st = file_shape(s, a.dims, a.shape)))
        for (size_t j = 0; j < s->base.d; j++)
            for (size_t i = 0; i < s->base.n; i++)
                s->P[j * s->base.n + i] =
                    (real)npy_at(&a, s->rows ? j * s->base.n + i : i * s->directions + j);
    npy_clear(&a);
    return st;
}

/* A column of an (n, directions) tensor is read row by row. */
static status file_tensor(file_space *s, const safetensor *t)
{
    space *base = &s->base;
    status st = file_shape(s, t->dims, t->shape);
    if (st || s->rows)
        return st ? st : safetensor_reals(t, 0, base->d * base->n, s->P);
    real *row = mem_array(s->directions, sizeof *row);
    st = row ? OK : ERR_MEMORY;
    for (size_t i = 0; i < base->n && !st; i++) {
        st = safetensor_reals(t, i * s->directions, s->directions, row);
        for (size_t j = 0; j < base->d && !st; j++)
            s->P[j * base->n + i] = row[j];
    }
    mem_free(row);
    return st;
}

static status file_safetensors(file_space *s)
{
    safetensors *f;
    status st = safetensors_open(&f, s->path);
    if (st)
        return st;
    const safetensor *t = *s->member                  ? safetensors_find(f, s->member)
                          : safetensors_count(f) == 1 ? safetensors_at(f, 0)
                                                      : NULL;
    if (t)
        st = file_tensor(s, t);
    else if (*s->member)
        st = error_set(ERR_USAGE, "file: %s has no tensor %s", s->path, s->member);
    else
        st = error_set(ERR_USAGE, "file: %s has %zu tensors; name one by member=", s->path,
                       safetensors_count(f));
    safetensors_close(f);
    return st;
}

static status file_check(file_space *s)
{
    size_t n = s->base.n;
    for (size_t j = 0; j < s->base.d; j++) {
        real *p = s->P + j * n;
        double length = vec_norm(p, n); /* what is no number, or too large, makes it none */
        if (!isfinite(length))
            return error_set(ERR_FORMAT, "file: %s: direction %zu holds what is no number", s->path,
                             j);
        if (s->norm == NORM_NONE)
            continue;
        if (!(length > 0))
            return error_set(ERR_FORMAT, "file: %s: direction %zu is zero and has no unit length",
                             s->path, j);
        for (size_t i = 0; i < n; i++)
            p[i] = (real)((double)p[i] / length);
    }
    return OK;
}

static status file_init(space *base)
{
    file_space *s = (file_space *)base;
    char digits[HASH_HEX];
    status st = file_content(s->path, digits);
    if (st)
        return st;
    if (*s->content && strcmp(s->content, digits))
        return error_set(ERR_USAGE,
                         "file: %s has the content %s, and %s was asked for; it is another file",
                         s->path, digits, s->content);
    st = file_ends(s->path, ".safetensors") ? file_safetensors(s) : file_npy(s);
    return st ? st : file_check(s);
}

static void file_clear(space *base)
{
    mem_free(((file_space *)base)->P);
}

static void file_lift(const space *base, space_mem *mem, const real *restrict z,
                      real *restrict theta)
{
    const file_space *s = (const file_space *)base;
    (void)mem;
    mat_vec(true, base->d, base->n, s->P, base->n, z, theta);
    for (size_t i = 0; i < base->n; i++)
        theta[i] += base->theta0[i];
}

static void file_pull(const space *base, space_mem *mem, const real *restrict z,
                      const real *restrict g_theta, real *restrict g_z)
{
    const file_space *s = (const file_space *)base;
    (void)mem;
    (void)z; /* the map is linear */
    mat_vec(false, base->d, base->n, s->P, base->n, g_theta, g_z);
}

const space_ops space_file = {
    .name = "file",
    .doc = "directions of the user's own, read from a file: principal components, a Hessian's top",
    .source = "yours",
    .example = "file:path=tests/spaces/directions.npy,d=3",
    .revision = 1,
    .keys = keys,
    .size = sizeof(file_space),
    .cost = "4 n d bytes; O(n d) a step",
    .settle = file_settle,
    .init = file_init,
    .clear = file_clear,
    .lift = file_lift,
    .pull = file_pull,
};
