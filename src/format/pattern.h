/* pattern.h -- Python's regular expressions, as far as configurations use them, on the POSIX ones.
 *
 * The same in both, and taken: letters, escaped signs, . [] () | * + ? ^ $ and {m,n}; put into POSIX words: \d,
 * \w, \s, (?:...), lazy repeats (which do not matter where all must match). Refused: look-around, references,
 * other escapes, more than 512 letters, counts above 20, and repeats of what holds + or {}, which the C
 * library would unroll without bound. */
#ifndef FORMAT_PATTERN_H
#define FORMAT_PATTERN_H

#include "base/status.h"

/* re.fullmatch. ERR_FORMAT: a pattern that is not read. */
status pattern_match(const char *pattern, const char *text, bool *matches);

#endif
