#!/usr/bin/env python3
"""shadows: every file of every shadow copy of the corpus, extracted, against
The Sleuth Kit on what vshadowmount shows; and copies whose stores lie on
another volume or disk, which libvshadow does not follow."""
import hashlib
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import (CORPUS, HIVELIFT, UNPACKED, Tally, lines, need, run,
                    scratch, tool)

# image, offset of the volume, its number, copies
DISKS = [
    ('msuhanov__dfir_ntfs/vss_2003.raw', 63 * 512, '1', 6),
    ('msuhanov__ntfs-samples/ntfs.raw', 2048 * 512, '1', 2),
    ('vsstest.raw', 0, '1', 2),
]
QCOW2 = os.path.join(CORPUS, 'images/log2timeline__dfvfs/vsstest.qcow2')
CROSSED = os.path.join(UNPACKED, 'msuhanov__dfir_ntfs/vss_3_volstor.raw')


def extracted(tmp, image, volume):
    """path -> digest of one copy, and the status."""
    out = os.path.join(tmp, 'out')
    status, _, _ = run(HIVELIFT, 'extract', image, f'{volume}:/', '--volume',
                       volume, '-q', '--force', '-o', out)
    with open(os.path.join(out, 'manifest.json'), encoding='utf-8') as f:
        files = json.load(f)['files']
    return {e['path'].lstrip('/'): e['sha256'] for e in files
            if e['volume'] == volume}, status


def by_tsk(device):
    """path -> digest of every file that has a name; no index attributes."""
    found = {}
    for line in lines(tool('fls', '-r', '-p', '-F', device)):
        kind, path = line.split('\t', 1)
        inode = kind.split()[-1].rstrip(':')
        if '*' in kind or '-144-' in inode or path.endswith('$BadClus:$Bad') \
                or path.startswith('$OrphanFiles'):
            continue
        data = subprocess.run(['icat', device, inode], check=False,
                              capture_output=True).stdout
        found[path] = hashlib.sha256(data).hexdigest()
    return found


def disk(tally, tmp, image, offset, volume, copies):
    point = os.path.join(tmp, 'mnt')
    os.makedirs(point, exist_ok=True)
    name = os.path.basename(image)
    if run('vshadowmount', '-o', str(offset), image, point)[0] != 0:
        tally.skip('vshadowmount does not mount here')
        return
    try:
        for n in range(1, copies + 1):
            ours, status = extracted(tmp, image, f'{volume}.s{n}')
            theirs = by_tsk(os.path.join(point, f'vss{n}'))
            tally.equal(status, 0, f'{name}, copy {n}: status')
            tally.check(len(theirs) > 15, f'{name}, copy {n}: files')
            for path, digest in theirs.items():
                tally.equal(ours.get(path), digest,
                            f'{name}, copy {n}: {path}')
    finally:
        tool('fusermount', '-u', point)


def lost(tally, tmp, image):
    """Each thing that leads to the catalogue zeroed: the copies are found by
    the file that holds it, or by a search, and have every file they had."""
    want, _ = extracted(tmp, image, '1.s1')
    del want['$Boot']  # the header is in it
    first = 115539968
    with open(image, 'rb') as f:
        f.seek(0x30)
        mft = int.from_bytes(f.read(8), 'little') * 4096
    for what, zeroed, says in (
            ('the header', [(0x1e00, 512)], b'by the file that holds it'),
            ('the pointer', [(0x1e30, 8)], b'by the file that holds it'),
            ('a block', [(first + 0x4000, 64)], b'3 of 4 blocks'),
            ('header and file', [(0x1e00, 512), (mft + 38 * 1024, 1024)],
             b'found by a search, at 115539968')):
        hurt = os.path.join(tmp, 'hurt.raw')
        shutil.copyfile(image, hurt)
        with open(hurt, 'r+b') as f:
            for at, n in zeroed:
                f.seek(at)
                f.write(bytes(n))
        got, status = extracted(tmp, hurt, '1.s1')
        got.pop('$Boot', None)
        tally.equal(got, want, f'{what} is zeroed: files')
        tally.equal(status, 2, f'{what} is zeroed: status')
        err = run(HIVELIFT, 'info', '--snapshots', hurt)[2]
        tally.check(says in err, f'{what} is zeroed: said: {err}')


def crossed(tally, tmp):
    """What volume 2 keeps on volume 1; each read agrees with its runs."""
    if not os.path.exists(CROSSED):
        tally.skip('the corpus is not unpacked')
        return
    status, out, _ = run(HIVELIFT, 'info', '--json', '--snapshots', CROSSED)
    rows = [json.loads(x) for x in lines(out)]
    copies = [r for r in rows if r.get('shadow_copy')]
    tally.equal(status, 0, 'stores on another volume: status')
    tally.equal([(c['volume'], c['shadow_copy']['elsewhere'], c['fs'])
                 for c in copies], [('2.s1', True, 'ntfs'),
                                    ('2.s2', True, 'ntfs')], 'its copies')
    for volume in '2.s1', '2.s2':
        ours, status = extracted(tmp, CROSSED, volume)
        tally.equal(status, 0, f'{volume}: status')
        tally.check(len(ours) > 15, f'{volume}: files')


def written(tally):
    """Who made the disks wrote a file anew before and between the copies, so
    that its letters tell which one is read."""
    folder = os.path.join(UNPACKED, 'msuhanov__dfir_ntfs')
    vol, stor, both = (os.path.join(folder, f'vss_{n}.raw')
                       for n in ('1_vol', '2_stor', '3_volstor'))
    if not os.path.exists(vol):
        tally.skip('the corpus is not unpacked')
        return
    for image, more, volume, size, letters in (
            (vol, ['--with', stor], '2', 703800, '3'),
            (vol, ['--with', stor], '2.s1', 703800, '1'),
            (vol, ['--with', stor], '2.s2', 703800, '2'),
            (vol, ['--with', both, '--with', stor], '2.s2', 703800, '2'),
            (stor, [], '2', 7700, '5TORAGE'),
            (stor, [], '2.s1', 7700, 'STORAGE'),
            (stor, ['--with', vol], '2.s1', 7700, 'STORAGE'),
            (both, [], '2.s1', 52272, '1'), (both, [], '2.s2', 52272, '2')):
        what = f'{os.path.basename(image)} {volume} {len(more)}'
        status, out, err = run(HIVELIFT, 'cat', image, *more,
                               f'{volume}:/test.txt')
        tally.equal((status, out.decode()),
                    (0, letters * (size // len(letters))), what)
        foreign = b'of no copy of this volume' in err
        unread = b'not read' in err
        tally.equal(foreign, (image, volume) == (stor, '2.s1'),
                    f'{what}: whose stores are there too')
        tally.equal(unread, (image, volume) == (vol, '2'),
                    f'{what}: the other is not read')
        tally.check(b'warning' not in err and (foreign or unread or not err),
                    f'{what}: nothing is lost: {err}')
    status, out, _ = run(HIVELIFT, 'info', '--snapshots', vol)
    tally.equal(status, 2, 'without --with: status')
    tally.check(b'on volume {bbaa763c-8204-11eb-90f4-080027768df7}' in out,
                'without --with: which volume it is on')
    with scratch('shadows') as tmp:
        out = os.path.join(tmp, 'out')
        status, _, err = run(HIVELIFT, 'extract', vol, '--with', stor, '-o',
                             out, '2.s1:/test.txt')
        tally.equal(status, 0, f'extract: {err}')
        with open(os.path.join(out, 'manifest.json'), encoding='utf-8') as f:
            runs = json.load(f)['files'][0]['runs']
        data = b''
        for r in runs:
            with open(r.get('image', vol), 'rb') as f:
                f.seek(r['offset'])
                data += f.read(r['length'])
        tally.equal(data[:703800], b'1' * 703800, 'where its runs lead')
        tally.equal({(r.get('from'), r.get('image')) for r in runs
                     if r.get('image')}, {('store', stor)}, 'the other image')
        status, _, err = run(HIVELIFT, 'verify', out, '--image', vol,
                             '--with', stor)
        tally.equal(status, 0, f'verify: {err}')


def main():
    tally = Tally('shadows')
    if not need(tally, 'vshadowmount', 'fusermount', 'fls', 'icat'):
        tally.done()
    with scratch('shadows') as tmp:
        for name, offset, volume, copies in DISKS:
            image = os.path.join(UNPACKED, name)
            if name == 'vsstest.raw':
                image = os.path.join(tmp, name)
                if not os.path.exists(QCOW2):
                    tally.skip('no corpus here')
                    continue
                if not need(tally, 'qemu-img'):
                    continue
                tool('qemu-img', 'convert', '-O', 'raw', QCOW2, image)
            elif not os.path.exists(image):
                tally.skip('the corpus is not unpacked')
                continue
            disk(tally, tmp, image, offset, volume, copies)
            if name == 'vsstest.raw':
                lost(tally, tmp, image)
        crossed(tally, tmp)
    written(tally)
    tally.done()


if __name__ == '__main__':
    main()
