"""hostile.py DIR TESTDATA: images in which every text wants to do something to
a terminal.  hostile.py --look|--names FILE...: what does it hold that could?"""
import struct, sys, unicodedata, zlib
from ntfs_image import *

# clear the screen, CSI in one, a bell, a line of its own, text turned round,
# an isolate, an invisible mark, a tag
EVIL = '\x1b[2J\x9b31m\x07\r\n\u202ecod\u2066\u200b\u00ad\U000e0041'

# seen by nobody, but they move nothing: names of files keep them
INVISIBLE = {0xad, 0x200b} | set(range(0xe0000, 0xe0080))

def look(path, allowed=frozenset()):
    """Everything but text and ends of lines."""
    bad = []
    raw = open(path, 'rb').read()
    for n, line in enumerate(raw.split(b'\n'), 1):
        try:
            text = line.decode('utf-8')
        except UnicodeDecodeError as e:
            bad.append((n, str(e)))
            continue
        for c in text:
            if unicodedata.category(c) in ('Cc', 'Cf', 'Zl', 'Zp', 'Cs') and \
               ord(c) not in allowed:
                bad.append((n, 'U+%04X' % ord(c)))
    for n, what in bad[:5]:
        print('%s:%d: %s' % (path, n, what))
    return not bad

def hive(name):
    h = bytearray(8192)
    h[0:4] = b'regf'
    struct.pack_into('<IIQIIIIIII', h, 4, 2, 1, 0x01d60000 << 32, 1, 5, 0, 1,
                     32, 4096, 1)
    n = name.encode('utf-16-le')[:60]
    h[48:48 + len(n)] = n
    x = 0
    for i in range(127):
        x ^= struct.unpack_from('<I', h, 4 * i)[0]
    struct.pack_into('<I', h, 508, x)
    h[4096:4100] = b'hbin'
    struct.pack_into('<III', h, 4100, 0, 4096, 0)
    struct.pack_into('<i', h, 4128, -96)
    h[4132:4134] = b'nk'
    struct.pack_into('<H', h, 4134, 0x2c)
    struct.pack_into('<I', h, 4132 + 0x10, 0xffffffff)
    key = name.encode('utf-8')[:10]
    struct.pack_into('<H', h, 4132 + 0x48, len(key))
    h[4132 + 0x4c:4132 + 0x4c + len(key)] = key
    struct.pack_into('<i', h, 4128 + 96, 4064 - 96)
    return bytes(h)

def link(n, parent, name, target):
    t = target.encode('utf-16-le')
    d = struct.pack('<HHHHI', 0, len(t), len(t), len(t), 0) + t + t
    record(n, [info(), attr(0x30, file_name(parent, name)), attr(0x80, b''),
               attr(0xc0, struct.pack('<IHH', 0xa000000c, len(d), 0) + d)])

def ntfs(path):
    a = store(hive(EVIL))
    names = [EVIL + 'a', '..', 'CON', 'a.', 'a/b', 'Case', 'cASE',
             'twin', 'twin', '\ud800half', 'L' * 120, ' ']
    inner = [(n, 32 + i) for i, n in enumerate(names)]
    folder(5, 5, '.', [('Users', 10), (EVIL, 12), (EVIL + 'link', 30)])
    folder(10, 5, 'Users', [(EVIL + 'u', 11)])
    folder(11, 10, EVIL + 'u', [('NTUSER.DAT', 16)])
    # a name is 255 units at most, a record 1024 bytes: three in the index,
    # the others by their records alone
    folder(12, 5, EVIL, inner[:3])
    file(16, 11, 'NTUSER.DAT', mapped(0x80, [(2, a)], 8192))
    link(30, 5, EVIL + 'link', EVIL)
    for n, i in inner:
        file(i, 12, n, attr(0x80, n.encode('utf-8', 'replace')),
             attr(0x80, b'stream', 's' + EVIL))
    # gone, and its folder too
    record(50, [info(), attr(0x30, file_name(60, EVIL + 'gone')),
                attr(0x80, hive(EVIL)[:300])], 0)
    finish(path, EVIL)

def gpt(path, volume):
    sectors = 2048 + len(volume) // 512 + 2048
    d = bytearray(sectors * 512)
    struct.pack_into('<BBBBBBBBII', d, 446, 0, 0, 2, 0, 0xee, 255, 255, 255,
                     1, sectors - 1)
    d[510:512] = b'\x55\xaa'
    e = bytearray(128 * 128)
    e[0:16] = bytes.fromhex('a2a0d0ebe5b9334487c068b6b72699c7')
    e[16:32] = bytes(range(16))
    struct.pack_into('<QQQ', e, 32, 2048, 2048 + len(volume) // 512 - 1, 0)
    n = EVIL.encode('utf-16-le')
    e[56:56 + len(n)] = n
    for at, other, array in (1, sectors - 1, 2), (sectors - 1, 1,
                                                  sectors - 33):
        h = bytearray(92)
        h[0:8] = b'EFI PART'
        struct.pack_into('<IIIIQQQQ', h, 8, 0x10000, 92, 0, 0, at, other, 34,
                         sectors - 34)
        h[56:72] = bytes(range(16))
        struct.pack_into('<QIII', h, 72, array, 128, 128, zlib.crc32(e))
        struct.pack_into('<I', h, 16, zlib.crc32(h))
        d[at * 512:at * 512 + 92] = h
        d[array * 512:array * 512 + len(e)] = e
    d[2048 * 512:2048 * 512 + len(volume)] = volume
    open(path, 'wb').write(d)

def fat(path):
    d = bytearray(2880 * 512)
    d[0:62] = (b'\xeb\x3c\x90\x1b[2J\x07\r\n\x9b' +
               struct.pack('<HBHBHHBHHHIIBBBI', 512, 1, 1, 2, 224, 2880,
                           0xf0, 9, 18, 2, 0, 0, 0, 0, 0x29, 1) +
               b'\x1b[2J\x07\r\n\x9b\x7f\x1b \x1b[2J\x07   ')
    d[510:512] = b'\x55\xaa'
    for f in 512, 10 * 512:
        d[f:f + 6] = b'\xf0\xff\xff\xff\xff\xff'
    d[19 * 512:19 * 512 + 12] = b'\x1b[2J\x07\r\n\x9b\x7f  \x08'
    d[19 * 512 + 32:19 * 512 + 64] = (b'\x1b[2J\x07\r\n\x1bXX \x20' +
                                      bytes(14) + struct.pack('<HI', 2, 5))
    open(path, 'wb').write(d)

def ldm(path, testdata):
    s = open(testdata + '/fuzz/ldm/every-layout', 'rb').read()
    for name in b'Group', b'Simple', b'Stripe', b'Mirror', b'Disk1', b'Raid':
        s = s.replace(name, b'\x1b[2\x07\x9b\r'[:len(name)])
    d = bytearray(8192 * 512)
    struct.pack_into('<II', d, 0x1be + 8, 63, 4096)
    d[0x1c2] = 0x42
    d[510:512] = b'\x55\xaa'
    db = 8192 - 2048
    head, toc = bytearray(s[:512]), bytearray(s[512:1024])
    struct.pack_into('>Q', head, 0x12b, db)
    for p, magic in (head, b'PRIVHEAD'), (toc, b'TOCBLOCK'):
        p[0:8] = magic
        p[8:12] = bytes(4)
        struct.pack_into('>I', p, 8, sum(p))
    d[6 * 512:7 * 512] = head
    d[(db + 1) * 512:(db + 2) * 512] = toc
    d[(db + 17) * 512:(db + 17) * 512 + len(s) - 1024] = s[1024:]
    open(path, 'wb').write(d)

def bde(path, testdata):
    m = bytearray(open(testdata + '/fuzz/bde/good-clear-key', 'rb').read()[1:])
    text = 'MADE C: 2020-01-02'
    i = bytes(m).index(text.encode('utf-16-le'))
    m[i:i + 2 * len(text)] = EVIL[:17].ljust(len(text), '\u202e').encode(
        'utf-16-le')[:2 * len(text)]
    i = bytes(m).index('made'.encode('utf-16-le'))
    m[i:i + 8] = '\x1b[\u202e\x9b'.encode('utf-16-le')
    n = struct.unpack_from('<H', m, 8)[0] * (16 if m[10] == 2 else 1)
    struct.pack_into('<I', m, n + 4, zlib.crc32(m[:n]))
    d = bytearray(256 << 10)
    struct.pack_into('<HB', d, 11, 512, 1)
    d[3:11] = b'-FVE-FS-'
    d[0xa0:0xb0] = bytes.fromhex('3bd66749292ed84a8399f6a339e3d001')
    for i, at in enumerate((0x4000, 0x14000, 0x28000)):
        struct.pack_into('<Q', d, 0xb0 + 8 * i, at)
        d[at:at + len(m)] = m
    open(path, 'wb').write(d)

def vmdk(path):
    open(path, 'wb').write(
        b'# Disk DescriptorFile\nversion=1\nCID=fffffffe\n'
        b'parentCID=12345678\nparentFileNameHint="\x1b[2J\x9b\xe2\x80\xae"\n'
        b'createType="monolithicFlat\x1b[2J"\n'
        b'RW 8 FLAT "\x1b[2J\xe2\x80\xae.vmdk" 0\n')

def carved(path):
    open(path, 'wb').write(bytes(65536) + hive(EVIL) + bytes(65536))

if sys.argv[1] == '--look':
    sys.exit(not all([look(f) for f in sys.argv[2:]]))
if sys.argv[1] == '--names':
    sys.exit(not all([look(f, INVISIBLE) for f in sys.argv[2:]]))
d, testdata = sys.argv[1:]
ntfs(d + '/ntfs')
gpt(d + '/gpt', open(d + '/ntfs', 'rb').read())
fat(d + '/fat')
ldm(d + '/ldm', testdata)
bde(d + '/bde', testdata)
vmdk(d + '/vmdk')
carved(d + '/raw')
