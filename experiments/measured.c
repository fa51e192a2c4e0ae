/* measured.c -- see measured.h. */
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "experiments/answer.h"
#include "experiments/measured.h"
#include "experiments/plan.h"
#include "experiments/questions.h"
#include "report/page.h"
#include "report/plot.h"
#include "report/table.h"
#include "sweep/exec.h"
#include "sweep/repeat.h"
#include "sweep/searches.h"

const char measured_figures[] = "  plots/d90.{svg,pdf,png}";

/* With rates to choose from, a grid whose best one lies at its edge is made longer. */
static bool longer(const ask *a)
{
    if (*a->run.exec && !exec_names(a->run.exec, "lr"))
        return false;
    return strchr(a->lr, '+') || strchr(a->lr_full, '+') || !strcmp(a->lr_full, "auto");
}

static const char *most_word(const ask *a)
{
    return a->search ? " at most" : longer(a) ? " or more" : "";
}

/* Nothing is known of a program's network before it ran. */
static void say_exec(const ask *a, const stages *p, const measured *o, FILE *out)
{
    char most[32];
    fprintf(out, "a program of yours: %s runs%s, %zu jobs\n", count_text(stages_most(p), most),
            most_word(a), folder_jobs(o->folder));
    if (!exec_names(a->run.exec, "epochs") && !exec_names(a->run.exec, "steps"))
        fprintf(out,
                "no floor: the command has neither {epochs} nor {steps}, so that step 0 cannot be "
                "asked for, and rules by gain say nothing\n");
    fflush(out);
}

static status say_plan(const measured *o, const ask *a, const stages *p, FILE *out)
{
    const runner_about *about = stages_about(p);
    char D[32], most[32], **spaces;
    size_t n;
    if (*a->run.exec) {
        say_exec(a, p, o, out);
        return OK;
    }
    status st = ask_spaces(&a->run, &spaces, &n);
    if (st)
        return st;
    text line = {0};
    text_add(&line, "%s, %s, D = %s: %s runs%s, %zu jobs", a->run.data, a->run.model,
             count_text(about->D, D), count_text(stages_most(p), most), most_word(a),
             folder_jobs(o->folder));
    if (text_failed(&line))
        st = ERR_MEMORY;
    else
        plan_wrap(line.text, out);
    text_clear(&line);
    if (!st && strcmp(stages_ask(p)->d, a->d) != 0)
        fprintf(out, "d ends at D: --d %s\n", stages_ask(p)->d);
    for (size_t i = 0; i < n && !st; i++)
        st = plan_say(spaces[i], about, out);
    key_parts_free(spaces, n);
    fflush(out);
    return st;
}

/* Without gnuplot all but the figures is there, and that is said. true: they are drawn. */
static bool draw(const measured *o, const char *path)
{
    if (!o->plot)
        return false;
    if (!plot_draw(path, "d90", "svg+pdf+png"))
        return true;
    fprintf(stderr, "%s\n", error_text());
    return false;
}

status measured_say(const measured *o, const results *r, const char *path, const char *typed,
                    FILE *out)
{
    const folder_table tables[] = {
        /* without rows too, so that none is left from another question */
        {"d90.csv", d90_columns, r->rows, sizeof *r->rows, r->n_rows},
        {"variance.csv", variance_columns, r->variances, sizeof *r->variances, r->n_variances},
        {"paired.csv", paired_columns, r->pairs, sizeof *r->pairs, r->n_pairs},
    };
    status st = folder_tables(path, tables, sizeof tables / sizeof *tables);
    if (st)
        return st;
    bool drawn = draw(o, path);
    if ((st = page_write(path, typed)) || (st = table_write(path)) ||
        (!o->ranks && (st = answer_folder(path, false, out))))
        return st;
    if (!typed)
        fprintf(out, "%s/d90.csv  runs.csv%s  report.html\n", path, drawn ? measured_figures : "");
    return OK;
}

/* Runs of several numeric kinds in one answer: how far apart are they? One of another kind is done again. */
static status say_kinds(sweep *s, const results *r, FILE *out)
{
    repeat_difference difference;
    text words = {0};
    status st = OK;
    if (r->kinds < 2)
        return OK;
    text_add(&words, "  note: these runs come from %zu numeric kinds", r->kinds);
    if (*r->foreign) {
        st = repeat_run(s, store_find(sweep_store(s), r->foreign), &difference);
        text_add(&words, "; ");
        if (!st)
            repeat_words(&difference, &words);
        else if (st != ERR_STOPPED)
            text_add(&words, "none could be done again here: %s", error_text());
    }
    if (st != ERR_STOPPED)
        st = words.failed ? ERR_MEMORY : OK;
    if (!st)
        fprintf(out, "%s\n", words.text);
    text_clear(&words);
    return st;
}

status measured_answer(const measured *o, sweep *s, const ask_list *asks, const char *path,
                       const char *typed, FILE *out, size_t *failed)
{
    results r;
    status st = results_d90(s, asks, o->rule, o->fixed, &r);
    if (st)
        return st;
    *failed = r.failed; /* those of earlier calls too */
    if (!r.n_rows && !r.failed)
        st = error_set(ERR_FAILED, "%s: none of the runs that were asked for is there", path);
    if (!st && !(st = measured_say(o, &r, path, typed, out)))
        st = say_kinds(s, &r, out);
    if (!st && o->ranks)
        st = ranked_say(o->ranks, &asks->asks[asks->n - 1].run, store_folder(sweep_store(s)), path,
                        out);
    results_clear(&r);
    return st;
}

/* search.csv, and what the search took in one line. */
static status say_search(stages *p, const char *path, FILE *out)
{
    searches_told told;
    text table = {0};
    char steps[32], grid[32];
    status st = searches_tell(p, &told);
    if (st)
        return st;
    results_csv(searches_columns, told.rows, sizeof *told.rows, told.n, &table);
    if (!(st = folder_put(path, "search.csv", &table)))
        fprintf(out,
                "search: %s, %zu runs, %s steps, tuning and baseline counted; the whole grid: %zu "
                "runs, %s steps\n",
                told.end, told.runs, count_text(told.steps, steps), told.grid_runs,
                count_text((size_t)told.grid_steps, grid));
    mem_free(told.rows);
    return st;
}

/* One ask after the other in one folder. */
static status train_asks(const measured *o, sweep *s, const ask *asks, size_t n, const char *path,
                         questions *q, size_t *D, FILE *out)
{
    status st = OK;
    for (size_t i = 0; i < n && !st; i++) {
        stages *p;
        if ((st = stages_open(&p, s, &asks[i])))
            break;
        *D = stages_about(p)->D;
        st = say_plan(o, &asks[i], p, out);
        if (!st && o->dry)
            st = stages_fits(p, o->folder->here ? 0 : folder_jobs(o->folder));
        else if (!st) {
            if (!(st = questions_note(q, 0, stages_ask(p))))
                st = stages_train(p);
            if (!st && asks[i].search)
                st = say_search(p, path, out);
        }
        stages_free(p);
    }
    return st;
}

status measured_asks(const measured *o, const ask *asks, size_t n, const char *path,
                     const char *typed, FILE *out, size_t *failed)
{
    sweep *s = NULL;
    folder_options folder = *o->folder;
    size_t told = 0, D = 0;
    const questions_part all = {"", asks, n, *o};
    questions *q = NULL;
    bool several = false;
    status st;
    fprintf(out, "%s\n", typed ? typed : "");
    fflush(out);
    if ((st = folder_fits(&folder, &asks[0].run)) ||
        (!o->dry && (st = questions_open(&q, path, &all, 1))))
        return st;
    folder.here = o->dry; /* in memory: no folder is made, no process started */
    if ((st = folder_open(&s, o->dry ? NULL : path, &folder)) ||
        (st = train_asks(o, s, asks, n, path, q, &D, out)) || o->dry)
        goto done;
    if (!(st = folder_collect(sweep_store(s), &told)) &&
        !(st = questions_answer(q, s, typed, out, failed, &several)) && !several)
        answer_published(&asks[n - 1].run, D, out);
done:
    if (s && sweep_failed(s) > *failed)
        *failed = sweep_failed(s);
    if (*failed)
        folder_say_failed(sweep_store(s));
    questions_free(q);
    return folder_close(s, told, st);
}

int measured_end(status st, size_t failed)
{
    if (st && !(failed && st == ERR_USAGE))
        return command_end(st);
    (void)command_end(st); /* what did not fail may be too little to be measured */
    return failed ? EXIT_SOME : EXIT_DONE;
}
