"""ntfs_image.py: a small NTFS volume, attribute by attribute.

	cluster 0     boot sector, its copy in the last sector
	cluster 2     $MFTMirr
	cluster 4     $MFT, 64 records
	from 40 on    content
"""
import struct

CLUSTER, CLUSTERS, MFT = 4096, 128, 4
vol = bytearray(CLUSTER * CLUSTERS)
at = [40]
FOLDER = 0x10000000

def pad8(b):
    return b + bytes(-len(b) % 8)

def attr(kind, body, name='', ident=0):
    n = name.encode('utf-16-le', 'surrogatepass')
    off = (24 + len(n) + 7) // 8 * 8
    h = struct.pack('<IIBBHHHIHBB', kind, 0, 0, len(n) // 2, 24, 0, ident,
                    len(body), off, 0, 0)
    b = pad8((h + n).ljust(off, b'\0') + body)
    return b[:4] + struct.pack('<I', len(b)) + b[8:]

def number(v):
    n = 1
    while not -(1 << 8 * n - 1) <= v < 1 << 8 * n - 1:
        n += 1
    return v.to_bytes(n, 'little', signed=True)

def runs(list_):
    """(clusters, lcn or None)"""
    b, last = b'', 0
    for n, lcn in list_:
        length = number(n)
        if lcn is None:
            b += bytes([len(length)]) + length
            continue
        off = number(lcn - last)
        last = lcn
        b += bytes([len(off) << 4 | len(length)]) + length + off
    return b + b'\0'

def mapped(kind, list_, size, name='', flags=0, unit=0, valid=None, first=0,
           ident=0):
    n = name.encode('utf-16-le', 'surrogatepass')
    head = 72 if unit else 64
    off = (head + len(n) + 7) // 8 * 8
    total = sum(r[0] for r in list_)
    h = struct.pack('<IIBBHHHQQHHIQQQ', kind, 0, 1, len(n) // 2, head, flags,
                    ident, first, first + total - 1, off, unit, 0,
                    total * CLUSTER & (1 << 63) - 1, size,
                    size if valid is None else valid)
    if unit:
        h += struct.pack('<Q', CLUSTER)
    b = pad8((h + n).ljust(off, b'\0') + runs(list_))
    return b[:4] + struct.pack('<I', len(b)) + b[8:]

def protect(p, usa, first):
    n = len(p) // 512
    struct.pack_into('<HH', p, 4, usa, n + 1)
    struct.pack_into('<H', p, usa, 1)
    for i in range(n):
        p[usa + 2 + 2 * i:usa + 4 + 2 * i] = p[512 * i + 510:512 * i + 512]
        struct.pack_into('<H', p, 512 * i + 510, 1)

def record(n, attrs, flags=1, base=0):
    r = bytearray(1024)
    r[0:4] = b'FILE'
    body = b''.join(attrs) + b'\xff\xff\xff\xff' + bytes(4)
    struct.pack_into('<QHHHHIIQHHI', r, 8, 0, 1 if n != 5 else 5, 1, 0x38,
                     flags, 0x38 + len(body), 1024, base, 9, 0, n)
    assert len(body) <= 1024 - 0x38, (n, len(body))
    r[0x38:0x38 + len(body)] = body
    protect(r, 0x30, 1)
    off = MFT * CLUSTER + n * 1024
    vol[off:off + 1024] = r

def file_name(parent, name, size=0, flags=0):
    n = name.encode('utf-16-le', 'surrogatepass')
    seq = 5 if parent == 5 else 1
    t = (0x01d60000 << 32,) * 4
    return struct.pack('<QQQQQQQIIBB', seq << 48 | parent, *t, 0, size,
                       flags, 0, len(n) // 2, 3) + n

def info():
    return attr(0x10, struct.pack('<QQQQ', *(0x01d60000 << 32,) * 4) +
                bytes(16))

def entry(n, key, last=False):
    b = pad8(struct.pack('<QHHHH', (5 if n == 5 else 1) << 48 | n if key
                         else 0, 0, len(key), 2 if last else 0, 0) + key)
    return b[:8] + struct.pack('<H', len(b)) + b[10:]

def folder(n, parent, name, children):
    e = b''.join(entry(k, file_name(n, f, 0, FOLDER * (k < 16))) for f, k in
                 sorted(children, key=lambda c: c[0].upper())) + \
        entry(0, b'', True)
    root = struct.pack('<IIIBxxx', 0x30, 1, 4096, 1) + \
        struct.pack('<IIIBxxx', 16, 16 + len(e), 16 + len(e), 0) + e
    record(n, [info(), attr(0x30, file_name(parent, name, 0, FOLDER)),
               attr(0x90, root, '$I30')], 3)

def file(n, parent, name, *attrs):
    record(n, [info(), attr(0x30, file_name(parent, name))] + list(attrs))

def store(data):
    lcn = at[0]
    vol[lcn * CLUSTER:lcn * CLUSTER + len(data)] = data
    at[0] += (len(data) + CLUSTER - 1) // CLUSTER
    assert at[0] < CLUSTERS
    return lcn

def wof(algorithm):
    return attr(0xc0, struct.pack('<IHHIIII', 0x80000017, 16, 0, 1, 2, 1,
                                  algorithm))

def finish(path, label):
    record(0, [info(), attr(0x30, file_name(5, '$MFT')),
               mapped(0x80, [(16, MFT)], 64 * 1024)])
    record(3, [info(), attr(0x30, file_name(5, '$Volume')),
               attr(0x60, label.encode('utf-16-le', 'surrogatepass')),
               attr(0x70, bytes(8) + b'\3\1\0\0')])
    vol[2 * CLUSTER:3 * CLUSTER] = vol[MFT * CLUSTER:(MFT + 1) * CLUSTER]
    b = bytearray(512)
    b[3:11] = b'NTFS    '
    struct.pack_into('<H', b, 11, 512)
    b[13] = 8
    struct.pack_into('<QQQ', b, 0x28, len(vol) // 512 - 1, MFT, 2)
    b[0x40], b[0x44] = 0xf6, 1
    struct.pack_into('<Q', b, 0x48, 0x1234567812345678)
    b[510:512] = b'\x55\xaa'
    vol[0:512] = b
    vol[-512:] = b
    open(path, 'wb').write(vol)
