/* tokens.h -- what all data sets of text share: finding and reading a file, opening a tokenizer; both
 * noted, so that they are part of what the task is. */
#ifndef DATA_TOKENS_H
#define DATA_TOKENS_H

#include "data/data.h"
#include "format/tokenizer.h"

/* The value of a key `tokenizer`: `bytes`, `chars`, a file or a folder, as it is or in $IDIM_DATA or
 * ./data. Sets the task's vocabulary; called once, the task owns it. text, n: what `chars` is made from; NULL:
 * refused. */
#define TOKENS_KEY(struct_, field_)                                                                \
    KEY_PLACE("tokenizer", struct_, field_, "bytes",                                               \
              "file or folder of a tokenizer, or one of the words bytes and chars")
status tokens_open(task *t, const tokenizer **tok, const char *place, const char *text, size_t n);
/* The tokenizer that a task of text was made with; NULL: it has none, or it was unpacked. Borrowed. */
const tokenizer *tokens_of(const task *t);

/* A file of the data set `sub` (task_locate), or with sub "" one that the user names, in `dir` or where it
 * says itself. path (TOKENS_PATH) is set; *bytes by mem_free. */
enum { TOKENS_PATH = 4096 };
status tokens_file(task *t, const char *dir, const char *sub, const char *name, char *path,
                   char **bytes, size_t *n);

#endif
