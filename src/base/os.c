/* os.c -- the one place that asks the operating system. */
#define _GNU_SOURCE /* getrandom, memfd_create, sched_getaffinity, pipe2 */
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/os.h"

double os_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

long os_process(void)
{
    return (long)getpid();
}

/* The clock and the process are the fallback on a kernel without getrandom: names must differ, no more. */
uint64_t os_random(void)
{
    uint64_t bits;
    if (getrandom(&bits, sizeof bits, 0) == (ssize_t)sizeof bits)
        return bits;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return ((uint64_t)t.tv_nsec << 32 ^ (uint64_t)t.tv_sec) * 0x9E3779B97F4A7C15u + (uint64_t)getpid();
}

/* munmap takes a plain pointer though it writes nothing through it. */
void os_unmap(const void *bytes, size_t n)
{
    if (n)
        munmap((void *)(uintptr_t)bytes, n);
}
