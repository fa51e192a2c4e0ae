/* rule.c -- the rules of d90.h: read, listed, in words. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/locale.h"
#include "measure/rule.h"

static const double rule_levels[] = {.9, .5, .8, .95, .99};
static const char *const rule_kinds[] = {"raw", "gain", "absolute"};

static bool rule_number(const char *word, double *value)
{
    char *end = NULL;
    locale_t user = locale_enter();
    *value = strtod(word, &end);
    locale_leave(user);
    return end != word && *end == '\0' && isfinite(*value);
}

status d90_rule_parse(const char *text, d90_kind kind, d90_rule *rule)
{
    d90_rule r = {D90_OWN, kind, .9};
    bool level = false;
    for (const char *p = text; *p;) {
        char word[32];
        size_t n = strcspn(p, ",");
        if (n >= sizeof word)
            goto bad;
        memcpy(word, p, n);
        word[n] = '\0';
        if (!strcmp(word, "own") || !strcmp(word, "fixed"))
            r.base = word[0] == 'o' ? D90_OWN : D90_FIXED;
        else if (!strcmp(word, "raw") || !strcmp(word, "gain"))
            r.kind = word[0] == 'r' ? D90_RAW : D90_GAIN;
        else if (!strcmp(word, "absolute"))
            r.kind = D90_ABSOLUTE;
        else if (rule_number(word, &r.level))
            level = true;
        else
            goto bad;
        p += n;
        if (*p == ',' && *++p == '\0')
            goto bad;
    }
    if (r.kind == D90_ABSOLUTE ? !level : !(r.level > 0 && r.level <= 1))
        goto bad;
    if (r.kind == D90_ABSOLUTE)
        r.base = D90_OWN; /* neither is read */
    *rule = r;
    return OK;
bad:
    return error_set(ERR_USAGE,
                     "rule \"%.60s\": give own or fixed, raw or gain, and a level in (0,1], as in "
                     "own,raw,.9; or absolute and the score to pass, as in absolute,.85",
                     text);
}

static bool rule_same(d90_rule a, d90_rule b)
{
    return a.base == b.base && a.kind == b.kind && a.level <= b.level && a.level >= b.level;
}

size_t d90_rule_list(d90_rule headline, bool fixed, d90_rule out[D90_RULES])
{
    size_t n = 0;
    out[n++] = headline;
    for (int base = D90_OWN; base <= (fixed ? D90_FIXED : D90_OWN); base++)
        for (int kind = D90_RAW; kind <= D90_GAIN; kind++)
            for (size_t l = 0; l < sizeof rule_levels / sizeof *rule_levels; l++) {
                d90_rule r = {(d90_base)base, (d90_kind)kind, rule_levels[l]};
                if (!rule_same(r, headline))
                    out[n++] = r;
            }
    return n;
}

const char *rule_base_text(d90_rule r)
{
    return r.kind == D90_ABSOLUTE ? "none" : r.base == D90_OWN ? "own" : "fixed";
}

const char *rule_kind_text(d90_rule r)
{
    return rule_kinds[r.kind];
}

void rule_words(d90_rule r, size_t seeds, const d90_scores *in, char out[D90_WORDS])
{
    char level[32];
    locale_t user = locale_enter();
    snprintf(level, sizeof level, "%.6g", r.level);
    locale_leave(user);
    const char *shown = level[0] == '0' && level[1] == '.' ? level + 1 : level;
    bool part = in->vary && *in->vary && strcmp(in->vary, "all") != 0;
    int n = r.kind == D90_ABSOLUTE ? snprintf(out, D90_WORDS, "absolute %s", shown)
                                   : snprintf(out, D90_WORDS, "%s baseline, %s %s",
                                              rule_base_text(r), rule_kind_text(r), shown);
    snprintf(out + n, D90_WORDS - (size_t)n, ", %s, %zu %s%s%s%.32s",
             in->first_stage ? "d90_seeds" : "d90_fit", seeds, in->crossed ? "pair" : "seed",
             seeds == 1 ? "" : "s", part ? " of " : "", part ? in->vary : "");
}

double rule_threshold(d90_rule r, bool lower_is_better, double b, double c)
{
    if (r.kind == D90_ABSOLUTE)
        return r.level;
    if (r.kind == D90_RAW)
        return lower_is_better ? (double)NAN : r.level * b;
    return lower_is_better ? b + (1 - r.level) * (c - b) : c + r.level * (b - c);
}
