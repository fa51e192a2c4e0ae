#!/usr/bin/env python3
"""Writes unicode_table.h from Python's unicodedata:   src/format/unicode.py > src/format/unicode_table.h

One version of Unicode stands in the sources, so that a text gives the same tokens on every machine. Python
3.11 has 14.0.0; a later one changes only what was assigned since.
"""
import unicodedata as u

OTHER, LETTER, NUMBER, PUNCTUATION, MARK, SPACE, CONTROL = range(7)
WHITE = {9, 10, 11, 12, 13, 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
         0x2028, 0x2029, 0x202F, 0x205F, 0x3000}  # property White_Space
SURROGATES = range(0xD800, 0xE000)
HANGUL = range(0xAC00, 0xD7A4)  # decomposed by arithmetic


def class_of(c):
    g = u.category(chr(c))
    if c in WHITE:
        return SPACE
    if g == "Mn":
        return MARK
    if g in ("Cc", "Cf"):
        return CONTROL
    return {"L": LETTER, "N": NUMBER, "P": PUNCTUATION}.get(g[0], OTHER)


def folded(c):
    """Lower case, taken apart, without nonspacing marks."""
    return [ord(x) for x in u.normalize("NFD", chr(c).lower()) if u.category(x) != "Mn"]


def class_runs():
    last = None
    for c in range(0x110000):
        k = class_of(c)
        if k != last:
            yield f"0x{c << 3 | k:x}"
        last = k


def fold_runs(single):
    """(first, its image, how many, from one to the next, likewise of the images)"""
    items, i = sorted(single.items()), 0
    while i < len(items):
        best = (1, 1, 0)
        for step, to in ((1, 1), (2, 2), (1, 0)):
            n = 1
            while i + n < len(items) and items[i + n][0] == items[i][0] + n * step \
                    and items[i + n][1] == items[i][1] + n * to:
                n += 1
            if n > best[0]:
                best = (n, step, to)
        yield "{0x%x, 0x%x, %d, %d, %d}" % (items[i] + best)
        i += best[0]


def table(name, kind, cells):
    print(f"static const {kind} {name}[] = {{")
    line = "   "
    for cell in cells:
        if len(line) + len(cell) + 2 > 98:
            print(line)
            line = "   "
        line += f" {cell},"
    print(line + "\n};")


single, several = {}, {}
for c in range(0x110000):
    if c in SURROGATES or c in HANGUL or u.category(chr(c)) == "Mn":
        continue
    to = folded(c)
    if to != [c]:
        (single if len(to) == 1 else several)[c] = to[0] if len(to) == 1 else to
print(f"""/* unicode_table.h -- made by unicode.py from Unicode {u.unidata_version}; unicode.c alone includes it. */
#ifndef FORMAT_UNICODE_TABLE_H
#define FORMAT_UNICODE_TABLE_H

#include <stdint.h>

/* clang-format off */
#define UNICODE_VERSION "{u.unidata_version}"

/* first code point << 3 | class, up to the next one's */""")
table("class_runs", "uint32_t", class_runs())
print("""
/* code points whose folded form is another one */
typedef struct fold_run {
    uint32_t first, to;
    uint16_t n;
    uint8_t step, to_step;
} fold_run;""")
table("fold_runs", "fold_run", fold_runs(single))
print("\n/* and those whose folded form is several */")
print("static const uint32_t fold_several[][4] = {")
for c, to in several.items():
    print("    {" + ", ".join("0x%x" % x for x in [c] + to) + "},")
print("};\n/* clang-format on */\n\n#endif")
assert max(map(len, several.values())) == 3
