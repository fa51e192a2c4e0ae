/* spectra.h -- the spectra of updates as people read them: a line for each role and shape. */
#ifndef REPORT_SPECTRA_H
#define REPORT_SPECTRA_H

#include "base/mem.h"
#include "measure/spectrum.h"

/* Appends a table of at most 80 columns: of each role and shape the medians over its tensors with the
 * smallest and largest. each: a line for every tensor below. */
void spectra_words(const spectrum_row *rows, size_t n, bool each, text *out);

#endif
