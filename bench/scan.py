#!/usr/bin/env python3
"""bench: `scan` of a raw image of 4 GiB without holes beside `cat`, sigfind
and TestDisk's search, and of an E01 beside reading the same through the
library.

The medium is programs of this machine, one after the other, with an NTFS
volume of 20,000 small files in it and no table.  Goals: half of the speed of
cat from the page cache, ten times that of the others; 0.9 of reading an E01.
Run alone it prints the figures as JSON."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
B = os.path.join(ROOT, os.environ.get('B', 'build'))
HIVELIFT = os.path.join(B, 'hivelift')
CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or
                     os.path.expanduser('~/.cache'), 'hivelift-bench')
MIB = 1 << 20
SIZE = 4 << 30
EWF = 1 << 30
OFFSET, VOLUME, FILES = 512 * MIB, 512 * MIB, 20_000
os.environ['PATH'] += ':/usr/sbin:/sbin'


def tool(*argv, **more):
    return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL,
                          capture_output=True, **more).stdout


def fill(out, left):
    """Programs and libraries, again and again."""
    while left > 0:
        for top in '/usr/lib', '/usr/bin', '/usr/share':
            for folder, folders, names in os.walk(top):
                folders.sort()
                for name in sorted(names):
                    path = os.path.join(folder, name)
                    if os.path.islink(path) or not os.path.isfile(path):
                        continue
                    with open(path, 'rb') as f:
                        data = f.read(min(left, 64 * MIB))
                    data += bytes(-len(data) % 512)
                    out.write(data[:left])
                    left -= min(left, len(data))
                    if not left:
                        return


def volume(image, folder):
    point = os.path.join(folder, 'mnt')
    os.makedirs(point, exist_ok=True)
    device = tool('losetup', '-f', '--show', '-o', str(OFFSET), '--sizelimit',
                  str(VOLUME), image).decode().strip()
    try:
        tool('mkntfs', '-F', '-q', '-Q', '-c', '4096', '-p',
             str(OFFSET // 512), '-H', '255', '-S', '63', device)
        tool('ntfs-3g', '-o', 'big_writes', device, point)
        try:
            for i in range(FILES):
                where = os.path.join(point, f'{i % 150}')
                os.makedirs(where, exist_ok=True)
                with open(os.path.join(where, f'file {i}'), 'wb', 0) as f:
                    f.write(b'%d' % i * (i % 400))
        finally:
            tool('umount', point)
    finally:
        tool('losetup', '-d', device)


def make(folder):
    """The raw image, and an E01 of its first quarter."""
    raw, ewf = (os.path.join(folder, n) for n in ('scan.dd', 'scan'))
    if os.path.exists(ewf + '.E01'):
        return raw, ewf + '.E01'
    os.makedirs(folder, exist_ok=True)
    print('making a medium of 4 GiB in', folder, file=sys.stderr)
    with open(raw, 'wb') as out:
        fill(out, SIZE)
    volume(raw, folder)
    tool('ewfacquire', '-u', '-q', '-c', 'fast', '-f', 'encase6', '-S',
         '8GiB', '-B', str(EWF), '-t', ewf, raw)
    return raw, ewf + '.E01'


def timed(*argv, rounds=3, timeout=900):
    """Best of several: seconds, and the last run."""
    best, done = None, None
    for _ in range(rounds):
        start = time.monotonic()
        try:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL,
                                  capture_output=True, check=False,
                                  timeout=timeout)
        except (OSError, subprocess.TimeoutExpired):
            return None, None
        took = time.monotonic() - start
        best = took if best is None else min(best, took)
    return best, done


def peaks(done):
    found = re.search(r'own peak (\d+) bytes, process peak (\d+)',
                      done.stderr.decode())
    return [int(x) for x in found.groups()] if found else [0, 0]


def measure():
    raw, e01 = make(CACHE)
    rows, r = [], {}
    cat, _ = timed('sh', '-c', f'cat "{raw}" >/dev/null')
    # cat to /dev/null may copy nothing: the pipe makes it hand bytes over
    piped, _ = timed('sh', '-c', f'cat "{raw}" | cat >/dev/null')
    ours, done = timed(HIVELIFT, 'scan', '-q', '--stats', raw)
    r['scan'], r['status'] = ours, done.returncode
    r['own'], r['process'] = peaks(done)
    rows.append(('raw', ours, 'cat', cat, 0.5))
    rows.append(('raw', ours, 'cat into a pipe', piped, None))
    sig, _ = timed('sigfind', '-b', '512', '46494c45', raw, rounds=1)
    rows.append(('raw', ours, 'sigfind, one signature', sig, 10))
    with tempfile.TemporaryDirectory(prefix='hivelift-bench-') as tmp:
        test, _ = timed('sh', '-c', f'cd "{tmp}" && TERM=xterm testdisk '
                        f'/log /cmd "{raw}" partition_none,analyze,search',
                        rounds=1)
    rows.append(('raw', ours, 'testdisk, search', test, 10))
    ours, done = timed(HIVELIFT, 'scan', '-q', '--stats', e01)
    r['scan_e01'] = ours
    own, _ = timed(os.path.join(B, 'tools', 'readimage'), e01)
    rows.append(('E01', ours, 'reading it through the library', own, 0.9))
    r['rows'] = [dict(image=i, ours=a, peer=p, theirs=b,
                      ratio=b / a if a and b else None, goal=g,
                      met=None if g is None or not b else b / a >= g)
                 for i, a, p, b, g in rows]
    r['size'], r['ewf'] = SIZE, EWF
    big = tool(os.path.join(B, 'tools', 'scanbig')).decode()
    r['big'] = int(re.search(r'peak (\d+)', big)[1])
    return r


def report(r):
    out = ['## Scan', '',
           f'`scan` of a raw image of {r["size"]:,} bytes without holes '
           f'({r["scan"]:.2f} s, own memory', f'{r["own"]:,} bytes, process '
           f'{r["process"]:,}), and of an E01 of {r["ewf"]:,} bytes; '
           '`bench/scan.py` makes', 'them of programs and one NTFS volume. '
           'Warm cache, best of three; the ratio is', 'their time by ours. '
           f'Load {os.getloadavg()[0]:.1f} (the clock counts other people\'s '
           'work too).',
           '', '| image | scan, s | beside | s | ratio | goal |',
           '|---|--:|---|--:|--:|---|']
    for x in r['rows']:
        goal = '' if x['goal'] is None else f'{x["goal"]:g}: ' + (
            'not measured' if x['met'] is None else
            'met' if x['met'] else 'MISSED')
        theirs = f'{x["theirs"]:.2f} | {x["ratio"]:.2f}' if x['theirs'] \
            else '- | -'
        out.append(f'| {x["image"]} | {x["ours"]:.2f} | {x["peer"]} | '
                   f'{theirs} | {goal} |')
    out += ['', 'Memory for the records of a medium of 20 TB (200 million, in '
            'short stretches;', f'`tests/tools/scanbig.c`): {r["big"]:,} bytes; '
            'target: less than 256 MiB, ' + (
                'met.' if r['big'] < 256 * MIB else 'MISSED.')]
    return '\n'.join(out) + '\n'


if __name__ == '__main__':
    print(json.dumps(measure(), indent=1))
