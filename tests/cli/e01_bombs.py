"""e01_bombs.py DIR HIVELIFT MIB: hostile E01 files of about 22 KB; for each
the peak of memory, which libewf lets grow to 264 MB."""
import os, resource, struct, subprocess, sys, zlib

def section(name, body, at):
    end = at + 76 + len(body)
    d = name.ljust(16, b'\0') + struct.pack('<QQ', end, 76 + len(body))
    d += bytes(40)
    return d + struct.pack('<I', zlib.adler32(d)) + body

def volume(chunks, spc, bps, sectors):
    b = struct.pack('<IIIIQ', 1, chunks, spc, bps, sectors)
    b += bytes(1048 - len(b))
    return b + struct.pack('<I', zlib.adler32(b))

def table(entries, n=None, base=0):
    h = struct.pack('<IIQI', len(entries) if n is None else n, 0, base, 0)
    e = b''.join(struct.pack('<I', x) for x in entries)
    return h + struct.pack('<I', zlib.adler32(h)) + e + struct.pack('<I', zlib.adler32(e))

def image(path, vol, sectors, make):
    b = b'EVF\x09\x0d\x0a\xff\0\x01' + struct.pack('<HH', 1, 0)
    b += section(b'volume', volume(*vol), len(b))
    first = len(b) + 76
    b += section(b'sectors', sectors, len(b))
    for t in make(first):
        b += section(b'table', t, len(b))
        b += section(b'table2', t, len(b))
    b += section(b'done', b'', len(b))
    open(path, 'wb').write(b)

bomb = zlib.compress(bytes(16 << 20), 9)
d = sys.argv[1]
D = 0x80000000
# name: volume, what lies in sectors, tables
cases = {
    # chunks of 16 MiB, each of which inflates
    'chunks': ((1000, 32768, 512, 32768 * 1000), bomb,
               lambda at: [table([at | D] * 1000)]),
    # 128 MiB chunks: more than such a file can hold
    'huge': ((2, 32768, 4096, 32768 * 2), bomb,
             lambda at: [table([at | D] * 2)]),
    # tables that state 2^32 - 1 entries
    'entries': ((0xffffffff, 64, 512, 64 * 0xffffffff), bomb,
                lambda at: [table([at | D] * 100, 0xffffffff)]),
    # a petabyte in 1,000 entries
    'few': ((0xffffffff, 64, 512, 64 * 0xffffffff), bomb,
            lambda at: [table([at | D] * 1000)]),
    # entries that inflate to more than a chunk
    'small': ((1000, 64, 512, 64000), bomb,
              lambda at: [table([at | D] * 1000)]),
    # hundreds of tables of one chunk
    'tables': ((100, 64, 512, 6400), zlib.compress(bytes(32768)),
               lambda at: [table([at | D])] * 100),
}
most = int(sys.argv[3])
bad = 0
for name, (vol, sectors, make) in cases.items():
    path = '%s/%s.E01' % (d, name)
    image(path, vol, sectors, make)
    for cmd in ['info'], ['hives'], ['hives', '--allow-missing'], ['verify']:
        if (name, cmd[0]) == ('chunks', 'verify'):
            continue  # 16 GB that are really there
        pid = os.fork()
        if pid == 0:
            null = os.open(os.devnull, os.O_RDWR)
            err = os.open(d + '/e01.err',
                          os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for i, f in enumerate((null, null, err)):
                os.dup2(f, i)
            resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
            os.execv(sys.argv[2], ['hivelift', cmd[0], path] + cmd[1:])
        _, st, use = os.wait4(pid, 0)
        said = open(d + '/e01.err').read().strip().split('\n')[0]
        ok = os.WIFEXITED(st) and os.WEXITSTATUS(st) in (0, 1, 2) and \
            use.ru_maxrss < most * 1024
        bad += not ok
        print('%s - %s (%d bytes), %s: status %d, %d KiB, %.1f s: %s' % (
            'ok' if ok else 'not ok', name, os.path.getsize(path),
            ' '.join(cmd), st, use.ru_maxrss, use.ru_utime + use.ru_stime,
            said[-90:]))
sys.exit(bad > 0)
