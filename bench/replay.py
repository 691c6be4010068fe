#!/usr/bin/env python3
"""bench: `replay` of a SYSTEM hive of 13 MB with 6 MB of logs beside `cat` of
the same three files; the target is less than 3 times as long.

mkhive makes the keys; the bins behind them, and both logs with their hashes,
are made here: what replay has to write is thereby known without the library.
Run alone it prints the figures as JSON."""
import json
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import hives
from timing import HIVELIFT

BINS = 13 << 20
LOG = 3 << 20                   # each of the two
PAGE, PAGES = 4096, 48          # bytes of a page, pages of an entry
ROUNDS = 25
GOAL = 3.0
M32 = 0xffffffff


def marvin(data):
    """Marvin32 with the seed of the registry, over whole dwords."""
    lo, hi = 0x7a4e55c5, 0x82ef4d88
    for (word,) in struct.iter_unpack('<I', data + b'\x80\0\0\0\0\0\0\0'):
        lo = (lo + word) & M32
        hi ^= lo
        lo = ((lo << 20 | lo >> 12) + hi) & M32
        hi = (hi << 9 & M32 | hi >> 23) ^ lo
        lo = ((lo << 27 | lo >> 5) + hi) & M32
        hi = hi << 19 & M32 | hi >> 13
    return hi << 32 | lo


def entry(seq, size, pages):
    body = b''.join(struct.pack('<II', off, len(p)) for off, p in pages) + \
        b''.join(p for _, p in pages)
    body += bytes(-(40 + len(body)) % 512)
    head = struct.pack('<4sIIIIIQ', b'HvLE', 40 + len(body), 0, seq, size,
                       len(pages), marvin(body))
    return head + struct.pack('<Q', marvin(head)) + body


def put(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, 'wb') as f:
        f.write(data)
    return path


def make(folder):
    """Hive and logs; the paths, and the bins that replay has to give."""
    noise = random.Random(13)
    small = hives.small(hives.mkhive(folder), 'SYSTEM')
    first = len(small) - 4096
    bins = hives.grown(small, BINS, noise)
    paths = [put(folder, 'SYSTEM', hives.base(small, 3, 2, 0, BINS) +
                 bytes(3584) + bins)]
    seq = 2
    for name in 'SYSTEM.LOG1', 'SYSTEM.LOG2':
        log = hives.base(small, seq, seq, 6, BINS)
        while len(log) < LOG:
            pages = []
            for at in sorted(noise.sample(range(first, BINS, PAGE), PAGES)):
                bins[at:at + PAGE] = hives.a_bin(at, noise)
                pages.append((at, bytes(bins[at:at + PAGE])))
            log += entry(seq, BINS, pages)
            seq += 1
        paths.append(put(folder, name, log))
    return paths, bytes(bins)


def once(out, argv, to=os.devnull):
    """Seconds by the clock, and of the processor in this one child."""
    if os.path.exists(out):
        os.unlink(out)
    start = time.monotonic()
    with open(to, 'wb') as f:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=f)
        _, status, used = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f'bench: {argv[0]} ended with {child.returncode}')
    return wall, used.ru_utime + used.ru_stime


def measure():
    """In turns, so that the machine's other work falls on both."""
    with tempfile.TemporaryDirectory(prefix='hivelift-bench-') as tmp:
        paths, want = make(tmp)
        out = os.path.join(tmp, 'out')
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(once(out, [HIVELIFT, 'replay', '-q', paths[0], '-o',
                                   out]))
            with open(out, 'rb') as f:
                right = f.read()[4096:] == want
            if not right:
                sys.exit('bench: replay wrote something else')
            theirs.append(once(out, ['cat', *paths], out))
        sizes = [os.path.getsize(p) for p in paths]
    found = dict(hive=sizes[0], logs=sum(sizes[1:]), rounds=ROUNDS)
    for i, clock in enumerate(('wall', 'cpu')):
        a, b = (statistics.median(x[i] for x in y) for y in (ours, theirs))
        found[clock] = dict(replay=a, cat=b, ratio=a / b, met=a < GOAL * b)
    return found


if __name__ == '__main__':
    print(json.dumps(measure(), indent=1))
