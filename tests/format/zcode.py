"""A second writer of zcode, from format/zcode.h and format/arithmetic.h alone: golden bytes of zcode_test.c.

    /usr/bin/python3 tests/format/zcode.py
"""
import struct


class Coder:
    def __init__(self):
        self.low, self.range, self.out = 0, 2**64 - 1, 0
        self.bytes = 0  # out holds so many, as one big number: carries need no care

    def part(self, part, bit):
        if bit:
            self.range = part
        else:
            self.low += part
            self.range -= part
        while self.range < 2**56:
            self.low <<= 8  # low keeps all bytes that are out
            self.range <<= 8
            self.bytes += 1

    def put(self, model, bit):
        p = ((2 * model[1] + 1) * 2**15) // (model[0] + model[1] + 1)
        self.part((self.range >> 16) * min(max(p, 128), 65536 - 128), bit)
        model[bit] += 1

    def plain(self, x, n):
        for i in reversed(range(n)):
            self.part(self.range >> 1, x >> i & 1)

    def count(self, x):
        x += 1
        n = x.bit_length() - 1
        for _ in range(n):
            self.plain(1, 1)
        self.plain(0, 1)
        self.plain(x & (1 << n) - 1, n)

    def half(self, x):
        self.plain(struct.unpack("<I", struct.pack("<f", x))[0] >> 16, 16)

    def end(self):
        for k in range(9):
            unit = 2 ** (64 - 8 * k)
            up = -self.low % unit
            if up < self.range:
                return ((self.low + up) // unit).to_bytes(self.bytes + k, "big")


def tree(c, models, x, n):
    node = 1
    for i in reversed(range(n)):
        c.put(models.setdefault(node, [0, 0]), x >> i & 1)
        node = node << 1 | (x >> i & 1)


def head(c, form, groups, d):
    c.plain(form, 2)
    c.count(d)
    c.count(len(groups))
    for n, scale in groups:
        c.count(n)
        c.half(scale)


def whole(numbers):
    c, models = Coder(), {}
    c.plain(0, 2)
    c.count(len(numbers))
    for x in numbers:
        bits = struct.unpack("<I", struct.pack("<f", x))[0]
        c.plain(bits >> 31, 1)
        tree(c, models, bits >> 23 & 255, 8)
        c.plain(bits & (1 << 23) - 1, 23)
    return c.end()


def uniform(groups, symbols):
    c, longer, trees = Coder(), {}, {}
    head(c, 1, groups, len(symbols))
    for k in symbols:
        size = abs(k)
        n = size.bit_length()
        for i in range(n):
            c.put(longer.setdefault(i, [0, 0]), 1)
        c.put(longer.setdefault(n, [0, 0]), 0)
        if not n:
            continue
        rest = max(0, n - 1 - 6)
        low = size & (1 << n - 1) - 1
        tree(c, trees.setdefault(n, {}), low >> rest, n - 1 - rest)
        c.plain(low & (1 << rest) - 1, rest)
        c.plain(k < 0, 1)
    return c.end()


def means(groups, levels, symbols):
    c, models = Coder(), {}
    head(c, 2, groups, len(symbols))
    c.count(len(levels))
    for x in levels:
        c.half(x)
    depth = (len(levels) - 1).bit_length()
    for k in symbols:
        node = 1
        for i in reversed(range(depth)):
            bit = k >> i & 1
            if ((k >> i + 1) << 1 | 1) << i < len(levels):
                c.put(models.setdefault(node, [0, 0]), bit)
            node = node << 1 | bit
    return c.end()


print("whole  ", whole([0.5, -1.25, 3e-9, 0.5]).hex())
print("uniform", uniform([(1, 0.5), (5, 0.25)], [0, -3, 700, 1, 0, 0]).hex())
print("means  ", means([(3, 2.0)], [-1.0, 0.5, 1.0], [2, 0, 1]).hex())
# 40 ones and then 40 zeros of one level model: carries and halves of the interval
print("long   ", means([(80, 1.0)], [0.0, 1.0], [1] * 40 + [0] * 40).hex())
