"""Volumes in which others lie, for the races of opened.py:

	copies.dd	NTFS of 20,000 files with the hives of hives.py, a
			quarter as large, and three shadow copies of it, in
			each of which a part of every second hive was
			otherwise; tests/system/vssmake.py writes the stores,
			which vshadowmount reads
	locked.dd	128 MiB without holes in BitLocker, AES-XTS of 128 bits,
			sectors of 512 bytes, a clear key; tests/tools/mkbde.py
"""
import os
import random
import shutil
import sys

import hives
import inputs
from timing import ROOT

MIB = 1 << 20
VOLUME = 320 * MIB
FILES = 20_000
STATES = 4
BITLOCKER = 128 * MIB
META = 40 * MIB, 60 * MIB, 80 * MIB
REGION = 65536 + 8192                   # bytes of each


def size_of(mib):
    return max(1, mib // 4) * MIB - hives.PAGE


def plant(top, tool):
    noise = random.Random(11)
    for path, kind, user, mib in hives.PLACES:
        data = hives.clean(hives.small(tool, kind, user), size_of(mib), noise)
        path = os.path.join(top, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(data)
    for i in range(FILES):
        folder = os.path.join(top, f'Program Files/{i % 40}/{i % 1000}')
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f'library file {i}.dll'), 'wb',
                  0) as f:
            f.write(b'%d' % i * (i % 80))


def use(top, state):
    """A day of use: a tenth of the bins of every second hive."""
    noise = random.Random(state)
    for path, _, _, mib in hives.PLACES[state % 2::2]:
        pages = size_of(mib) // hives.PAGE
        with open(os.path.join(top, path), 'r+b', 0) as f:
            for i in noise.sample(range(pages * 3 // 4, pages), pages // 10):
                f.seek(hives.PAGE * (i + 1))
                f.write(hives.a_bin(hives.PAGE * i, noise))


def free_place(states):
    """Where most room is that none of them uses."""
    zeros, best, begun = bytes(MIB), (0, 0), 0
    files = [open(name, 'rb') for name in states]
    for at in range(0, VOLUME, MIB):
        if any([f.read(MIB) != zeros for f in files]):
            begun = at + MIB
        best = max(best, (at + MIB - begun, begun))
    for f in files:
        f.close()
    return best[1]


def make_copies(path):
    """The states one after the other, then the stores between them."""
    volume, tool = path + '.vol', hives.mkhive(inputs.CACHE)
    states = [f'{path}.{k}' for k in range(STATES)]
    with open(volume, 'wb') as f:
        f.truncate(VOLUME)
    inputs.mkntfs(volume, 0)
    try:
        inputs.mounted(volume, lambda top: plant(top, tool))
        for k, state in enumerate(states):
            if k:
                inputs.mounted(volume, lambda top, k=k: use(top, k))
            shutil.copyfile(volume, state)
        inputs.tool(sys.executable, os.path.join(
            ROOT, 'tests', 'system', 'vssmake.py'), '--at',
            str(free_place(states)), path, *reversed(states))
    finally:
        for name in volume, tool, *states:
            if os.path.exists(name):
                os.unlink(name)


def copies():
    return inputs.once('copies.dd', make_copies)


def make_locked(path):
    plain = path + '.plain'
    with open(inputs.full(), 'rb') as f, open(plain, 'wb') as out:
        out.write(f.read(BITLOCKER))
    try:
        inputs.mkntfs(plain, 0)
        with open(plain, 'r+b') as f:
            for at in META:
                f.seek(at)
                f.write(bytes(REGION))
        inputs.tool(sys.executable, os.path.join(
            ROOT, 'tests', 'tools', 'mkbde.py'), plain, path, '--clear',
            '--at', ','.join(map(str, META)))
    finally:
        os.unlink(plain)


def locked():
    return inputs.full() and inputs.once('locked.dd', make_locked)


def make_all():
    copies()
    locked()
