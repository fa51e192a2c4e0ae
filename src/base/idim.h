/* idim.h -- the one installed header of libidim: what a program needs to measure the intrinsic
 * dimension of its own network on its own task.
 *
 *   tensor, layout   which numbers a network has, where they lie in one flat vector
 *   slot, rider, view where a network finds its weights while it runs, and leaves their gradients
 *   model row        a network: layout, theta0, forward, backward; owns no weights
 *   task row         a data set: samples in splits, a loss
 *   idim_d90         the measurement
 *
 * Shapes are written (rows, cols), row-major. All vectors are plain arrays of idim_real. Rows that a
 * program brings must outlive the calls that use them. Usable from C++. */
#ifndef IDIM_H
#define IDIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default) /* of the shared library these names alone are seen */
#endif

#define IDIM_VERSION "0.1.0"

/* The installed library is built with float; the gradient checks build everything with double. */
#ifdef IDIM_DOUBLE
typedef double idim_real;
#else
typedef float idim_real;
#endif

typedef enum idim_status {
    IDIM_OK,
    IDIM_ERR_FAILED, /* anything that no other word names */
    IDIM_ERR_USAGE,  /* what the caller asked for is wrong: exit code 2 */
    IDIM_ERR_MEMORY,
    IDIM_ERR_FILE,   /* cannot be opened, read, written */
    IDIM_ERR_FORMAT, /* was read and is wrong: cut short, wrong magic, out of range */
    IDIM_ERR_LIMIT,  /* larger than a stated limit, or than an integer holds */
    IDIM_ERR_STOPPED /* a signal or a callback asked for the end; what is finished is kept */
} idim_status;

/* The sentence of this thread's last failure: thing, place, mend. Borrowed until the next one. */
const char *idim_error_text(void);

/* Call once, first. Turns GSL's aborting error handler off (for the whole process), sets BLAS to one
 * thread, checks that this CPU has the instructions that the library was built for. */
idim_status idim_start(void);

/* ------------------------------------------------------------------ keys of a kind */

typedef enum idim_type {
    IDIM_SIZE,   /* size_t */
    IDIM_NUMBER, /* double */
    IDIM_BOOL,   /* bool: yes, no */
    IDIM_TEXT,   /* const char *: a word, a "quoted" text, a list q+v or a map q:4+v:8 as written */
    IDIM_WORD,   /* int: the place of the word in `words` */
    IDIM_MAP /* const char *: a number within the range, or numbers by name, q:4+v:8+16, where the one
                    without a name is for the rest; each in its shortest form */
} idim_type;

/* One row: name=value in kind:name=value,name=value. The last row of a table is all zeros. */
typedef struct idim_key {
    const char *name;
    idim_type type;
    size_t offset;        /* of the field in the kind's struct */
    const char *fallback; /* the default, as written; NULL: must be given */
    double min, max;      /* inclusive; for texts and words both 0 */
    const char *words;    /* IDIM_WORD: "stacked+single" */
    const char *unit;     /* "numbers", "epochs", "" */
    const char *doc;      /* one line */
    bool place; /* where files lie: what is in them is hashed into the run id, this is not */
} idim_key;

/* ------------------------------------------------------------------ random streams */

/* 128 bits that name a stream; its elements come from idim_uniform and idim_normal. */
typedef struct idim_stream {
    uint32_t key[2], base[2];
} idim_stream;

double idim_uniform(const idim_stream *s, uint64_t i); /* in (0,1) */
double idim_normal(const idim_stream *s,
                   uint64_t i); /* standard normal, the same bits everywhere */

/* ------------------------------------------------------------------ weights */

typedef struct idim_tensor {
    const char *name;  /* "fc1.weight": unique in its layout */
    const char *roles; /* "+"-separated words that `targets` selects by: "fc+kernel" */
    size_t shape[4];   /* [out, in], [out, in, height, width], [n]; unused: 0 */
    size_t offset;     /* of its first number in the flat vector; tensors lie one behind another */
    size_t n;          /* product of the shape */
    int layer;         /* counted from 0, for layer ranges; -1: belongs to no layer */
    bool tied;         /* one tensor with several roles: all of them must be selected together */
    bool outside;      /* added by a method (adapter, prefix): not counted in D */
    bool decay;        /* l2 and weight decay apply (kernels, yes; biases and norms, no) */
    bool bare;         /* its layer looks at no riders: a space that rides is lifted there */
    double lr_factor;  /* learning rate relative to the optimiser's; 0 means 1 */
    const char
        *blocks; /* rows by role, in order: "q:768+k:768+v:768" where a file fuses what `targets`
                           can select apart; NULL: none */
} idim_tensor;

typedef struct idim_layout {
    const idim_tensor *tensors;
    size_t n_tensors;
    size_t n; /* numbers in all */
} idim_layout;

/* A low-rank path beside one tensor W (out, in), on a block of its rows. A layer computes
 *
 *     y = c o (scale W x + sum_k s_k e_k o B_k (m_k o (A_k drop_k(x))))
 *
 * Vectors that are NULL are ones; gradients that are NULL are not wanted (frozen). Gradients are
 * added to, not overwritten. */
typedef struct idim_rider {
    size_t row0, rows, r;
    double s, drop; /* drop: share of x's entries set to 0 while training, the rest scaled up */
    const idim_real *A, *B; /* (r, in) with leading dimension lda; (rows, r) with ldb */
    const idim_real *m, *e; /* (r); (rows) */
    idim_real *g_A, *g_B, *g_m, *g_e;
    size_t lda, ldb;
} idim_rider;

typedef enum idim_storage { IDIM_STORED_REAL, IDIM_STORED_BF16 } idim_storage;

/* Where one tensor's values are and where its gradient goes. */
typedef struct idim_slot {
    const void *value;
    idim_storage storage;
    idim_real *grad;    /* NULL: frozen, the product that makes it is skipped; else added to */
    idim_real scale;    /* of W x; 1 */
    const idim_real *c; /* (out) or NULL */
    idim_real *g_c;
    const idim_rider *riders;
    size_t n_riders;
} idim_slot;

typedef struct idim_view {
    const idim_layout *layout;
    idim_slot *slots; /* (layout->n_tensors) */
} idim_view;

/* ------------------------------------------------------------------ samples and losses */

typedef struct idim_batch {
    size_t n;                /* samples */
    const idim_real *x;      /* (n, n_features) */
    const int32_t *tokens;   /* (n, length) for tasks of text, padded at the end with -1; or NULL */
    const uint8_t *segments; /* (n, length): which of two texts; NULL: all the first */
    size_t length;
    const int32_t *labels;    /* (n, n_labels) classes, -1: not counted; or NULL */
    size_t n_labels;          /* 1; length where every position has one (language models) */
    size_t counted;           /* labels that count; n where there are none */
    const idim_real *targets; /* (n, n_outputs) for squared losses, or NULL */
    const uint32_t *index;    /* (n) which samples of the split these are */
} idim_batch;

/* What a loss has seen: sums over counted rows, a row being one label or one sample's targets. */
typedef struct idim_tally {
    double loss;
    size_t n, hits;                   /* counted rows, and those that are right */
    size_t n_positive, hits_positive; /* the same among rows of class 1, for F1 and Matthews */
} idim_tally;

/* A loss and the score that goes with it. */
typedef struct idim_loss_row {
    const char *name;   /* "softmax" */
    const char *metric; /* "accuracy" */
    bool lower_is_better;
    double worst; /* the score of a diverged run */
    /* Rows first .. first + n of the batch, whose outputs are (n, k): adds to the tally; writes hits
     * (n; 1 where right, 0 where not or not counted) and g_outputs (n, k) = d(loss, mean over
     * batch->counted)/d(outputs), overwritten; it may be outputs itself. hits, g_outputs: NULL when
     * not wanted. */
    void (*eval)(const idim_batch *batch, size_t first, size_t n, size_t k,
                 const idim_real *outputs, idim_real *g_outputs, idim_tally *tally, uint8_t *hits);
    double (*score)(const idim_tally *tally);
} idim_loss_row;

extern const idim_loss_row idim_loss_softmax;  /* cross-entropy in nats; accuracy */
extern const idim_loss_row idim_loss_f1;       /* the same loss; F1 of class 1 of two */
extern const idim_loss_row idim_loss_matthews; /* the same; Matthews' correlation of two classes */
extern const idim_loss_row idim_loss_tokens;   /* the same; its mean in nats, lower is better */
extern const idim_loss_row idim_loss_squared;  /* mean of squares over outputs; exp(-loss) */
extern const idim_loss_row idim_loss_return; /* of environments, no eval: mean return of episodes */

/* ------------------------------------------------------------------ a network */

typedef enum idim_mode { IDIM_TRAIN, IDIM_EVAL } idim_mode;
typedef struct idim_pool idim_pool;

/* What one pass over a batch is given besides weights and samples. */
typedef struct idim_pass {
    idim_mode mode;
    idim_stream dropout; /* masks come from (stream, step, sample index): redrawn alike */
    uint64_t step;
    idim_pool *pool; /* the run's threads, or NULL */
} idim_pass;

typedef struct idim_model idim_model;
typedef struct idim_task idim_task;

typedef struct idim_model_row {
    const char *name, *doc, *source;
    const char *example; /* keys for the tests: "fc:width=5,depth=2" */
    unsigned revision; /* hashed into the run id: raise it when the same keys give other numbers */
    const idim_key *keys;
    size_t size; /* of the kind's struct, whose first member is idim_model */
    bool
        riders; /* forward and backward heed the riders of its matrices; false: weights are formed */
    /* Keys are filled, model->task is set. Fills layout, D, n_outputs; refuses a task it cannot
     * take. On failure clear is called. */
    idim_status (*init)(idim_model *model);
    void (*clear)(idim_model *model); /* NULL: nothing to free */
    /* Draws all numbers of the layout at step 0: theta0 (layout.n). */
    void (*theta0)(const idim_model *model, const idim_stream *stream, idim_real *theta0);
    /* The same of tensor k alone. A row that has it heeds slot.storage of its matrices, which are then
     * stored in bf16 where frozen=bf16 asks for it and nothing trains them. NULL: it does not. */
    void (*tensor0)(const idim_model *model, const idim_stream *stream, size_t k,
                    idim_real *values);
    /* Bytes of work space for batches of up to n samples with this view's riders. */
    size_t (*work)(const idim_model *model, const idim_view *view, size_t n, idim_mode mode);
    /* outputs (batch->n, n_outputs). Cannot fail. In IDIM_TRAIN, work keeps what backward needs.
     * Work of IDIM_TRAIN is large enough for IDIM_EVAL too. */
    void (*forward)(const idim_model *model, const idim_view *view, const idim_batch *batch,
                    const idim_pass *pass, void *work, idim_real *outputs);
    /* After forward with the same batch, pass and work: adds to the slots' gradients. */
    void (*backward)(const idim_model *model, const idim_view *view, const idim_batch *batch,
                     const idim_pass *pass, void *work, const idim_real *g_outputs);
    /* A model whose last layer is too wide to stand in memory (a vocabulary a position) takes the
     * loss itself, a block of rows at a time: outputs are then what goes into that layer, and this
     * runs it and task->loss on it. After forward: adds to the tally; writes hits (batch->n n_labels);
     * where g_outputs is wanted (IDIM_TRAIN), overwrites it and adds the layer's own gradients to the
     * slots. NULL: outputs go to the task's loss as they are. */
    void (*loss)(const idim_model *model, const idim_view *view, const idim_batch *batch,
                 const idim_pass *pass, void *work, const idim_real *outputs, idim_real *g_outputs,
                 idim_tally *tally, uint8_t *hits);
    /* Of a language model that predicts the next token; NULL: it is none. Tokens first .. first + n of
     * a text, those before them having been decoded into the same work: logits (task->vocabulary, or
     * more where the model has more) of what follows the last. Work for texts of up to `room` tokens;
     * room is at most what the model's positions allow. */
    size_t (*decode_work)(const idim_model *model, const idim_view *view, size_t room);
    void (*decode)(const idim_model *model, const idim_view *view, size_t room,
                   const int32_t *tokens, size_t first, size_t n, void *work, idim_real *logits);
    /* How many logits decode writes, and the longest text it takes; 0: this model does not decode. */
    size_t (*decode_logits)(const idim_model *model, size_t *longest);
} idim_model_row;

struct idim_model {
    const idim_model_row *row;
    const idim_task *task; /* borrowed, until the model is freed: its shape is what init reads */
    idim_layout layout;
    size_t D;         /* numbers of the layout that are not `outside` */
    size_t n_outputs; /* per sample, of forward */
    const char *head; /* role of the last layer, for presets such as `top`; "head" by custom */
    void *own;        /* the frame's: strings and tensors that idim_model_tensor made */
};

/* For init: appends a tensor to the model's layout (name copied; roles "fc+kernel", a table's one of
 * embed, position and segment; dims 1..4) and sets layout.n and D. decay is set when the tensor has
 * two or more dimensions. ERR_MEMORY, ERR_LIMIT. */
idim_status idim_model_tensor(idim_model *model, const char *name, const char *roles, int layer,
                              size_t dims, const size_t *shape);

/* For init: the rows of the tensor appended last are those of several roles, "q:768+k:768+v:768"
 * (copied); `targets=q` then selects these rows alone. ERR_USAGE: they are not all of its rows, or a
 * name stands twice. */
idim_status idim_model_blocks(idim_model *model, const char *blocks);

/* ------------------------------------------------------------------ a task */

typedef enum idim_split {
    IDIM_SPLIT_TRAIN,
    IDIM_SPLIT_VAL,
    IDIM_SPLIT_TEST,
    IDIM_SPLITS
} idim_split;

/* One split, in memory. Features are bytes or reals; x = scale o feature + shift. */
typedef struct idim_samples {
    size_t n;
    const uint8_t *bytes;     /* (n, n_features) or NULL */
    const idim_real *reals;   /* (n, n_features) or NULL */
    const int32_t *labels;    /* (n, n_labels), -1: not counted; or NULL */
    const idim_real *targets; /* (n, n_outputs) or NULL */
    const int32_t *tokens;    /* (n, length), padded at the end with -1; or NULL */
    const uint8_t *segments;  /* (n, length), or NULL */
    size_t text_bytes; /* of the text behind the counted labels: bits per byte; 0: not known */
} idim_samples;

/* What a policy acts in, in place of samples. An episode is a state that steps move, each with a reward; the
 * network sees x and its outputs act. Samples of a split are then episodes (of the training split: what an
 * epoch counts, transitions for dqn, episodes for es). */
typedef struct idim_environment {
    size_t n_state;      /* doubles of a state */
    bool choice;         /* the largest output is the action; false: the outputs themselves are */
    const char *trainer; /* when none is named: "dqn" */
    /* The state that the episode of this stream begins with. */
    void (*reset)(const idim_task *task, const idim_stream *stream, double *state);
    void (*observe)(const idim_task *task, const double *state, idim_real *x); /* (n_features) */
    /* One step with these outputs (n_outputs). false: the episode ends here. */
    bool (*step)(const idim_task *task, double *state, const idim_real *outputs, double *reward);
} idim_environment;

typedef struct idim_task_row {
    const char *name, *doc, *source, *example;
    unsigned revision;
    const idim_key *keys;
    size_t size; /* of the kind's struct, whose first member is idim_task */
    /* Keys are filled. Loads everything and fills the fields of idim_task; may leave the
     * validation split empty (n = 0): the frame then takes a stratified part of the training split. */
    idim_status (*init)(idim_task *task);
    void (*clear)(idim_task *task);
    /* Fills *batch for the samples index[0..n). NULL: rows of the arrays of task->splits. x, labels
     * and targets are written into the buffers that batch already points at. */
    void (*fetch)(const idim_task *task, idim_split split, const uint32_t *index, size_t n,
                  idim_batch *batch);
    const idim_environment *environment; /* NULL: a data set */
} idim_task_row;

struct idim_task {
    const idim_task_row *row;
    const idim_loss_row *loss;
    size_t shape[3];   /* channels, height, width of one sample; {n, 1, 1} for plain vectors */
    size_t n_features; /* product of the shape; 0 for a task without inputs */
    size_t n_outputs;  /* classes (the vocabulary of a language model), or targets per sample */
    size_t length;     /* positions of a sample of text; 0: no tokens */
    size_t vocabulary; /* tokens are below it */
    size_t n_labels;   /* of a sample; 0 means 1; length: a language model */
    /* Masked language model (Devlin et al. 2019, 3.1): this share of the positions whose label is not
     * -1 is predicted, of them 80 % hidden by mask_token, 10 % replaced at random, 10 % left; drawn
     * anew in each epoch, once for validation and test. 0: all labels count as they are. */
    double mask_share;
    int32_t mask_token;
    idim_stream mask_stream;
    idim_samples splits[IDIM_SPLITS];
    const idim_real *scale, *shift; /* (n_features) or NULL: 1 and 0 */
    bool memorise;                  /* scored and tuned on the training split (shuffled labels) */
    double published; /* baseline that `fixed` thresholds take (Li et al.: 1.0); 0: none */
    size_t horizon;   /* of an environment: steps of the longest episode */
    idim_stream
        episodes; /* of an environment: validation and test episodes, the same for all seeds */
    void *own;    /* the frame's */
};

/* ------------------------------------------------------------------ the parts of a run
 *
 * For programs that train by themselves and want idim's samples, step 0, order of samples and spaces, to the
 * byte: docs/python/idim_space.py. seed: of a run; what is not made is NULL on failure. */

/* "mnist:train=5000". Borrow what they are made from. */
idim_status idim_task_new(idim_task **t, const char *spec);
void idim_task_free(idim_task *t);
/* Samples of a split; numbers of one sample; classes. */
size_t idim_task_samples(const idim_task *t, idim_split which);
size_t idim_task_features(const idim_task *t);
size_t idim_task_classes(const idim_task *t);
/* x (n, features) and labels (n) of the samples index[0..n). ERR_USAGE: a task without either, an index
 * that its split does not have. */
idim_status idim_task_fetch(const idim_task *t, idim_split which, const uint32_t *index, size_t n,
                            idim_real *x, int32_t *labels);
/* The samples of the training split in the order of an epoch (from 0): order (n). */
void idim_order(uint64_t seed, size_t n, size_t epoch, uint32_t *order);

/* "lenet:form=untied", and its weights at step 0 (layout->n). */
idim_status idim_model_new(idim_model **m, const char *spec, const idim_task *t);
void idim_model_free(idim_model *m);
const idim_layout *idim_model_layout(const idim_model *m);
void idim_model_theta0(const idim_model *m, uint64_t seed, idim_real *theta0);

typedef struct idim_space idim_space; /* of one run; one thread at a time */
/* "fastfood:d=750" on any layout, which need not be that of a model of ours: its tensors lie one behind
 * another. layout and theta0 (layout->n) are borrowed until the space is freed. */
idim_status idim_space_new(idim_space **s, const char *spec, const idim_layout *layout,
                           const idim_real *theta0, uint64_t seed);
void idim_space_free(idim_space *s);
size_t idim_space_d(const idim_space *s);
void idim_space_start(idim_space *s, idim_real *z); /* z (d) at step 0 */
/* All weights (layout->n) at z (d); dL/dz at z from dL/dweights (layout->n). */
void idim_space_lift(idim_space *s, const idim_real *z, idim_real *theta);
void idim_space_pull(idim_space *s, const idim_real *z, const idim_real *g_theta, idim_real *g_z);
/* A spec with a key of its first space: ("fastfood@lora:r=8", "d", "50") is "fastfood:d=50@lora:r=8". out
 * (room). ERR_LIMIT: it does not fit. */
idim_status idim_space_spec(const char *spec, const char *key, const char *value, char *out,
                            size_t room);

/* ------------------------------------------------------------------ the measurement */

typedef enum idim_d90_state {
    IDIM_EXACT,
    IDIM_ABOVE,
    IDIM_BELOW,
    IDIM_UNMEASURABLE
} idim_d90_state;

/* What is asked. Texts are what the command line takes; NULL or 0 is the default of `idim d90`. */
typedef struct idim_d90_ask {
    const idim_model_row *model;
    const char *model_keys; /* "width=200,depth=2" */
    const idim_task_row *task;
    const char *task_keys;
    const char *space;     /* "fastfood" */
    const char *d;         /* "100..2000/log8" */
    const char *optimiser; /* "adam" */
    const char *lr;        /* "rel:.3+rel:1+rel:3": the grid, for the baseline alike */
    const char *rule;      /* "own,raw,.9"; NULL: raw, for a loss gain */
    size_t epochs, batch, seeds, tune_seeds, threads;
    uint64_t seed;   /* the first */
    const char *out; /* results folder: runs are kept and resumed; NULL: nothing is written */
    /* Told after each finished run; a value other than 0 stops with IDIM_ERR_STOPPED. */
    int (*told)(void *context, size_t done, size_t total, const char *now);
    void *context;
} idim_d90_ask;

typedef struct idim_d90_answer {
    idim_d90_state state;
    double d90;          /* d90_fit; NaN unless state is IDIM_EXACT */
    double low, high;    /* 95 % interval; NaN: none (fewer than 3 seeds); INFINITY: above */
    double d_min, d_max; /* the grid's ends */
    double baseline, floor, threshold;
    size_t D, runs;
    char rule[160]; /* in words: "own baseline, raw .9, d90_fit, 3 seeds, 5 epochs" */
} idim_d90_answer;

/* Trains in this process, one run after another. Errors: as the status says; the sentence is left. */
idim_status idim_d90(const idim_d90_ask *ask, idim_d90_answer *answer);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
