/* fault.h -- tests let the k-th allocation or write fail, and count the blocks that are not freed yet. The
 * check variant alone has it (IDIM_FAULTS); elsewhere nothing is left of it. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum fault { FAULT_MEMORY, FAULT_WRITE, FAULTS } fault;

#ifdef IDIM_FAULTS

/* The k-th of its sort from now on fails, counted from 1; with `ever` all behind it too. 0: none. */
void fault_arm(fault f, size_t k, bool ever);
bool fault_hit(fault f); /* did one fail since? */

/* mem.c, file.c: does this one fail? */
bool fault_now(fault f);
/* mem.c: blocks made less blocks freed. */
void fault_count(int change);
long fault_blocks(void);

#else

static inline bool fault_now(fault f)
{
    (void)f;
    return false;
}
static inline void fault_count(int change)
{
    (void)change;
}

#endif
#endif
