/* provenance.c -- see provenance.h. build_info.h is written by the Makefile: the commit, the compiler
 * and its flags; without it (another build system) the words are "unknown". */
#include <stdio.h>

#include "base/os.h"
#include "format/jsonl.h"
#include "linalg/linalg.h"
#include "sweep/provenance.h"

#if defined(__has_include)
#if __has_include("build_info.h")
#include "build_info.h"
#endif
#endif
#ifndef BUILD_COMMIT
#define BUILD_COMMIT "unknown"
#define BUILD_FLAGS "unknown"
#endif

#if defined(__AVX512F__)
#define INSTRUCTIONS "AVX-512"
#elif defined(__AVX2__)
#define INSTRUCTIONS "AVX2"
#else
#define INSTRUCTIONS "baseline"
#endif

#ifdef __clang__ /* its version text begins with its name; gcc's does not */
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

void provenance_now(provenance out[PROVENANCE])
{
    char cpu[64];
    os_cpu_name(cpu);
    const struct {
        const char *name, *value;
    } all[PROVENANCE] = {
        {"version", IDIM_VERSION},      {"commit", BUILD_COMMIT},
        {"compiler", COMPILER},         {"flags", BUILD_FLAGS},
        {"blas", blas_name()},          {"cpu", cpu},
        {"instructions", INSTRUCTIONS}, {"real", sizeof(real) == 4 ? "float" : "double"},
    };
    for (size_t i = 0; i < PROVENANCE; i++) {
        out[i].name = all[i].name;
        snprintf(out[i].value, sizeof out[i].value, "%s", all[i].value);
    }
}

void provenance_object(text *t)
{
    provenance all[PROVENANCE];
    provenance_now(all);
    for (size_t i = 0; i < PROVENANCE; i++) {
        text_add(t, "%s\"%s\":", i ? "," : "{", all[i].name);
        jsonl_string(t, all[i].value);
    }
    text_add(t, "}");
}
