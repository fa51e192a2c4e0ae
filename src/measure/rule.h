/* rule.h -- what a rule of d90.h means; for this floor's own files. */
#ifndef MEASURE_RULE_H
#define MEASURE_RULE_H

#include "measure/d90.h"

const char *rule_base_text(d90_rule r); /* "own", "fixed", "none" */
const char *rule_kind_text(d90_rule r);
/* "own baseline, raw .9, d90_fit, 3 seeds", where not everything moves "3 seeds of P". */
void rule_words(d90_rule r, size_t seeds, const d90_scores *in, char out[D90_WORDS]);

/* What a score must pass, from baseline b and floor c (NaN: not known). NaN where the rule says
 * nothing: a share of a loss is no loss worth reaching, so raw is silent on losses. */
double rule_threshold(d90_rule r, bool lower_is_better, double b, double c);

#endif
