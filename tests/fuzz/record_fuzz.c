/* record_fuzz.c -- lines of a journal. The input is the members of a line, which is sealed with its true
 * checksum, and the line as it is; what was read, written again, is read the same. */
#include "tests/fuzz/fuzz.h"

#include "sweep/record.h"

static const char *const fuzz_name = "record";

static void again(const record *r)
{
    text line = {0}, second = {0};
    record copy;
    record_write(r, &line);
    FUZZ_MUST(!line.failed && line.length && line.text[line.length - 1] == '\n', "no line");
    FUZZ_MUST(strchr(line.text, '\n') == line.text + line.length - 1, "two lines: %s", line.text);
    FUZZ_MUST(!record_read(line.text, line.length - 1, &copy), "written and refused: %s in %s",
              error_text(), line.text);
    FUZZ_MUST(record_same(r, &copy), "another record");
    record_write(&copy, &second);
    FUZZ_MUST(!strcmp(line.text, second.text), "%s became %s", line.text, second.text);
    record_clear(&copy);
    text_clear(&line);
    text_clear(&second);
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    char *members = mem_raw(n + 1, 1);
    text line = {0};
    record r;
    status st;
    memcpy(members, bytes, n);
    members[n] = '\0';
    if (!record_read(members, n, &r)) /* with a checksum of its own */
        record_clear(&r);
    jsonl_seal(members, &line);
    if (!(st = record_read(line.text, line.length - 1, &r)))
        again(&r);
    record_clear(&r);
    text_clear(&line);
    mem_free(members);
    return st;
}

static void fuzz_valid(void)
{
    fuzz_text(
        "\"format\":1,\"id\":\"0123456789abcdef0123\",\"kind\":\"0123456789abcdef\",\"status\":"
        "\"ok\",\"reason\":\"\",\"outside\":false,\"run\":{\"batch\":\"128\",\"data\":\"synth\","
        "\"model\":\"fc\",\"space\":\"fastfood:d=50\",\"seed\":\"2\",\"role\":\"tune\"},\"d\":50,"
        "\"D\":5034,\"n_test\":1024,\"epochs\":1,\"lr\":0.05,\"metric\":\"accuracy\","
        "\"lower_is_better\":false,\"score\":0.25,\"loss\":\"inf\",\"val\":null,\"history\":[[1,"
        "8,0.05,1.5,0.5,1.25,0.5],[2,16,0.05,1,0.5,1,0.5]],\"bits\":{\"file\":\"a.bits\","
        "\"offset\":12,\"n\":1024,\"crc\":123456789},\"made\":{\"start\":\"2026-11-24T12:00:00Z\","
        "\"host\":\"here\",\"wall_s\":0.5,\"cpu_s\":0.4,\"peak_rss\":1e7,\"team\":2,\"threads\":1,"
        "\"by\":{\"blas\":\"OpenBLAS\",\"cpu\":\"one\"}}");
    fuzz_text("\"format\":1,\"id\":\"0123456789abcdef0123\",\"status\":\"failed\",\"reason\":"
              "\"memory\",\"outside\":true,\"tries\":2,\"run\":{}");
}
