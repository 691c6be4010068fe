"""Hives deleted from volumes that ntfs-3g, mtools and exfat-fuse wrote, torn,
overwritten, interleaved, faked; and the carving samples of yarp with the
offsets, sizes and hashes that their authors state."""
import contextlib
import gzip
import hashlib
import json
import os
import random
import struct
import subprocess
import sys

from common import (CORPUS, HIVELIFT, Tally, detach, lines, need, run, scratch,
                    tool)

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
YARP = os.path.join(CORPUS, 'hives/msuhanov__yarp/hives_for_tests')


def sha(data):
    return hashlib.sha256(data).hexdigest()


def noise(n, seed):
    return random.Random(seed).randbytes(n)


def write(path, data):
    with open(path, 'wb') as f:
        f.write(data)


def read(path):
    with open(path, 'rb') as f:
        return f.read()


class Hives:
    """filler: the name of the keys that make it longer; with another one the
    cells lie elsewhere, so that the hive is no twin of those before."""

    def __init__(self, tmp, filler='Filler%03d'):
        self.tmp = os.path.join(tmp, filler.replace('%', ''))
        os.mkdir(self.tmp)
        self.exe = os.path.join(self.tmp, 'mkhive')
        sources = []
        for n in sorted(os.listdir(TESTS)):
            if n.startswith('mkhive') and n.endswith('.c'):
                text = read(os.path.join(TESTS, n))
                sources.append(os.path.join(self.tmp, n))
                write(sources[-1], text.replace(b'Filler%03d',
                                                filler.encode()))
        tool(*os.environ.get('CC', 'cc').split(), '-std=c11', '-O1',
             '-D_POSIX_C_SOURCE=200809L', '-I', TESTS, '-o', self.exe,
             *sources)

    def make(self, kind, keys, *more):
        path = os.path.join(self.tmp, f'{kind}{keys}')
        tool(self.exe, '-n', str(keys), *more, '-o', path, kind)
        return read(path)


class Carved:
    """What carve found, by its JSON lines; the output folder checked."""

    def __init__(self, tally, image, tmp, *options, status=0, what=''):
        out = os.path.join(tmp, f'out{random.getrandbits(40)}')
        got, text, err = run(HIVELIFT, 'carve', '--json', image, '-o', out,
                             *options)
        tally.equal(got, status, f'{what}: status; {err[-200:]}')
        self.err = err.decode('utf-8', 'replace')
        rows = [json.loads(l) for l in lines(text)]
        self.cover = [r for r in rows if r.get('type') == 'coverage']
        self.rows = [r for r in rows if 'found' in r]
        self.out = out
        with open(image, 'rb') as f:
            for r in self.rows:
                self.one(tally, f, r, what)
        with open(os.path.join(out, 'manifest.json')) as f:
            files = json.load(f)['files']
        tally.equal([(e['offset'], e['sha256'], e['runs']) for e in files],
                    [(r['offset'], r['sha256'], r['runs'])
                     for r in self.rows], f'{what}: the manifest says it too')
        got = run('sha256sum', '--quiet', '-c', 'SHA256SUMS', cwd=out)[0]
        tally.equal(got, 0, f'{what}: SHA256SUMS')

    def one(self, tally, f, r, what):
        """The bytes of a find are those of the image at its runs."""
        data = read(os.path.join(self.out, r['output']))
        r['data'] = data
        tally.equal((len(data), sha(data)), (r['size'], r['sha256']),
                    f'{what}: {r["output"]} is what is told of it')
        if r['compressed']:
            return
        parts = []
        for x in r['runs']:
            f.seek(x['offset'])
            parts.append(f.read(x['length']))
        tally.equal(sha(b''.join(parts)), r['sha256'],
                    f'{what}: {r["output"]} lies where its runs say')

    def hives(self):
        return {r['sha256']: r for r in self.rows if r['found'] == 'hive'}


def has(tally, c, data, what, **want):
    r = c.hives().get(sha(data))
    tally.check(r is not None, f'{what}: the hive is found, exact')
    for k, v in want.items():
        tally.equal((r or {}).get(k), v, f'{what}: {k}')
    return r or {}


# ---- volumes that others wrote ------------------------------------------------

class Ntfs:
    def __init__(self, image, point, cluster=4096, size=48 << 20):
        self.image, self.point = image, point
        os.makedirs(point, exist_ok=True)
        with open(image, 'wb') as f:
            f.truncate(size)
        tool('mkntfs', '-F', '-Q', '-q', '-c', str(cluster), image)

    def __enter__(self):
        tool('ntfs-3g', '-o', 'compression', self.image, self.point)
        return self.point

    def __exit__(self, *_):
        tool('umount', self.point)


def put(top, path, data):
    path = os.path.join(top, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
    return path


def ntfs(tally, tmp, hives):
    image, label = os.path.join(tmp, 'ntfs'), 'NTFS'
    gone, live = hives.make('SYSTEM', 300), hives.make('SOFTWARE', 200)
    inside = hives.make('SAM', 20)
    v = Ntfs(image, os.path.join(tmp, 'mnt'))
    with v as top:
        put(top, 'Windows/System32/config/SOFTWARE', live)
        put(top, 'holder.bin', noise(8192, 1) + inside + noise(9000, 2))
        put(top, 'old', gone)
    with v as top:
        os.unlink(os.path.join(top, 'old'))
    c = Carved(tally, image, tmp, what=label)
    has(tally, c, gone, label, state='clean', where='unallocated', volume='1',
        kind='SYSTEM', whole=True)
    tally.equal(len(c.rows), 1, f'{label}: nothing else, not the live hive')
    c = Carved(tally, image, tmp, '--all', what=f'{label} --all')
    has(tally, c, gone, f'{label} --all', inside=None, volume='1')
    has(tally, c, inside, f'{label} --all: a hive in a file',
        inside='1:/holder.bin')
    tally.check(sha(live) not in {r['sha256'] for r in c.rows},
                f'{label} --all: the live hive is not reported again')
    tally.equal(len(c.rows), 2, f'{label} --all: nothing else')


def ntfs_slack(tally, tmp, hives):
    """Behind the end of a file, and before a volume found by --offset."""
    image, label = os.path.join(tmp, 'wide'), 'NTFS, 64 KiB clusters'
    old, before = hives.make('SAM', 8), hives.make('SAM', 9)
    small = noise(70000, 'wide')
    v = Ntfs(image, os.path.join(tmp, 'mnt'), cluster=65536)
    with v as top:
        put(top, 'small', small)
    at = read(image).index(small) + 70144
    with open(image, 'r+b') as f:
        f.seek(at)
        f.write(old)
    c = Carved(tally, image, tmp, what=label)
    has(tally, c, old, f'{label}, slack', where='slack', offset=at)
    moved = os.path.join(tmp, 'moved')
    write(moved, before.ljust(1 << 20, b'\0') + read(image))
    c = Carved(tally, moved, tmp, '--offset', '1M', what=f'{label}, --offset')
    has(tally, c, old, f'{label}, --offset', where='slack',
        offset=at + (1 << 20))
    tally.equal(len(c.rows), 1, f'{label}, --offset: only that volume')


def ntfs_compressed(tally, tmp, hives):
    image, label = os.path.join(tmp, 'packed'), 'NTFS, compressed'
    gone = hives.make('NTUSER', 300)
    v = Ntfs(image, os.path.join(tmp, 'mnt'))
    with v as top:
        box = os.path.join(top, 'box')
        os.mkdir(box)
        try:
            os.setxattr(box, 'system.ntfs_attrib_be',
                        struct.pack('>I', 0x810))
        except OSError:
            tally.skip('ntfs-3g here cannot compress')
            return
        put(top, 'box/old', gone)
    with v as top:
        os.unlink(os.path.join(top, 'box/old'))
    c = Carved(tally, image, tmp, what=label)
    has(tally, c, gone, label, compressed=True, state='clean', whole=True)
    tally.check(all(x['what'] == 'compressed' for r in c.rows
                    if r['compressed'] for x in r['runs']), f'{label}: runs say so: {[r["runs"] for r in c.rows]}')


FAT_ENV = dict(os.environ, MTOOLS_SKIP_CHECK='1')


def fat(image, bits, sectors, size, files):
    with open(image, 'wb') as f:
        f.truncate(size)
    tool('mkfs.fat', '-F', str(bits), '-s', str(sectors), image)
    for name, data in files:
        path = image + '.' + name
        write(path, data)
        tool('mcopy', '-i', image, path, '::/' + name, env=FAT_ENV)


def fat32(tally, tmp, hives):
    image, label = os.path.join(tmp, 'fat32'), 'FAT32'
    gone, live = hives.make('SYSTEM', 250), hives.make('SOFTWARE', 100)
    fat(image, 32, 1, 40 << 20, (('live', live), ('gone', gone)))
    tool('mdel', '-i', image, '::/gone', env=FAT_ENV)
    c = Carved(tally, image, tmp, what=label)
    has(tally, c, gone, label, where='unallocated', state='clean')
    tally.equal(len(c.rows), 1, f'{label}: nothing else, not the live hive')


def slack(tally, tmp, hives):
    image, label = os.path.join(tmp, 'fat16'), 'FAT16'
    small, old = noise(700, 'small'), hives.make('SAM', 3)
    live = hives.make('SOFTWARE', 100)
    fat(image, 16, 32, 128 << 20, (('live', live), ('small', small)))
    at = read(image).index(small)
    with open(image, 'r+b') as f:
        f.seek(at + 1024)
        f.write(old)
    tally.check(len(old) <= 16384 - 1024, f'{label}: fits into the slack')
    c = Carved(tally, image, tmp, what=label)
    has(tally, c, old, f'{label}, slack', where='slack', offset=at + 1024)
    tally.equal(len(c.rows), 1, f'{label}: nothing else, not the live hive')
    c = Carved(tally, image, tmp, '--all', what=f'{label} --all')
    has(tally, c, old, f'{label} --all', inside='1:/small')
    tally.equal(len(c.rows), 1, f'{label} --all: nothing else')


def fat_fragments(tally, tmp, hives):
    """A hive that mtools had to write in pieces, then all of it deleted."""
    image, label = os.path.join(tmp, 'frag'), 'FAT16, in pieces'
    gone = hives.make('SYSTEM', 400)
    env, path = FAT_ENV, os.path.join(tmp, 'x')
    fat(image, 16, 8, 32 << 20,
        [(f'f{i}', noise(4096 * 3, i)) for i in range(40)])
    for i in range(0, 40, 2):
        tool('mdel', '-i', image, f'::/f{i}', env=env)
    write(path, gone)
    tool('mcopy', '-i', image, path, '::/hive', env=env)
    tool('mdel', '-i', image, '::/hive', env=env)
    c = Carved(tally, image, tmp, what=label)
    r = has(tally, c, gone, label, rejoined=True, state='clean')
    tally.check(len(r.get('runs', [])) > 3, f'{label}: it is in pieces')
    tally.equal(len(c.rows), 1, f'{label}: nothing else')


@contextlib.contextmanager
def exfat_mounted(image, point):
    os.makedirs(point, exist_ok=True)
    device = tool('losetup', '--show', '-f', image).decode().strip()
    try:
        tool('mkfs.exfat', '-c', '4096', device)
        tool('mount.exfat-fuse', device, point)
        try:
            yield point
        finally:
            tool('umount', point)
    finally:
        detach(device)


def exfat(tally, tmp, hives):
    image, label = os.path.join(tmp, 'exfat'), 'exFAT'
    gone, live = hives.make('NTUSER', 200), hives.make('SOFTWARE', 120)
    with open(image, 'wb') as f:
        f.truncate(64 << 20)
    with exfat_mounted(image, os.path.join(tmp, 'mnt')) as point:
        put(point, 'live', live)
        put(point, 'gone', gone)
        os.unlink(os.path.join(point, 'gone'))
    c = Carved(tally, image, tmp, what=label)
    has(tally, c, gone, label, where='unallocated', state='clean')
    tally.equal(len(c.rows), 1, f'{label}: nothing else, not the live hive')


def gap(tally, tmp, hives):
    image, label = os.path.join(tmp, 'gap'), 'a gap'
    hive = hives.make('SAM', 30)
    log = os.path.join(tmp, 'log1')
    dirty = hives.make('SYSTEM', 40, '-d', 'hvle', '-1', log)
    entries = read(log)
    with open(image, 'wb') as f:
        f.truncate(40 << 20)
    subprocess.run(['sfdisk', image], capture_output=True, check=True,
                   input=b'label: dos\nstart=40960, type=7\n')
    with open(image, 'r+b') as f:
        for sector, data in ((101, hive), (5001, dirty), (9001, entries),
                             (12001, entries[512:])):
            f.seek(sector * 512)
            f.write(data)
    c = Carved(tally, image, tmp, what=label)
    has(tally, c, hive, label, volume=None, where='gap', offset=101 * 512)
    has(tally, c, dirty, f'{label}, a dirty hive', state='dirty')
    logs = {r['offset']: r for r in c.rows if r['found'].startswith('log')}
    whole, rest = logs.get(9001 * 512, {}), logs.get(12001 * 512, {})
    tally.equal(whole.get('found'), 'log', f'{label}: the log')
    tally.check(whole and entries.startswith(whole['data']),
                f'{label}: its bytes')
    tally.equal(whole.get('log_of'), f'carved at {5001 * 512}',
                f'{label}: whose it is')
    tally.equal((rest.get('found'), rest.get('first_seq')),
                ('log-entries', whole.get('first_seq')),
                f'{label}: entries without the header')
    tally.equal(len(c.rows), 4, f'{label}: nothing else')


# ---- raw bytes ---------------------------------------------------------------

def raw(tally, tmp, what, parts, **more):
    image = os.path.join(tmp, 'raw')
    write(image, b''.join(parts))
    return Carved(tally, image, tmp, what=what, **more)


def base_block(tally, tmp, hives):
    """The base block is cut behind its first cluster: what lies there now is
    nobody's, and the hive is not called whole."""
    hive = hives.make('SYSTEM', 20)
    for own in 1024, 4096:
        what = f'{own} bytes of a base block'
        c = raw(tally, tmp, what, [noise(65536, 1), hive[:own],
                                   noise(65536 - own, 2), hive[own:],
                                   noise(65536, 3)])
        found = [r for r in c.rows if r['found'] == 'hive'
                 and r['data'][4096:] == hive[4096:]]
        tally.equal([(r['whole'], r['rejoined']) for r in found],
                    [(own == 4096, True)], f'{what}: rejoined')
        tally.equal(['vouched' in str(r['decided']) for r in found],
                    [own < 4096], f'{what}: said')


def overwritten(tally, tmp, hives):
    hive = hives.make('SYSTEM', 400)
    cut = 4096 + 4096 * 5
    c = raw(tally, tmp, 'overwritten end',
            [noise(4096, 1), hive[:cut], noise(65536, 2)])
    r = next((r for r in c.rows if r['found'] == 'hive'), {})
    tally.equal((r.get('state'), r.get('whole')), ('damaged', False),
                'overwritten end: the state')
    tally.check(len(r.get('data', b'')) >= cut - 4096 and
                hive.startswith(r['data'][:cut - 4096]),
                'overwritten end: the beginning is there')
    tally.check(r and len(r['data']) <= cut,
                'overwritten end: nothing is made up')
    text = (b'regf is a word that a text may begin with. ' * 100)[:4096]
    c = raw(tally, tmp, 'overwritten head', [text, hive[4096:]])
    tally.equal([(r['found'], r['bin_offset'], r['data'] == hive[4096:])
                 for r in c.rows], [('fragment', 0, True)],
                'overwritten head: the bins are a fragment')


def with_time(hive, ticks):
    """The same hive, written at another time."""
    h = bytearray(hive)
    h[12:20] = h[4096 + 20:4096 + 28] = struct.pack('<Q', ticks)
    total = 0
    for (word,) in struct.iter_unpack('<I', h[:508]):
        total ^= word
    h[508:512] = struct.pack('<I', total)
    return bytes(h)


def interleaved(tally, tmp, hives):
    """Two hives of one layout, page by page: never one out of both."""
    a = hives.make('SYSTEM', 300)
    other = Hives(tmp, 'AnotherLongName%05d-or-so')
    b = with_time(other.make('NTUSER', 300, '-u', 'bob'), 1 << 56)
    for step in (4096, 8192, 16384):
        parts = []
        for i in range(0, max(len(a), len(b)), step):
            parts += [a[i:i + step], b[i:i + step]]
        what = f'interleaved by {step}'
        c = raw(tally, tmp, what, parts)
        for r in c.rows:
            # an earlier part of either, or bins of either
            d = r['data']
            if r['found'] == 'hive':
                good = a[:len(d)] == d or b[:len(d)] == d
            else:
                at = 4096 + r['bin_offset']
                good = d in (a[at:at + len(d)], b[at:at + len(d)])
            tally.check(good, f'{what}: {r["output"]} is of one hive')
        whole = [r for r in c.rows if r['whole']]
        tally.equal({r['sha256'] for r in whole}, {sha(a), sha(b)},
                    f'{what}: both are rejoined')


def swapped(tally, tmp, hives):
    """The second half of another hive, at the right offset: not joined."""
    a, b = hives.make('SYSTEM', 300), hives.make('SOFTWARE', 300)
    n = min(len(a), len(b)) // 2 // 4096 * 4096
    c = raw(tally, tmp, 'two halves', [b[n:], noise(4096, 3), a[:n]])
    tally.check(not any(r['rejoined'] for r in c.rows),
                'two halves of two hives are not rejoined')
    c = raw(tally, tmp, 'one hive', [a[n:], noise(4096, 3), a[:n]])
    has(tally, c, a, 'two halves of one hive are', rejoined=True)
    c = raw(tally, tmp, 'twice', [a[n:], noise(4096, 3), a[:n],
                                  noise(4096, 4), a[n:]])
    tally.check(not any(r['rejoined'] for r in c.rows),
                'two fragments that fit as well: none is taken')
    t = n + 512 * 3
    c = raw(tally, tmp, 'torn', [a[t:], noise(4096, 3), a[:t]])
    has(tally, c, a, 'a bin that was torn', rejoined=True)


def fakes(tally, tmp, hives):
    hive = hives.make('SAM', 5)
    bad = bytearray(hive[4096:8192])
    bad[8:12] = struct.pack('<I', 4097)
    far = bytearray(hive[4096:8192])
    far[4:8] = struct.pack('<I', 77)
    head = bytearray(hive[:512])
    head[508] ^= 1
    parts = [b'regf and so on, a text'.ljust(512, b'.'), bytes(bad)[:512],
             bytes(far)[:512], bytes(head), b'HvLE'.ljust(512, b'\x01'),
             b'hbin is a word'.ljust(512, b' '),
             b'\xb5\xb1\x00regf'.ljust(512, b'\x55'),
             b'\xb5\xb1\x00hbin'.ljust(4096, b'\x00')]
    c = raw(tally, tmp, 'fakes', parts)
    tally.equal([(r['offset'], r['found']) for r in c.rows], [],
                'nothing of it is believed')
    tally.check('0 whole hives' in c.err, 'and that is said')


# ---- the corpus --------------------------------------------------------------

SAMPLES = {  # file: (found, offset, size, md5 or None)
    'Carving/0': [('hive', 0, 8192, None)],
    'Carving/512': [('hive', 512, 8192, None)],
    'Carving/HiveAndFragments': [
        ('fragment', 0, 512, None), ('hive', 512, 147456, None),
        ('fragment', 147968, 12288, None), ('fragment', 262144, 512, None)],
    'Carving/FragRecon/FragmentReconstruction2': [
        ('hive', 90112, 147456, 'edaf7986726c1343752763bd1b31ddf2')],
    'Carving/FragRecon/FragmentReconstruction2plus1': [
        ('hive', 97280, 147456, 'edaf7986726c1343752763bd1b31ddf2')],
    'Carving/FragRecon/FragmentReconstruction3': [
        ('hive', 4608, 491520, '2b9c80fed56a3f25ef7fd03d9462387f')],
    'Carving/FragRecon/FragmentReconstruction4': [
        ('hive', 4608, 491520, '2b9c80fed56a3f25ef7fd03d9462387f')],
    # compressed; the content is the hive of HiveAndFragments
    'Carving/NTFSCompressed': [
        ('hive', 0, 147456, 'edaf7986726c1343752763bd1b31ddf2'),
        ('fragment', 135168, None, None)],
    'Carving/NTFSCompressedNoSlack': [
        ('hive', 0, 147456, 'edaf7986726c1343752763bd1b31ddf2'),
        ('fragment', 81920, None, None)],
    'MemoryCarving/Fragment_0': [('fragment', 0, 28672, None)],
    'MemoryCarving/TwoFragments': None,
}


def corpus(tally, tmp):
    if not os.path.isdir(YARP):
        tally.skip('no corpus')
        return
    for name, want in SAMPLES.items():
        c = Carved(tally, os.path.join(YARP, name), tmp, what=name)
        if want is None:
            continue
        tally.equal([(r['found'], r['offset']) for r in c.rows],
                    [(w[0], w[1]) for w in want], f'{name}: what and where')
        for r, w in zip(c.rows, want):
            if w[2] is not None:
                tally.equal(r['size'], w[2], f'{name}: size at {w[1]}')
            if w[3]:
                tally.equal(hashlib.md5(r['data']).hexdigest(), w[3],
                            f'{name}: md5')


def cases(tally, tmp):
    """The deleted hives of the cases: their truth says what they were."""
    packed = os.path.join(CORPUS, 'cases/xp.dd.gz')
    if not os.path.exists(packed):
        tally.skip('no corpus')
        return
    image = os.path.join(tmp, 'xp.dd')
    with gzip.open(packed) as f:
        write(image, f.read())
    with open(os.path.join(CORPUS, 'cases/xp.json')) as f:
        hives = json.load(f)['hives']
    gone = [h for h in hives if h['deleted']]
    live = {h['sha256'] for h in hives if not h['deleted']}
    for options in ((), ('--all',)):
        what = f'xp {" ".join(options)}'
        c = Carved(tally, image, tmp, *options, what=what)
        tally.equal(len(c.rows), len(gone), f'{what}: the deleted ones')
        for r, h in zip(c.rows, gone):
            with open(image, 'rb') as f:
                f.seek(r['offset'])
                data = f.read(h['size'])
            tally.equal(sha(data), h['sha256'], f'{what}: where it was')
            tally.check(data.startswith(r['data']), f'{what}: its bytes')
        tally.check(not live & {r['sha256'] for r in c.rows},
                    f'{what}: no live hive')


def main():
    tally = Tally('carve')
    only = sys.argv[1] if len(sys.argv) > 1 else ''
    root = os.geteuid() == 0 and os.path.exists('/dev/fuse')
    with scratch('carve') as tmp:
        hives = Hives(tmp)
        if need(tally, 'mkntfs', 'ntfs-3g'):
            if root:
                ntfs(tally, tmp, hives)
                ntfs_compressed(tally, tmp, hives)
                ntfs_slack(tally, tmp, hives)
            else:
                tally.skip('no root or no FUSE: volumes of ntfs-3g')
        if need(tally, 'mkfs.fat', 'mcopy'):
            fat32(tally, tmp, hives)
            slack(tally, tmp, hives)
            fat_fragments(tally, tmp, hives)
        if need(tally, 'mkfs.exfat', 'mount.exfat-fuse'):
            if root:
                exfat(tally, tmp, hives)
            else:
                tally.skip('no root or no FUSE: volumes of exfat-fuse')
        if need(tally, 'sfdisk'):
            gap(tally, tmp, hives)
            base_block(tally, tmp, hives)
        for part in (overwritten, interleaved, swapped, fakes):
            part(tally, tmp, hives)
        if not only:
            corpus(tally, tmp)
            cases(tally, tmp)
    tally.done()


if __name__ == '__main__':
    main()
