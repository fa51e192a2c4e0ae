/* pickle_fuzz.c -- the pickle of a PyTorch file: the input is data.pkl, beside it is a storage of six
 * numbers. (tensors_fuzz.c changes the archive round it, whose checksums keep a changed pickle out.) */
#include "tests/fuzz/fuzz.h"
#include "tests/format/torch.h"

#include "format/pytorch.h"

static const char *const fuzz_name = "pickle";

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    static const float six[6] = {0, 1, 2, 3, 4, 5};
    static torch_file z;
    fuzz_file f;
    pytorch *p;
    if (n > 6000)
        return error_set(ERR_LIMIT, "longer than the archive that is made here");
    torch_make(&z, bytes, n, six, sizeof six);
    fuzz_file_open(&f, z.bytes, z.n);
    status st = pytorch_open(&p, f.path);
    FUZZ_MUST(!st || !p, "a refused file left something");
    for (size_t i = 0; !st && i < pytorch_count(p); i++) {
        const safetensor *t = pytorch_at(p, i);
        char hex[HASH_HEX];
        /* a view may repeat numbers, up to the archive's size */
        FUZZ_MUST(t->bytes <= z.n, "%zu bytes of a tensor in %zu", t->bytes, z.n);
        hash_bytes(t->data, t->bytes, hex); /* every byte is there */
    }
    if (!st)
        pytorch_close(p);
    fuzz_file_close(&f);
    return st;
}

#define SEED(literal) fuzz_seed(literal, sizeof literal - 1)

static void fuzz_valid(void)
{
#define ONE TORCH_TENSOR("FloatStorage", "0", "\6", "\1", "K\1\x85", "K\1\x85")
    SEED(TORCH_BEGIN TORCH_TEXT("\1", "w")
             TORCH_TENSOR("FloatStorage", "0", "\6", "\0", "K\2K\3\x86", "K\3K\1\x86")
                 TORCH_TEXT("\1", "b")
                     TORCH_TENSOR("HalfStorage", "0", "\14", "\4", "K\2\x85", "K\1\x85") TORCH_END);
    SEED(TORCH_BEGIN TORCH_TEXT("\1", "w")
             TORCH_TENSOR("FloatStorage", "0", "\6", "\0", "K\3K\2\x86", "K\1K\3\x86") TORCH_END);
    SEED("\x80\2}(" TORCH_TEXT("\5", "model") "}" TORCH_TEXT(
        "\1", "w") "ctorch._utils\n_rebuild_parameter\n(" ONE "\x88"
                   "ccollections\nOrderedDict\n)RtRs" TORCH_TEXT("\4", "list") "]" ONE "a"
                                                                               "K\3" ONE
                                                                               "N" ONE TORCH_END);
    SEED("\x80\4\x95\0\0\0\0\0\0\0\0}\x94(\x8c\1e\x94G\0\0\0\0\0\0\0\0\x8c\1w\x94\x8c\14torch._"
         "utils\x94"
         "\x8c\22_rebuild_tensor_v2\x94\x93\x94(("
         "\x8c\7storage\x94\x8c\5torch\x94\x8c\13LongStorage\x94"
         "\x93\x94\x8c\1"
         "0\x94\x8c\3cpu\x94K\3t\x94QK\0K\2\x85\x94\x8a\1\1\x85\x94\x89}\x94t\x94R\x94u.");
}
