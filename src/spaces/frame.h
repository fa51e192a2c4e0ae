/* frame.h -- what the files of the frame share: space.c (one kind), compose.c (a@b, a++b), spec.c (the
 * texts), targets.c (which tensors). No kind includes it. */
#ifndef SPACES_FRAME_H
#define SPACES_FRAME_H

#include "spaces/space.h"

typedef enum frame_how { FRAME_KIND, FRAME_CHAIN, FRAME_SUM } frame_how;

/* What stands behind space.own. */
typedef struct frame {
    frame_how how;
    key_texts texts;
    const layout *given; /* borrowed until space_free */
    const real *given_theta0;
    layout packed;
    tensor *tensors;   /* of packed */
    size_t *selected;  /* place of each in given */
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
/* Fills layout, theta0, n and selected from the places in frame->selected. */
status frame_pack(space *s, size_t count);
/* What was lifted to the front of theta_all (the n of the layout the space was made on) is put in its
 * places, theta0 in between; and a gradient over that layout is packed to the front. In place. */
void frame_spread(const space *s, real *theta_all);
void frame_collect(const space *s, real *g_all);
/* Does this space lift to mem->theta when it is bound? */
bool frame_lifts(const space *s);

/* Finds the row behind "kind:args", presets expanded; *args points into spec or the expansion. */
status spec_open(const char *spec, const space_ops **row, const char **args);
/* Fills the fields of *s from args: the kind's keys and `targets`. */
status spec_parse(const space_ops *row, const char *args, space *s, key_texts *texts);
/* Every key but d as in the other one? Spaces of the same row. */
bool spec_same_but_d(const space *a, const space *b);

/* The tensors that `targets` means, in layout order: a fresh array of places. `kind` stands in the
 * sentences. */
status targets_select(const char *kind, const char *targets, const layout *l, size_t **selected,
                      size_t *count);

#endif
