"""Files that WOF keeps (CompactOS): libwim compresses the chunks, ntfs-3g
writes stream, hole and reparse point, hivelift reads them back."""
import contextlib
import ctypes
import json
import os
import random
import struct
import sys
import time

from common import HIVELIFT, ReadAll, Tally, need, run, scratch, tool

MIB = 1 << 20
XPRESS, LZX = 1, 2
# by the number in the reparse point: name, libwim's type, chunk
ALGORITHMS = (('xpress4k', XPRESS, 4096), ('lzx', LZX, 32768),
              ('xpress8k', XPRESS, 8192), ('xpress16k', XPRESS, 16384))


class Wim:
    """libwim's compressor, one chunk at a time."""

    def __init__(self):
        self.lib = ctypes.CDLL('libwim.so.15')
        self.lib.wimlib_compress.restype = ctypes.c_size_t
        self.lib.wimlib_compress.argtypes = (
            ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p,
            ctypes.c_size_t, ctypes.c_void_p)
        self.made = {}

    def compressor(self, kind, chunk):
        if (kind, chunk) not in self.made:
            p = ctypes.c_void_p()
            if self.lib.wimlib_create_compressor(
                    kind, ctypes.c_size_t(chunk), 50, ctypes.byref(p)):
                raise RuntimeError('libwim: no compressor')
            self.made[kind, chunk] = p
        return self.made[kind, chunk]

    def chunk(self, data, kind, chunk):
        """Stored as it is when it does not get smaller."""
        room = ctypes.create_string_buffer(len(data))
        n = self.lib.wimlib_compress(data, len(data), room, len(data) - 1,
                                     self.compressor(kind, chunk))
        return room.raw[:n] if n else data

    def stream(self, data, algorithm):
        """The whole stream: places of all chunks but the first, chunks."""
        _, kind, size = ALGORITHMS[algorithm]
        chunks = [self.chunk(data[i:i + size], kind, size)
                  for i in range(0, len(data), size)]
        places, at = b'', 0
        for c in chunks[:-1]:
            at += len(c)
            places += struct.pack('<I', at)
        return places + b''.join(chunks), chunks


def reparse(provider, algorithm):
    return struct.pack('<IHHIIII', 0x80000017, 16, 0, 1, provider, 1,
                       algorithm)


def text(r, n):
    words = [b'hive ', b'registry', b'\\ControlSet001\\', b'\r\n', b' = ',
             b'\0\0\0\0', b'Windows', r.randbytes(5)]
    return b''.join(r.choice(words) for _ in range(n // 3 + 1))[:n]


def code(r, n):
    """Bytes with many calls, near and far, forward and back."""
    out = bytearray()
    while len(out) < n:
        if r.random() < 0.2:
            to = r.choice((r.randrange(-len(out) - 9, 1 << 16),
                           r.randrange(1 << 15), r.randrange(1 << 31)))
            out += b'\xe8' + struct.pack('<i', to)
        else:
            out += r.choice((b'\x55\x8b\xec', b'\xff\x74\x24\x0c', b'\xc3'))
    return bytes(out[:n])


def mixed(r, n):
    """Chunks that get smaller beside chunks that do not."""
    out = b''
    while len(out) < n:
        out += r.choice((text, code, lambda r, n: r.randbytes(n),
                         lambda r, n: bytes(n)))(r, 40_000)
    return out[:n]


def contents(r, chunk):
    sizes = {0, 1, 2, 300, 4095, 4096, 4097, chunk - 1, chunk, chunk + 1,
             3 * chunk, 3 * chunk + 1, 10 * chunk - 1}
    for n in sorted(sizes):
        yield f'text-{n}', text(r, n)
    for n in (chunk, chunk + 1, 4 * chunk + 17):
        yield f'random-{n}', r.randbytes(n)
    yield 'text-1M', text(r, MIB)
    yield 'random-1M', r.randbytes(MIB)
    yield 'code-1M', code(r, MIB)
    yield 'mixed-1M', mixed(r, MIB + 12_345)
    yield 'zeros-1M', bytes(MIB)


def plant(path, size, stored, point):
    """The reparse point last: then ntfs-3g no longer opens the file."""
    with open(path, 'wb'):
        pass
    if stored is not None:
        with open(path + ':WofCompressedData', 'wb') as f:
            f.write(stored)
    os.truncate(path, size)
    os.setxattr(path, 'system.ntfs_reparse_data', point)


@contextlib.contextmanager
def mounted(image, tmp):
    point = os.path.join(tmp, 'mnt')
    os.makedirs(point, exist_ok=True)
    tool('ntfs-3g', '-o', 'streams_interface=windows,big_writes', image,
         point)
    try:
        yield point
    finally:
        for _ in range(50):
            if run('umount', point)[0] == 0:
                break
            time.sleep(0.2)


def write_volume(image, tmp, wim):
    """Returns path -> (content, stored stream, its chunks)."""
    made = {}
    r = random.Random(2026)
    tool('truncate', '-s', '120M', image)
    tool('mkntfs', '-F', '-q', '-Q', '-p', '0', '-H', '0', '-S', '0', image)
    with mounted(image, tmp) as top:
        for number, (name, _, chunk) in enumerate(ALGORITHMS):
            os.mkdir(os.path.join(top, name))
            for what, data in contents(r, chunk):
                path = f'{name}/{what}'
                stored, chunks = wim.stream(data, number)
                plant(os.path.join(top, path), len(data), stored,
                      reparse(2, number))
                made[path] = data, stored, chunks
        os.mkdir(os.path.join(top, 'odd'))
        stored = made['lzx/text-4096'][1]
        plant(os.path.join(top, 'odd/in-a-wim'), 4096, None, reparse(1, 0))
        plant(os.path.join(top, 'odd/new'), 4096, stored, reparse(2, 4))
        plant(os.path.join(top, 'odd/gone'), 4096, None, reparse(2, 1))
        with open(os.path.join(top, 'odd/secret-of-efs'), 'wb') as f:
            f.write(r.randbytes(10_000))
        with open(os.path.join(top, 'odd/secret-of-efs'), 'rb') as f:
            made['efs'] = f.read()
    return made


def cat(image, path, *more):
    return run(HIVELIFT, 'cat', '-q', *more, image, path)


def read_back(tally, image, made):
    for path, entry in made.items():
        if path == 'efs':
            continue
        data, stored, _ = entry
        status, out, err = cat(image, path)
        tally.equal((status, len(out), out == data), (0, len(data), True),
                    f'cat {path}; {err[-200:]}')
        status, out, err = cat(image, path, '--raw')
        tally.equal((status, out == stored), (0, True),
                    f'cat --raw {path}; {err[-200:]}')
    for path in ('lzx/code-1M', 'xpress4k/mixed-1M', 'xpress8k/text-1'):
        for more in ((), ('--raw',)):
            status, out, _ = cat(image, path + ':WofCompressedData', *more)
            tally.equal((status, out == made[path][1]), (0, True),
                        f'cat {path}:WofCompressedData')


def stat_runs(image, path):
    out = tool(HIVELIFT, 'stat', '--json', image, path)
    lines = [json.loads(line) for line in out.splitlines()]
    return [r for line in lines for s in line.get('streams', [])
            if not s['name'] for r in s.get('runs', [])]


def lift(tally, image, made, tmp):
    """extract, with the place of each chunk in its manifest."""
    out = os.path.join(tmp, 'out')
    status, _, err = run(HIVELIFT, 'extract', '-q', image, '-o', out,
                         *(f'/{a[0]}' for a in ALGORITHMS))
    tally.equal(status, 0, f'extract; {err[-300:]}')
    with open(os.path.join(out, 'manifest.json'), 'rb') as f:
        files = {e['path']: e for e in json.load(f)['files']}
    with open(image, 'rb') as disk:
        for path, entry in made.items():
            e = files.get('/' + path)
            if path == 'efs' or not tally.check(e, f'{path} is in the manifest'):
                continue
            data, _, chunks = entry
            with open(os.path.join(out, e['output']), 'rb') as f:
                tally.check(f.read() == data, f'extract {path}')
            leads_to(tally, disk, path, e['runs'], chunks)


def leads_to(tally, disk, path, runs, chunks):
    """The volume is new, so what is stored lies in one piece: the runs, put
    together, are the chunks.  Stored chunks beside each other are one run."""
    if any(r['what'] == 'resident' for r in runs):
        return
    lifted = b''
    for r in runs:
        disk.seek(r['offset'])
        lifted += disk.read(r['stored_length'])
    tally.check(lifted == b''.join(chunks), f'{path}: runs lead to chunks')


def broken_chunk(tally, image, made):
    path, number = 'lzx/text-1M', 7
    data, _, chunks = made[path]
    with open(image, 'r+b') as f:
        at = f.read().index(chunks[number])
        f.seek(at)
        f.write(bytes(64))
        f.flush()
        status, out, err = cat(image, path)
        f.seek(at)
        f.write(chunks[number][:64])
    lo, hi = number * 32768, (number + 1) * 32768
    tally.equal(status, 2, 'a broken chunk: status')
    tally.check(out == data[:lo] + bytes(hi - lo) + data[hi:],
                'a broken chunk costs its own bytes and no others')
    tally.check(b'32768 bytes' in err, f'a broken chunk is said: {err}')


def refused(tally, image):
    for path, word in (('odd/in-a-wim', b'WIM'), ('odd/new', b'algorithm 4'),
                       ('odd/gone', b'WofCompressedData is gone')):
        status, out, err = cat(image, path)
        tally.equal((status, out), (1, b''), f'cat {path}')
        tally.check(word in err, f'{path}: why: {err}')


def encrypt(image, name):
    """Set the flag of EFS in the one $DATA of that file's record."""
    with open(image, 'r+b') as f:
        disk = f.read()
        at = disk.index(name.encode('utf-16le'))
        # its name stands in the folder's record too
        while disk[at & ~1023:(at & ~1023) + 4] != b'FILE' or \
                disk[(at & ~1023) + 0x16] != 1:
            at = disk.index(name.encode('utf-16le'), at + 1)
        record = at & ~1023
        a = record + struct.unpack_from('<H', disk, record + 0x14)[0]
        while disk[a:a + 4] != b'\x80\0\0\0':
            step = struct.unpack_from('<I', disk, a + 4)[0]
            if step == 0 or disk[a:a + 4] == b'\xff\xff\xff\xff':
                raise RuntimeError(f'{name}: no $DATA')
            a += step
        f.seek(a + 0x0c)
        f.write(struct.pack('<H', 0x4000))


def efs(tally, image, data):
    encrypt(image, 'secret-of-efs')
    status, out, err = cat(image, 'odd/secret-of-efs')
    tally.equal((status, out), (1, b''), 'cat of an encrypted file')
    tally.check(b'encrypted (EFS)' in err, f'EFS is named: {err}')
    status, out, err = cat(image, 'odd/secret-of-efs', '--raw')
    tally.equal((status, len(out), out[:len(data)] == data),
                (0, -(-len(data) // 512) * 512, True),
                f'cat --raw of an encrypted file; {err}')
    tally.equal({r['what'] for r in stat_runs(image, 'odd/secret-of-efs')},
                {'encrypted'}, 'stat of an encrypted file')


def main():
    tally = Tally('wof')
    try:
        wim = Wim()
    except OSError:
        tally.skip('no libwim here')
        tally.done()
    if not need(tally, 'mkntfs', 'ntfs-3g'):
        tally.done()
    if os.geteuid() != 0 or not os.path.exists('/dev/fuse'):
        tally.skip('no root or no FUSE: volumes written by ntfs-3g')
        tally.done()
    with scratch('wof') as tmp:
        image = os.path.join(tmp, 'image')
        made = write_volume(image, tmp, wim)
        read_back(tally, image, made)
        lift(tally, image, made, tmp)
        broken_chunk(tally, image, made)
        refused(tally, image)
        efs(tally, image, made['efs'])
    tally.done()


main()
