/* cpu.c -- does this CPU have what the program was compiled for? The Makefile compiles this file alone
 * for the oldest CPU, and hands the flags of the others over as CPU_NEEDS_*: it must run anywhere. */
#include "base/os.h"

bool os_cpu_fits(const char **missing)
{
    *missing = "";
#if defined(__x86_64__)
    __builtin_cpu_init();
#ifdef CPU_NEEDS_AVX512
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl")) {
        *missing = "AVX-512";
        return false;
    }
#endif
#ifdef CPU_NEEDS_AVX2
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        *missing = "AVX2 with FMA";
        return false;
    }
#endif
#endif
    return true;
}
