/* fault.c -- see fault.h. Threads allocate too, so the counts are atomic. */
#include "base/fault.h"

#ifdef IDIM_FAULTS
#include <stdatomic.h>

static struct {
    atomic_size_t left; /* the fault comes when this falls to 0; 0: never */
    atomic_bool ever, hit;
} faults[FAULTS];
static atomic_long blocks;

void fault_arm(fault f, size_t k, bool ever)
{
    faults[f].left = k;
    faults[f].ever = ever;
    faults[f].hit = false;
}

bool fault_hit(fault f)
{
    return faults[f].hit;
}

bool fault_now(fault f)
{
    size_t left = faults[f].left;
    while (left && !atomic_compare_exchange_weak(&faults[f].left, &left, left - 1))
        ;
    bool now = left == 1 || (faults[f].hit && faults[f].ever);
    if (now)
        faults[f].hit = true;
    return now;
}

void fault_count(int change)
{
    blocks += change;
}

long fault_blocks(void)
{
    return blocks;
}
#endif
