#!/usr/bin/env python3
"""bench: `acquire` to E01 beside `ewfacquire -c fast`, and to raw beside dd, in
turns.  Both E01 compute MD5; acquire and dd have the output on the medium at
the end (fsync), ewfacquire has not.  Goal: 2.5 times as fast as ewfacquire, by
a file that is no larger.  Run alone it prints the figures as JSON."""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HIVELIFT = os.path.join(os.path.dirname(HERE), os.environ.get('B', 'build'),
                        'hivelift')
MIB = 1 << 20
SIZE, NOISE, EMPTY = 256 * MIB, 32 * MIB, 48 * MIB
ROUNDS, GOAL = 3, 2.5


def make(path):
    """Programs of this machine, noise, and empty space."""
    with open(path, 'wb') as out:
        left = SIZE - NOISE - EMPTY
        for folder, folders, names in os.walk('/usr/lib'):
            folders.sort()
            for name in sorted(names):
                full = os.path.join(folder, name)
                if left and os.path.isfile(full) and not os.path.islink(full):
                    with open(full, 'rb') as f:
                        left -= out.write(f.read(min(left, 16 * MIB)))
        out.write(os.urandom(NOISE))
        out.truncate(SIZE)


def timed(tmp, *argv):
    for name in os.listdir(tmp):
        if name != 'medium':
            os.unlink(os.path.join(tmp, name))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(argv, check=True, cwd=tmp, stdin=subprocess.DEVNULL,
                   capture_output=True)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = sum(os.path.getsize(os.path.join(tmp, n)) for n in os.listdir(tmp)
               if n != 'medium')
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - \
        before.ru_stime, size


RUNS = {
    'acquire, E01': (HIVELIFT, 'acquire', '-q', '--hash', 'md5', 'medium',
                     '-o', 'ours.E01'),
    'ewfacquire -c fast': (
        'ewfacquire', '-u', '-q', '-t', 'theirs', '-C', 'c', '-D', 'd', '-e',
        'e', '-E', '1', '-N', 'n', '-m', 'fixed', '-M', 'physical', '-c',
        'fast', 'medium'),
    'acquire, raw': (HIVELIFT, 'acquire', '-q', '--hash', 'md5', 'medium',
                     '-o', 'ours.raw'),
    'dd': ('dd', 'if=medium', 'of=theirs.raw', 'bs=1M', 'conv=fsync'),
}


def measure():
    seen = {name: [] for name in RUNS}
    with tempfile.TemporaryDirectory(prefix='hivelift-bench-') as tmp:
        make(os.path.join(tmp, 'medium'))
        for _ in range(ROUNDS):
            for name, argv in RUNS.items():
                seen[name].append(timed(tmp, *argv))
    return {name: dict(median=statistics.median(x[0] for x in runs),
                       least=min(x[0] for x in runs),
                       cpu=statistics.median(x[1] for x in runs),
                       size=runs[0][2]) for name, runs in seen.items()}


def report(r, machine):
    ours, theirs = r['acquire, E01'], r['ewfacquire -c fast']
    ratio = theirs['median'] / ours['median']
    out = ['## Acquire', '',
           f'{SIZE // MIB} MiB of programs, noise and empty space, MD5; in '
           f'turns, {ROUNDS} rounds, warm cache.', '',
           f'Machine: {machine}, load {os.getloadavg()[0]:.1f} (the clock '
           'counts other people\'s work too).', '',
           '| run | median, s | least, s | processor, s | bytes written |',
           '|---|--:|--:|--:|--:|']
    for name, x in r.items():
        out.append(f'| {name} | {x["median"]:.2f} | {x["least"]:.2f} | '
                   f'{x["cpu"]:.2f} | {x["size"]:,} |')
    out += ['', f'E01: {ratio:.2f} times as fast as ewfacquire by the median, '
            f'{theirs["least"] / ours["least"]:.2f} by the least, '
            f'{theirs["cpu"] / ours["cpu"]:.2f} by processor', f'time, '
            f'{ours["size"] / theirs["size"]:.3f} of its size.  Goal '
            f'{GOAL:g} at no more than its size: ' +
            ('met.' if ratio >= GOAL and ours['size'] <= theirs['size']
             else 'MISSED.')]
    return '\n'.join(out) + '\n'


if __name__ == '__main__':
    json.dump(measure(), sys.stdout, indent=1)
