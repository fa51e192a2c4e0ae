/* folder.h -- what the commands that train or read a results folder share. */
#ifndef EXPERIMENTS_FOLDER_H
#define EXPERIMENTS_FOLDER_H

#include "experiments/command.h"
#include "sweep/results.h"

/* Options of everything that trains. */
typedef struct folder_options {
    const char *out;
    size_t jobs, threads;
    bool again, quiet, keep_z;
    const char *gpus;
    double grace, memory;
    int log;   /* level above LOG_WARN */
    bool here; /* set by a command, not by a key: in this process, one run after another */
} folder_options;

#define FOLDER_KEYS(struct_, field_)                                                               \
    KEY_TEXT("out", struct_, field_.out, "", "results folder: a name under results/, or a path"),  \
        KEY("jobs", struct_, field_.jobs, "0", 0, 4096, "processes",                               \
            "runs side by side; 0: as many as there are cores"),                                   \
        KEY("threads", struct_, field_.threads, "1", 1, 1024, "threads", "of one run"),            \
        KEY_TEXT("gpus", struct_, field_.gpus, "",                                                 \
                 "devices 0+1 for programs (--exec): each job sees one, by CUDA_VISIBLE_DEVICES"), \
        KEY("grace", struct_, field_.grace, "30", 0, 86400, "s",                                   \
            "that a program has to end in after a signal was passed on to it"),                    \
        KEY("memory", struct_, field_.memory, "0", 0, 1e6, "GiB",                                  \
            "that all jobs together may hold; 0: what the machine or the cgroup has"),             \
        KEY("again", struct_, field_.again, "no", 0, 0, "", "try again what failed by itself"),    \
        KEY("keep-z", struct_, field_.keep_z, "no", 0, 0, "",                                      \
            "z/ID.safetensors of each run: the whole trained model in d numbers"),                 \
        KEY("quiet", struct_, field_.quiet, "no", 0, 0, "", "no progress line"),                   \
        KEY_WORD("log", struct_, field_.log, "warn", "warn+info+debug",                            \
                 "told on stderr: what is tried again; every run; workers too")

/* "results/NAME", or the path itself when it has a slash; fallback when name is "". Fresh. */
char *folder_path(const char *name, const char *fallback);

/* ERR_USAGE: an option that such a run has no use for. */
status folder_fits(const folder_options *o, const run_spec *run);
/* Opens the sweep of a folder with those options. */
status folder_open(sweep **s, const char *path, const folder_options *o);
/* Ends its workers, which leave checkpoints, and says the notes that folder_collect did not come to say.
 * told: how many it said, at first 0. st: how the work went; returned, or else how the end went. */
status folder_close(sweep *s, size_t told, status st);
size_t folder_jobs(const folder_options *o);

/* Folds journals, writes runs.csv, history.csv, provenance.csv, and says damaged lines on stderr. */
status folder_collect(store *s, size_t *told);

/* Writes a text as a file of the folder, and clears it. */
status folder_put(const char *path, const char *name, text *t);

/* Tables as the folder's CSVs; those without columns are passed over. */
typedef struct folder_table {
    const char *name;
    const d90_column *columns;
    const void *rows;
    size_t size, n;
} folder_table;
status folder_tables(const char *path, const folder_table *tables, size_t n);

/* Says the runs of a folder that failed and why, a line each on stderr. */
void folder_say_failed(store *s);

/* What of a results folder was measured: itself, and where it has several questions the folder of each. Fresh;
 * key_parts_free. ERR_FILE: nothing was. */
status folder_measured(const char *path, char ***paths, size_t *n);

/* An existing folder of results; ERR_FILE names what is there instead. */
status folder_check(const char *path);

#endif
