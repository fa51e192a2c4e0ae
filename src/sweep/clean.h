/* clean.h -- what of a results folder can go without any result being lost, once nobody is at work in it:
 *
 *     checkpoints of runs that are whole          kept z of runs that are not
 *     temporaries of writers that were killed     torn ends of journals, bits without a journal
 *     words of leaders that ended                 what imports that were killed had unpacked
 *
 * Who is at work has its file in working/ (claims.h) before it writes anything else, an import too. */
#ifndef SWEEP_CLEAN_H
#define SWEEP_CLEAN_H

#include "sweep/claims.h"
#include "sweep/store.h"

typedef struct clean_item {
    char *path;
    const char *why;
    uint64_t bytes; /* that go */
    uint64_t keep;  /* of a journal: bytes in front that stay; 0: the file goes */
} clean_item;

typedef struct clean_list {
    clean_item *items;
    size_t n;
    uint64_t bytes;
    char busy
        [CLAIMS_NAME]; /* who is, or may be, at work (claims.h): nothing is listed then; "": nobody */
} clean_list;

status clean_look(store *s, clean_list *list);
/* Does it. ERR_FILE names what could not go. */
status clean_do(const clean_list *list);
void clean_clear(clean_list *list);

#endif
