/* program.c -- see program.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/job.h"
#include "base/os.h"
#include "sweep/exec.h"
#include "sweep/program.h"
#include "sweep/provenance.h"

/* PROGRAM_AGAIN: sysexits.h's EX_TEMPFAIL. */
enum { PROGRAM_AGAIN = 75, PROGRAM_STDERR = 2000, PROGRAM_SHOWN = 400, PROGRAM_JSON = 16 << 20 };

/* ------------------------------------------------------------------ what came out */

typedef struct program_result {
    double score, val, loss, train, score_best, val_best, best_epoch, steps, d, d_head, D;
    char metric[64];
    bool score_there, val_there; /* said, be it that it is no number */
} program_result;

static const struct {
    const char *name;
    size_t field;
    bool count;
} program_results[] = {
    {"score", offsetof(program_result, score), false},
    {"val", offsetof(program_result, val), false},
    {"loss", offsetof(program_result, loss), false},
    {"train", offsetof(program_result, train), false},
    {"score_best", offsetof(program_result, score_best), false},
    {"val_best", offsetof(program_result, val_best), false},
    {"best_epoch", offsetof(program_result, best_epoch), true},
    {"steps", offsetof(program_result, steps), true},
    {"d", offsetof(program_result, d), true},
    {"d_head", offsetof(program_result, d_head), true},
    {"D", offsetof(program_result, D), true},
};
enum { PROGRAM_RESULTS = sizeof program_results / sizeof *program_results };

static status program_set(program_result *r, const char *name, double x)
{
    for (size_t i = 0; i < PROGRAM_RESULTS; i++) {
        if (strcmp(name, program_results[i].name) != 0)
            continue;
        if (program_results[i].count && !(x >= 0 && x < 9e15 && x <= floor(x)))
            return error_set(ERR_FORMAT, "it says %s=%g, which is no count", name, x);
        *(double *)((char *)r + program_results[i].field) = x;
    }
    r->score_there = r->score_there || !strcmp(name, "score");
    r->val_there = r->val_there || !strcmp(name, "val");
    return OK;
}

static bool program_known(const char *name)
{
    for (size_t i = 0; i < PROGRAM_RESULTS; i++)
        if (!strcmp(name, program_results[i].name))
            return true;
    return false;
}

/* "score=0.93 val=0.92 D=199210": the line is cut in place; words of other names are its own. */
static status program_line(char *line, program_result *r)
{
    char *save = NULL;
    status st = OK;
    for (char *word = strtok_r(line, " \t\r", &save); word && !st;
         word = strtok_r(NULL, " \t\r", &save)) {
        char *value = strchr(word, '=');
        double x;
        if (!value)
            continue;
        *value++ = '\0';
        if (!strcmp(word, "metric")) {
            snprintf(r->metric, sizeof r->metric, "%s", value);
        } else if (program_known(word)) {
            static const char *const none[] = {"nan", "NaN", "-nan", "inf", "-inf"};
            bool number = true;
            for (size_t i = 0; i < sizeof none / sizeof *none; i++)
                number = number && strcmp(value, none[i]) != 0;
            if (!number)
                x = (double)NAN;
            else if (key_number(word, value, &x))
                return error_set(ERR_FORMAT, "it says %s=%.40s, which is no number", word, value);
            st = program_set(r, word, x);
        }
    }
    return st;
}

static status program_json(const char *path, program_result *r)
{
    json_error_t error;
    char *bytes;
    size_t n;
    status st = file_read(path, PROGRAM_JSON, &bytes, &n);
    if (st)
        return st;
    json_t *object = json_loadb(bytes, n, 0, &error);
    mem_free(bytes);
    if (!json_is_object(object)) {
        json_decref(object);
        return error_set(ERR_FORMAT,
                         "its result.json:%d: %s; one object is wanted, and JSON has no NaN",
                         error.line, object ? "no object" : error.text);
    }
    for (size_t i = 0; i < PROGRAM_RESULTS && !st; i++) {
        const json_t *value = json_object_get(object, program_results[i].name);
        if (value)
            st = program_set(r, program_results[i].name, jsonl_number_of(value, (double)NAN));
    }
    snprintf(r->metric, sizeof r->metric, "%s", jsonl_get_string(object, "metric", r->metric));
    json_decref(object);
    return st;
}

/* ------------------------------------------------------------------ running */

typedef struct program_heard {
    text line, last; /* of stdout: the one that is being written; the last with a result */
    char error[PROGRAM_STDERR];
    size_t n_error; /* the last of stderr */
} program_heard;

static void program_wrote(void *context, bool error, const char *bytes, size_t n)
{
    program_heard *h = context;
    if (error) {
        if (n > PROGRAM_STDERR) {
            bytes += n - PROGRAM_STDERR;
            n = PROGRAM_STDERR;
        }
        size_t keep = h->n_error + n > PROGRAM_STDERR ? PROGRAM_STDERR - n : h->n_error;
        memmove(h->error, h->error + h->n_error - keep, keep);
        memcpy(h->error + keep, bytes, n);
        h->n_error = keep + n;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != '\n') {
            if (h->line.length < PROGRAM_STDERR) /* no result is longer */
                text_bytes(&h->line, bytes + i, 1);
            continue;
        }
        if (h->line.text &&
            (!strncmp(h->line.text, "score=", 6) || !strncmp(h->line.text, "val=", 4))) {
            text spare = h->last;
            h->last = h->line;
            h->line = spare;
        }
        h->line.length = 0;
        if (h->line.text)
            h->line.text[0] = '\0';
    }
}

/* " -- its last words: KeyError: 'lr'": the end of stderr on one line. */
static void program_last_words(const program_heard *h, text *out)
{
    size_t end = h->n_error, from;
    while (end && strchr(" \n\r\t", h->error[end - 1]))
        end--;
    from = end > PROGRAM_SHOWN ? end - PROGRAM_SHOWN : 0;
    if (!end)
        return;
    text_add(out, "; its last words: ");
    for (size_t i = from; i < end; i++) {
        unsigned char c = (unsigned char)h->error[i];
        if (c == '\n')
            text_add(out, " / ");
        else if (c >= ' ' && c != 127)
            text_bytes(out, h->error + i, 1);
    }
}

/* Says what is missing of a result. */
static status program_whole(const run_spec *run, const program_result *r)
{
    const char *want = run->role == RUN_TUNE ? "val" : "score";
    bool there = run->role == RUN_TUNE ? r->val_there : r->score_there;
    double x = run->role == RUN_TUNE ? r->val : r->score;
    if (!there)
        return error_set(
            ERR_FORMAT,
            "it ended well and said no %s: its last line is to be "
            "\"score=X val=Y\"%s",
            want, exec_names(run->exec, "out") ? ", or result.json in {out} holds them" : "");
    if (!isfinite(x) && run->role != RUN_TUNE) /* of a rate that is tried it is an answer */
        return error_set(
            ERR_FORMAT, "it says that its score is no number: where training diverged it is to say "
                        "the metric's worst value");
    return OK;
}

static status program_failed(const run_spec *run, const char *id, const program_heard *h,
                             bool outside, record *out)
{
    text why = {0};
    text_add(&why, "%s", error_text());
    program_last_words(h, &why);
    status st = text_failed(&why) ? ERR_MEMORY : record_failed(out, run, id, why.text, outside);
    text_clear(&why);
    return st;
}

static status program_record(const run_spec *run, const char *id, const program_result *r,
                             record *out)
{
    text by = {0};
    status st = run_copy(run, &out->run, &out->texts);
    if (st)
        return st;
    memcpy(out->id, id, RUN_ID);
    double d = r->d > 0 ? r->d : !strcmp(run->space, "full") ? r->D : exec_d(run);
    if (exec_trains(run) && d > 0 && r->d_head > d)
        return error_set(ERR_FORMAT, "it says d_head=%g of d=%g: d counts the head too", r->d_head,
                         d);
    out->status = isfinite(r->val) || run->role == RUN_SCORE ? RECORD_OK : RECORD_DIVERGED;
    out->d = exec_trains(run) ? (size_t)d : 0;
    out->d_head = out->d ? (size_t)r->d_head : 0;
    out->D = (size_t)r->D;
    out->lr = (double)NAN;
    if (exec_names(run->exec, "lr") && (st = exec_rate(run, &out->lr)))
        return st;
    out->metric = record_text(out, *r->metric ? r->metric : "score");
    out->reason = out->bits_file = record_text(out, "");
    out->lower_is_better = run->better == 1;
    provenance_object(&by);
    out->by = text_failed(&by) ? NULL : record_text(out, by.text);
    text_clear(&by);
    if (!out->metric || !out->reason || !out->by)
        return ERR_MEMORY;
    out->result = (train_result){.end = out->status == RECORD_OK ? TRAIN_OK : TRAIN_DIVERGED,
                                 .epochs = exec_names(run->exec, "epochs") ? run->epochs : 0,
                                 .steps = (size_t)r->steps,
                                 .score = run->role == RUN_SCORE ? r->score : (double)NAN,
                                 .loss = run->role == RUN_SCORE ? r->loss : (double)NAN,
                                 .score_best = run->role == RUN_SCORE ? r->score_best : (double)NAN,
                                 .val = r->val,
                                 .val_best = r->val_best,
                                 .best_epoch = (size_t)r->best_epoch,
                                 .train = r->train,
                                 .gain = (double)NAN,
                                 .update_norm = (double)NAN,
                                 .d = out->d};
    return OK;
}

/* The program's own folder: made, and without the result of an earlier try. */
static status program_folder(const run_spec *run, const char *id, const program_how *how,
                             char **out, char **result)
{
    const char *temporary = getenv("TMPDIR");
    *out = *result = NULL;
    if (!exec_names(run->exec, "out"))
        return (*out = mem_string("")) ? OK : ERR_MEMORY;
    char *path = how->folder ? mem_printf("%s/exec/%s", how->folder, id)
                             : mem_printf("%s/idim-%ld/%s", temporary ? temporary : "/tmp",
                                          os_process(), id);
    status st = path ? file_make_folder(path) : ERR_MEMORY;
    if (!st && !(st = os_real_path(path, out)) && /* the program may go elsewhere */
        !(*result = mem_printf("%s/result.json", *out)))
        st = ERR_MEMORY;
    if (!st && file_exists(*result) && remove(*result))
        st = error_errno(ERR_FILE, "%s: cannot be taken away", *result);
    mem_free(path);
    return st;
}

/* result.json is in the journal now; a folder that holds nothing else goes. Both with those above it. */
static void program_tidy(char *out, const char *result)
{
    if (!result)
        return;
    remove(result);
    for (int up = 0; up < 2 && !remove(out); up++) {
        char *slash = strrchr(out, '/');
        if (!slash || slash == out)
            return;
        *slash = '\0';
    }
}

/* Files that changed since they were hashed would be another run's. */
static status program_unchanged(const run_spec *run)
{
    char hex[HASH_HEX];
    status st = *run->exec_files ? exec_content(run->exec_files, hex) : OK;
    if (!st && *run->exec_files && strcmp(hex, run->exec_content) != 0)
        st = error_set(ERR_FAILED,
                       "exec-files=%s: they are not what they were when this was asked for; the "
                       "same command again asks for runs of the new ones",
                       run->exec_files);
    return st;
}

static status program_job(const run_spec *run, char *const *words, const program_how *how,
                          program_heard *heard, job_end *end)
{
    char omp[40], blas[40], mkl[40];
    snprintf(omp, sizeof omp, "OMP_NUM_THREADS=%zu", how->threads);
    snprintf(blas, sizeof blas, "OPENBLAS_NUM_THREADS=%zu", how->threads);
    snprintf(mkl, sizeof mkl, "MKL_NUM_THREADS=%zu", how->threads);
    const char *const env[] = {omp, blas, mkl, NULL};
    const job j = {words, env, how->grace_s, program_wrote, heard};
    status st = program_unchanged(run);
    if (st || (st = job_run(&j, end)))
        return st;
    program_wrote(heard, false, "\n", 1); /* a last line without its end */
    if (heard->line.failed || heard->last.failed)
        return ERR_MEMORY;
    if (end->code > 128)
        return error_set(ERR_FAILED, "it was ended by signal %d", end->code - 128);
    return end->code ? error_set(ERR_FAILED, "it ended with exit code %d", end->code) : OK;
}

static void program_say_killed(const program_how *how, const char *id)
{
    char sentence[160];
    snprintf(sentence, sizeof sentence,
             "run %s: its program did not end within %g s of the signal and was killed", id,
             how->grace_s);
    if (how->said)
        how->said(how->context, sentence);
}

status program_run(const run_spec *run, const char *id, const program_how *how, record *out)
{
    const double none = (double)NAN;
    program_result r = {.score = none,
                        .val = none,
                        .loss = none,
                        .train = none,
                        .score_best = none,
                        .val_best = none};
    program_heard heard = {.n_error = 0};
    job_end end = {0};
    char **words = NULL, *place = NULL, *result = NULL, start[32];
    double wall = os_seconds();
    size_t n = 0;
    status st;
    *out = (record){.threads = how->threads};
    os_time_text(start);
    if (!(st = program_folder(run, id, how, &place, &result)) &&
        !(st = exec_words(run, place, &words, &n)))
        st = program_job(run, words, how, &heard, &end);
    if (end.killed)
        program_say_killed(how, id);
    if (!st && result && file_exists(result))
        st = program_json(result, &r);
    else if (!st && heard.last.text)
        st = program_line(heard.last.text, &r);
    if (!st)
        st = program_whole(run, &r);
    if (!st)
        st = program_record(run, id, &r, out);
    if (!st && run->role == RUN_SCORE && exec_trains(run) && strcmp(run->space, "full") != 0 &&
        !out->d)
        st = error_set(ERR_FORMAT, "it says no d, and a rank does not tell how many numbers were "
                                   "trained: print d=N beside the score");
    if (st == ERR_FAILED || st == ERR_FORMAT) {
        record_clear(out);
        st = program_failed(run, id, &heard, end.code > 128 || end.code == PROGRAM_AGAIN, out);
    } else if (!st) {
        program_tidy(place, result);
    }
    if (st) {
        record_clear(out);
    } else {
        memcpy(out->start, start, sizeof start);
        os_host(out->host);
        out->wall_s = os_seconds() - wall;
        out->cpu_s = end.cpu_s;
        out->peak_rss = (double)end.peak_rss;
        out->team = 1;
        out->threads = how->threads;
    }
    text_clear(&heard.line);
    text_clear(&heard.last);
    key_parts_free(words, n);
    mem_free(place);
    mem_free(result);
    return st;
}
