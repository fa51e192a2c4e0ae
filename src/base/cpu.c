/* cpu.c -- does this CPU have what the program was compiled for? The Makefile compiles this file alone
 * for the oldest CPU, and hands the flags of the others over as CPU_NEEDS_*: it must run anywhere. */
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

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

/* CPUID leaf 0: the maker in ebx, edx, ecx; leaf 1: family in eax, bits 8..11, and where those are 15, plus
 * bits 20..27 (AMD, CPUID Specification, 25481). */
unsigned os_amd_avx512(void)
{
#if defined(__x86_64__)
    unsigned a, maker[3], rest[3];
    __builtin_cpu_init();
    if (!__get_cpuid(0, &a, &maker[0], &maker[2], &maker[1]) ||
        memcmp(maker, "AuthenticAMD", sizeof maker) != 0 || !__builtin_cpu_supports("avx512vl") ||
        !__get_cpuid(1, &a, &rest[0], &rest[1], &rest[2]))
        return 0;
    unsigned family = a >> 8 & 15;
    return family == 15 ? family + (a >> 20 & 255) : family;
#else
    return 0;
#endif
}
