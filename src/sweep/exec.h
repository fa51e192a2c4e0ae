/* exec.h -- a run that is anybody's program: --exec 'python3 train.py --d {d} --lr {lr} --seed {seed}'
 *
 * No shell reads the command: blanks cut it into words, quotes keep words together ('...' as it stands,
 * "..." with \" and \\), and a word of the shell's outside of quotes is refused. {name} is a key of the run,
 * put into its word, so that no value can become two words:
 *
 *     {space}     without its d or rank; full: the baseline and the floor     {d} {rank}  0 of full
 *     {lr}        of the optimiser; 0 of the floor                            {epochs}    0: the floor
 *     {out}       a folder of the run's own, the same when it is started again
 *     {seed} {seed.P} {batch} {role} {data} ...      every other key of a run; {{name}} is {name}
 *
 * Running it: program.h. */
#ifndef SWEEP_EXEC_H
#define SWEEP_EXEC_H

#include "base/hash.h"
#include "sweep/run.h"

/* Is {name} in the command? */
bool exec_names(const char *command, const char *name);

/* The words, filled with a run's values (key_parts_free; NULL behind the last). out: of {out}. ERR_USAGE: a
 * quote without its end, a word of the shell's, an unknown name, a program that is not there. */
status exec_words(const run_spec *run, const char *out, char ***words, size_t *n);

/* Does a key of a run reach its program, or say what idim makes of it? Of idim's own runs every one does. */
bool exec_heeds(const run_spec *run, const char *name);

/* Of a canonical run: no key is set that the command does not name. ERR_USAGE. */
status exec_check(const run_spec *run);

/* SHA-256 of the files of a list a+b: names and contents. ERR_FILE. */
status exec_content(const char *files, char hex[HASH_HEX]);

/* The value of {d} or {rank} that a space is swept by; as space_swept, for spaces that only the program
 * knows too. NULL: none. */
const char *exec_swept(const char *command, const char *space_);
/* As space_with, whatever the kind. */
status exec_with(const char *space_, const char *key_, const char *value, char **out);

/* The rate and d that the program is told: 0 at step 0, and where the space's text has none or no count. */
status exec_rate(const run_spec *run, double *lr);
double exec_d(const run_spec *run);
bool exec_trains(const run_spec *run); /* false: step 0 is asked for */

#endif
