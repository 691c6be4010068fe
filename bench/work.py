"""The races: what is asked, of whom, and by how much we have to be faster."""
import os
import re
import shutil
import tempfile

import hives
import inputs
import opened
from timing import HIVELIFT, QUICK, Racer, race, run, tool_path

SECTORS = str(inputs.START // 512)
CONFIG = 'Windows/System32/config/'
SMALL = CONFIG + 'SAM'
# What an examiner writes without us: where the volume begins, all its names,
# and each hive by its number.
SCRIPT = r'''
at=$(mmls "$1" | awk '$2 ~ /^[0-9:]+$/ { print $3 + 0; exit }')
fls -r -p -o "$at" "$1" | grep -E '%s' |
while IFS='	' read -r meta name; do
	n=${meta##* }
	icat -o "$at" "$1" "${n%%:}" >"$2/$(echo "$name" | tr / _)" || exit 1
done
[ "$(ls "$2" | wc -l)" = %d ]
''' % ('|'.join('\t' + p.replace('.', '[.]') + '$' for p, *_ in hives.PLACES),
       len(hives.PLACES))


def fresh(path):
    def empty():
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
    return empty


def gone(*paths):
    def remove():
        for path in paths:
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.unlink(path)
    return remove


def pair(raw):
    """Raw and E01 of an input, as far as they can be had."""
    return [x for x in ((raw, 'raw'), (inputs.ewf(raw), 'E01')) if x[0]]


def listing(tmp, cold):
    del tmp
    raw, rows = inputs.disk(), []
    for image, kind in pair(raw):
        racers = [
            Racer('hivelift ls -R', [HIVELIFT, 'ls', '-R', '-q', image]),
            Racer('fls -r -p', ['fls', '-r', '-p', '-o', SECTORS, image],
                  8 if kind == 'raw' else 6, once=kind == 'E01')]
        if kind == 'raw':
            volume = inputs.volume()
            racers += [
                Racer('7z l (the volume alone)',
                      ['7z', 'l', '-tNTFS', volume]),
                Racer('ntfsls -R (the volume alone)',
                      ['ntfsls', '-f', '-R', volume])]
            if not cold:
                for how in ['--sweep'], ['-d'], ['-l']:
                    racers.append(Racer(f'hivelift ls -R {how[0]}', [
                        HIVELIFT, 'ls', '-R', '-q', *how, image]))
        rows.append(race(f'list 200,000 files, {kind}', racers, cold))
    return rows


def bytes_read(image, tmp):
    """What one extract reads, and what it may."""
    out = os.path.join(tmp, 'counted')
    r = run([HIVELIFT, 'extract', '-q', '--stats', image, '-o', out])
    found = re.search(r'stats: image: (\d+) bytes', r.err.decode())
    own = re.search(r'own peak (\d+)', r.err.decode())
    total = sum(mib << 20 for *_, mib in hives.PLACES)
    shutil.rmtree(out, ignore_errors=True)
    if not found or not own:
        return {}
    limit = int(1.1 * total + (2 << 20))
    return {'bytes': int(found[1]), 'bytes_limit': limit,
            'bytes_met': int(found[1]) <= limit, 'memory': int(own[1]),
            'memory_met': int(own[1]) < 32 << 20}


def lifting(tmp, cold):
    rows = []
    out, script, zipped = (os.path.join(tmp, n) for n in 'osz')
    for image, kind in pair(inputs.disk()):
        racers = [
            Racer('hivelift extract (three hashes)', [
                HIVELIFT, 'extract', '-q', image, '-o', out],
                before=gone(out)),
            Racer('mmls + fls + icat, no hash', [
                'sh', '-c', SCRIPT, 'sh', image, script],
                5 if kind == 'raw' else 8, fresh(script),
                once=kind == 'E01')]
        if kind == 'raw':
            racers.append(Racer('7z x (the volume alone)', [
                '7z', 'x', '-y', '-tNTFS', '-o' + zipped, inputs.volume(),
                *(p for p, *_ in hives.PLACES)], before=gone(zipped)))
        row = race(f'lift 13 hives of 140 MiB, {kind}', racers, cold)
        row.update(bytes_read(image, tmp))
        rows.append(row)
    gone(out, script, zipped)()
    return rows


def number_of(image, path):
    found = run(['ifind', '-o', SECTORS, '-n', path, image], keep=True)
    return found.out.decode().strip()


def one_file(tmp, cold):
    del tmp
    raw = inputs.disk()
    number = raw and number_of(raw, SMALL)
    return [race(f'one file of 1 MiB, {kind}', [
        Racer('hivelift cat', [HIVELIFT, 'cat', '-q', image, '/' + SMALL]),
        Racer('icat, by its number', ['icat', '-o', SECTORS, image, number],
              3 if kind == 'raw' else 2)], cold, rounds=3 if QUICK else 11)
        for image, kind in (pair(raw) if number else [])]


def reading(tmp, cold):
    image = inputs.ewf(inputs.part())
    if not image:
        return []
    out = os.path.join(tmp, 'export')
    row = race('read an E01 from end to end', [
        Racer('hivelift (imgcat)', [tool_path('imgcat'), image]),
        Racer('img_cat', ['img_cat', image], 3.5),
        Racer('ewfexport', ['ewfexport', '-u', '-q', '-f', 'raw', '-t', out,
                            image], before=gone(out + '.raw',
                                                out + '.raw.info'))], cold)
    gone(out + '.raw', out + '.raw.info')()
    return [row]


def verifying(tmp, cold):
    del tmp
    raw = inputs.part()
    image = inputs.ewf(raw)
    if not image:
        return []
    return [race('verify the MD5 of an E01', [
        Racer('hivelift verify', [HIVELIFT, 'verify', '-q', image]),
        Racer('openssl md5 of the raw file', ['openssl', 'md5', raw],
              1 / 1.15),
        Racer('ewfverify', ['ewfverify', '-q', image])], cold)]


def acquiring(tmp, cold):
    raw = inputs.part()
    if cold or not raw:
        return []
    ours, theirs, plain = (os.path.join(tmp, n) for n in ('a', 'b', 'c'))
    argv = [HIVELIFT, 'acquire', '-q', raw, '--format', 'ewf', '--compress',
            'fast', '-o', ours + '.E01']
    row = race('acquire to E01, fast, MD5', [
        Racer('hivelift acquire --hash md5', [*argv, '--hash', 'md5'],
              before=gone(ours + '.E01')),
        Racer('ewfacquire -c fast', [
            'ewfacquire', '-u', '-q', '-c', 'fast', '-f', 'encase6', '-S',
            '8GiB', '-t', theirs, raw], 2.5, gone(theirs + '.E01')),
        Racer('hivelift acquire, all three hashes', argv,
              before=gone(ours + '.E01')),
        Racer('dd, raw', ['dd', 'status=none', 'bs=1M', 'if=' + raw,
                          'of=' + plain], before=gone(plain))])
    for name, path in ('ours', ours), ('theirs', theirs):
        if os.path.exists(path + '.E01'):
            row['size_' + name] = os.path.getsize(path + '.E01')
    gone(ours + '.E01', theirs + '.E01', plain)()
    return [row]


def scanning(tmp, cold):
    raw, rows = inputs.full(), []
    if not raw or cold:
        return rows
    rows.append(race('scan for lost volumes, raw without holes', [
        Racer('hivelift scan', [HIVELIFT, 'scan', '-q', raw], good=(0, 2)),
        Racer('cat', ['sh', '-c', 'cat "$1" >/dev/null', 'sh', raw], 0.5),
        Racer('cat into a pipe', ['sh', '-c', 'cat "$1" | cat >/dev/null',
                                  'sh', raw]),
        # which takes the end for an error when it has come to it
        Racer('sigfind, one signature', ['sigfind', '-b', '512', '46494c45',
                                         raw], 10, once=True, good=(0, 1)),
        Racer('testdisk, search', [
            'env', 'TERM=xterm', 'testdisk', '/log', '/cmd', raw,
            'partition_none,analyze,search'], 10, cwd=tmp, once=True)]))
    image = inputs.ewf(inputs.part())
    if image:
        rows.append(race('scan for lost volumes, E01', [
            Racer('hivelift scan', [HIVELIFT, 'scan', '-q', image],
                  good=(0, 2)),
            Racer('reading it through the library', [
                tool_path('readimage'), image], 0.9)]))
    return rows


def carving(tmp, cold):
    raw, out = inputs.part(), os.path.join(tmp, 'carved')
    if not raw or cold:
        return []
    row = race('carve, raw without holes', [
        Racer('hivelift carve', [HIVELIFT, 'carve', '-q', raw, '-o', out],
              before=gone(out), good=(0, 2)),
        Racer('cat', ['sh', '-c', 'cat "$1" >/dev/null', 'sh', raw])])
    gone(out)()
    return [row]


def growth(tmp, cold):
    """The same question of more files, and of larger images."""
    del tmp
    rows = []
    if cold:
        return rows
    for n in (10_000, 100_000) if QUICK else (10_000, 100_000, 1_000_000):
        image = inputs.many(n)
        if image:
            rows.append(race(f'list {n:,} files', [
                Racer('hivelift ls -R', [HIVELIFT, 'ls', '-R', '-q', image]),
                Racer('hivelift ls -R --sweep', [
                    HIVELIFT, 'ls', '-q', '--sweep', image]),
                Racer('hivelift hives', [HIVELIFT, 'hives', '-q', image],
                      good=(0, 1, 2)),
                Racer('fls -r -p', ['fls', '-r', '-p', image],
                      once=n > 100_000)]))
    for gib in 1, 8, 64:
        image = inputs.large(gib)
        if image:
            rows.append(race(f'an image of {gib} GiB, 10,000 files', [
                Racer('hivelift ls -R', [HIVELIFT, 'ls', '-R', '-q', image]),
                Racer('hivelift hives', [HIVELIFT, 'hives', '-q', image],
                      good=(0, 1, 2)),
                Racer('fls -r -p', ['fls', '-r', '-p', image])]))
    return rows


ALL = {
    'list': listing, 'lift': lifting, 'file': one_file, 'read': reading,
    'verify': verifying, 'acquire': acquiring, 'growth': growth,
    'carve': carving, 'scan': scanning, 'snapshots': opened.snapshots,
    'bitlocker': opened.bitlocker,
}


# In these a peer needs a minute on an E01: when time is short it is theirs.
SLOW = 'list', 'lift'


def do(names):
    """Every race of that name, warm, then cold where that says something."""
    found = {}
    turns = [(cold, name) for cold in ((False,) if QUICK else (False, True))
             for name in sorted(names, key=lambda n: n in SLOW)]
    with tempfile.TemporaryDirectory(prefix='hivelift-bench-',
                                     dir=inputs.room()) as tmp:
        for cold, name in turns:
            found[cold, name] = ALL[name](tmp, cold)
    return [row for cold in (False, True) for name in names
            for row in found.get((cold, name), [])]
