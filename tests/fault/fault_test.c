/* fault_test.c -- what every floor does is done again with its k-th allocation failing, for every k, and
 * with its k-th write failing: a status and a sentence come back, outputs are NULL or zero, no block is
 * left behind, nothing crashes. Where a fault is met and OK comes back, that is a lie, except where a
 * case says that it may go on without. */
#include "tests/test.h"

#ifdef IDIM_FAULTS

#include <zlib.h>

#include "base/fault.h"
#include "base/kind.h"
#include "base/os.h"
#include "format/adapter.h"
#include "format/csv.h"
#include "format/idx.h"
#include "format/npy.h"
#include "format/survey.h"
#include "format/tokenizer.h"
#include "linalg/randomized.h"
#include "measure/intruders.h"
#include "measure/latency.h"
#include "measure/memory.h"
#include "measure/trial.h"
#include "measure/quantise.h"
#include "measure/similarity.h"
#include "report/page.h"
#include "report/paper.h"
#include "report/terminal.h"
#include "sweep/bundle.h"
#include "sweep/clean.h"
#include "sweep/differ.h"
#include "sweep/expand.h"
#include "sweep/kept.h"
#include "sweep/program.h"
#include "sweep/scores.h"
#include "sweep/store.h"
#include "sweep/tables.h"
#include "sweep/watch.h"
#include "sweep/worker.h"
#include "tests/format/torch.h"
#include "tests/format/vocabularies.h"
#include "tests/report/world.h"
#include "tests/spaces/world.h"
#include "train/train.h"
#include "tests/models/words.h"

static char folder[256];

/* ------------------------------------------------------------------ the loop */

typedef status fault_case(const char *spec);

/* Returns whether the fault was met; without one it must work. */
static bool one(fault f, fault_case *run, const char *spec, size_t k, bool ever)
{
    long before = fault_blocks();
    char place[400];
    snprintf(place, sizeof place, "%s: %s %zu fails", spec, f ? "write" : "allocation", k);
    error_set(ERR_FAILED, "%s", "");
    fault_arm(f, k, ever);
    status st = run(spec);
    bool hit = fault_hit(f);
    fault_arm(f, 0, false);
    if (fault_blocks() != before)
        fail_msg("%s: %ld blocks are left; %s", place, fault_blocks() - before, error_text());
    if (!hit)
        assert_ok(st);
    else if (!st)
        fail_msg("%s, and OK comes back", place);
    else if (st != (f ? ERR_FILE : ERR_MEMORY) || !*error_text())
        fail_msg("%s: status %d, \"%s\"", place, (int)st, error_text());
    return hit;
}

/* k = 1, 1 + step, ... until nothing fails any more. */
static void each(fault f, fault_case *run, const char *spec, size_t step)
{
    size_t k = 1;
    for (; one(f, run, spec, k, false); k += step)
        one(f, run, spec, k, true);
    if (k == 1)
        fail_msg("%s: nothing could fail", spec);
}

static void every(fault f, fault_case *run, const char *spec)
{
    each(f, run, spec, 1);
}

static void every_new(fault f, fault_case *run, const char *name)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    every(f, run, path);
}

/* ------------------------------------------------------------------ spaces, models, data, training */

static status try_space(const char *spec)
{
    real theta0[WORLD_MOST];
    space *s;
    space_mem *mem = NULL;
    char *canonical, *revisions;
    world_fill(theta0, WORLD_MOST, 1);
    status st = space_new(&s, spec, &world_layouts[0], theta0, world_stream(1));
    if (st)
        assert_null(s);
    else if ((st = space_mem_new(&mem, s)))
        assert_null(mem);
    space_mem_free(mem);
    space_free(s);
    if (st)
        return st;
    st = space_canonical(spec, &canonical, &revisions);
    if (st)
        assert_true(!canonical && !revisions);
    mem_free(canonical);
    mem_free(revisions);
    return st;
}

static void spaces_survive(void **state)
{
    for (const space_ops *const *row = space_rows; *row; row++)
        every(FAULT_MEMORY, try_space, (*row)->example);
    every(FAULT_MEMORY, try_space, "fastfood:d=5@lora:r=2");
    every(FAULT_MEMORY, try_space, "lora:r=2,targets=kernel++full:targets=bias");
    every(FAULT_MEMORY, try_space, "onehot:d=3,targets=\"*.weight\"+norm:0");
}

static const char small[] = "synth:features=64,classes=3,n=60";

static status try_task(const char *spec)
{
    task *t, *u = NULL;
    batch_buffer b = {0};
    int fd;
    status st = task_new(&t, spec);
    if (st) {
        assert_null(t);
        return st;
    }
    if (!(st = batch_init(&b, t, 4)) && !(st = task_pack(t, &fd))) {
        st = task_unpack(&u, fd);
        if (st)
            assert_null(u);
        os_close(fd);
    }
    batch_clear(&b);
    task_free(u);
    task_free(t);
    return st;
}

static void put(const char *name, const void *bytes, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(file_write(path, bytes, n));
}

static void data_sets_survive(void **state)
{
    uint8_t x[16 + 12 * 4] = {0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0, 2, 7, 9};
    uint8_t y[8 + 12] = {0, 0, 8, 1, 0, 0, 0, 12, 0, 1, 2};
    uint8_t npy_x[128 + 12 * 4], npy_y[128 + 12];
    char spec[400];
    for (int i = 0; i < 2; i++) {
        uint8_t *at = i ? npy_y : npy_x;
        memset(at, ' ', 128);
        memcpy(at, "\x93NUMPY\1\0\x76\0", 10);
        memcpy(at + 10, "{'descr': '|u1', 'fortran_order': False, 'shape': ", 50);
        memcpy(at + 60, i ? "(12,)}" : "(12,4)}", i ? 6 : 7);
        memcpy(at + 128, i ? y + 8 : x + 16, i ? 12 : 48);
    }
    put("x.idx", x, sizeof x);
    put("y.idx", y, sizeof y);
    put("x.npy", npy_x, sizeof npy_x);
    put("y.npy", npy_y, sizeof npy_y);
    snprintf(spec, sizeof spec, "idx:dir=%s,x=x.idx,y=y.idx,val=.25,standardise=feature", folder);
    every(FAULT_MEMORY, try_task, spec);
    snprintf(spec, sizeof spec, "npy:dir=%s,val=.25,train=6,shuffle=labels", folder);
    every(FAULT_MEMORY, try_task, spec);
    every(FAULT_MEMORY, try_task, small);
    every(FAULT_MEMORY, try_task, "synth:features=8,informative=4,n=60,shuffle=pixels");
    every(FAULT_MEMORY, try_task, "toy:groups=3,n=20");
}

static void data_sets_of_text_survive(void **state)
{
    static const char table[] = "a\tb\tlabel\nthe cafe\tun,\tno\nunable\tcafes\tyes\nthe\t\tno\n";
    static const char text_[] = "the cafe\nunaffable, the\nthe\ncafes\n";
    char spec[700];
    put("t.tsv", table, sizeof table - 1);
    put("t.txt", text_, sizeof text_ - 1);
    put("words.txt", vocabulary_wordpiece, sizeof vocabulary_wordpiece - 1);
    snprintf(spec, sizeof spec,
             "tsv:dir=%.200s,file=t.tsv,test_file=t.tsv,text=a,pair=b,val=0,length=8,"
             "tokenizer=%.200s/words.txt",
             folder, folder);
    every(FAULT_MEMORY, try_task, spec);
    snprintf(spec, sizeof spec, "text:dir=%.200s,file=t.txt,length=4,val=.3,test_share=.3", folder);
    every(FAULT_MEMORY, try_task, spec);
    snprintf(spec, sizeof spec,
             "text:dir=%.200s,file=t.txt,length=4,val=.3,test_share=.3,head=mlm,"
             "tokenizer=%.200s/words.txt",
             folder, folder);
    every(FAULT_MEMORY, try_task, spec);
    every(FAULT_MEMORY, try_task, "synthtext:n=8,length=4");
    every(FAULT_MEMORY, try_task, "synthtext:n=8,length=4,classes=2");
}

static task *for_models;

static status try_model(const char *spec)
{
    model *m;
    view v = {0};
    void *work = NULL;
    status st = model_new(&m, spec, for_models);
    if (st)
        assert_null(m);
    else if (!(st = view_init(&v, &m->layout)) && !(work = mem_array(1, 1)))
        st = ERR_MEMORY;
    mem_free(work);
    view_clear(&v);
    model_free(m);
    return st;
}

static void models_survive(void **state)
{
    uint8_t *x = mem_array(16 + 12 * 28 * 28, 1);
    char pictures[400];
    memcpy(x, "\0\0\10\3\0\0\0\14\0\0\0\34\0\0\0\34", 16);
    put("p.idx", x, 16 + 12 * 28 * 28);
    mem_free(x);
    snprintf(pictures, sizeof pictures, "idx:dir=%s,x=p.idx,y=y.idx", folder);
    const char *const tasks[] = {small, "toy:groups=3,n=20", pictures};
    for (const model_row *const *row = model_rows; *row; row++) {
        bool made = false;
        for (size_t i = 0; i < 4 && !made; i++) {
            assert_ok(i < 3 ? task_new(&for_models, tasks[i])
                            : task_new_row(&for_models, &words_row, "labels=next"));
            if ((made = !try_model((*row)->example)))
                every(FAULT_MEMORY, try_model, (*row)->example);
            task_free(for_models);
        }
        if (!made)
            fail_msg("%s: no task for it: %s", (*row)->name, error_text());
    }
}

static status try_optimiser(const char *spec)
{
    optimiser *o;
    char *with = NULL;
    status st = optimiser_new(&o, spec);
    if (st)
        assert_null(o);
    else
        st = optimiser_with_lr(spec, .5, &with);
    optimiser_free(o);
    mem_free(with);
    return st;
}

static status try_schedule(const char *spec)
{
    schedule *s;
    status st = schedule_new(&s, spec);
    if (st)
        assert_null(s);
    schedule_free(s);
    return st;
}

static void optimisers_and_schedules_survive(void **state)
{
    for (const optimiser_row *const *row = optimiser_rows; *row; row++)
        every(FAULT_MEMORY, try_optimiser, (*row)->example);
    for (const schedule_row *const *row = schedule_rows; *row; row++)
        every(FAULT_MEMORY, try_schedule, (*row)->example);
}

/* A team of two, all made before: what is left is the trainer's own. */
static struct {
    task *t;
    model *m;
    real *theta0;
    space *s[2];
    optimiser *o;
    schedule *c;
} team;

static status try_train(const char *spec)
{
    train_plan plan = {.task = team.t,
                       .model = team.m,
                       .theta0 = team.theta0,
                       .batch = 20,
                       .epochs = 2,
                       .order = stream_make(1, "order"),
                       .dropout = stream_make(1, "dropout"),
                       .test = true};
    train_member members[2];
    train_result r[2];
    idim_tally tally;
    for (size_t i = 0; i < 2; i++)
        members[i] = (train_member){.space = team.s[i], .optimiser = team.o, .schedule = team.c};
    status st = train_team(&plan, members, 2, r);
    for (size_t i = 0; i < 2; i++) {
        if (st)
            assert_true(!r[i].history && !r[i].bits && !r[i].z);
        train_result_clear(&r[i]);
    }
    return st ? st
              : train_evaluate(team.t, team.m, team.theta0, IDIM_SPLIT_TEST, NULL, &tally, NULL);
}

static void training_survives(void **state)
{
    stream s = stream_make(1, "theta0");
    assert_ok(task_new(&team.t, small));
    assert_ok(model_new(&team.m, "fc:width=5", team.t));
    team.theta0 = mem_array(team.m->layout.n, sizeof(real));
    team.m->row->theta0(team.m, &s, team.theta0);
    assert_ok(optimiser_new(&team.o, "adam"));
    assert_ok(schedule_new(&team.c, "cosine"));
    for (size_t i = 0; i < 2; i++)
        assert_ok(space_new(&team.s[i], i ? "dense:d=3" : "dense:d=5", &team.m->layout, team.theta0,
                            stream_make(1, "P")));
    every(FAULT_MEMORY, try_train, "a team of two");
    for (size_t i = 0; i < 2; i++)
        space_free(team.s[i]);
    schedule_free(team.c);
    optimiser_free(team.o);
    mem_free(team.theta0);
    model_free(team.m);
    task_free(team.t);
}

/* ------------------------------------------------------------------ files */

static status try_idx(const char *path)
{
    idx x;
    status st = idx_open(&x, path);
    if (st)
        assert_null(x.bytes);
    idx_clear(&x);
    return st;
}

static status try_npy(const char *path)
{
    npy a;
    status st = npy_open(&a, path, "");
    if (st)
        assert_null(a.bytes);
    npy_clear(&a);
    return st;
}

static status try_csv(const char *path)
{
    csv *c;
    status st = csv_open(&c, path);
    if (st)
        assert_null(c);
    csv_free(c);
    return st;
}

static status try_tokenizer(const char *path)
{
    static const char words[] = " abcab 'll\n\n unaffable,";
    tokenizer *t;
    token_list list = {0};
    text back = {0};
    status st = tokenizer_open_for(&t, path, words, sizeof words - 1);
    if (st) {
        assert_null(t);
        return st;
    }
    if (!(st = tokenizer_encode(t, words, sizeof words - 1, &list))) {
        tokenizer_decode(t, list.ids, list.n, &back);
        st = text_failed(&back) ? ERR_MEMORY : OK;
    }
    text_clear(&back);
    token_list_clear(&list);
    tokenizer_free(t);
    return st;
}

static void tokenizers_survive(void **state)
{
    text t = {0};
    char path[400];
    snprintf(path, sizeof path, "%s/tok.bin", folder);
    vocabulary_llama(&t);
    put("tok.bin", t.text, t.length);
    every(FAULT_MEMORY, try_tokenizer, path);
    text_clear(&t);
    vocabulary_bytes(&t, true);
    put("vocab.json", t.text, t.length);
    put("merges.txt", vocabulary_merges, sizeof vocabulary_merges - 1);
    snprintf(path, sizeof path, "%s/vocab.json", folder);
    every(FAULT_MEMORY, try_tokenizer, path);
    text_clear(&t);
    put("words.txt", vocabulary_wordpiece, sizeof vocabulary_wordpiece - 1);
    snprintf(path, sizeof path, "%s/words.txt", folder);
    every(FAULT_MEMORY, try_tokenizer, path);
    every(FAULT_MEMORY, try_tokenizer, "bytes");
    every(FAULT_MEMORY, try_tokenizer, "chars");
}

static status try_write(const char *path)
{
    status st = file_write(path, "new", 3);
    if (st) { /* the old content stands, whole */
        char *bytes = NULL, **names;
        size_t n;
        fault_arm(FAULT_MEMORY, 0, false);
        bool hit = fault_hit(FAULT_WRITE);
        status old = file_read(path, 100, &bytes, &n);
        assert_true(!hit || (!old && n == 3 && !memcmp(bytes, "old", 3)));
        mem_free(bytes);
        assert_ok(file_names(folder, ".tmp", &names, &n));
        assert_int_equal(n, 0);
        file_names_free(names, n);
        error_set(st, "said");
    } else {
        (void)unlink(path);
    }
    return st;
}

static void files_survive(void **state)
{
    char path[400], gz[400];
    text rows = {0};
    snprintf(path, sizeof path, "%s/x.idx", folder);
    every(FAULT_MEMORY, try_idx, path);
    snprintf(gz, sizeof gz, "%s/x.idx.gz", folder);
    gzFile out = gzopen(gz, "wb");
    char *bytes;
    size_t n;
    assert_ok(file_read(path, 1000, &bytes, &n));
    assert_int_equal(gzwrite(out, bytes, (unsigned)n), n);
    gzclose(out);
    mem_free(bytes);
    every(FAULT_MEMORY, try_idx, gz);
    snprintf(path, sizeof path, "%s/x.npy", folder);
    every(FAULT_MEMORY, try_npy, path);
    for (size_t i = 0; i < 400; i++)
        text_add(&rows, "a,b\n");
    put("rows.csv", "a,\"b\"\n", 6);
    every(FAULT_MEMORY, try_csv, (snprintf(path, sizeof path, "%s/rows.csv", folder), path));
    rows.text[0] = 'c';
    put("rows.csv", rows.text, rows.length);
    every(FAULT_MEMORY, try_csv, path);
    text_clear(&rows);
}

static status try_tensors(const char *path)
{
    tensors *t;
    survey s;
    char hex[HASH_HEX];
    status st = tensors_open(&t, path);
    if (st)
        assert_null(t);
    else
        st = tensors_hash(t, hex);
    if (!st && !(st = survey_init(&s, t)))
        survey_clear(&s);
    tensors_close(t);
    return st;
}

/* Read, and written beside it. */
static status try_adapter(const char *path)
{
    adapter *a;
    char *out = mem_printf("%s-out", path);
    status st = adapter_open(&a, path, 3);
    if (st)
        assert_null(a);
    else
        st = out ? adapter_write(a, out) : ERR_MEMORY;
    adapter_close(a);
    mem_free(out);
    return st;
}

static status try_made(const char *path)
{
    static const real numbers[8] = {1, 2, 3, 4};
    static const size_t shape[2] = {2, 4};
    const adapter_part parts[] = {{"l.0.q", 2, 4, 3, 6, numbers, numbers, numbers, false},
                                  {"l.1.q", 1, 4, 3, 6, numbers, numbers, numbers, false}};
    const safetensor head = {
        .name = "head.weight", .type = SAFETENSOR_REAL, .dims = 2, .shape = shape, .data = numbers};
    const adapter_make how = {.base = "b", .layers = 2, .others = &head, .n_others = 1};
    adapter *a;
    status st = adapter_new(&a, &how, parts, 2);
    if (st)
        assert_null(a);
    else
        st = adapter_write(a, path);
    adapter_close(a);
    return st;
}

/* z in few bits, packed, read, and written as it was before. */
static status try_packed(const char *path)
{
    real x[] = {1, 2, 3, -4, (real).5}, values[] = {5, 6};
    zcode_group all = {.n = 5};
    quantised q = {0};
    kept k = {.kind = "0123456789abcdef", .d = 5}, back = {0};
    char *z = mem_printf("%s.safetensors", path);
    status st = ERR_MEMORY;
    k.form = mem_string("data=synth\nspace=onehot:d=5\ncore 1\n");
    if (!z || !k.form || (st = run_form_read(k.form, &k.run, &k.texts)) ||
        (st = quantise(x, &all, 1, 3, QUANTISE_AUTO, &q)))
        goto done;
    packed_tensor stored = {.n = 2, .values = mem_copy(values, 2, sizeof *values)};
    st = ERR_MEMORY;
    if (!stored.values || !(k.packed.tensors = mem_copy(&stored, 1, sizeof stored))) {
        mem_free(stored.values);
        goto done;
    }
    k.packed.n_tensors = 1;
    k.packed.z = q.z;
    q.z = (zcode){0};
    if ((st = kept_pack(&k, path)) || (st = kept_read(&back, path)) ||
        (st = kept_start(&back, x, 5)) || (st = kept_write(&back, z)))
        goto done;
    kept_clear(&back);
    st = kept_read(&back, z);
done:
    quantise_clear(&q);
    kept_clear(&k);
    kept_clear(&back);
    mem_free(z);
    return st;
}

static void packed_models_survive(void **state)
{
    every_new(FAULT_MEMORY, try_packed, "memory.idim"); /* the same bytes are not written twice */
    every_new(FAULT_WRITE, try_packed, "write.idim");
}

static void checkpoints_survive(void **state)
{
    static const char words[] = TORCH_BEGIN TORCH_TEXT("\1", "w")
        TORCH_TENSOR("FloatStorage", "0", "\2", "\0", "K\1K\2\x86", "K\1K\1\x86") TORCH_END;
    static const char index[] = "{\"weight_map\": {\"w\": \"1.bin\"}}";
    const int32_t llama[7 + 44] = {2, 2, 1, 1, 1, 3, 2};
    char path[400];
    torch_file z;
    torch_make(&z, words, sizeof words - 1, "12345678", 8);
    put("1.bin", z.bytes, z.n);
    put("pytorch_model.bin.index.json", index, sizeof index - 1);
    put("llama.bin", llama, sizeof llama);
    every(FAULT_MEMORY, try_tensors, folder); /* the index */
    snprintf(path, sizeof path, "%s/llama.bin", folder);
    every(FAULT_MEMORY, try_tensors, path);
    every_new(FAULT_MEMORY, try_made, "made");
    every_new(FAULT_WRITE, try_made, "made-2");
    every_new(FAULT_MEMORY, try_adapter, "made");
    every_new(FAULT_WRITE, try_adapter, "made-2");
}

static void a_write_that_fails_leaves_the_old_file(void **state)
{
    char path[400];
    put("file", "old", 3);
    snprintf(path, sizeof path, "%s/file", folder);
    for (size_t k = 1; k <= 2; k++)
        one(FAULT_WRITE, try_write, path, k, false);
}

/* ------------------------------------------------------------------ the store and what is made of it */

static status made_record(record *r, size_t seed)
{
    status st;
    memset(r, 0, sizeof *r);
    snprintf(r->id, sizeof r->id, "0123456789abcdef%04zx", seed);
    snprintf(r->kind, sizeof r->kind, "0123456789abcdef");
    if ((st = run_defaults(&r->run, &r->texts)))
        return st;
    r->run.seed = seed;
    r->metric = r->reason = r->bits_file = "";
    r->by = "{\"cpu\":\"one\"}";
    r->d = 5;
    r->n_test = r->result.n_bits = 12;
    r->result.bits = mem_array(2, 1);
    r->result.history = mem_array(1, sizeof *r->result.history);
    r->result.n_history = 1;
    return r->result.bits && r->result.history ? OK : ERR_MEMORY;
}

static status use_store(store *s)
{
    status st;
    for (size_t seed = 1; seed <= 2; seed++) {
        record r;
        st = made_record(&r, seed);
        if (st || (st = store_add(s, &r))) {
            record_clear(&r);
            return st;
        }
    }
    for (size_t i = 0; i < store_count(s); i++) {
        uint8_t *bits;
        st = store_bits(s, store_at(s, i), &bits);
        mem_free(bits);
        if (st)
            return st;
    }
    return (st = store_fold(s)) ? st : tables_write(s);
}

static status try_store(const char *name)
{
    char path[400];
    store *s;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    status st = store_open(&s, path), st2;
    if (st) {
        assert_null(s);
        return st;
    }
    st = use_store(s);
    st2 = store_close(s);
    return st ? st : st2;
}

/* What was kept before the fault is read again, whole, and nothing is damaged. */
static void the_store_survives(void **state)
{
    char path[400], command[500];
    store *s;
    size_t n = 0;
    snprintf(path, sizeof path, "%s/store", folder);
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    for (int f = 0; f < FAULTS; f++) {
        bool hit = true;
        for (size_t k = 1; hit; k++) {
            hit = one((fault)f, try_store, "store", k, k % 2);
            assert_ok(store_open(&s, path));
            if (store_notes(s))
                fail_msg("%s %zu fails: %s", f ? "write" : "allocation", k, store_note(s, 0));
            n += store_count(s);
            assert_ok(store_close(s));
            assert_int_equal(system(command), 0);
        }
    }
    assert_true(n > 10);
}

static status try_fold(const char *name)
{
    char path[400];
    store *s;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    status st = store_open(&s, path), st2;
    if (st)
        return st;
    st = store_fold(s);
    st2 = store_close(s);
    return st ? st : st2;
}

/* Journals of two workers that have ended. */
static void two_journals(const char *path)
{
    for (size_t seed = 1; seed <= 2; seed++) {
        store *s;
        record r;
        assert_ok(store_open(&s, path));
        assert_ok(made_record(&r, seed));
        assert_ok(store_add(s, &r));
        assert_ok(store_close(s));
    }
}

static void a_fold_that_fails_loses_nothing(void **state)
{
    char path[400], command[500];
    store *s;
    snprintf(path, sizeof path, "%s/fold", folder);
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    for (int f = 0; f < FAULTS; f++) {
        bool hit = true;
        for (size_t k = 1; hit; k++) {
            two_journals(path);
            hit = one((fault)f, try_fold, "fold", k, k % 2);
            assert_ok(store_open(&s, path));
            assert_int_equal(store_notes(s), 0);
            assert_int_equal(store_count(s), 2);
            for (size_t i = 0; i < 2; i++) {
                uint8_t *bits;
                assert_ok(store_bits(s, store_at(s, i), &bits));
                assert_non_null(bits);
                mem_free(bits);
            }
            assert_ok(store_close(s));
            assert_int_equal(system(command), 0);
        }
    }
}

/* ------------------------------------------------------------------ looks at a folder, and what leaves it */

static status try_look(const char *path)
{
    store *s;
    differ d = {0};
    watch w = {0};
    clean_list list = {0};
    status st = store_open(&s, path), st2;
    if (st)
        return st;
    if (!(st = differ_look(s, s, &d)) && !(st = watch_look(s, &w)))
        st = clean_look(s, &list);
    differ_clear(&d);
    watch_clear(&w);
    clean_clear(&list);
    st2 = store_close(s);
    return st ? st : st2;
}

static void looks_survive(void **state)
{
    char path[400];
    snprintf(path, sizeof path, "%s/look", folder);
    two_journals(path);
    every(FAULT_MEMORY, try_look, path);
}

static status try_bundle(const char *path)
{
    char file[500], to[500], *name = NULL;
    bundle_told told;
    snprintf(file, sizeof file, "%s.tar.gz", path);
    snprintf(to, sizeof to, "%s-to", path);
    status st = bundle_export(path, file, false, &told);
    if (!st && !(st = bundle_name(file, &name)))
        st = bundle_import(file, to, NULL, NULL, &told);
    mem_free(name);
    return st;
}

/* A bundle is there whole or not at all, and what is taken in is no less than nothing and no more than it has. */
static void bundles_survive(void **state)
{
    char path[400], command[1400];
    store *s;
    snprintf(path, sizeof path, "%s/bundle", folder);
    snprintf(command, sizeof command, "rm -rf '%s-to' '%s.tar.gz'", path, path);
    two_journals(path);
    for (int f = 0; f < FAULTS; f++) {
        bool hit = true;
        for (size_t k = 1; hit; k++) {
            char to[500];
            hit = one((fault)f, try_bundle, path, k, k % 2);
            snprintf(to, sizeof to, "%s-to", path);
            assert_ok(store_open(&s, to));
            assert_int_equal(store_notes(s), 0);
            assert_true(store_count(s) == 0 || store_count(s) == 2);
            assert_ok(store_close(s));
            assert_int_equal(system(command), 0);
        }
    }
}

static status try_sweepfile(const char *words)
{
    static const key *const none[] = {NULL};
    sweepfile f = {0};
    expansion e = {0};
    status st = sweepfile_read(&f, "s.idim", words, strlen(words), expand_tables, none);
    if (!st && !(st = sweepfile_over(&f, "epochs", "3")))
        st = expand(&f, &e);
    expand_clear(&e);
    sweepfile_clear(&f);
    return st;
}

static void sweep_files_survive(void **state)
{
    every(FAULT_MEMORY, try_sweepfile,
          "data = synth\nsweep a { zip { model = fc+toy; batch = 8+9 }; d = 5..50/log3 }\n"
          "sweep b { measure = ranks; d = 5+50; exclude { space = fastfood; d = 5 } }\n");
    every(FAULT_MEMORY, try_sweepfile,
          "data = synth\nmeasure = train\nspace = onehot dense\nd = 5+50\nseeds = 2\n"
          "exclude { space = dense; d = 50 }\n");
}

/* A run that memory ended is a failed record, and the stage goes on. */
static status try_sweep(const char *space_)
{
    sweep_options options = {.threads = 1};
    sweep *s;
    key_texts texts = {0};
    run_spec run, canonical;
    char id[RUN_ID];
    status st = sweep_open(&s, &options), st2;
    if (st) {
        assert_null(s);
        return st;
    }
    if (!(st = run_defaults(&run, &texts))) {
        run.data = small;
        run.model = "fc:width=3";
        run.space = space_;
        run.epochs = 1;
        if (!(st = sweep_run_of(s, &run, &canonical, id)) &&
            !(st = sweep_stage(s, &canonical, 1)) && sweep_failed(s)) {
            const record *r = store_find(sweep_store(s), id);
            assert_true(r && r->outside && *r->reason);
            st = error_set(ERR_MEMORY, "%s", r->reason);
        }
    }
    key_texts_clear(&texts);
    st2 = sweep_close(s);
    return st ? st : st2;
}

static void a_sweep_survives(void **state)
{
    each(FAULT_MEMORY, try_sweep, "dense:d=3", 23); /* 50 steps are trained before each */
}

static status try_ask(const char *name)
{
    char path[400];
    ask a;
    ask_list list = {0};
    key_texts texts = {0};
    char **spaces = NULL;
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    status st = ask_defaults(&a, &texts);
    if (!st && !(st = ask_note(path, &a, &list)))
        st = ask_spaces(&(run_spec){.space = "fastfood onehot:targets=head", .exec = ""}, &spaces,
                        &n);
    if (st)
        assert_true(!spaces && !n);
    key_parts_free(spaces, n);
    ask_clear(&list);
    key_texts_clear(&texts);
    (void)unlink(strcat(path, "/sweep.json"));
    return st;
}

static void the_list_of_asks_survives(void **state)
{
    char path[400];
    snprintf(path, sizeof path, "%s/asks", folder);
    assert_ok(file_make_folder(path));
    every(FAULT_MEMORY, try_ask, "asks");
    every(FAULT_WRITE, try_ask, "asks");
}

static status try_program(const char *command)
{
    const program_how how = {.threads = 1};
    run_spec r, canonical;
    key_texts texts = {0};
    record out = {.status = RECORD_OK};
    status st = run_defaults(&r, &texts);
    r.exec = command;
    r.exec_files = "/etc/hosts";
    r.space = "mine:k=1,d=3";
    if (!st && !(st = run_canonical(&r, NULL, &canonical, &texts)) &&
        (st = program_run(&canonical, "0123456789abcdef0123", &how, &out)))
        assert_null(out.reason);
    record_clear(&out);
    key_texts_clear(&texts);
    return st;
}

static void programs_survive(void **state)
{
    each(FAULT_MEMORY, try_program, "echo score={d} {space}", 3);
}

static status try_scores(const char *path)
{
    results r;
    text t = {0}, runs = {0};
    status st = scores_d90(path, "own,raw,.9", 0, false, &r);
    if (st) {
        assert_null(r.rows);
        return st;
    }
    results_csv(d90_columns, r.rows, sizeof *r.rows, r.n_rows, &t);
    if (text_failed(&t))
        st = ERR_MEMORY;
    else
        st = scores_runs(path, &runs);
    text_clear(&t);
    text_clear(&runs);
    results_clear(&r);
    return st;
}

static void measuring_survives(void **state)
{
    char path[400];
    static const char scores[] =
        "space,d,seed,score,lr,val\nfull,,1,.98,,\nfull,,2,.97,,\nonehot,0,1,.1,,\n"
        "onehot,10,1,.5,1e-3,.5\nonehot,10,2,.55,1e-2,.6\nonehot,100,1,.9,1e-2,.6\n"
        "onehot,100,2,.95,1e-2,.6\n";
    put("scores.csv", scores, sizeof scores - 1);
    snprintf(path, sizeof path, "%s/scores.csv", folder);
    every(FAULT_MEMORY, try_scores, path);
}

static status try_report(const char *path)
{
    curves c;
    text t = {0};
    status st = curves_load(&c, path);
    if (!st) {
        terminal_curve(&c.spaces[0], (terminal_look){.utf8 = true}, &t);
        st = text_failed(&t) ? ERR_MEMORY : OK;
    }
    text_clear(&t);
    curves_clear(&c);
    if (st || (st = paper_latex(path)) || (st = paper_markdown(path)))
        return st;
    return page_write(path, "idim d90");
}

static void reports_survive(void **state)
{
    char path[400];
    snprintf(path, sizeof path, "%s/report", folder);
    assert_ok(file_make_folder(path));
    world_make(path);
    every(FAULT_WRITE, try_report, path);
    every(FAULT_MEMORY, try_report, path);
}

static int setup(void **state)
{
    test_folder(folder);
    return 0;
}

static int teardown(void **state)
{
    test_folder_end(folder);
    return 0;
}

/* ------------------------------------------------------------------ updates of weights */

static const double one_half = .5, two_vectors = 2;

/* Everything that is measured of one update. */
static status measure_update(update *u)
{
    const update_how how = {0, 1e-3, 2, 1};
    const intruders_how look = {.epsilons = &one_half,
                                .ks = &two_vectors,
                                .n_epsilons = 1,
                                .n_ks = 1,
                                .window = 2,
                                .rank = 1,
                                .nulls = true,
                                .lambda = .5,
                                .epsilon = .5,
                                .k = 2};
    update_spectrum s = {0};
    similarity_bases b = {0};
    similarity_table t = {0};
    update_vectors v = {0};
    intruders_found f = {0};
    amplification_row row;
    status st;
    if (!(st = update_spectrum_of(u, &how, &s)) && !(st = similarity_bases_of(u, 0, &b)) &&
        !(st = similarity_compare(&b, &b, false, &t)) && !(st = update_vectors_of(u, 1, &v)) &&
        !(st = amplification_of(u, &v, 1, 1, &row)))
        st = intruders_of(u, &look, &f);
    update_spectrum_clear(&s);
    similarity_bases_clear(&b);
    mem_free(t.rows);
    mem_free(t.angles);
    update_vectors_clear(&v);
    intruders_found_clear(&f);
    return st;
}

/* "adapter" of its base, "checkpoints" */
static status try_updates(const char *spec)
{
    bool pair = !strcmp(spec, "adapter");
    char lora[300], base[300], tuned[300];
    updates *u = NULL;
    update x;
    snprintf(lora, sizeof lora, "%s/lora.safetensors", folder);
    snprintf(base, sizeof base, "%s/base.safetensors", folder);
    snprintf(tuned, sizeof tuned, "%s/tuned.safetensors", folder);
    status st = pair ? updates_open(&u, lora, NULL, base, 2)
                     : updates_open(&u, base, tuned, NULL, (double)NAN);
    if (!st && !(st = updates_load(u, 0, true, &x))) {
        st = measure_update(&x);
        update_clear(&x);
    }
    updates_close(u);
    return st;
}

static status try_largest(const char *spec)
{
    enum { SIDE = 40, R = 2 };
    const randomized how = {R, 1e-3, 0, stream_make(1, spec)};
    real W[SIDE * SIDE], U[SIDE * R], s[R], Vt[R * SIDE];
    double bound[R];
    randomized_done done;
    world_fill(W, SIDE * SIDE, 3);
    return svd_randomized(SIDE, SIDE, W, SIDE, &how, U, s, Vt, bound, &done);
}

static const memory_ask small_text = {.model = "transformer:width=8,layers=2,heads=2,vocabulary=20",
                                      .language = true,
                                      .vocabulary = 20,
                                      .length = 6,
                                      .batch = 2,
                                      .frozen = 4,
                                      .states = 2,
                                      .tasks = 2};

static status try_trial(const char *spec)
{
    trial t;
    status st = trial_open(&t, &small_text, spec, true, NULL);
    if (st)
        return st;
    trial_step(&t);
    st = trial_merge(&t);
    trial_close(&t);
    return st;
}

static status try_latency(const char *spec)
{
    latency_row *rows;
    size_t n;
    status st = latency_measure(&small_text, &spec, 1, NULL, 3, &rows, &n);
    mem_free(rows);
    return st;
}

static status try_memory(const char *spec)
{
    memory_model m;
    memory_role *roles = NULL;
    memory_row row;
    size_t n;
    status st = memory_model_init(&m, &small_text, "");
    if (!st)
        st = memory_roles(&m, &roles, &n);
    mem_free(roles);
    memory_model_clear(&m);
    return st ? st : memory_of(&small_text, spec, &row);
}

static void updates_survive(void **state)
{
    static const size_t square[2] = {6, 6}, wide[2] = {2, 6}, tall[2] = {6, 2};
    float x[36], y[36], a[12], b[12];
    char path[300];
    for (size_t i = 0; i < 36; i++) {
        x[i] = (float)sin(1.3 * (double)(i * i + 1));
        y[i] = x[i] + (float)cos(2.1 * (double)(i + 1));
        a[i % 12] = x[i];
        b[i % 12] = y[i];
    }
    safetensor pair[] = {
        {.name = "q_proj.lora_A", .type = SAFETENSOR_F32, .dims = 2, .shape = wide, .data = a},
        {.name = "q_proj.lora_B", .type = SAFETENSOR_F32, .dims = 2, .shape = tall, .data = b}};
    safetensor weights = {
        .name = "q_proj.weight", .type = SAFETENSOR_F32, .dims = 2, .shape = square, .data = x};
    snprintf(path, sizeof path, "%s/lora.safetensors", folder);
    assert_ok(safetensors_write(path, pair, 2, NULL, 0));
    snprintf(path, sizeof path, "%s/base.safetensors", folder);
    assert_ok(safetensors_write(path, &weights, 1, NULL, 0));
    weights.data = y;
    snprintf(path, sizeof path, "%s/tuned.safetensors", folder);
    assert_ok(safetensors_write(path, &weights, 1, NULL, 0));
    every(FAULT_MEMORY, try_updates, "adapter");
    every(FAULT_MEMORY, try_updates, "checkpoints");
    every(FAULT_MEMORY, try_largest, "largest");
    every(FAULT_MEMORY, try_memory, "lora:r=2");
    every(FAULT_MEMORY, try_memory, "houlsby:bottleneck=2");
    every(FAULT_MEMORY, try_trial, "lora:r=2,targets=q+v");
    every(FAULT_MEMORY, try_latency, "lora:r=2,targets=q+v");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spaces_survive),
        cmocka_unit_test(data_sets_survive),
        cmocka_unit_test(data_sets_of_text_survive),
        cmocka_unit_test(models_survive),
        cmocka_unit_test(optimisers_and_schedules_survive),
        cmocka_unit_test(training_survives),
        cmocka_unit_test(files_survive),
        cmocka_unit_test(tokenizers_survive),
        cmocka_unit_test(checkpoints_survive),
        cmocka_unit_test(packed_models_survive),
        cmocka_unit_test(a_write_that_fails_leaves_the_old_file),
        cmocka_unit_test(the_store_survives),
        cmocka_unit_test(a_fold_that_fails_loses_nothing),
        cmocka_unit_test(looks_survive),
        cmocka_unit_test(bundles_survive),
        cmocka_unit_test(sweep_files_survive),
        cmocka_unit_test(a_sweep_survives),
        cmocka_unit_test(the_list_of_asks_survives),
        cmocka_unit_test(programs_survive),
        cmocka_unit_test(measuring_survives),
        cmocka_unit_test(reports_survive),
        cmocka_unit_test(updates_survive),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

#else

int main(void)
{
    return 0;
}

#endif
