#!/usr/bin/env python3
"""vssmake.py OUT LIVE OLDER...: an NTFS volume with shadow copies.

LIVE is the volume as it is, each OLDER (newest first) as it was; what one
state has otherwise than the next goes into a store, by the published
description of the format, block by block; in the oldest store sector by
sector, as an overlay, where little differs (a copy older than an overlay does
not see it).  No code of the project is used; vshadowmount has to
show each OLDER again, which the tests ask for.

--at BYTES says where the catalogue and the stores go: free in all states."""
import struct
import sys

BLOCK = 0x4000
GUID = bytes.fromhex('6b87083876c1484eb7ae04046e6cc752')
TIME = 0x01d51b2f3f305966


def head(kind, at, after=0, relative=0, info=0):
    return (GUID + struct.pack('<LLQQQQ', 1, kind, relative, at, after, info)
            ).ljust(128, b'\0')


class Writer:
    def __init__(self, live, at):
        self.image, self.at, self.first = bytearray(live), at, at

    def take(self):
        at = self.at
        assert not any(self.image[at:at + BLOCK]), 'not free'
        self.at += BLOCK
        return at

    def put(self, at, data):
        self.image[at:at + len(data)] = data

    def chain(self, kind, bodies):
        """Blocks of one kind, one after the other; where the first is."""
        places = [self.take() for _ in bodies]
        for place, body, after in zip(places, bodies, places[1:] + [0]):
            self.put(place, head(kind, place, after, place - places[0]) +
                     body)
        return places[0]


def sectors(a, b):
    return [i for i in range(0, BLOCK, 512) if a[i:i + 512] != b[i:i + 512]]


def store(w, old, new, skip, overlays):
    """The store of one copy: offsets of header, list, ranges and bitmap."""
    lines = []
    place = w.take()
    for at in range(0, len(old), BLOCK):
        a, b = old[at:at + BLOCK], new[at:at + BLOCK]
        if a == b or at in skip:
            continue
        data = w.take()
        w.put(data, a)
        differ = sectors(a, b)
        if overlays and len(differ) <= 4 and len(a) == BLOCK:
            # the others of an overlay are nobody's: they must not be read
            for i in range(0, BLOCK, 512):
                if i not in differ:
                    w.put(data + i, b'\xee' * 512)
            bits = sum(1 << i // 512 for i in differ)
            lines.append(struct.pack('<QQQLL', at, 1, data, 2, bits))
        else:
            lines.append(struct.pack('<QQQLL', at, data - place, data, 0, 0))
    per = (BLOCK - 128) // 32
    parts = [b''.join(lines[i:i + per])
             for i in range(0, max(1, len(lines)), per)]
    block_list = w.chain(3, parts)
    size = len(old) // BLOCK // 8 + 1
    bitmap = w.chain(6, [bytes(min(size - i, BLOCK - 128))
                         for i in range(0, size, BLOCK - 128)])
    ranges = w.chain(5, [struct.pack('<QQQ', place, 0, w.at - place)])
    return place, block_list, ranges, bitmap, len(lines)


def build(states, at):
    """states: the oldest first, the live one last."""
    w = Writer(states[-1], at)
    catalogue = [w.take() for _ in range(2)]
    entries = []
    for k, (old, new) in enumerate(zip(states, states[1:]), 1):
        guid = bytes([k]) * 16
        place, lines, ranges, bitmap, _ = store(w, old, new, {0}, k == 1)
        info = bytes(16) + bytes([0xc0 + k]) * 16 + bytes([0xe0]) * 16 + \
            struct.pack('<LLLLHH', 13, 1, 0x42000d, 0, 0, 0)
        w.put(place, head(4, place, info=len(info)) + info)
        entries.append(struct.pack('<QQ16sQQQ', 2, len(old), guid, k, 0x40,
                                   TIME + k * 36000000000))
        entries.append(struct.pack('<QQ16sQQQQQQQ', 3, lines, guid, place,
                                   ranges, bitmap, 0, w.at - place, 0, 0))
    body = b''.join(e.ljust(128, b'\0') for e in entries)
    w.put(catalogue[0], head(2, catalogue[0], catalogue[1]) + body)
    w.put(catalogue[1], head(2, catalogue[1], 0, BLOCK))
    w.put(0x1e00, GUID + struct.pack('<LLQQQQQ', 1, 1, 0x1e00, 0x1e00, 0,
                                     catalogue[0], 0) + b'\x11' * 32)
    return bytes(w.image)


def main():
    args = sys.argv[1:]
    at = 0
    if args[0] == '--at':
        at, args = int(args[1], 0), args[2:]
    states = [open(name, 'rb').read() for name in reversed(args[1:])]
    with open(args[0], 'wb') as f:
        f.write(build(states, at))


if __name__ == '__main__':
    main()
