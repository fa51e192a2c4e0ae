/* laws_test.c -- the space of docs/extend.md in the table, and what every space promises asked of it with the
 * others. The table here is the library's with one word more; the linker takes it in place of that one. */
#define keys blocks_keys /* the laws use the word for something else */
#include "tests/extend/blocks.c"
#undef keys

#define SPACES_MORE(X) X(blocks)
#include "spaces/table.c"

#include "tests/spaces/laws_test.c"
