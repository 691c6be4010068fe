"""Disks whose past is known: volumes written by others' tools through their
mounts, each file's SHA-256 taken then, and where each cluster of it lay.

Nothing of hivelift takes part in it; where it all lies is for lost_map.py.
"""
import contextlib
import errno
import hashlib
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time

from common import ROOT, detach, run, scratch, tool

MIB = 1 << 20
NOISE = random.Random(1).randbytes(MIB)


# what holds mounts and loop devices is left by its own door
# (timeout says it twice: the second must not cut the cleaning short)
def stop(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(1)


signal.signal(signal.SIGTERM, stop)


class Tools:
    """mkhive, built once, gone at the end."""
    folder = None

    @classmethod
    def mkhive(cls):
        if not cls.folder:
            cls.folder = scratch('mkhive')
            tests = os.path.join(ROOT, 'tests')
            tool(*os.environ.get('CC', 'cc').split(), '-std=c11',
                 '-D_POSIX_C_SOURCE=200809L', '-O1', '-o',
                 os.path.join(cls.folder.name, 'mkhive'),
                 *(os.path.join(tests, c) for c in os.listdir(tests)
                   if c.startswith('mkhive') and c.endswith('.c')))
        return os.path.join(cls.folder.name, 'mkhive')


class File:
    """One file (or stream) of an old volume."""

    def __init__(self, path, data, record, hive=None):
        self.path, self.size, self.record = path, len(data), record
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.hive = hive        # its kind, when it is one
        self.blocks = []        # (image offset, length) of its data
        self.records = []       # those of its MFT records
        self.above = []         # the records of its folders

    def __repr__(self):
        return self.path


class Volume:
    """An old volume: what was on it, and where."""

    def __init__(self, fs, offset, size, generation=0, **geometry):
        self.fs, self.offset, self.size = fs, offset, size
        self.generation, self.geometry = generation, geometry
        self.files, self.folders = {}, {}
        self.vital = []

    @property
    def cluster(self):
        return self.geometry.get('cluster', 4096)

    def by_hash(self):
        return {f.sha256: f for f in self.files.values()}


@contextlib.contextmanager
def zone(name):
    before = os.environ.get('TZ')
    os.environ['TZ'] = name
    try:
        yield
    finally:
        os.environ.pop('TZ')
        if before is not None:
            os.environ['TZ'] = before


def unmount(point):
    for _ in range(50):
        if run('umount', point)[0] == 0:
            return
        time.sleep(0.2)
    run('umount', '-l', point)


@contextlib.contextmanager
def loop(image, offset, size, *more):
    device = tool('losetup', '-f', '--show', '-o', str(offset), '--sizelimit',
                  str(size), *more, image).decode().strip()
    try:
        yield device
    finally:
        detach(device)


@contextlib.contextmanager
def mounted(fs, device, tmp, *options):
    point = os.path.join(tmp, 'mnt')
    os.makedirs(point, exist_ok=True)
    if fs == 'ntfs':
        tool('ntfs-3g', '-o', ','.join((
            'compression,streams_interface=windows,big_writes',
            *options)), device, point)
    elif fs == 'exfat':
        tool('mount.exfat-fuse', *(('-o', ','.join(options)) if options
                                   else ()), device, point)
    else:
        raise ValueError(fs)
    try:
        yield point
    finally:
        unmount(point)


def make_image(path, size):
    with open(path, 'wb') as f:
        f.truncate(size)


def table(image, label, *rows):
    """The partition table by sfdisk; a row is (start, size, type)."""
    wipefs = ('--wipe', 'never', '--wipe-partitions', 'never')
    script = f'label: {label}\n' + ''.join(
        f'start={start // 512}, size={size // 512}, type={kind}\n'
        for start, size, kind in rows)
    subprocess.run(('sfdisk', '-q', '--no-reread', '--no-tell-kernel',
                    *wipefs, image), input=script.encode(), check=True,
                   capture_output=True)


def quick_format(volume, device):
    g = volume.geometry
    if volume.fs == 'ntfs':
        tool('mkntfs', '-F', '-q', '-Q', '-c', str(volume.cluster), '-s',
             '512', '-p', str(volume.offset // 512), '-H', '255', '-S', '63',
             '-L', g.get('label', 'old'), device)
    elif volume.fs == 'exfat':
        tool('mkfs.exfat', '-c', str(volume.cluster), '-L',
             g.get('label', 'old'), device)
    else:
        tool('mkfs.fat', '-F', volume.fs[3:], '-s',
             str(volume.cluster // 512), '-h', str(volume.offset // 512),
             '-n', g.get('label', 'OLD'), device)


class Author:
    """Writes files of many shapes under a mount and remembers them."""
    number = 0

    def __init__(self, volume, top, seed):
        self.volume, self.top = volume, top
        self.random = random.Random(seed)

    def content(self, size):
        """Each block of 512 bytes says whose it is; the rest is noise."""
        if self.volume.fs != 'ntfs' and 0 < size % 512 < 16:
            size += 16  # so few bytes could not be found again
        Author.number += 1
        out = bytearray()
        at = self.random.randrange(MIB // 2)
        for i in range((size + 511) // 512):
            at = (at + 496) % (MIB - 496)
            out += struct.pack('<8sII', b'HLMARK\1\2', Author.number, i)
            out += NOISE[at:at + 496]
        return bytes(out[:size])

    def keep(self, path, data, hive=None):
        full = os.path.join(self.top, path)
        record = os.stat(full.partition(':')[0]).st_ino
        f = File('/' + path, data, record, hive)
        f.above = [os.stat(os.path.join(self.top, d)).st_ino
                   for d in parents(path)]
        self.volume.files['/' + path] = f
        f.data = data
        return f

    def write(self, path, data, hive=None):
        full = os.path.join(self.top, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'wb', 0) as f:
            for i in range(0, len(data), MIB):
                piece = data[i:i + MIB]
                if f.write(piece) != len(piece):
                    raise OSError(errno.ENOSPC, path)
        return self.keep(path, data, hive)

    def hive(self, path, kind, user='alice', keys=0):
        out = os.path.join(os.path.dirname(self.top), 'hive')
        tool(Tools.mkhive(), '-u', user, '-n', str(keys), '-o', out, kind)
        with open(out, 'rb') as f:
            data = f.read()
        return self.write(path, data, kind)

    def windows(self, tag=0, users=('alice', 'bob')):
        """Hives in their places."""
        config = 'Windows/System32/config/'
        for i, kind in enumerate(('SYSTEM', 'SOFTWARE', 'SAM', 'SECURITY',
                                  'DEFAULT')):
            self.hive(config + kind, kind, keys=tag + 40 * i)
        for i, user in enumerate(users):
            self.hive(f'Users/{user}/NTUSER.DAT', 'NTUSER', user, tag + i)
            self.hive(f'Users/{user}/AppData/Local/Microsoft/Windows/'
                      'UsrClass.dat', 'USRCLASS', user, tag + i)

    def many(self, count, top=60_000, folder='data'):
        for i in range(count):
            size = min(int(self.random.expovariate(5 / top)), 4 * top)
            a, b = self.random.randrange(5), self.random.randrange(4)
            self.write(f'{folder}/{a}/folder {b}/file {i:04}.bin',
                       self.content(size))

    def edges(self):
        c = self.volume.cluster
        for n in (0, 1, 100, 500, 700, 1000, c - 1, c, c + 1, 3 * c + 7):
            self.write(f'edge/size {n}', self.content(n))

    def fragments(self, *pieces):
        """Files whose every second unit was written first: a run for each,
        and an attribute list where one record cannot hold them."""
        unit = max(self.volume.cluster, 4096)
        for n in pieces:
            path = f'frag/{n} pieces'
            full = os.path.join(self.top, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            data = self.content(n * unit)
            with open(full, 'wb', 0) as f:
                f.truncate(len(data))
                for i in (*range(1, n, 2), *range(0, n, 2)):
                    os.pwrite(f.fileno(), data[i * unit:(i + 1) * unit],
                              i * unit)
            self.keep(path, data)


def fat_write(image, volume, tmp, write, seed):
    """mtools need no mount: a tree is made beside and copied into it."""
    tree = os.path.join(tmp, 'tree')
    os.mkdir(tree)
    with loop(image, volume.offset, volume.size) as device:
        quick_format(volume, device)
    write(Author(volume, tree, seed))
    tops = sorted(os.path.join(tree, d) for d in os.listdir(tree))
    tool('mcopy', '-s', '-Q', '-i', f'{image}@@{volume.offset}', *tops,
         '::/', env=dict(os.environ, MTOOLS_SKIP_CHECK='1',
                         LC_ALL='C.UTF-8'))
    shutil.rmtree(tree)


def written(image, volume, tmp, write, seed=1):
    """Formats a volume and writes into it through its mount."""
    if volume.fs.startswith('fat'):
        fat_write(image, volume, tmp, write, seed)
        return
    with loop(image, volume.offset, volume.size) as device:
        quick_format(volume, device)
        if write:
            with mounted(volume.fs, device, tmp) as point:
                write(Author(volume, point, seed))


def snapshot(image, name):
    tool('cp', '--sparse=always', image, name)
    return name


def parents(path):
    parts = path.partition(':')[0].split('/')[:-1]
    return ['/'.join(parts[:i + 1]) for i in range(len(parts))]
