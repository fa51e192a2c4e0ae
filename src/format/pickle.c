/* pickle.c -- see pickle.h: a stack machine. Every opcode takes at least a byte and makes at most one
 * value, so memory stays within a fixed multiple of the pickle's length. */
#include <string.h>

#include "base/mem.h"
#include "format/pickle.h"

enum { CHUNK = 512 };

typedef struct chunk chunk;
struct chunk {
    chunk *next;
    size_t used;
    pickle_value values[CHUNK];
};

struct pickle {
    const uint8_t *bytes;
    size_t n, at;
    const pickle_global *globals;
    chunk *chunks;
    pickle_value **stack, **memo;
    size_t n_stack, stack_room, memo_room, memoized;
    pickle_value *root;
};

/* ------------------------------------------------------------------ what it is made of */

static status pickle_wrong(const pickle *p, const char *what)
{
    return error_set(ERR_FORMAT, "byte %zu of its pickle: %s; save it again", p->at, what);
}

static status pickle_new(pickle *p, pickle_type type, pickle_value **v)
{
    if (!p->chunks || p->chunks->used == CHUNK) {
        chunk *c = mem_array(1, sizeof *c);
        if (!c)
            return ERR_MEMORY;
        c->next = p->chunks;
        p->chunks = c;
    }
    *v = &p->chunks->values[p->chunks->used++];
    (*v)->type = type;
    return OK;
}

static status pickle_grow(pickle_value ***list, size_t n, size_t *room)
{
    if (n <= *room)
        return OK;
    size_t more = 2 * n < 8 ? 8 : 2 * n;
    pickle_value **grown = mem_resize(*list, more, sizeof **list);
    if (!grown)
        return ERR_MEMORY;
    memset(grown + *room, 0, (more - *room) * sizeof *grown);
    *list = grown;
    *room = more;
    return OK;
}

static status pickle_push(pickle *p, pickle_value *v)
{
    status st = pickle_grow(&p->stack, p->n_stack + 1, &p->stack_room);
    if (!st)
        p->stack[p->n_stack++] = v;
    return st;
}

static status pickle_add(pickle_value *v, pickle_value *const *items, size_t n)
{
    status st = pickle_grow(&v->items, v->n + n, &v->room);
    if (st)
        return st;
    if (n)
        memcpy(v->items + v->n, items, n * sizeof *items);
    v->n += n;
    return OK;
}

/* A new value of the topmost n, which leave the stack. */
static status pickle_fold(pickle *p, pickle_type type, size_t n, pickle_value **out)
{
    pickle_value *v;
    status st;
    if (n > p->n_stack)
        return pickle_wrong(p, "nothing to take");
    if ((st = pickle_new(p, type, &v)) || (st = pickle_add(v, p->stack + p->n_stack - n, n)))
        return st;
    for (size_t i = 0; i < n; i++)
        if (v->items[i]->type == PICKLE_MARK)
            return pickle_wrong(p, "a mark where a value is wanted");
    p->n_stack -= n;
    *out = v;
    return pickle_push(p, v);
}

/* How many stand above the last mark. */
static status pickle_marked(const pickle *p, size_t *n)
{
    for (*n = 0; *n < p->n_stack; ++*n)
        if (p->stack[p->n_stack - 1 - *n]->type == PICKLE_MARK)
            return OK;
    return pickle_wrong(p, "no mark");
}

/* ------------------------------------------------------------------ reading bytes */

static status pickle_take(pickle *p, size_t n, const uint8_t **bytes)
{
    *bytes = p->bytes + p->at;
    if (n > p->n - p->at)
        return pickle_wrong(p, "it is cut short");
    p->at += n;
    return OK;
}

/* A little-endian number of n bytes; with `sign` two's complement. */
static status pickle_number(pickle *p, size_t n, bool sign, uint64_t *x)
{
    const uint8_t *b;
    status st = pickle_take(p, n, &b);
    *x = 0;
    for (size_t i = n; !st && i-- > 0;)
        *x = *x << 8 | b[i];
    if (!st && sign && n && n < 8 && b[n - 1] & 0x80)
        *x |= UINT64_MAX << 8 * n;
    return st;
}

static bool pickle_utf8(const uint8_t *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t more = s[i] < 0x80 ? 0 : s[i] >= 0xF0 ? 3 : s[i] >= 0xE0 ? 2 : 1;
        uint32_t c = more ? s[i] & (0x3Fu >> more) : s[i];
        static const uint32_t least[] = {1, 0x80, 0x800, 0x10000};
        if (s[i] > 0xF4 || (s[i] >= 0x80 && s[i] < 0xC2) || more > n - i - 1)
            return false;
        for (size_t k = 1; k <= more; k++) {
            if ((s[i + k] & 0xC0) != 0x80)
                return false;
            c = c << 6 | (s[i + k] & 0x3F);
        }
        if (c < least[more] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
            return false;
        i += more + 1;
    }
    return true;
}

static status pickle_text(pickle *p, size_t length_bytes)
{
    const uint8_t *b;
    uint64_t n;
    pickle_value *v;
    status st;
    if ((st = pickle_number(p, length_bytes, false, &n)) || (st = pickle_take(p, (size_t)n, &b)) ||
        (st = pickle_new(p, PICKLE_TEXT, &v)))
        return st;
    if (!pickle_utf8(b, (size_t)n))
        return pickle_wrong(p, "a text that is no UTF-8, or holds a byte 0");
    v->text = (const char *)b;
    v->n = (size_t)n;
    return pickle_push(p, v);
}

static status pickle_whole(pickle *p, pickle_type type, uint64_t x)
{
    pickle_value *v;
    status st = pickle_new(p, type, &v);
    if (st)
        return st;
    memcpy(&v->whole, &x, sizeof x);
    return pickle_push(p, v);
}

/* A double, big-endian. */
static status pickle_real(pickle *p)
{
    const uint8_t *b;
    pickle_value *v;
    uint64_t bits = 0;
    status st;
    if ((st = pickle_take(p, 8, &b)) || (st = pickle_new(p, PICKLE_REAL, &v)))
        return st;
    for (size_t i = 0; i < 8; i++)
        bits = bits << 8 | b[i];
    memcpy(&v->real, &bits, sizeof bits);
    return pickle_push(p, v);
}

/* ------------------------------------------------------------------ globals */

static bool pickle_same(const char *a, size_t n, const char *b)
{
    return strlen(b) == n && !memcmp(a, b, n);
}

bool pickle_is(const pickle_value *v, const char *text_)
{
    return v->type == PICKLE_TEXT && pickle_same(v->text, v->n, text_);
}

static status pickle_known(pickle *p, const char *module, size_t n, const char *name, size_t k)
{
    pickle_value *v;
    for (size_t i = 0; p->globals[i].module; i++) {
        if (!pickle_same(module, n, p->globals[i].module) ||
            !pickle_same(name, k, p->globals[i].name))
            continue;
        status st = pickle_new(p, PICKLE_GLOBAL, &v);
        if (st)
            return st;
        v->global = i;
        return pickle_push(p, v);
    }
    return error_set(ERR_FORMAT,
                     "its pickle asks for %.*s.%.*s, which tensors do not need and Python would "
                     "run; save the tensors alone, as safetensors",
                     n < 80 ? (int)n : 80, module, k < 80 ? (int)k : 80, name);
}

/* Two lines. */
static status pickle_lines(pickle *p)
{
    const char *line[2];
    size_t n[2];
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *from = p->bytes + p->at, *end = memchr(from, '\n', p->n - p->at);
        if (!end)
            return pickle_wrong(p, "it is cut short");
        line[i] = (const char *)from;
        n[i] = (size_t)(end - from);
        p->at += n[i] + 1;
    }
    return pickle_known(p, line[0], n[0], line[1], n[1]);
}

static status pickle_texts(pickle *p)
{
    if (p->n_stack < 2)
        return pickle_wrong(p, "nothing to take");
    const pickle_value *module = p->stack[p->n_stack - 2], *name = p->stack[p->n_stack - 1];
    if (module->type != PICKLE_TEXT || name->type != PICKLE_TEXT)
        return pickle_wrong(p, "a global without a name");
    p->n_stack -= 2;
    return pickle_known(p, module->text, module->n, name->text, name->n);
}

/* A global and a tuple become a call, or a dictionary. */
static status pickle_reduce(pickle *p)
{
    if (p->n_stack < 2)
        return pickle_wrong(p, "nothing to take");
    const pickle_value *f = p->stack[p->n_stack - 2];
    pickle_value *args = p->stack[p->n_stack - 1];
    pickle_value *v;
    status st;
    if (f->type != PICKLE_GLOBAL || args->type != PICKLE_TUPLE)
        return pickle_wrong(p, "what is called is no global, or its arguments no tuple");
    bool dict = p->globals[f->global].makes_dict;
    if (dict && args->n)
        return pickle_wrong(p, "a dictionary that is made of something");
    if ((st = pickle_new(p, dict ? PICKLE_DICT : PICKLE_CALL, &v)) ||
        (!dict && (st = pickle_add(v, &args, 1))))
        return st;
    v->global = f->global;
    p->n_stack -= 2;
    return pickle_push(p, v);
}

/* ------------------------------------------------------------------ the machine */

static status pickle_memo_put(pickle *p, size_t i)
{
    status st;
    if (!p->n_stack || p->stack[p->n_stack - 1]->type == PICKLE_MARK || i >= p->n)
        return pickle_wrong(p, "nothing to remember, or a place beyond its length");
    if ((st = pickle_grow(&p->memo, i + 1, &p->memo_room)))
        return st;
    p->memo[i] = p->stack[p->n_stack - 1];
    return OK;
}

static status pickle_memo_get(pickle *p, size_t i)
{
    if (i >= p->memo_room || !p->memo[i])
        return pickle_wrong(p, "a reference to nothing");
    return pickle_push(p, p->memo[i]);
}

/* The topmost n go into the list or dictionary below them; with a mark, it goes too. */
static status pickle_into(pickle *p, pickle_type type, size_t n, bool mark)
{
    size_t below = n + mark;
    status st;
    if (p->n_stack <= below || p->stack[p->n_stack - 1 - below]->type != type ||
        (type == PICKLE_DICT && n % 2))
        return pickle_wrong(p, "items without their list or dictionary");
    for (size_t i = 0; i < n; i++)
        if (p->stack[p->n_stack - 1 - i]->type == PICKLE_MARK)
            return pickle_wrong(p, "a mark where a value is wanted");
    if ((st = pickle_add(p->stack[p->n_stack - 1 - below], p->stack + p->n_stack - n, n)))
        return st;
    p->n_stack -= below;
    return OK;
}

static status pickle_from_mark(pickle *p, pickle_type type, bool into)
{
    size_t n;
    pickle_value *v;
    status st = pickle_marked(p, &n);
    if (st)
        return st;
    if (into)
        return pickle_into(p, type, n, true);
    if ((st = pickle_fold(p, type, n, &v)))
        return st;
    p->stack[p->n_stack - 2] = v; /* over the mark */
    p->n_stack--;
    return OK;
}

/* A dictionary's attributes (PyTorch's _metadata) are no part of it. */
static status pickle_build(pickle *p)
{
    if (p->n_stack < 2 || p->stack[p->n_stack - 2]->type != PICKLE_DICT)
        return pickle_wrong(p, "a state for what is no dictionary");
    p->n_stack--;
    return OK;
}

static const struct {
    uint8_t code;
    const char *name;
} refused[] = {
    {'0', "POP"},
    {'1', "POP_MARK"},
    {'2', "DUP"},
    {'F', "FLOAT"},
    {'I', "INT"},
    {'L', "LONG"},
    {'P', "PERSID"},
    {'S', "STRING"},
    {'T', "BINSTRING"},
    {'U', "SHORT_BINSTRING"},
    {'V', "UNICODE"},
    {'B', "BINBYTES"},
    {'C', "SHORT_BINBYTES"},
    {'d', "DICT"},
    {'g', "GET"},
    {'i', "INST"},
    {'l', "LIST"},
    {'o', "OBJ"},
    {'p', "PUT"},
    {0x81, "NEWOBJ"},
    {0x82, "EXT1"},
    {0x83, "EXT2"},
    {0x84, "EXT4"},
    {0x8b, "LONG4"},
    {0x8e, "BINBYTES8"},
    {0x8f, "EMPTY_SET"},
    {0x90, "ADDITEMS"},
    {0x91, "FROZENSET"},
    {0x92, "NEWOBJ_EX"},
    {0x96, "BYTEARRAY8"},
    {0x97, "NEXT_BUFFER"},
    {0x98, "READONLY_BUFFER"},
};

static status pickle_refused(const pickle *p, uint8_t code)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (refused[i].code == code)
            return error_set(ERR_FORMAT,
                             "byte %zu of its pickle: opcode %s, which tensors do not need; save "
                             "the tensors alone, as safetensors",
                             p->at - 1, refused[i].name);
    return error_set(ERR_FORMAT, "byte %zu of its pickle: 0x%02x is no opcode; fetch it again",
                     p->at - 1, code);
}

static status pickle_step(pickle *p, uint8_t code)
{
    pickle_value *v;
    uint64_t x;
    status st;
    switch (code) {
    case 0x80: /* PROTO */
        if (!(st = pickle_number(p, 1, false, &x)) && (x < 2 || x > 5))
            st = pickle_wrong(p, "a protocol that is not 2 to 5");
        return st;
    case 0x95: /* FRAME: a hint for readers */
        return pickle_number(p, 8, false, &x);
    case '(':
    case ')':
    case ']':
    case '}':
    case 'N':
        st = pickle_new(p,
                        code == '('   ? PICKLE_MARK
                        : code == ')' ? PICKLE_TUPLE
                        : code == ']' ? PICKLE_LIST
                        : code == '}' ? PICKLE_DICT
                                      : PICKLE_NONE,
                        &v);
        return st ? st : pickle_push(p, v);
    case 0x88: /* NEWTRUE, NEWFALSE */
    case 0x89:
        return pickle_whole(p, PICKLE_BOOL, code == 0x88);
    case 'J': /* BININT, BININT1, BININT2 */
    case 'K':
    case 'M':
        st = pickle_number(p, code == 'J' ? 4 : code == 'K' ? 1 : 2, code == 'J', &x);
        return st ? st : pickle_whole(p, PICKLE_INT, x);
    case 0x8a: /* LONG1 */
        if ((st = pickle_number(p, 1, false, &x)))
            return st;
        if (x > 8)
            return pickle_wrong(p, "a number of more than 8 bytes");
        st = pickle_number(p, (size_t)x, true, &x);
        return st ? st : pickle_whole(p, PICKLE_INT, x);
    case 'G':
        return pickle_real(p);
    case 'X': /* BINUNICODE, SHORT_BINUNICODE, BINUNICODE8 */
        return pickle_text(p, 4);
    case 0x8c:
        return pickle_text(p, 1);
    case 0x8d:
        return pickle_text(p, 8);
    case 'c':
        return pickle_lines(p);
    case 0x93: /* STACK_GLOBAL */
        return pickle_texts(p);
    case 'q': /* BINPUT, LONG_BINPUT, BINGET, LONG_BINGET */
    case 'r':
        st = pickle_number(p, code == 'q' ? 1 : 4, false, &x);
        return st ? st : pickle_memo_put(p, (size_t)x);
    case 'h':
    case 'j':
        st = pickle_number(p, code == 'h' ? 1 : 4, false, &x);
        return st ? st : pickle_memo_get(p, (size_t)x);
    case 0x94: /* MEMOIZE: the next place */
        return pickle_memo_put(p, p->memoized++);
    case 't':
        return pickle_from_mark(p, PICKLE_TUPLE, false);
    case 0x85: /* TUPLE1 to 3 */
    case 0x86:
    case 0x87:
        return pickle_fold(p, PICKLE_TUPLE, code - 0x84u, &v);
    case 'Q': /* BINPERSID */
        return pickle_fold(p, PICKLE_OUTSIDE, 1, &v);
    case 'R':
        return pickle_reduce(p);
    case 'a':
        return pickle_into(p, PICKLE_LIST, 1, false);
    case 'e':
        return pickle_from_mark(p, PICKLE_LIST, true);
    case 's':
        return pickle_into(p, PICKLE_DICT, 2, false);
    case 'u':
        return pickle_from_mark(p, PICKLE_DICT, true);
    case 'b':
        return pickle_build(p);
    default:
        return pickle_refused(p, code);
    }
}

static status pickle_run(pickle *p)
{
    const uint8_t *code;
    status st = OK;
    if (p->n < 2 || p->bytes[0] != 0x80)
        return pickle_wrong(p, "no protocol; it is older than 2, or none");
    while (!(st = pickle_take(p, 1, &code)) && *code != '.')
        if ((st = pickle_step(p, *code)))
            return st;
    if (st)
        return st;
    if (p->n_stack != 1 || p->at != p->n)
        return pickle_wrong(p, "it ends with more or less than one value");
    p->root = p->stack[0];
    return OK;
}

status pickle_open(pickle **out, const void *bytes, size_t n, const pickle_global *globals)
{
    pickle *p = mem_array(1, sizeof *p);
    status st;
    *out = NULL;
    if (!p)
        return ERR_MEMORY;
    p->bytes = bytes;
    p->n = n;
    p->globals = globals;
    if ((st = pickle_run(p))) {
        pickle_close(p);
        return st;
    }
    *out = p;
    return OK;
}

void pickle_close(pickle *p)
{
    if (!p)
        return;
    for (chunk *c = p->chunks, *next; c; c = next) {
        next = c->next;
        for (size_t i = 0; i < c->used; i++)
            mem_free(c->values[i].items);
        mem_free(c);
    }
    mem_free(p->stack);
    mem_free(p->memo);
    mem_free(p);
}

const pickle_value *pickle_root(const pickle *p)
{
    return p->root;
}
