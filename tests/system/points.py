#!/usr/bin/env python3
"""points: restore points of Windows XP on NTFS and FAT32, as ntfs-3g and
mtools write them: found, dated by rp.log, in order, extracted.

rp.log is as Windows XP writes it: kind of event, kind of point, a number, the
description in 512 bytes of UTF-16, and the time at 0x210."""
import datetime
import hashlib
import json
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import (HIVELIFT, ROOT, Tally, lines, need, run, scratch, tool)

CONFIG = 'WINDOWS/system32/config'
TOP = 'System Volume Information/_restore{6A1B2C3D-0000-4444-8888-0123456789AB}'
SID = 'S-1-5-21-1000-2000-3000-1004'
EPOCH = datetime.datetime(1601, 1, 1)
# number, made (or None: no rp.log; '': a short one), description
POINTS = [
    (2, (2009, 3, 1, 8, 0, 0), 'System Checkpoint'),
    (10, (2009, 2, 1, 8, 0, 0), 'Installed „Ünïcode” 1.0'),  # by its clock
    (7, None, ''),
    (8, '', ''),
]
ORDER = [7, 8, 10, 2]


def filetime(when):
    return int((datetime.datetime(*when) - EPOCH).total_seconds()) * 10 ** 7


def rp_log(when, text):
    return struct.pack('<IIQ', 100, 7, 1) + text.encode('utf-16-le').ljust(
        512, b'\0') + struct.pack('<Q', filetime(when))


def files():
    """path -> content."""
    hive = {n: run(HIVELIFT, 'cat', '-q',
                   os.path.join(ROOT, 'testdata', 'sample.E01'),
                   f'3:/Windows/System32/config/{n}')[1]
            for n in ('SAM', 'SECURITY', 'SOFTWARE')}
    out = {f'{CONFIG}/SAM': hive['SAM'],
           f'{CONFIG}/SECURITY': hive['SECURITY']}
    for number, made, text in POINTS:
        rp = f'{TOP}/RP{number}'
        old = hive['SOFTWARE'] if number == 2 else hive['SAM']
        out[f'{rp}/snapshot/_REGISTRY_MACHINE_SAM'] = old
        out[f'{rp}/snapshot/_REGISTRY_MACHINE_SECURITY'] = hive['SECURITY']
        out[f'{rp}/snapshot/_REGISTRY_USER_.DEFAULT'] = hive['SOFTWARE']
        out[f'{rp}/snapshot/_REGISTRY_USER_NTUSER_{SID}'] = hive['SAM']
        out[f'{rp}/A0001234.dll'] = b'MZ'
        if made:
            out[f'{rp}/rp.log'] = rp_log(made, text)
        elif made == '':
            out[f'{rp}/rp.log'] = rp_log((2009, 1, 1), 'cut')[:0x210]
    return out


def ntfs(tmp, image, content):
    if not need(TALLY, 'mkntfs', 'ntfs-3g'):
        return False
    with open(image, 'wb') as f:
        f.truncate(24 << 20)
    tool('mkntfs', '-F', '-q', '-f', '-s', '512', '-p', '0', '-H', '255',
         '-S', '63', image)
    mnt = os.path.join(tmp, 'mnt')
    os.makedirs(mnt, exist_ok=True)
    if run('ntfs-3g', image, mnt)[0] != 0:
        TALLY.skip('no ntfs-3g mount here')
        return False
    try:
        for path, data in content.items():
            path = os.path.join(mnt, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as f:
                f.write(data)
    finally:
        tool('umount', mnt)
    return True


def fat(tmp, image, content):
    if not need(TALLY, 'mkfs.fat', 'mmd', 'mcopy'):
        return False
    with open(image, 'wb') as f:
        f.truncate(40 << 20)
    tool('mkfs.fat', '-F', '32', image)
    made, part = set(), os.path.join(tmp, 'part')
    for path, data in content.items():
        names = path.split('/')[:-1]
        for n in range(1, len(names) + 1):
            folder = '/'.join(names[:n])
            if folder not in made:
                tool('mmd', '-i', image, f'::/{folder}')
                made.add(folder)
        with open(part, 'wb') as f:
            f.write(data)
        tool('mcopy', '-i', image, part, f'::/{path}')
    return True


def check(tmp, image, fs, content):
    status, out, err = run(HIVELIFT, 'hives', '--json', image)
    hives = [r for r in map(json.loads, lines(out)) if 'kind' in r]
    points = [r for r in hives if '_restore' in r['path']]
    TALLY.equal(status, 0, f'{fs}: status: {err}')
    TALLY.equal(len(points), 16, f'{fs}: hives of points')
    TALLY.equal([r['restore_point']['number'] for r in points],
                [n for n in ORDER for _ in range(4)], f'{fs}: by date')
    for number, made, text in POINTS:
        want = {'number': number, 'name': text if made else None,
                'created': None}
        if made:
            want['created'] = datetime.datetime(*made).strftime(
                '%Y-%m-%dT%H:%M:%S.0000000Z')
        TALLY.equal([r['restore_point'] for r in points
                     if f'/RP{number}/' in r['path']], [want] * 4,
                    f'{fs}: RP{number}')
    for r in hives:
        data = content[r['path'].lstrip('/')]
        TALLY.equal(r['sha256'], hashlib.sha256(data).hexdigest(),
                    f'{fs}: {r["path"]}')
    TALLY.equal({r['kind'] for r in points},
                {'SAM', 'SECURITY', 'DEFAULT', 'NTUSER'}, f'{fs}: kinds')
    TALLY.equal({r['sid'] for r in points if r['kind'] == 'NTUSER'}, {SID},
                f'{fs}: whose')
    sam = [r for r in points if r['path'].endswith('RP10/snapshot/'
                                                   '_REGISTRY_MACHINE_SAM')]
    TALLY.equal([r['same_as'] for r in sam],
                [f'1:/{CONFIG}/SAM'],
                f'{fs}: what is the same')
    TALLY.check(all('restore_point' not in r for r in hives
                    if r not in points), f'{fs}: the live ones are of none')
    people(image, fs)
    folder(tmp, image, fs, content)


def people(image, fs):
    status, out, err = run(HIVELIFT, 'hives', '--snapshots', '-v', image)
    text = [x for x in lines(out) if '_restore' in x]
    TALLY.equal(status, 0, f'{fs}: for people: status')
    for n, made in ((2, '2009-03-01T08:00:00'), (10, '2009-02-01T08:00:00')):
        rows = [x for x in text if f'/RP{n}/' in x]
        TALLY.check(len(rows) == 4 and all(
            f'(restore point of {made}' in x for x in rows),
            f'{fs}: dated for people: {rows[:1]}')
    for x in text:
        name = x[x.index('/System'):].split('  ')
        if '/RP7/' in name[0] or '/RP8/' in name[0]:
            TALLY.check('restore point' not in ' '.join(name[1:2]),
                        f'{fs}: no date: {name}')
    TALLY.check(b'RP8/rp.log: not there, or not whole' in err and
                b'RP7/rp.log' in err, f'{fs}: said: {err}')
    row = [x for x in text if 'RP10/snapshot/_REGISTRY_MACHINE_SEC' in x][0]
    TALLY.equal(row.split(')')[-1].strip(), f'1:/{CONFIG}/SECURITY',
                f'{fs}: the same as which')


def folder(tmp, image, fs, content):
    out = os.path.join(tmp, 'out')
    status, _, err = run(HIVELIFT, 'extract', '--force', '-q', '-o', out,
                         image)
    TALLY.equal(status, 0, f'{fs}: extract: {err}')
    with open(os.path.join(out, 'manifest.json'), encoding='utf-8') as f:
        entries = json.load(f)['files']
    got = [e for e in entries if '_restore' in e['path']]
    TALLY.equal(len(got), 16, f'{fs}: extract: files')
    for e in got:
        with open(os.path.join(out, e['output']), 'rb') as f:
            TALLY.equal(f.read(), content[e['path'].lstrip('/')],
                        f'{fs}: extract: {e["path"]}')
    TALLY.equal([e['restore_point']['number'] for e in got],
                [n for n in ORDER for _ in range(4)],
                f'{fs}: extract: by date')


TALLY = Tally('points')


def main():
    with scratch('points') as tmp:
        content, image = files(), os.path.join(tmp, 'image')
        for make in (ntfs, fat):
            if make(tmp, image, content):
                check(tmp, image, make.__name__, content)
    TALLY.done()


if __name__ == '__main__':
    main()
