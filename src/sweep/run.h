/* run.h -- one run as a person asks for it, its canonical form and its id.
 *
 * The canonical form is the sorted list of "key=value" lines of what is not at its default, with the
 * kinds in their own canonical form, followed by what else decides the numbers: revisions, the SHA-256
 * of the data's files, the width of real. Its SHA-256 is the run id. A new key with a default moves no
 * id. */
#ifndef SWEEP_RUN_H
#define SWEEP_RUN_H

#include <jansson.h>

#include "base/key.h"
#include "format/jsonl.h"
#include "models/model.h"

/* Raised when the trainer or another part that is no kind would give other numbers. */
enum { RUN_REVISION = 1, RUN_ID = 21 /* 20 hexadecimal digits and '\0' */ };

typedef enum run_role { RUN_SCORE, RUN_TUNE } run_role;
typedef enum run_frozen { RUN_FLOAT, RUN_BF16 } run_frozen;

typedef struct run_spec {
    const char *data, *data_content, *model, *from, *adapter, *from_content, *space, *trainer,
        *optimiser, *schedule;
    const char *exec, *exec_files, *exec_content; /* exec.h; "": idim trains */
    size_t epochs, steps, batch;
    double clip, l2, adapter_alpha;
    int role;   /* tune: streams of its own, no test score */
    int frozen; /* how weights that nothing trains are stored */
    int better; /* of a program's scores: 1, lower is */
    size_t seed;
    double seed_theta0, seed_P, seed_order, seed_dropout; /* -1: as seed */
} run_spec;

/* The keys of a run: options of commands, columns of runs.csv, members of a journal's "run". */
extern const key run_keys[];

/* Defaults, then "key=value" pairs by key_set. Texts are owned by `texts`. */
status run_defaults(run_spec *r, key_texts *texts);

/* Where the rows of data sets and models are looked up; NULL: the tables of this library. A program
 * that brings its own rows hands tables of them. */
typedef struct run_rows {
    const task_row *const *tasks;
    const model_row *const *models;
} run_rows;

/* What a space of a run is swept by and its text with a key set or taken away: space_swept and space_with, or of a
 * program's spaces exec.h's. */
const char *run_swept(const run_spec *r, const char *space_);
status run_with(const run_spec *r, const char *space_, const char *key_, const char *value,
                char **out);

/* A copy whose kinds are canonical (made in `texts`). With `from` the model is the checkpoint's, the
 * tokenizer of a text is the one beside it, and from.content is filled. ERR_USAGE: a kind or value is
 * wrong; of the checkpoint, as pretrained_open. */
status run_canonical(const run_spec *r, const run_rows *rows, run_spec *canonical,
                     key_texts *texts);

/* A copy without the keys that say where data and checkpoints lie (KEY_PLACE): what is written and compared wherever
 * the same run is to give the same bytes. A kind that the rows do not know stays as it is. */
status run_without_places(const run_spec *r, const run_rows *rows, run_spec *out, key_texts *texts);

/* The run at step 0: of all that says how is trained, the default is written. */
status run_untrained(run_spec *r);

/* The id of a canonical run; `content` is task_content of its data. `form` (NULL: not wanted) is the
 * text that is hashed, mem_free. */
status run_id(const run_spec *canonical, const run_rows *rows, const char *content, char id[RUN_ID],
              char **form);

/* The ids of runs that differ from a canonical one in their seeds alone: its text is made once. */
status run_ids(const run_spec *canonical, const run_rows *rows, const char *content,
               const size_t *seeds, size_t n, char (*ids)[RUN_ID]);

/* The spec's text of one key ("space", "lr" is none): what runs.csv shows. Appends. */
void run_value(const run_spec *r, const char *name, text *out);

/* {"batch":"128","data":"mnist",...}: all keys, sorted, as one JSON object of strings; and back. */
void run_write(const run_spec *r, text *out);
status run_read(const json_t *object, run_spec *r, key_texts *texts);
/* The members of such an object as they stand in a line, over the defaults that are there. */
status run_read_in(jsonl_span members, run_spec *r, key_texts *texts);

/* The run whose form (run_id) begins with these "key=value" lines; lines behind them without "=" end them.
 * ERR_FORMAT, ERR_USAGE: a line is none of this program's. */
status run_form_read(const char *form, run_spec *r, key_texts *texts);

/* A copy with texts of its own. */
status run_copy(const run_spec *r, run_spec *copy, key_texts *texts);

/* The stream of one purpose ("theta0", "P", "order", "dropout") of a run. */
stream run_stream(const run_spec *r, const char *purpose);

#endif
