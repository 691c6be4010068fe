"""Hives of any size: mkhive makes the keys, and behind them come bins of one
free cell each, full of noise, so that nothing packs and nothing is alike."""
import os
import random
import struct
import subprocess

from timing import ROOT

PAGE = 4096
# Where Windows keeps them, kind for mkhive, its user, MiB: 13 hives, 140 MiB.
PLACES = (
    ('Windows/System32/config/SYSTEM', 'SYSTEM', '', 20),
    ('Windows/System32/config/SOFTWARE', 'SOFTWARE', '', 64),
    ('Windows/System32/config/COMPONENTS', 'SOFTWARE', '', 33),
    ('Windows/System32/config/DRIVERS', 'SOFTWARE', '', 5),
    ('Windows/System32/config/DEFAULT', 'DEFAULT', '', 1),
    ('Windows/System32/config/SAM', 'SAM', '', 1),
    ('Windows/System32/config/SECURITY', 'SECURITY', '', 1),
    ('Windows/AppCompat/Programs/Amcache.hve', 'AMCACHE', '', 2),
    ('Users/alice/NTUSER.DAT', 'NTUSER', 'alice', 3),
    ('Users/alice/AppData/Local/Microsoft/Windows/UsrClass.dat', 'USRCLASS',
     'alice', 4),
    ('Users/bob/NTUSER.DAT', 'NTUSER', 'bob', 2),
    ('Users/bob/AppData/Local/Microsoft/Windows/UsrClass.dat', 'USRCLASS',
     'bob', 3),
    ('Windows/ServiceProfiles/LocalService/NTUSER.DAT', 'NTUSER',
     'LocalService', 1),
)


def base(old, seq1, seq2, kind, bins):
    """A base block like `old`, with these numbers and a right checksum."""
    p = bytearray(old[:512])
    struct.pack_into('<II', p, 4, seq1, seq2)
    struct.pack_into('<I', p, 28, kind)
    struct.pack_into('<I', p, 40, bins)
    total = 0
    for (word,) in struct.iter_unpack('<I', p[:508]):
        total ^= word
    struct.pack_into('<I', p, 508, total)
    return bytes(p)


def a_bin(offset, noise):
    """A bin that is one free cell."""
    return struct.pack('<4sII20xi', b'hbin', offset, PAGE, PAGE - 32) + \
        noise.randbytes(PAGE - 36)


def mkhive(folder):
    """The program that makes small hives; its path."""
    tool, tests = os.path.join(folder, 'mkhive'), os.path.join(ROOT, 'tests')
    subprocess.run([os.environ.get('CC', 'cc').split()[-1], '-std=c11', '-O1',
                    '-D_POSIX_C_SOURCE=200809L', '-o', tool] +
                   [os.path.join(tests, n) for n in (
                       'mkhive.c', 'mkhive_build.c', 'mkhive_log.c')],
                   check=True)
    return tool


def small(tool, kind, user=''):
    out = tool + '.out'
    subprocess.run([tool, *(['-u', user] if user else []), '-o', out, kind],
                   check=True)
    with open(out, 'rb') as f:
        data = f.read()
    os.unlink(out)
    return data


def grown(data, size, noise):
    """The bins of a hive, brought to that size by free ones."""
    bins = bytearray(data[4096:])
    for at in range(len(bins), size, PAGE):
        bins += a_bin(at, noise)
    return bins


def clean(data, size, noise):
    """A whole hive of 4096 + size bytes, clean."""
    return base(data, 2, 2, 0, size) + bytes(3584) + grown(data, size, noise)


def plant(top, folder):
    """All of PLACES below top; the bytes written."""
    noise, tool, total = random.Random(7), mkhive(folder), 0
    for path, kind, user, mib in PLACES:
        data = clean(small(tool, kind, user), (mib << 20) - 4096, noise)
        path = os.path.join(top, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(data)
        total += len(data)
    os.unlink(tool)
    return total
