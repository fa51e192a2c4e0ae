/* peft.h -- what adapter_config.json says about a module, by PEFT's own rules.
 *
 *     rank_pattern, alpha_pattern   the first key with (.*\.)?KEY$ on the module stands for r, lora_alpha
 *     target_modules                a list: the module's name, or its end at a dot; a text: re.fullmatch
 *     exclude_modules, layers_to_transform, layers_pattern, modules_to_save, bias
 *
 * Source: huggingface/peft, utils/other.py (get_pattern_key), tuners/tuners_utils.py
 * (check_target_module_exists). Defaults are LoraConfig's. */
#ifndef FORMAT_PEFT_H
#define FORMAT_PEFT_H

#include <jansson.h>

#include "base/status.h"
#include "format/adapter.h"

/* rank_pattern's value for this module, else r's; alpha_pattern's, else lora_alpha's. ERR_FORMAT: a value that is
 * no number above 0, or a pattern that is not read. */
status peft_rank(const json_t *config, const char *module, double *r);
status peft_alpha(const json_t *config, const char *module, double *alpha);

/* Does the configuration ask for a pair beside this module? all-linear asks for every one. */
status peft_targets(const json_t *config, const char *module, bool *targeted);

/* Is a tensor that is no factor one that the configuration has trained? */
status peft_saves(const json_t *config, const char *name, bool *saved);

/* LoraConfig's keys for an adapter that is made, json_decref. NULL: ERR_MEMORY. Where each kind of module is there in
 * all layers, target_modules are the paths behind their layers' numbers; else whole paths. */
json_t *peft_config(const adapter_make *how, const adapter_part *parts, size_t n);

/* Does name equal end, or end in it at a dot? */
bool peft_ends(const char *name, const char *end);

#endif
