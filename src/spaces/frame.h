/* frame.h -- what the files of the frame share: space.c (one kind), compose.c (a@b, a++b), mount.c (the
 * view), spec.c (the texts), targets.c (which tensors). No kind includes it. */
#ifndef SPACES_FRAME_H
#define SPACES_FRAME_H

#include "spaces/space.h"

typedef enum frame_how { FRAME_KIND, FRAME_CHAIN, FRAME_SUM } frame_how;

/* Rows of one tensor that a space covers: all of them, or a block. */
typedef struct piece {
    size_t place, row0, rows; /* place: of the tensor in the layout */
} piece;

/* What the parts of a++b that name their targets cover: a part that names none leaves it to them, so that
 * "lora++full:targets=head" is lora of all other matrices. */
typedef struct taken {
    piece *pieces; /* fresh */
    size_t n;
} taken;

/* What a run puts on one tensor of the layout. Every space of a composition that covers rows of the
 * tensor adds to the same. */
typedef struct mount {
    rider *riders;      /* room for all that will ride on it */
    real *value, *grad; /* the whole tensor, where some of its rows alone are lifted; or NULL */
    real *c, *g_c;      /* a factor of each row, ones where no space has any; or NULL */
} mount;

/* What stands behind space.own. */
typedef struct frame {
    frame_how how;
    key_texts texts;
    const layout *given; /* borrowed until space_free */
    const real *given_theta0;
    layout packed;
    tensor *tensors;  /* of packed */
    size_t *selected; /* place of each in given */
    size_t *row0;     /* its first row there */
    char **names;     /* (2 each) name and roles of a block of rows; NULL: the tensor's own */
    size_t n_names;
    real *theta0;      /* packed copy; NULL: the selection is one piece of given_theta0 */
    tensor z;          /* the zlayout of a kind that made none */
    bool started;      /* init was called: clear has something to free */
    space *part[2];    /* of a composition: a, b */
    size_t *place[2];  /* FRAME_SUM: where each tensor of the part stands in packed */
    tensor *z_tensors; /* FRAME_SUM: both zlayouts end to end */
    char **z_names;    /* FRAME_SUM: names made unique (z_tensors point at them) */
    real *z0;          /* FRAME_SUM: both z0; FRAME_CHAIN: b's z at step 0 when b has none */
} frame;

/* What a space is made on. */
typedef struct frame_ask {
    const layout *l;
    const real *theta0;
    stream stream;
    const space *sibling;
    size_t memory_limit;
    const taken *others; /* NULL: none */
} frame_ask;

static inline frame *frame_of(const space *s)
{
    return s->own;
}

/* One kind, without @ and ++. */
status frame_kind(space **s, const char *spec, const frame_ask *ask);
/* Any spec. */
status compose_new(space **s, const char *spec, const frame_ask *ask);

/* An empty space of `size` bytes that space_free takes. */
space *frame_alloc(const space_ops *ops, size_t size, frame_how how, const frame_ask *ask);
/* Fills layout, theta0, n, selected and row0. */
status frame_pack(space *s, const piece *pieces, size_t count);
/* What was lifted to the front of theta_all (the n of the layout the space was made on) is put in its
 * places, theta0 in between; and a gradient over that layout is packed to the front. In place. */
void frame_spread(const space *s, real *theta_all);
void frame_collect(const space *s, real *g_all);
/* Where packed tensor k begins in the whole layout; numbers of one row of a tensor. */
size_t frame_offset(const space *s, size_t k);
static inline size_t frame_row(const tensor *t)
{
    return t->shape[0] ? t->n / t->shape[0] : t->n;
}
/* Does this space lift to mem->theta when it is bound? */
bool frame_lifts(const space *s);

/* Room for what all parts of s put on tensors; mem is the whole's. What was made so is freed, NULL too. */
status mounts_make(space_mem *mem, const space *s);
void mounts_free(space_mem *mem);
/* Nothing rides and no row has a gradient: before any part is bound. */
void mounts_clear(const space *s, space_mem *mem, view *v);
/* The view finds what one kind lifted to mem->theta: a tensor there, rows of one among its others. */
void mounts_point(const space *s, space_mem *mem, view *v);
/* The gradients of such rows, into mem->g_theta. */
void mounts_fetch(const space *s, space_mem *mem);

/* A spec with its presets written out: fresh; one kind "kind:args" of a spec appended so. */
status preset_expand(const char *spec, char **out);
status preset_part(const char *part, text *out);

/* Finds the row behind "kind:args"; *args points into spec. */
status spec_open(const char *spec, const space_ops **row, const char **args);
/* Fills the fields of *s from args: the kind's keys and `targets`. */
status spec_parse(const space_ops *row, const char *args, space *s, key_texts *texts);
/* Every key but d as in the other one? Spaces of the same row. */
bool spec_same_but_d(const space *a, const space *b);

/* What `targets` means, in layout order: a fresh array. `kind` stands in the sentences. */
status targets_select(const char *kind, const char *targets, const layout *l, piece **pieces,
                      size_t *count);

/* What the targets of a chain's last space are: a fresh text, and whether they were given. */
status spec_targets(const char *spec, const space_ops **row, char **targets, bool *given);
/* Of the parts of a++b; the pieces are freed by mem_free whatever comes. */
status taken_find(taken *t, char *const *specs, size_t n, const layout *l);
/* Drops pieces all rows of which are taken. */
void taken_leave(const taken *t, piece *pieces, size_t *n);

#endif
