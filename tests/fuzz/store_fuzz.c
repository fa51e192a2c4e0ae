/* store_fuzz.c -- a folder of journals and bits as another machine may have left it. Each line of the
 * input that has no checksum is sealed with its true one; the bits are the input itself. */
#include "tests/fuzz/fuzz.h"

#include "sweep/store.h"

static const char *const fuzz_name = "store";

static void put_journal(const char *runs, const uint8_t *bytes, size_t n)
{
    text all = {0};
    char *copy = mem_raw(n + 1, 1);
    memcpy(copy, bytes, n);
    copy[n] = '\0';
    for (char *line = copy; *line;) {
        size_t length = strcspn(line, "\n");
        bool more = line[length] != '\0';
        line[length] = '\0';
        if (!strncmp(line, "{\"crc\":", 7))
            text_add(&all, "%s\n", line);
        else
            jsonl_seal(line, &all);
        line += length + more;
    }
    fuzz_put(runs, "one.jsonl", all.text ? all.text : "", all.length);
    fuzz_put(runs, "one.bits", bytes, n);
    text_clear(&all);
    mem_free(copy);
}

/* Lines are dropped and noted, never refused. */
static status fuzz_try(const uint8_t *bytes, size_t n)
{
    char runs[300];
    store *s;
    size_t taken = 0;
    snprintf(runs, sizeof runs, "%s/runs", fuzz_folder());
    if (file_make_folder(runs))
        abort();
    put_journal(runs, bytes, n);
    status st = store_open(&s, fuzz_folder());
    FUZZ_MUST(!st, "%s", error_text());
    for (size_t i = 0; i < store_count(s); i++) {
        const record *r = store_at(s, i);
        uint8_t *bits;
        FUZZ_MUST(store_find(s, r->id) == r, "%s is not found", r->id);
        if (!store_bits(s, r, &bits))
            mem_free(bits);
        taken++;
    }
    for (size_t i = 0; i < store_notes(s); i++)
        error_set(ERR_FORMAT, "%s", store_note(s, i));
    st = taken ? OK : error_set(ERR_FORMAT, "no line was taken: %s", error_text());
    if (store_close(s))
        abort();
    return st;
}

static void fuzz_valid(void)
{
    fuzz_text("\"format\":1,\"id\":\"0123456789abcdef0123\",\"kind\":\"0123456789abcdef\","
              "\"status\":\"ok\",\"run\":{},\"d\":5,\"score\":0.5,\"n_test\":64,\"bits\":{\"file\":"
              "\"one.bits\",\"offset\":3,\"n\":64,\"crc\":1}\n"
              "\"format\":1,\"id\":\"0123456789abcdef0123\",\"kind\":\"0123456789abcdef\","
              "\"status\":\"ok\",\"run\":{},\"d\":5,\"score\":0.25\n"
              "\"format\":1,\"id\":\"0123456789abcdef0124\",\"status\":\"stopped\",\"epochs\":2,"
              "\"run\":{\"seed\":\"3\"}\n"
              "\"format\":1,\"id\":\"0123456789abcdef0124\",\"status\":\"failed\",\"outside\":true,"
              "\"tries\":1,\"run\":{}\n");
}
