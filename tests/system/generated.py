"""Volumes written by ntfs-3g, by mkfs.fat with mtools and by mkfs.exfat with
exfat-fuse, read back through the library and compared with the hashes taken at writing."""
import contextlib
import hashlib
import os
import random
import shutil
import sys
import time

from common import (ReadAll, Tally, detach, need, run, scratch, short,
                    tool)

MIB = 1 << 20
LONG = ('n' * 255, 'я' * 254 + 'щ', '😀' * 127 + 'x', 'é.' * 126 + 'txt')
ODD = ('two  blanks', ' leading', 'semi;colon,comma=[x]+', "quote'`~!@#$%^&()",
       'UPPER.and.lower', 'a', '漢字かな', 'Ünïcödé.Txt', '𐐷𐐁')


class Writer:
    """Writes files under a folder and remembers what they hold."""

    def __init__(self, top, seed):
        self.top, self.want = top, {}
        self.random = random.Random(seed)

    def note(self, path, data):
        self.want['/' + path] = (len(data), hashlib.sha256(data).hexdigest())

    def write(self, path, data):
        full = os.path.join(self.top, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'wb') as f:
            f.write(data)
        self.note(path, data)

    def noise(self, n):
        return self.random.randbytes(n)

    def text(self, n):
        words = [b'hive', b'registry', b'\0\0\0\0', b'System32', self.noise(9)]
        out = b''.join(self.random.choice(words) for _ in range(n // 4 + 1))
        return out[:n]


def edge_sizes(w, cluster):
    """Around the end of what fits into a record, and around clusters."""
    sizes = [*range(0, 4), *range(600, 780, 4), 1023, 1024, 1025]
    for n in (cluster, 2 * cluster, 65536):
        sizes += [n - 1, n, n + 1]
    for n in sorted(set(sizes)):
        w.write(f'edge/size-{n}', w.noise(n))


def names(w):
    for i, name in enumerate(LONG + ODD):
        w.write(f'names/{name}', w.noise(i * 37))
    deep = '/'.join(f'level {i}' for i in range(40))
    w.write(f'deep/{deep}/bottom.dat', w.noise(5000))


def many(w, n, folder='many'):
    """One tall index: long names in an order that splits it everywhere."""
    order = list(range(n))
    w.random.shuffle(order)
    for i in order:
        w.write(f'{folder}/a rather long name so that few fit {i:05}.dat',
                w.noise(i % 50))


def tree(w, n):
    for i in range(n):
        a, b = w.random.randrange(9), w.random.randrange(9)
        size = int(w.random.expovariate(1 / 6000))
        w.write(f'tree/{a}/{b}/file {i}.bin', w.noise(size))


def sparse(w):
    for i, pieces in enumerate((
            [], [(0, 100)], [(300_000, 70_000)],
            [(0, 4096), (1 << 20, 4096), (3 << 20, 1)],
            [(n << 17, 1000) for n in range(30)])):
        path = f'sparse/holes-{i}'
        size = 4 << 20
        data = bytearray(size)
        full = os.path.join(w.top, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'wb') as f:
            f.truncate(size)
            for off, n in pieces:
                piece = w.noise(n)
                f.seek(off)
                f.write(piece)
                data[off:off + n] = piece
        w.note(path, bytes(data))


def compressed(w):
    folder = os.path.join(w.top, 'packed')
    os.makedirs(folder)
    # FILE_ATTRIBUTE_COMPRESSED on the folder: what is made in it inherits
    os.setxattr(folder, 'system.ntfs_attrib_be', b'\0\0\x08\0')
    for n in (1, 700, 4095, 4096, 65535, 65536, 65537, 300_001, 1_500_000):
        w.write(f'packed/text-{n}', w.text(n))
    w.write('packed/noise', w.noise(200_000))
    w.write('packed/zeros', bytes(400_000))
    mixed = w.text(65536) + w.noise(65536) + bytes(131072) + w.text(70_000)
    w.write('packed/mixed', mixed)


def streams(w):
    w.write('streams/file', b'unnamed')
    w.write('streams/file:small', b'in the record')
    w.write('streams/file:large', w.noise(70_000))
    w.write('streams/empty:only', w.noise(3000))
    w.note('streams/empty', b'')
    os.makedirs(os.path.join(w.top, 'streams/folder'))
    w.write('streams/folder:of a folder', w.noise(900))
    for i in range(30):
        w.write(f'streams/file:stream number {i}', w.noise(i * 11))


def links(w):
    data = w.noise(9000)
    w.write('links/original', data)
    for i in range(60):
        name = f'links/another name of the very same file {i}'
        os.link(os.path.join(w.top, 'links/original'),
                os.path.join(w.top, name))
        w.note(name, data)


def shattered(w, cluster, pieces):
    """Every second cluster written: more runs than one record can hold."""
    data = bytearray(2 * pieces * cluster)
    os.makedirs(os.path.join(w.top, 'frag'))
    with open(os.path.join(w.top, 'frag/a'), 'wb', buffering=0) as f:
        f.truncate(len(data))
        for i in range(pieces):
            piece = w.noise(cluster)
            os.pwrite(f.fileno(), piece, 2 * i * cluster)
            data[2 * i * cluster:(2 * i + 1) * cluster] = piece
    w.note('frag/a', bytes(data))


def fill_holes(w, unit, big=1500):
    """Fill the volume with small files, remove every second one, and write
    large files into the holes: true fragments, one run each."""
    n = 0
    with contextlib.suppress(OSError):
        while n < 6000:
            w.write(f'fill/{n:05}', w.noise(unit))
            n += 1
    for i in range(0, n, 2):
        path = f'fill/{i:05}'
        if '/' + path in w.want:
            os.unlink(os.path.join(w.top, path))
            del w.want['/' + path]
    # the one that no longer fitted may lie there empty
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(w.top, f'fill/{n:05}'))
    # piece by piece: ntfs-3g refuses one large write into many fragments
    for name, units in (('small', 100), ('big', big)):
        data = w.noise(unit * units)
        with open(os.path.join(w.top, 'fill', name), 'wb', 0) as f:
            for i in range(0, len(data), unit):
                f.write(data[i:i + unit])
        w.note(f'fill/{name}', data)


def compare(tally, image, want, label, fs):
    got = ReadAll(image)
    tally.equal(got.status, 0, f'{label}: status; {got.notes[-400:]}')
    tally.equal([v['fs'] for v in got.volumes.values()], [fs],
                f'{label}: file system')
    files = {p: e for p, e in got.files('1').items()
             if not p.startswith(('/$', '/.Trash')) and not p.startswith(':')}
    missing, extra = want.keys() - files.keys(), files.keys() - want.keys()
    tally.check(not missing, f'{label}: missing {short(sorted(missing))}')
    tally.check(not extra, f'{label}: invented {short(sorted(extra))}')
    wrong = [p for p in want.keys() & files.keys() if want[p] !=
             (files[p]['size'], files[p]['sha256'])]
    for path in sorted(wrong)[:20]:
        tally.equal((files[path]['size'], files[path]['sha256']), want[path],
                    f'{label}: {path}')
    tally.passed += len(want) - len(missing) - len(wrong)
    print(f'{label}: {len(want)} files, {len(wrong)} wrong, '
          f'{time.process_time():.0f} s')
    return got


def unmount(point):
    for _ in range(50):
        if run('umount', point)[0] == 0:
            return
        time.sleep(0.2)
    run('umount', '-l', point)


@contextlib.contextmanager
def ntfs_mounted(image, tmp):
    point = os.path.join(tmp, 'mnt')
    os.makedirs(point, exist_ok=True)
    tool('ntfs-3g', '-o', 'compression,streams_interface=windows,big_writes',
         image, point)
    try:
        yield point
    finally:
        unmount(point)


def make_ntfs(image, size, cluster, sector):
    with open(image, 'wb') as f:
        f.truncate(size)
    tool('mkntfs', '-F', '-q', '-Q', '-c', str(cluster), '-s', str(sector),
         '-p', '0', '-H', '0', '-S', '0', image)


def has_list(tally, image, path, label):
    """The test is worth something only if the volume is what it should be."""
    if need(tally, 'ntfsinfo'):
        info = tool('ntfsinfo', '-F', path, image)
        tally.check(b'ATTRIBUTE_LIST' in info,
                    f'{label}: {path} has an attribute list')


def ntfs(tally, cluster, sector, files):
    label = f'ntfs, clusters of {cluster}, sectors of {sector}'
    with scratch('generated') as tmp:
        image = os.path.join(tmp, 'image')
        make_ntfs(image, (700 if cluster > 4096 else 200) * MIB, cluster,
                  sector)
        with ntfs_mounted(image, tmp) as point:
            w = Writer(point, cluster + sector)
            edge_sizes(w, cluster)
            names(w)
            many(w, files)
            tree(w, files // 3)
            sparse(w)
            if cluster <= 4096:
                compressed(w)
            streams(w)
            links(w)
            shattered(w, cluster, 4000 if cluster <= 4096 else 900)
        has_list(tally, image, '/frag/a', label)
        compare(tally, image, w.want, label, 'ntfs')


def ntfs_full(tally, cluster, size):
    """A volume that was filled to the brim."""
    label = f'full ntfs, clusters of {cluster}'
    with scratch('generated') as tmp:
        image = os.path.join(tmp, 'image')
        make_ntfs(image, size, cluster, 512)
        with ntfs_mounted(image, tmp) as point:
            w = Writer(point, cluster)
            fill_holes(w, max(cluster, 1024))
        has_list(tally, image, '/fill/big', label)
        compare(tally, image, w.want, label, 'ntfs')


def by_mtools(name):
    """Names that mtools can write: it cuts what lies beyond the BMP, and
    writes a NUL into the short form of odd ones, whose checksum then is
    wrong; the folder they come from allows 255 bytes."""
    return max(name) < '\U00010000' and len(name.encode()) <= 255 and \
        name[0] != ' ' and "'`~" not in name


def fat(tally, bits, sector, per_cluster, size, files):
    cluster = sector * per_cluster
    label = f'fat{bits}, clusters of {cluster}, sectors of {sector}'
    with scratch('generated') as tmp:
        image, tree_dir = os.path.join(tmp, 'image'), os.path.join(tmp, 'tree')
        os.mkdir(tree_dir)
        with open(image, 'wb') as f:
            f.truncate(size)
        tool('mkfs.fat', '-F', str(bits), '-S', str(sector), '-s',
             str(per_cluster), '-n', 'GENERATED', image)
        w = Writer(tree_dir, bits + cluster)
        for n in (0, 1, cluster - 1, cluster, cluster + 1, 3 * cluster):
            w.write(f'edge/size-{n}', w.noise(n))
        for i, name in enumerate(filter(by_mtools, LONG + ODD)):
            # nor does it grow a folder by two clusters for one name
            name = name[:180] if cluster == 512 else name
            w.write(f'names/{name}', w.noise(i * 37))
        many(w, files)
        tree(w, files // 4)
        for i in range(0, 60):
            w.write(f'fill/{i:04}', w.noise(cluster))
        env = dict(os.environ, MTOOLS_SKIP_CHECK='1', LC_ALL='C.UTF-8')
        tops = sorted(os.path.join(tree_dir, d) for d in os.listdir(tree_dir))
        tool('mcopy', '-s', '-Q', '-i', image, *tops, '::/', env=env)
        # fragments: free every second file, then write one over the holes
        gone = [f'::/fill/{i:04}' for i in range(0, 60, 2)]
        tool('mdel', '-i', image, *gone, env=env)
        for name in gone:
            del w.want[name[2:]]
        w.write('fill-big', w.noise(cluster * 40 + 17))
        tool('mcopy', '-Q', '-i', image, os.path.join(tree_dir, 'fill-big'),
             '::/', env=env)
        compare(tally, image, w.want, label, f'fat{bits}')


@contextlib.contextmanager
def exfat_mounted(image, tmp, sector, cluster):
    """Through a loop device: mkfs.exfat takes the size of a sector from it,
    and exfat-fuse as root wants a device."""
    point = os.path.join(tmp, 'mnt')
    os.makedirs(point, exist_ok=True)
    device = tool('losetup', '-b', str(sector), '--show', '-f',
                  image).decode().strip()
    try:
        tool('mkfs.exfat', '-c', str(cluster), '-L', 'GENERATED', device)
        tool('mount.exfat-fuse', device, point)
        try:
            yield point
        finally:
            unmount(point)
    finally:
        detach(device)


def grown(w):
    """Files that are longer than what was ever written to them, above bytes
    that other files left on the disk."""
    for i in range(8):
        path = f'grown/old {i}'
        w.write(path, w.noise(150_000))
    for i in range(8):
        os.unlink(os.path.join(w.top, f'grown/old {i}'))
        del w.want[f'/grown/old {i}']
    for i, (size, full) in enumerate(((0, 200_000), (1, 90_000),
                                      (512, 513), (70_001, 300_000))):
        data = w.noise(size)
        path = f'grown/file {i}'
        w.write(path, data)
        os.truncate(os.path.join(w.top, path), full)
        w.note(path, data + bytes(full - size))
    data = w.noise(5000)
    w.write('grown/hole', data)
    with open(os.path.join(w.top, 'grown/hole'), 'r+b') as f:
        f.seek(120_000)
        f.write(data)
    w.note('grown/hole', data + bytes(115_000) + data)
    w.write('grown/cut', w.noise(100_000))
    os.truncate(os.path.join(w.top, 'grown/cut'), 0)
    os.truncate(os.path.join(w.top, 'grown/cut'), 77_777)
    w.note('grown/cut', bytes(77_777))


def exfat(tally, sector, cluster, size, files):
    label = f'exfat, clusters of {cluster}, sectors of {sector}'
    with scratch('generated') as tmp:
        image = os.path.join(tmp, 'image')
        with open(image, 'wb') as f:
            f.truncate(size)
        with exfat_mounted(image, tmp, sector, cluster) as point:
            w = Writer(point, sector + cluster)
            for n in (0, 1, cluster - 1, cluster, cluster + 1, 3 * cluster):
                w.write(f'edge/size-{n}', w.noise(n))
            names(w)
            many(w, files)
            tree(w, files // 4)
            grown(w)
            fill_holes(w, max(cluster, size // 4000), 300)
        compare(tally, image, w.want, label, 'exfat')


def main():
    tally = Tally('generated')
    only = sys.argv[1] if len(sys.argv) > 1 else ''
    if only in ('', 'ntfs') and need(tally, 'mkntfs', 'ntfs-3g'):
        if os.geteuid() == 0 and os.path.exists('/dev/fuse'):
            for cluster, sector, files in (
                    (512, 512, 1500), (1024, 512, 600), (4096, 512, 1500),
                    (65536, 512, 300), (4096, 4096, 600),
                    (65536, 4096, 300)):
                ntfs(tally, cluster, sector, files)
            ntfs_full(tally, 512, 10 * MIB)
            ntfs_full(tally, 4096, 20 * MIB)
        else:
            tally.skip('no root or no FUSE: volumes written by ntfs-3g')
    if only in ('', 'fat') and need(tally, 'mkfs.fat', 'mcopy', 'mdel'):
        for bits, sector, per_cluster, size, files in (
                (12, 512, 1, 2 * MIB, 40), (12, 512, 8, 12 * MIB, 120),
                (16, 512, 4, 32 * MIB, 600), (16, 512, 128, 400 * MIB, 200),
                (32, 512, 1, 40 * MIB, 500), (32, 512, 8, 300 * MIB, 150),
                (32, 4096, 1, 300 * MIB, 100), (16, 2048, 2, 64 * MIB, 200)):
            fat(tally, bits, sector, per_cluster, size, files)
    if only in ('', 'exfat') and need(tally, 'mkfs.exfat', 'mount.exfat-fuse'):
        if os.geteuid() == 0 and os.path.exists('/dev/fuse'):
            for sector, cluster, size, files in (
                    (512, 512, 12 * MIB, 2000), (512, 4096, 32 * MIB, 600),
                    (512, 131072, 200 * MIB, 300),
                    (4096, 4096, 64 * MIB, 300),
                    (4096, 32768, 128 * MIB, 200)):
                exfat(tally, sector, cluster, size, files)
        else:
            tally.skip('no root or no FUSE: volumes written by exfat-fuse')
    tally.done()


main()
