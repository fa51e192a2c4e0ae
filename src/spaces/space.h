/* space.h -- the map from the trained numbers z (d) to weights (n), and back for gradients.
 *
 *     theta = theta0 + Delta(z)            lift
 *     g_z   = J(z)^T g_theta               pull      J = d theta / d z
 *
 * A kind is one file with one exported symbol, its row (space_ops), and one word in table.c. The
 * frame (space.c, compose.c) parses "fastfood:d=500@lora:r=8++full:targets=head", selects tensors,
 * packs theta0, and gives every kind the calls that it leaves out.
 *
 * n is what the space covers: the selected tensors packed in layout order. A made space is const and
 * shared by threads; a run owns its space_mem. */
#ifndef SPACES_SPACE_H
#define SPACES_SPACE_H

#include "base/key.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/status.h"
#include "models/model.h"

typedef struct space space;

/* What one run owns of a space. state is checkpointed, work is scratch. */
typedef struct space_mem {
    void *state, *work;
    real *theta, *g_theta;     /* (n) each, where the default bind lifts to; NULL when not needed */
    struct space_mem *part[2]; /* of the parts of a composition */
    real *z, *g_z;             /* of the second part of a@b */
    struct mount *mounts; /* the frame's: what the whole run puts on each tensor of the layout */
    rider *riders;        /* behind them, of the whole run alone */
    real *formed, *factors;
} space_mem;

typedef struct space_ops {
    const char *name, *doc, *source, *example; /* as kind_row, to size */
    unsigned revision;
    const key *keys; /* the kind's own; the frame adds `targets` (space_keys) */
    size_t size;
    const char *cost; /* memory and time in words, for the help: "4 n d bytes; O(n d) a step" */
    const char *expansion; /* of a preset: "full:targets=head"; then no code below, no keys */
    const char *targets;   /* selected by default: "all" (also NULL), "linear" */
    bool regenerable;      /* frozen parts come back bit for bit from the seed on any machine */
    bool moved;            /* step 0 is not theta0 */
    size_t rides; /* riders that its own bind puts on each tensor: theta is never formed, so no
                              l2 on it */
    bool unread; /* all but its lift never looks at the weights that it rides on: they may be stored
                     elsewhere, theta0 being NULL */
    bool scales; /* its bind also gives each row a factor (space_row_factors) */
    /* The keys alone are filled: fills those that say what a file holds, before the spec is written out and
     * hashed. NULL: none do. */
    status (*settle)(space *s, key_texts *texts);
    /* Keys, n, layout, theta0, stream, sibling are filled; d too when it is a key. Checks and
     * allocates everything; fills d, zlayout (zlayout.tensors NULL: the frame makes one tensor "z"
     * of d numbers), z0 (NULL: zeros), state_bytes, work_bytes. On failure clear is called. */
    status (*init)(space *s);
    void (*clear)(space *s);
    void (*start)(const space *s, space_mem *mem); /* fills the state at step 0; NULL: zeros */
    void (*lift)(const space *s, space_mem *mem, const real *restrict z, real *restrict theta);
    void (*pull)(const space *s, space_mem *mem, const real *restrict z,
                 const real *restrict g_theta, real *restrict g_z);
    /* NULL: bind lifts to mem->theta and points the view there; gather pulls. A kind with a bind of
     * its own finishes g_z in its gather; NULL there: nothing is left to finish. */
    void (*bind)(const space *s, space_mem *mem, const real *z, real *g_z, view *v);
    void (*gather)(const space *s, space_mem *mem, const real *z, real *g_z, view *v);
    /* Several runs on one reading of the frozen parts, each with the bits that it gets alone. The
     * spaces are siblings (d may differ). NULL: one after another. */
    void (*lift_n)(size_t n, const space *const *s, space_mem *const *mem, const real *const *z,
                   real *const *theta);
    void (*pull_n)(size_t n, const space *const *s, space_mem *const *mem, const real *const *z,
                   const real *const *g_theta, real *const *g_z);
    /* Adds the gradient of a penalty that no reported loss holds. */
    void (*penalty)(const space *s, space_mem *mem, const real *z, real *g_z);
    void (*after_step)(const space *s, space_mem *mem, size_t t, size_t T, real *z,
                       const real *g_z);
} space_ops;

struct space {
    const space_ops *ops;
    size_t d, n;
    const layout *layout; /* of the selection, packed: offsets 0 .. n */
    const real
        *theta0;   /* (n) packed; NULL: not all of it is in float (`unread`), nothing is lifted */
    stream stream; /* for everything that the kind draws */
    const space *sibling; /* a made space of the same kind, keys but d, layout and stream, with d no
                             smaller than ours, that outlives us: its frozen parts may be borrowed */
    size_t memory_limit;  /* bytes that the frozen parts may take */
    layout zlayout;
    const real *z0; /* (d) or NULL */
    size_t state_bytes, work_bytes;
    bool lifted;   /* set by init: some tensor carries no rider, so the default bind is used
                             although the row has its own */
    bool moved;    /* set by init: by its keys, step 0 is not theta0 */
    bool computed; /* set by init: by its keys, frozen parts come from LAPACK or a file, and are not
                               regenerable */
    size_t frozen_bytes;    /* what space_needs was told */
    const size_t *selected; /* place of each packed tensor in the layout that was given */
    const size_t *row0; /* its first row there: a block of a fused tensor is a tensor of its own */
    const char *targets;
    void *own; /* the frame's: texts, packed layout, parts of a composition */
};

extern const space_ops *const space_rows[]; /* ended by NULL */
status space_find(const char *name, const space_ops **row);

/* All keys of a row, for help and lists: its own and `targets`; ended by zeros, freed by mem_free. */
status space_keys(const space_ops *row, key **keys);

/* For init, before anything is allocated: the frozen parts will take this many bytes. ERR_LIMIT:
 * "dense: 750 x 199,210 numbers are 570 MiB, the limit is 100 MiB; MEND". */
status space_needs(space *s, double bytes, const char *sum, const char *mend);

/* For init: more trained numbers than weights are refused. */
status space_check_d(const space *s);

/* Is packed tensor k all of a tensor of the layout, and no block of its rows? */
bool space_whole(const space *s, size_t k);

/* For init: the number that a map key ("8", "q:4+v:8+16") has for each packed tensor: of the first entry
 * that means it as `targets` would, else the one without a name. values (layout->n_tensors). ERR_USAGE:
 * an entry that means none of them, a tensor that no entry means. */
status space_map(const space *s, const char *name, const char *map, double *values);

/* For bind: one more rider on packed tensor k, zeros but for its rows. ops->rides at most. */
rider *space_ride(const space *s, space_mem *mem, size_t k, view *v);
/* For bind, with ops->scales: the view's factors c of the rows of packed tensor k, to be filled; *g_c:
 * their gradients, zeros yet. */
void space_row_factors(const space *s, space_mem *mem, size_t k, view *v, real **c, real **g_c);

/* l and theta0 (l->n) are borrowed until space_free. ERR_USAGE: the spec or a target that matches
 * nothing, rows claimed twice; ERR_LIMIT: does not fit in memory, with the sum and the mend. */
status space_new(space **s, const char *spec, const layout *l, const real *theta0, stream stream_);
/* The same with a sibling (NULL: none) and a limit in bytes (0: half of what the machine has). */
status space_new_beside(space **s, const char *spec, const layout *l, const real *theta0,
                        stream stream_, const space *sibling, size_t memory_limit);
void space_free(space *s);

/* The canonical text of a spec without making it, presets expanded: what is hashed. And the
 * revisions of its kinds, "fastfood=1 lora=2". Fresh strings. */
status space_canonical(const char *spec, char **canonical, char **revisions);
/* Of a canonical spec: without the places of files, whose content stands in it. */
status space_hashed(const char *canonical, char **hashed);
/* The spec with d of its first space (or another key) set: space_with("fastfood:form=single", "d",
 * "750"). value NULL takes the key away. */
status space_with(const char *spec, const char *key_, const char *value, char **out);
/* Does the first space of the spec have this key (d, r)? */
bool space_has_key(const char *spec, const char *key_);
/* The name of the key that a sweep of this space fills: "d" or "r"; NULL: neither. */
const char *space_swept(const char *spec);

/* The number that a key of the first space of the spec has, given or by default; NaN: none, or a map. */
double space_number(const char *spec, const char *key_);

/* Appends what each part of a spec matches in a layout, a line each, unless it is all of it:
 * "lora:r=2,targets=q: 12 tensors, 7077888 weights: h.*.attn.c_attn.weight[q] (12)". d may be missing
 * yet. ERR_USAGE as space_new, of targets. */
status space_describe(const char *spec, const layout *l, text *out);

/* Which tensors of a layout a spec trains as they are, or reads: they stay in float when what is frozen is stored
 * otherwise, and the space can then be made on a layout where the others are LAYOUT_ELSEWHERE. reals
 * (l->n_tensors). ERR_USAGE as space_new, of targets. */
status space_reals(const char *spec, const layout *l, bool *reals);

/* What a spec of one kind, full, lora or a preset of them, trains on a layout that may be larger than memory:
 * d, how many of them are weights themselves, tensors, and a view that says what is trained, for asking a
 * model how much work space it takes. Its pointers point at nothing that may be read. ERR_USAGE: another kind,
 * ranks that differ; as space_new, of targets. */
typedef struct space_counted {
    size_t d, in_place, tensors, selected; /* selected: numbers of what is trained or ridden on */
    bool
        lifted; /* a tensor of the selection takes no rider: all its numbers and their gradients are formed */
    view view;
    rider *riders;
} space_counted;
status space_count(const char *spec, const layout *l, space_counted *c);
void space_counted_clear(space_counted *c);

status space_mem_new(space_mem **mem, const space *s);
void space_mem_free(space_mem *mem);

/* z at step 0 (d). */
void space_start(const space *s, space_mem *mem, real *z);
/* Gradient and weights; see the head. Overwrite their outputs. One mem per thread. */
void space_lift(const space *s, space_mem *mem, const real *z, real *theta);
void space_pull(const space *s, space_mem *mem, const real *z, const real *g_theta, real *g_z);
/* All of the layout that space_new was given: theta0 where nothing is selected, lift elsewhere. */
void space_merge(const space *s, space_mem *mem, const real *z, real *theta_all);

/* Every step: attach to the weights view and zero what gradients will be added to; after backward
 * finish g_z. The view was pointed at the whole theta0, frozen, once before. n runs of siblings; n
 * is 1 for a run alone. */
void space_bind(size_t n, const space *const *s, space_mem *const *mem, const real *const *z,
                real *const *g_z, view *const *v);
void space_gather(size_t n, const space *const *s, space_mem *const *mem, const real *const *z,
                  real *const *g_z, view *const *v);
/* Penalties, which space_gather adds to g_z, and what happens after step t of T (from 1): those of the first
 * space of each chain. */
void space_penalty(const space *s, space_mem *mem, const real *z, real *g_z);
void space_after_step(const space *s, space_mem *mem, size_t t, size_t T, real *z, const real *g_z);

/* Does any part ride? Then weights are never formed and the trainer's l2 is refused. */
bool space_rides(const space *s);
/* Does any part do something after each step? */
bool space_steps(const space *s);
/* Is step 0 somewhere else than theta0? Do all frozen parts come back from the seed? */
bool space_moved(const space *s);
bool space_regenerable(const space *s);

#endif
