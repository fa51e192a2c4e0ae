/* runs.h -- the runs of a folder as a table of its page: in order of space, d and seed as it stands; sorted by a click on a
 * head and filtered by words where scripts run. Roles are shown and hidden without a script too. */
#ifndef REPORT_RUNS_H
#define REPORT_RUNS_H

#include "base/hash.h"
#include "format/csv.h"

/* At most so many rows: the page says where the others are. */
enum { RUNS_SHOWN = 2000 };

/* The script's bytes, for the page's policy, which lets no other run. */
const char *runs_script(void);
extern const char runs_style[];

/* Appends heading, switches and table of runs.csv; cell: appends text as HTML. */
void runs_html(const csv *runs, void (*cell)(const char *s, text *out), text *out);

#endif
