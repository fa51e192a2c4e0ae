/* text_test.c -- plain text, sentences and pairs as samples: which token stands where, what counts, what is
 * held out, what is refused; the real data sets by their published counts. */
#include "tests/test.h"

#include "data/data.h"
#include "tests/format/vocabularies.h"

static char folder[256];

static int setup(void **state)
{
    text t = {0};
    char path[400];
    test_folder(folder);
    snprintf(path, sizeof path, "%s/words.txt", folder);
    assert_ok(file_write(path, vocabulary_wordpiece, sizeof vocabulary_wordpiece - 1));
    snprintf(path, sizeof path, "%s/tok.bin", folder);
    vocabulary_llama(&t);
    assert_ok(file_write(path, t.text, t.length));
    text_clear(&t);
    snprintf(path, sizeof path, "%s/vocab.json", folder);
    vocabulary_bytes(&t, true);
    assert_ok(file_write(path, t.text, t.length));
    text_clear(&t);
    snprintf(path, sizeof path, "%s/merges.txt", folder);
    assert_ok(file_write(path, vocabulary_merges, sizeof vocabulary_merges - 1));
    return 0;
}

static int teardown(void **state)
{
    test_folder_end(folder);
    return 0;
}

static void put(const char *name, const char *bytes)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(file_write(path, bytes, strlen(bytes)));
}

/* A task whose files lie in the test's folder: "@" in the spec. */
static status made(task **t, const char *spec)
{
    text whole = {0};
    for (; *spec; spec++)
        if (*spec == '@')
            text_add(&whole, "%s", folder);
        else
            text_bytes(&whole, spec, 1);
    status st = task_new(t, whole.text);
    text_clear(&whole);
    return st;
}

/* A row of n numbers, as "1 2 -1". */
static void assert_row(const int32_t *row, size_t n, const char *numbers)
{
    text got = {0};
    for (size_t i = 0; i < n; i++)
        text_add(&got, i ? " %d" : "%d", (int)row[i]);
    assert_string_equal(got.text, numbers);
    text_clear(&got);
}

/* ------------------------------------------------------------------ language models */

static void each_token_but_the_first_is_predicted_once(void **state)
{
    task *t;
    put("a.txt", "abcdefgh");
    put("b.txt", "xyzx");
    put("c.txt", "vw");
    assert_ok(made(&t, "text:dir=@,file=a.txt,val_file=b.txt,test_file=c.txt,length=3"));
    const samples *s = t->splits;
    assert_int_equal(s[0].n, 3);
    assert_row(s[0].tokens, 9, "97 98 99 100 101 102 103 104 -1");
    assert_row(s[0].labels, 9, "98 99 100 101 102 103 104 -1 -1");
    assert_int_equal(s[1].n, 1); /* four tokens: three are predicted */
    assert_row(s[1].tokens, 3, "120 121 122");
    assert_row(s[1].labels, 3, "121 122 120");
    assert_row(s[2].tokens, 3, "118 119 -1");
    assert_row(s[2].labels, 3, "119 -1 -1");
    assert_int_equal(s[0].text_bytes, 7);
    assert_int_equal(s[1].text_bytes, 3);
    assert_int_equal(s[2].text_bytes, 1);
    assert_true(t->loss == &idim_loss_tokens);
    assert_int_equal(t->length, 3);
    assert_int_equal(t->n_labels, 3);
    assert_int_equal(t->vocabulary, 256);
    assert_int_equal(t->n_outputs, 256);
    task_free(t);
    assert_ok(made(&t, "text:dir=@,file=a.txt,val_file=b.txt,test_file=c.txt,length=3,train=2"));
    assert_row(t->splits[0].tokens, 6, "97 98 99 100 101 102");
    assert_int_equal(t->splits[0].text_bytes, 6);
    task_free(t);
    assert_refused(made(&t, "text:dir=@,file=a.txt,test_file=c.txt,length=3,val=0,train=4"),
                   ERR_USAGE, "train=4, there are 3");
    assert_refused(made(&t, "text:dir=@,file=a.txt,val_file=c.txt"), ERR_USAGE, "give both");
    assert_refused(made(&t, "text:dir=@"), ERR_USAGE, "file must be given");
}

static void parts_of_a_text_are_cut_at_line_ends(void **state)
{
    static const char *const keys[] = {"", ",val=0", ",val=.3,test_share=.2"};
    text whole = {0};
    for (int i = 0; i < 40; i++)
        text_add(&whole, "line %d is %d long\n", i, i * i * i);
    put("lines.txt", whole.text);
    for (size_t k = 0; k < 3; k++) {
        char spec[100];
        task *t;
        text back = {0};
        snprintf(spec, sizeof spec, "text:dir=@,file=lines.txt,length=8%s", keys[k]);
        assert_ok(made(&t, spec));
        for (int s = 0; s < IDIM_SPLITS; s++) {
            const samples *x = &t->splits[s];
            for (size_t i = 0; i < 8 * x->n; i++) {
                char c = (char)x->tokens[i];
                if (x->tokens[i] >= 0)
                    text_bytes(&back, &c, 1);
            }
            /* the last token is no sample's input where a sample ends right before it */
            if (x->n && x->labels[8 * x->n - 1] >= 0) {
                char c = (char)x->labels[8 * x->n - 1];
                text_bytes(&back, &c, 1);
            }
            if (x->n)
                assert_int_equal(back.text[back.length - 1], '\n');
        }
        assert_int_equal(t->splits[1].n == 0, k == 1);
        assert_int_equal(back.length, whole.length);
        assert_memory_equal(back.text, whole.text, whole.length); /* in order, none twice */
        double share = (double)t->splits[2].text_bytes / (double)whole.length;
        assert_near(share, k == 2 ? .2 : .05, .04); /* a line is 2 to 3 % */
        text_clear(&back);
        task_free(t);
    }
    task *t;
    assert_refused(made(&t, "text:dir=@,file=lines.txt,val=.6,test_share=.5"), ERR_USAGE,
                   "leave nothing to train on");
    put("short.txt", "ab");
    assert_refused(made(&t, "text:dir=@,file=short.txt"), ERR_USAGE, "2 are the fewest");
    put("c.txt", "v");
    assert_refused(made(&t, "text:dir=@,file=lines.txt,test_file=c.txt"), ERR_USAGE,
                   "1 bytes of text for test make 1 tokens");
    text_clear(&whole);
}

static void validation_is_cut_off_where_only_a_test_file_is_given(void **state)
{
    task *t;
    put("ten.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
    put("c.txt", "vw");
    assert_ok(made(&t, "text:dir=@,file=ten.txt,test_file=c.txt,length=4,val=.2"));
    assert_row(t->splits[1].tokens, 4, "105 10 106 10"); /* i, j */
    assert_row(t->splits[2].tokens, 4, "118 119 -1 -1");
    task_free(t);
}

static void characters_are_numbered_over_all_parts(void **state)
{
    task *t;
    put("a.txt", "bab");
    put("c.txt", "cd");
    assert_ok(made(&t, "text:dir=@,file=a.txt,test_file=c.txt,length=3,val=0,tokenizer=chars"));
    assert_int_equal(t->vocabulary, 4);
    assert_row(t->splits[0].tokens, 3, "1 0 1");
    assert_row(t->splits[2].tokens, 3, "2 3 -1");
    task_free(t);
    assert_refused(made(&t, "text:dir=@,file=a.txt,test_file=c.txt,length=3,val=0,tokenizer=chars,"
                            "head=mlm"),
                   ERR_USAGE, "chars has none");
}

static void a_masked_sample_has_a_beginning_and_an_end(void **state)
{
    task *t;
    put("a.txt", "the the cafe unaffable,");
    put("c.txt", "the,");
    assert_ok(made(&t, "text:dir=@,file=a.txt,test_file=c.txt,val=0,length=6,head=mlm,"
                       "tokenizer=@/words.txt"));
    assert_int_equal(t->splits[0].n, 2);
    assert_row(t->splits[0].tokens, 12, "2 8 8 12 5 3 2 6 7 9 3 -1");
    assert_row(t->splits[0].labels, 12, "-1 8 8 12 5 -1 -1 6 7 9 -1 -1");
    assert_row(t->splits[2].tokens, 6, "2 8 9 3 -1 -1");
    assert_int_equal(t->mask_token, 4);
    assert_true(t->mask_share == .15);
    task_free(t);
}

/* Devlin et al. 2019, section 3.1: 15 %, of them 80 % masked, 10 % random, 10 % as they are. Over 60,000
 * tokens the shares' standard deviations are .0015 and .0042 (of 9,000); four of them are allowed. */
static void what_is_hidden_is_drawn_anew_and_fixed_for_scores(void **state)
{
    enum { LENGTH = 62, N = 1000 };
    task *t;
    batch_buffer a, b;
    static uint32_t index[N];
    size_t hidden = 0, masked = 0, same = 0, again = 0;
    char *words = mem_array(60 * N + 1, 1);
    memset(words, 'x', 60 * N);
    put("many.txt", words);
    put("c.txt", "xx");
    assert_ok(made(&t, "text:dir=@,file=many.txt,test_file=c.txt,val=0,length=62,head=mlm"));
    assert_int_equal(t->splits[0].n, N);
    for (uint32_t i = 0; i < N; i++)
        index[i] = i;
    assert_ok(batch_init(&a, t, N));
    assert_ok(batch_init(&b, t, N));
    task_fetch(t, IDIM_SPLIT_TRAIN, index, N, 1, &a);
    task_fetch(t, IDIM_SPLIT_TRAIN, index, N, 2, &b);
    for (size_t i = 0; i < LENGTH * N; i++) {
        assert_true(a.labels[i] == -1 || a.labels[i] == 'x');
        if (a.labels[i] < 0) {
            assert_true(a.tokens[i] == 'x' || i % LENGTH == 0 || i % LENGTH == LENGTH - 1);
            continue;
        }
        hidden++;
        masked += a.tokens[i] == t->mask_token;
        same += a.tokens[i] == 'x';
        again += b.labels[i] >= 0;
    }
    assert_int_equal(a.batch.counted, hidden);
    assert_near((double)hidden / (60. * N), .15, .006);
    assert_near((double)masked / (double)hidden, .8 + .1 / 256, .017);
    assert_near((double)same / (double)hidden, .1 + .1 / 256, .013);
    assert_near((double)again / (double)hidden, .15,
                .015); /* another draw has nothing to do with it */
    task_fetch(t, IDIM_SPLIT_TRAIN, index, N, 1, &b);
    assert_memory_equal(a.tokens, b.tokens, LENGTH * N * sizeof *a.tokens);
    batch_clear(&a);
    batch_clear(&b);
    task_free(t);
    mem_free(words);
}

/* ------------------------------------------------------------------ sentences and pairs */

static const char table[] = "\xef\xbb\xbf"
                            "label\ta\tb\nyes\tthe the\tcafe\nno\tunaffable\tthe,\nyes\tthe\t\"\n";

static void samples_look_as_their_models_take_them(void **state)
{
    static const struct {
        const char *keys, *tokens, *segments;
    } forms[] = {
        {"tokenizer=@/words.txt", "2 8 8 3 -1 -1 -1 -1", NULL},
        {"pair=b,tokenizer=@/words.txt", "2 8 8 3 12 3 -1 -1", "0 0 0 0 1 1 0 0"},
        {"pair=b,length=15", "2 116 104 101 32 116 104 101 31 99 97 102 101 31 -1",
         "0 0 0 0 0 0 0 0 0 1 1 1 1 1 0"},
        {"pair=b,text=b,length=15,tokenizer=@/vocab.json",
         "259 99 97 102 101 260 260 99 97 102 101 260 -1 -1 -1", NULL},
        {"text=b,tokenizer=@/tok.bin", "1 260 263 261 105 104 2 -1", NULL},
    };
    put("t.tsv", table);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char spec[200];
        task *t;
        snprintf(spec, sizeof spec, "tsv:dir=@,file=t.tsv,test_file=t.tsv,val=0,%s%s%s",
                 strstr(forms[i].keys, "text=") ? "" : "text=a,",
                 strstr(forms[i].keys, "length") ? "" : "length=8,", forms[i].keys);
        assert_ok(made(&t, spec));
        const samples *s = &t->splits[IDIM_SPLIT_TRAIN];
        assert_int_equal(s->n, 3);
        assert_row(s->tokens, t->length, forms[i].tokens);
        assert_int_equal(s->segments == NULL, forms[i].segments == NULL);
        for (size_t k = 0; s->segments && k < t->length; k++)
            assert_int_equal(s->segments[k], forms[i].segments[2 * k] - '0');
        assert_row(s->labels, 3, "1 0 1"); /* no before yes */
        assert_int_equal(t->n_outputs, 2);
        assert_true(t->loss == &idim_loss_softmax);
        task_free(t);
    }
}

static void the_longer_text_is_cut(void **state)
{
    task *t;
    put("long.tsv", "a\tb\tlabel\nabcdefgh\tuv\t2\nab\tuvwxyz\t10\nabcd\tuvwx\t2\n");
    assert_ok(made(&t, "tsv:dir=@,file=long.tsv,test_file=long.tsv,val=0,text=a,pair=b,length=8"));
    const samples *s = &t->splits[IDIM_SPLIT_TRAIN];
    assert_row(s->tokens, 8, "2 97 98 99 31 117 118 31"); /* 5 places: abc uv */
    assert_row(s->tokens + 8, 8, "2 97 98 31 117 118 119 31");
    assert_row(s->tokens + 16, 8, "2 97 98 99 31 117 118 31"); /* of equal ones the second */
    assert_row(s->labels, 3, "0 1 0");                         /* by value: 2 before 10 */
    task_free(t);
}

static void a_metric_is_a_loss_row(void **state)
{
    task *t;
    put("t.tsv", table);
    assert_ok(made(&t, "tsv:dir=@,file=t.tsv,test_file=t.tsv,val=0,text=a,metric=f1"));
    assert_true(t->loss == &idim_loss_f1);
    task_free(t);
    assert_ok(made(&t, "tsv:dir=@,file=t.tsv,test_file=t.tsv,val=0,text=a,metric=matthews"));
    assert_true(t->loss == &idim_loss_matthews);
    task_free(t);
}

static void a_file_that_is_not_there_is_told_as_it_was_named(void **state)
{
    char want[400];
    task *t;
    snprintf(want, sizeof want, "%s/gone.txt[.gz|.xz]: not there; say where", folder);
    assert_refused(made(&t, "text:file=@/gone.txt"), ERR_FILE, want);
    assert_refused(made(&t, "text:file=gone.txt"), ERR_FILE, "gone.txt[.gz|.xz]: not there; say");
    assert_refused(made(&t, "text:file=/gone.txt"), ERR_FILE, "/gone.txt[.gz|.xz]: not there; say");
    assert_refused(made(&t, "text:file=gone.txt,dir=@"), ERR_FILE, "dir= names the folder");
    put("here.txt", "some words of a text\nand some more of them\nand an end\n");
    assert_ok(made(&t, "text:file=@/here.txt,val_file=@/here.txt,test_file=@/here.txt,length=4"));
    task_free(t);
}

static void tables_that_cannot_be_learned_are_refused(void **state)
{
    static const struct {
        const char *bytes, *keys, *part;
        status st;
    } wrong[] = {
        {"sentence\tlabel\na\t1\nb\t1\n", "", "nothing to tell apart", ERR_FORMAT},
        {"sentence\tlabel\na\t1\nb\t\n", "", "w.tsv:3: column label: \"\" is no label", ERR_FORMAT},
        {"sentence\tlabel\n", "", "no samples in it", ERR_FORMAT},
        {"sentence\tlabels\na\t1\n", "", "no column label among its 2; did you mean labels",
         ERR_FORMAT},
        {"sentence\tlabel\na\t1\nb\n", "", "w.tsv:3: 1 cells, the header has 2", ERR_FORMAT},
        {"sentence\tlabel\na\t1\nb\t2\nc\t3\n", ",metric=f1", "3 labels; f1 and matthews score two",
         ERR_USAGE},
        {"sentence\tlabel\na\t1\nb\t2\n", ",pair=other", "no column other", ERR_FORMAT},
        {"sentence\tlabel\na\t1\nb\t2\n", ",tokenizer=chars", "take bytes", ERR_USAGE},
        {"sentence\tlabel\na\t1\nb\t2\n", ",tokenizer=/no/where", "/no/where: no such tokenizer",
         ERR_FILE},
        {"sentence\tlabel\na\t1\nb\t2\na\t1\na\t1\na\t1\na\t1\n", ",train=3",
         "of 3 training samples none has the label \"2\"", ERR_USAGE},
    };
    task *t;
    put("good.tsv", "sentence\tlabel\na\t1\nb\t2\nc\t3\n");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char spec[200];
        put("w.tsv", wrong[i].bytes);
        snprintf(spec, sizeof spec, "tsv:dir=@,file=w.tsv,val=0,test_file=w.tsv%s", wrong[i].keys);
        assert_refused(made(&t, spec), wrong[i].st, wrong[i].part);
        assert_null(t);
    }
    put("w.tsv", "sentence\tlabel\na\t1\nb\t2\n");
    assert_refused(made(&t, "tsv:dir=@,file=w.tsv,test_file=good.tsv,val=0"), ERR_FORMAT,
                   "good.tsv:4: column label: \"3\" is a label that no training sample has");
    assert_refused(made(&t, "tsv:dir=@,file=w.tsv"), ERR_USAGE,
                   "2 samples are too few to set some");
    put("plain.txt", "[UNK]\nthe\n");
    assert_refused(made(&t, "tsv:dir=@,file=w.tsv,test_file=w.tsv,val=0,tokenizer=@/plain.txt"),
                   ERR_USAGE, "no tokens that begin and end a text");
}

static void what_is_hashed_is_what_is_in_the_files(void **state)
{
    task *a, *b, *c;
    put("t.tsv", table);
    assert_ok(made(&a, "tsv:dir=@,file=t.tsv,val=0,text=a,test_file=t.tsv"));
    assert_ok(made(&b, "tsv:file=@/t.tsv,val=0,text=a,test_file=@/t.tsv,tokenizer=bytes"));
    assert_ok(made(&c, "tsv:dir=@,file=t.tsv,val=0,text=a,test_file=t.tsv,tokenizer=@/tok.bin"));
    assert_string_equal(task_content(a), task_content(b)); /* by their paths */
    assert_string_not_equal(task_content(a), task_content(c));
    task_free(a);
    task_free(b);
    task_free(c);
}

/* ------------------------------------------------------------------ synthtext */

static void a_grammar_has_few_followers(void **state)
{
    enum { V = 12, LENGTH = 8 };
    static bool follows[2][V][V];
    task *t;
    size_t most = 0, differ = 0;
    assert_ok(task_new(&t, "synthtext:length=8,vocabulary=12,classes=2,branch=2,n=400"));
    assert_int_equal(t->splits[0].n, 400);
    assert_int_equal(t->splits[1].n, 100);
    assert_int_equal(t->splits[2].n, 200);
    for (int s = 0; s < IDIM_SPLITS; s++) /* one grammar for all splits */
        for (size_t i = 0; i < t->splits[s].n; i++)
            for (size_t k = 0; k + 1 < LENGTH; k++) {
                const int32_t *row = t->splits[s].tokens + i * LENGTH;
                follows[t->splits[s].labels[i]][row[k]][row[k + 1]] = true;
            }
    for (size_t a = 0; a < V; a++) {
        size_t count = 0;
        for (size_t b = 0; b < V; b++) {
            count += follows[0][a][b];
            differ += follows[0][a][b] != follows[1][a][b];
        }
        most = count > most ? count : most;
    }
    assert_int_equal(most, 2);
    assert_in_range(differ, V, 4 * V); /* or classes could not be told apart */
    task_free(t);
    assert_ok(task_new(&t, "synthtext:length=8,vocabulary=12,ragged=yes,n=200"));
    size_t counts[LENGTH + 1] = {0};
    for (size_t i = 0; i < 200; i++) {
        size_t n = 0;
        const int32_t *row = t->splits[0].tokens + i * LENGTH, *label = t->splits[0].labels;
        while (n < LENGTH && row[n] >= 0)
            n++;
        counts[n]++;
        for (size_t k = 0; k < LENGTH; k++) {
            assert_int_equal(row[k] < 0, k >= n);
            assert_int_equal(label[i * LENGTH + k] < 0, k >= n);
            if (k + 1 < n)
                assert_int_equal(label[i * LENGTH + k], row[k + 1]);
        }
    }
    for (size_t n = 0; n <= LENGTH; n++)
        assert_in_range(counts[n], n < LENGTH / 2 ? 0 : 20, n < LENGTH / 2 ? 0 : 60);
    task_free(t);
    assert_refused(task_new(&t, "synthtext:classes=1"), ERR_USAGE, "0 for a language model");
}

/* ------------------------------------------------------------------ the real ones */

static task *real_one(const char *name, const char *more)
{
    char path[512], spec[700];
    task *t;
    if (!test_data(name, path))
        skip();
    snprintf(spec, sizeof spec, "%s:dir=\"%s\"%s", name, path, more);
    assert_ok(task_new(&t, spec));
    return t;
}

static size_t ones(const samples *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->labels[i] == 1;
    return n;
}

static void sst2_is_the_published_one(void **state)
{
    task *t = real_one("sst2", ",length=32");
    size_t train = t->splits[0].n + t->splits[1].n;
    assert_int_equal(train, 67349);
    assert_int_equal(ones(&t->splits[0]) + ones(&t->splits[1]), 37569);
    assert_int_equal(t->splits[1].n, 6735);
    assert_int_equal(ones(&t->splits[1]), 3757); /* 6735 37569 / 67349 = 3756.95 */
    assert_int_equal(t->splits[2].n, 872);
    assert_int_equal(ones(&t->splits[2]), 444);
    /* dev.tsv begins "it 's a charming and often affecting journey ." */
    static const char first[] = "it 's a charming and often aff";
    assert_int_equal(t->splits[2].tokens[0], 2);
    for (size_t i = 0; i < 30; i++)
        assert_int_equal(t->splits[2].tokens[1 + i], first[i]);
    task_free(t);
}

static void mrpc_is_the_published_one(void **state)
{
    task *t = real_one("mrpc", ",length=300,val=0,metric=f1");
    assert_int_equal(t->splits[0].n, 4076);
    assert_int_equal(ones(&t->splits[0]), 2753);
    assert_int_equal(t->splits[2].n, 1725);
    assert_int_equal(ones(&t->splits[2]), 1147);
    static const char first[] = "Amrozi accused his brother, whom he called \"the witness\", of";
    for (size_t i = 0; i + 1 < sizeof first; i++) /* quotes and all */
        assert_int_equal(t->splits[0].tokens[1 + i], first[i]);
    task_free(t);
}

static void plain_texts_are_the_published_ones(void **state)
{
    task *t = real_one("tinyshakespeare", ",length=64");
    size_t bytes = 0;
    for (int s = 0; s < IDIM_SPLITS; s++)
        bytes += t->splits[s].text_bytes;
    assert_int_equal(bytes, 1115394 - 3); /* each part's first is not predicted */
    assert_near((double)t->splits[0].text_bytes / 1115394, .9, 1e-3);
    assert_near((double)t->splits[2].text_bytes / 1115394, .05, 1e-3);
    task_free(t);
    t = real_one("wikitext2", "");
    assert_int_equal(t->splits[0].text_bytes, 10797148 - 1);
    assert_int_equal(t->splits[1].text_bytes, 1121681 - 1);
    assert_int_equal(t->splits[2].text_bytes, 1256449 - 1);
    task_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_token_but_the_first_is_predicted_once),
        cmocka_unit_test(parts_of_a_text_are_cut_at_line_ends),
        cmocka_unit_test(a_file_that_is_not_there_is_told_as_it_was_named),
        cmocka_unit_test(validation_is_cut_off_where_only_a_test_file_is_given),
        cmocka_unit_test(characters_are_numbered_over_all_parts),
        cmocka_unit_test(a_masked_sample_has_a_beginning_and_an_end),
        cmocka_unit_test(what_is_hidden_is_drawn_anew_and_fixed_for_scores),
        cmocka_unit_test(samples_look_as_their_models_take_them),
        cmocka_unit_test(the_longer_text_is_cut),
        cmocka_unit_test(a_metric_is_a_loss_row),
        cmocka_unit_test(tables_that_cannot_be_learned_are_refused),
        cmocka_unit_test(what_is_hashed_is_what_is_in_the_files),
        cmocka_unit_test(a_grammar_has_few_followers),
        cmocka_unit_test(sst2_is_the_published_one),
        cmocka_unit_test(mrpc_is_the_published_one),
        cmocka_unit_test(plain_texts_are_the_published_ones),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
