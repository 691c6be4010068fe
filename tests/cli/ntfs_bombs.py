"""ntfs_bombs.py FILE: an NTFS volume of 512 KiB whose files say that they hold
exabytes: holes, compression units, WOF, a long $ATTRIBUTE_LIST."""
import struct, sys
from ntfs_image import *

def lznt1():
    """16 chunks of 4 KiB zeros, in one cluster."""
    chunk = b'\x02\0' + struct.pack('<H', 4092)
    return (struct.pack('<H', 0xb000 | len(chunk) - 1) + chunk) * 16

E = 1 << 60
M = E // CLUSTER
hive = bytearray(4096)
hive[0:4] = b'regf'
struct.pack_into('<IIQIIIIIII', hive, 4, 1, 1, 0x01d60000 << 32, 1, 5, 0, 1,
                 32, 0x7ffff000, 1)
x = 0
for i in range(127):
    x ^= struct.unpack_from('<I', hive, 4 * i)[0]
struct.pack_into('<I', hive, 508, x)
base = store(hive)
unit = store(lznt1())
# chunk tables: offsets that only grow by one, and beyond all there is
table = store(struct.pack('<1024I', *range(1, 1025)))
wild = store(b'\xff' * 4096)

folder(5, 5, '.', [('Windows', 10), ('hole.bin', 20), ('packed.bin', 21),
                   ('units.bin', 22), ('list.bin', 24), ('wof', 13)])
folder(10, 5, 'Windows', [('System32', 11)])
folder(11, 10, 'System32', [('config', 12)])
folder(12, 11, 'config', [('SYSTEM', 16), ('SOFTWARE', 17), ('SAM', 18),
                          ('SYSTEM.LOG1', 19)])
folder(13, 5, 'wof', [('holes.bin', 26), ('wild.bin', 27), ('tight.bin', 28),
                      ('tiny.bin', 29)])
# hives: a base block and a hole; compressed; all of it WOF's
file(16, 12, 'SYSTEM', mapped(0x80, [(1, base), (M, None)], E, flags=0x8000))
file(17, 12, 'SOFTWARE', mapped(0x80, [(1, unit), (M - 1, None)], E,
                                flags=0x8001, unit=4))
file(18, 12, 'SAM', mapped(0x80, [(M, None)], E, flags=0x8000), wof(1),
     mapped(0x80, [(1, table), (M // 8, None)], E // 8,
            name='WofCompressedData', flags=0x8000))
file(19, 12, 'SYSTEM.LOG1', mapped(0x80, [(1, base), (M, None)], E,
                                   flags=0x8000))
file(20, 5, 'hole.bin', mapped(0x80, [((1 << 50) - 1, None)],
                               (1 << 62) - CLUSTER, flags=0x8000))
file(21, 5, 'packed.bin', mapped(0x80, [(M, None)], E, flags=1, unit=4))
# the same cluster 160 times: 10 MiB of units
many = [(1, unit), (15, None)] * 60
file(22, 5, 'units.bin', mapped(0x80, many, 60 * 65536, flags=1, unit=4))
# an $ATTRIBUTE_LIST of 2^40 bytes
file(24, 5, 'list.bin', mapped(0x20, [(1, wild), (1 << 28, None)], 1 << 40),
     attr(0x80, b'list'))
for n, name, alg, raw, size, content in (
        (26, 'holes.bin', 0, [(M // 4, None)], E // 4, E // 2),
        (27, 'wild.bin', 1, [(1, wild)], 4096, 1 << 20),
        (28, 'tight.bin', 3, [(1, table)], 4096, 1 << 22),
        (29, 'tiny.bin', 2, [(1, wild)], 1, E // 2)):
    file(n, 13, name, mapped(0x80, [(M, None)], content, flags=0x8000),
         wof(alg), mapped(0x80, raw, size, name='WofCompressedData',
                          flags=0x8000 if raw[0][1] is None else 0))
finish(sys.argv[1], 'bombs')
