#!/usr/bin/env python3
"""bench: E01 beside its peers, in turns: read in order, verified, and one
small file from a process that has just begun.

The medium is made here: text that deflates by half, noise and empty space.
Times are by the clock and of the processor; on a machine that does other
work the second, and the least of the first, say more than medians.
Run alone it prints the figures as JSON."""
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

import replay

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
B = os.path.join(ROOT, os.environ.get('B', 'build'))
HIVELIFT = os.path.join(B, 'hivelift')
IMGCAT = os.path.join(B, 'tools', 'imgcat')
MIB = 1 << 20
ROUNDS = int(os.environ.get('BENCH_ROUNDS', '9'))
SMALL_ROUNDS = 3 * ROUNDS


def medium(path, size):
    """Words in random order, noise, zeros: 2 : 1 : 1."""
    rng = random.Random(5)
    words = [rng.randbytes(rng.randint(2, 9)).hex().encode()
             for _ in range(3000)]
    text = b' '.join(rng.choice(words) for _ in range(250000))
    with open(path, 'wb') as f:
        while f.tell() < size:
            at = rng.randrange(len(text) // 2)
            piece = text[at:] + text[:at]
            f.write(piece[:2 * MIB])
            f.write(rng.randbytes(MIB))
            f.write(bytes(MIB))
        f.truncate(size)


def acquire(raw, folder):
    name = os.path.join(folder, os.path.basename(raw).split('.')[0])
    subprocess.run(['ewfacquire', '-u', '-q', '-t', name, '-C', 'c', '-D',
                    'd', '-e', 'e', '-E', '1', '-N', 'n', '-m', 'fixed', '-M',
                    'physical', '-f', 'encase6', '-c', 'fast', '-S', '1.9GiB',
                    raw], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return name + '.E01'


def fat(path):
    """16 MiB of FAT with a small file."""
    with open(path, 'wb') as f:
        f.truncate(16 * MIB)
    small = path + '.txt'
    with open(small, 'w', encoding='ascii') as f:
        f.write('hello\n' * 200)
    subprocess.run(['mkfs.fat', path], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(['mcopy', '-i', path, small, '::/small.txt'], check=True)
    return path


def turns(name, goal, commands, rounds=ROUNDS):
    """commands: name -> argv, the first of them ours."""
    seen = {k: [] for k in commands}
    for _ in range(rounds):
        for key, argv in commands.items():
            seen[key].append(replay.once('/nonexistent', argv))
    row = dict(name=name, goal=goal, times={})
    for key, found in seen.items():
        row['times'][key] = dict(
            wall=statistics.median(x[0] for x in found),
            least=min(x[0] for x in found),
            cpu=statistics.median(x[1] for x in found))
    return row


def measure():
    need = ('ewfacquire', 'img_cat', 'ewfexport', 'ewfverify', 'openssl',
            'icat', 'ifind', 'mkfs.fat', 'mcopy')
    if not all(shutil.which(t) for t in need):
        return []
    rows = []
    with tempfile.TemporaryDirectory(prefix='hivelift-bench-') as tmp:
        raw = os.path.join(tmp, 'medium.raw')
        medium(raw, 512 * MIB)
        e01 = acquire(raw, tmp)
        rows.append(turns('read in order', 'img_cat / ours >= 3.5', {
            'imgcat (ours)': [IMGCAT, e01],
            'img_cat': ['img_cat', e01],
            'ewfexport': ['ewfexport', '-u', '-q', '-t', '-', e01]}))
        rows.append(turns('verify MD5', 'ours <= 1.15 openssl', {
            'verify (ours)': [HIVELIFT, 'verify', '-q', e01],
            'openssl md5 of the raw file': ['openssl', 'md5', raw],
            'ewfverify': ['ewfverify', '-q', e01]}))
        small = fat(os.path.join(tmp, 'small.raw'))
        packed = acquire(small, tmp)
        inode = subprocess.run(['ifind', '-n', '/small.txt', small],
                               check=True, capture_output=True,
                               text=True).stdout.strip()
        for kind, image, goal in (('raw', small, 'ours < 1/3 icat'),
                                  ('E01', packed, 'ours < 1/2 icat')):
            rows.append(turns(f'one small file, {kind}', goal, {
                'cat (ours)': [HIVELIFT, 'cat', '-q', image, '/small.txt'],
                'cat --no-sandbox (ours)': [HIVELIFT, 'cat', '-q',
                                            '--no-sandbox', image,
                                            '/small.txt'],
                'icat': ['icat', image, inode]}, SMALL_ROUNDS))
    return rows


def report(rows, machine):
    out = ['## E01', '', '512 MiB of text, noise and empty space, `ewfacquire '
           '-c fast`; the file is one of', '1,200 bytes on FAT, 16 MiB. In '
           f'turns, {ROUNDS} rounds ({SMALL_ROUNDS} for the file), warm '
           'cache.', '',
           f'Machine: {machine}, load {os.getloadavg()[0]:.1f} (the clock '
           'counts other people\'s work', 'too; then the least and the '
           'processor\'s time say more).', '',
           '| measured | run | median, ms | least, ms | processor, ms | '
           'goal |', '|---|---|--:|--:|--:|---|']
    for r in rows:
        for key, t in r['times'].items():
            out.append(f'| {r["name"]} | {key} | {1000 * t["wall"]:.1f} | '
                       f'{1000 * t["least"]:.1f} | {1000 * t["cpu"]:.1f} | '
                       f'{r["goal"]} |')
    return '\n'.join(out) + '\n'


if __name__ == '__main__':
    print(json.dumps(measure(), indent=1))
