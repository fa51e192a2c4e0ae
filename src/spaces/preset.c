/* preset.c -- rows with a text in place of code, written out before anything is parsed or hashed.
 *
 *   top          full:targets=head
 *   did:d=500    fastfood:form=single,d=500         keys go to the first space of the text that has them,
 *   unilora:d=9,targets=q   onehot:...,d=9@lora:...,targets=q          targets to the last one */
#include <string.h>

#include "spaces/frame.h"

static bool preset_has_key(const space_ops *row, const char *name, size_t length)
{
    for (const key *k = row->keys; k && k->name; k++)
        if (strlen(k->name) == length && !strncmp(k->name, name, length))
            return true;
    return false;
}

/* The space of the chain that takes an argument "name=value"; n: none does. */
static status preset_place(char *const *chain, size_t n, const char *argument, size_t *place)
{
    size_t length = strcspn(argument, "=");
    const space_ops *row;
    const char *args;
    status st;
    *place = n;
    if (length == 7 && !strncmp(argument, "targets", 7))
        *place = n - 1;
    for (size_t i = 0; i < n && *place == n; i++) {
        if ((st = spec_open(chain[i], &row, &args)))
            return st;
        if (preset_has_key(row, argument, length))
            *place = i;
    }
    return OK;
}

static status preset_write(const space_ops *row, const char *args, text *out)
{
    char **chain, **given = NULL;
    size_t n, n_given = 0, place;
    status st = key_cut(row->expansion, "@", &chain, &n);
    if (st)
        return st;
    text *parts = mem_array(n, sizeof *parts);
    if (!parts)
        st = ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        text_add(&parts[i], "%s", chain[i]);
        st = text_failed(&parts[i]) ? ERR_MEMORY : OK;
    }
    if (!st && *args && (st = key_cut(args, ",", &given, &n_given)))
        error_prefix("%s: ", row->name);
    for (size_t i = 0; i < n_given && !st; i++) {
        if ((st = preset_place(chain, n, given[i], &place)))
            break;
        if (place == n)
            st = error_set(ERR_USAGE, "%s: no key %.*s; it is short for %s", row->name,
                           (int)strcspn(given[i], "="), given[i], row->expansion);
        else
            text_add(&parts[place], "%c%s",
                     parts[place].text && strchr(parts[place].text, ':') ? ',' : ':', given[i]);
    }
    for (size_t i = 0; parts && i < n; i++) {
        text_add(out, "%s%s", i ? "@" : "", parts[i].text ? parts[i].text : "");
        out->failed |= parts[i].failed;
        text_clear(&parts[i]);
    }
    mem_free(parts);
    key_parts_free(given, n_given);
    key_parts_free(chain, n);
    return st;
}

status preset_part(const char *part, text *out)
{
    const space_ops *row;
    const char *args;
    status st = spec_open(part, &row, &args);
    if (!st && row->expansion)
        return preset_write(row, args, out);
    if (!st)
        text_add(out, "%s", part);
    return st;
}

status preset_expand(const char *spec, char **out)
{
    char **sums, **chain;
    size_t n_sums, n_chain;
    text whole = {0};
    status st = key_cut(spec, "++", &sums, &n_sums);
    *out = NULL;
    if (st)
        return st;
    for (size_t i = 0; i < n_sums && !st; i++) {
        if ((st = key_cut(sums[i], "@", &chain, &n_chain)))
            break;
        for (size_t k = 0; k < n_chain && !st; k++) {
            text_add(&whole, "%s", k ? "@" : i ? "++" : "");
            st = preset_part(chain[k], &whole);
        }
        key_parts_free(chain, n_chain);
    }
    key_parts_free(sums, n_sums);
    if (!st && whole.failed)
        st = ERR_MEMORY;
    if (st)
        text_clear(&whole);
    else
        *out = whole.text;
    return st;
}
