"""Deleted files of the corpus, against what others read of them.

The Sleuth Kit's `icat -r` made the rows of truth/ whose state is DEL; the
test image #7 of dftt.sf.net states the MD5s; the $MFT dumps of dfir_ntfs come
with fls' listings.  And: a sweep of $MFT and the indexes tell the same of
every volume that is not damaged.
"""
import glob
import hashlib
import json
import os
import re
import struct

from common import (CORPUS, HIVELIFT, UNPACKED, Tally, lines, run, scratch,
                    short)

IMAGES = os.path.join(CORPUS, 'images')
DFTT = os.path.join(UNPACKED, 'sleuthkit__sleuthkit_test_data', 'from_brian',
                    '7-undel-ntfs__')

# truth file → image: NTFS volumes with deleted files
TRUTHS = {
    'colinfinck__testfs1': 'ColinFinck__ntfs/testfs1',
    'dfir_ntfs__ntfs3': 'msuhanov__dfir_ntfs/ntfs3.raw',
    'dfir_ntfs__ntfs_index@128': 'msuhanov__dfir_ntfs/ntfs_index.raw',
    'dftt__7-ntfs-undel': 'sleuthkit__sleuthkit_test_data/from_brian/'
                          '7-undel-ntfs__7-ntfs-undel.dd',
    'dftt__8-jpeg-search': 'sleuthkit__sleuthkit_test_data/from_brian/'
                           '8-jpeg-search__8-jpeg-search.dd',
    'grr__ntfs_img@63': 'google__grr/ntfs_img.dd',
    'radare2__ntfs': 'radareorg__radare2-testbins/ntfs.img',
    'recuperabit__reference_ntfs': 'Lazza__RecuperaBit/reference_ntfs.img',
    'rrg__smol.ntfs': 'google__rrg/smol.ntfs',
}

# What differs on purpose: files that no index names.
ONLY_SWEEP = {'msuhanov__dfir_ntfs/ntfs3.raw': {'/test/1.txt'}}


ORPHANS = {'orphan': {f'/$Orphan/{i}.txt' for i in (2, 3, 4, 5)}}


def find(name):
    for top in (UNPACKED, IMAGES):
        path = os.path.join(top, name)
        if os.path.exists(path):
            return path
    return None


def entries(out):
    rows = [json.loads(line) for line in lines(out.replace(b'\r', b''))]
    return [r for r in rows if 'path' in r]


# ---- content ----------------------------------------------------------------

def deleted_rows(truth):
    """(record, stream, size, sha256, path) of deleted $DATA"""
    with open(truth, encoding='utf-8', errors='replace') as f:
        for line in f:
            field = line.rstrip('\n').split('\t', 5)
            if line.startswith('#') or len(field) != 6 or field[1] != 'DEL':
                continue
            number, *kind = field[2].split('-')
            name = field[5].rsplit('/', 1)[-1]
            is_data = kind[:1] == ['128'] and len(field[4]) == 64
            yield (number, name.partition(':')[2],
                   int(field[3]) if is_data else None, field[4], field[5])


def check_truth(tally, name, image):
    truth = os.path.join(CORPUS, 'truth', name + '.tsv')
    path = find(image)
    if not path or not os.path.exists(truth):
        tally.skip('no corpus: ' + image)
        return
    n = 0
    for number, stream, size, digest, where in deleted_rows(truth):
        n += 1
        if size is None:
            continue
        at = '@' + number + (':' + stream if stream else '')
        status, out, err = run(HIVELIFT, 'cat', path, at)
        got = len(out), hashlib.sha256(out).hexdigest()
        tally.check(status in (0, 2), f'{image}: {at}: status {status}')
        tally.equal(got, (size, digest), f'{image}: {at} {where}: {err!r}')
    status, out, err = run(HIVELIFT, 'ls', '--sweep', '-d', '--json', path)
    seen = {str(r['record']) for r in entries(out)}
    want = {row[0] for row in deleted_rows(truth)}
    tally.check(want <= seen, f'{image}: left out: {short(want - seen)}')
    tally.check(n, f'{image}: there are deleted files')


def check_dftt(tally):
    """The nine files of the test, with their paths."""
    image = DFTT + '7-ntfs-undel.dd'
    if not os.path.exists(image):
        tally.skip('no corpus: DFTT #7')
        return
    with open(DFTT + 'index.html', encoding='latin-1') as f:
        wanted = set(re.findall(r'\b[0-9a-f]{32}\b', f.read()))
    wanted.discard('e7dbb96759d9cd62b729463ebfe61dab')  # of the image
    with scratch('dftt') as tmp:
        out = os.path.join(tmp, 'out')
        status, _, err = run(HIVELIFT, 'extract', '-d', image, '-o', out, '/')
        tally.equal(status, 0, f'DFTT #7: extract -d; {err[-300:]!r}')
        with open(os.path.join(out, 'manifest.json'), encoding='utf-8') as f:
            files = [e for e in json.load(f)['files'] if e['deleted']]
        found = {e['md5']: e for e in files}
        tally.equal(len(wanted), 9, 'DFTT #7: nine MD5s are stated')
        tally.equal(sorted(wanted - set(found)), [], 'DFTT #7: all are lifted')
        paths = {e['path']: e for e in files}
        for path in ('/res1.dat', '/sing1.dat', '/mult1.dat',
                     '/mult1.dat:ADS', '/frag1.dat', '/frag2.dat',
                     '/dir1/mult2.dat', '/dir1/dir2/frag3.dat',
                     '/$Orphan/sing2.dat'):
            tally.check(path in paths, f'DFTT #7: {path}')
        states = {r['state'] for e in files for r in e['runs']}
        tally.equal(states, {'unallocated-now'}, 'DFTT #7: states of runs')
        tally.check(os.path.exists(os.path.join(
            out, 'v1', '$Deleted', '35-3', 'dir1', 'dir2', 'frag3.dat')) or
            [e['output'] for e in files if e['record'] == 35],
            'DFTT #7: by record, sequence and path')


# ---- $MFT dumps -------------------------------------------------------------

def mft_runs(record):
    """Cluster size and runs of $MFT, out of its first record."""
    record = bytearray(record)
    usa, n = struct.unpack_from('<HH', record, 4)
    for i in range(1, n):
        record[512 * i - 2:512 * i] = record[usa + 2 * i:usa + 2 * i + 2]
    at, = struct.unpack_from('<H', record, 0x14)
    while struct.unpack_from('<I', record, at)[0] != 0x80:
        at += struct.unpack_from('<I', record, at + 4)[0]
    last, = struct.unpack_from('<Q', record, at + 0x18)
    allocated, = struct.unpack_from('<Q', record, at + 0x28)
    p = at + struct.unpack_from('<H', record, at + 0x20)[0]
    lcn, out = 0, []
    while record[p]:
        a, b = record[p] & 15, record[p] >> 4
        length = int.from_bytes(record[p + 1:p + 1 + a], 'little')
        lcn += int.from_bytes(record[p + 1 + a:p + 1 + a + b], 'little',
                              signed=True)
        out.append((length, lcn))
        p += 1 + a + b
    return allocated // (last + 1), out


def carrier(dump, path):
    """A volume that holds nothing but a boot sector and that $MFT."""
    with open(dump, 'rb') as f:
        data = f.read()
    size, = struct.unpack_from('<I', data, 0x1c)
    cluster, runs = mft_runs(data[:size])
    total = max(lcn + n for n, lcn in runs) + 1024
    boot = bytearray(512)
    boot[3:11] = b'NTFS    '
    struct.pack_into('<HB', boot, 0x0b, 512, cluster // 512)
    struct.pack_into('<QQQ', boot, 0x28, total * cluster // 512 - 1,
                     runs[0][1], 2)
    boot[0x40] = 256 - (size.bit_length() - 1)
    boot[0x44] = 0xf4
    boot[510:] = b'\x55\xaa'
    with open(path, 'wb') as f:
        f.truncate(total * cluster)
        f.write(boot)
        done = 0
        for n, lcn in runs:
            f.seek(lcn * cluster)
            f.write(data[done:done + n * cluster])
            done += n * cluster


def swept(image, *options):
    _, out, _ = run(HIVELIFT, 'ls', '--sweep', '--json', *options, image)
    return {r['path']: r for r in entries(out)}


def check_dump(tally, name):
    folder = os.path.join(IMAGES, 'msuhanov__dfir_ntfs')
    dump = os.path.join(folder, name + '.mft')
    if not os.path.exists(dump):
        tally.skip(f'no corpus: {name}.mft')
        return
    with scratch('mft') as tmp:
        image = os.path.join(tmp, 'v')
        carrier(dump, image)
        got = swept(image, '-d')
        fls = os.path.join(folder, name + '.fls')
        if os.path.exists(fls):
            with open(fls, encoding='utf-8') as f:
                want = {'/' + line.split('\t')[1] for line in f
                        if not line.startswith('V/V')}
            # streams and indexes have rows of their own there
            want = {p.partition(':')[0] for p in want}
            want.discard('/$OrphanFiles')
            # fls gave those no name; what holds them is gone
            lost = {p for p in got if p.startswith('/$Orphan/')}
            tally.equal(lost, ORPHANS.get(name, set()), f'{name}.mft: orphans')
            tally.equal(sorted(set(got) - lost), sorted(want),
                        f'{name}.mft: paths')
        if name == 'deleted':
            gone = {p for p, r in got.items() if r['deleted']}
            tally.equal(gone, {'/1', '/1/2', '/1/2/3', '/1/2/33', '/1/2/3/4',
                               '/1/2/3/4/file.txt'}, 'deleted.mft: paths')


# ---- both ways --------------------------------------------------------------

def check_both(tally, path):
    """The same rows by the indexes and by a sweep."""
    tops = (UNPACKED + os.sep, IMAGES + os.sep)
    name = next((path[len(t):] for t in tops if path.startswith(t)), path)
    status, out, _ = run(HIVELIFT, 'ls', '-R', '--json', path)
    if status != 0:
        return False  # damaged, or not read
    down = {(r['volume'], r['path']): r for r in entries(out)}
    status, out, err = run(HIVELIFT, 'ls', '--sweep', '--json', path)
    swept_ = {(r['volume'], r['path']): r for r in entries(out)}
    extra = {p for _, p in swept_.keys() - down.keys()}
    tally.equal(extra, ONLY_SWEEP.get(name, set()), f'{name}: only swept')
    tally.equal(sorted(down.keys() - swept_.keys()), [],
                f'{name}: not swept; {err[-200:]!r}')
    other = [k for k in down if k in swept_ and down[k] != swept_[k]]
    tally.equal(other, [], f'{name}: both ways differ')
    return True


def main():
    tally = Tally('deleted')
    if not os.path.isdir(IMAGES):
        tally.skip('no corpus here')
        tally.done()
    for name, image in TRUTHS.items():
        check_truth(tally, name, image)
    check_dftt(tally)
    for name in ('orphan', 'deleted', 'unicode', '4k-large'):
        check_dump(tally, name)
    n = 0
    for pattern in ('*/*.E01', '*/*.dd', '*/*.img', '*/*.raw', '*/testfs1',
                    '*/*/*.dd', '*/*.vhd', '*/*/*.img'):
        for top in (IMAGES, UNPACKED):
            for path in sorted(glob.glob(os.path.join(top, pattern))):
                n += check_both(tally, path)
    for name in ('win10.E01', 'xp.dd'):
        path = os.path.join(CORPUS, 'cases', name)
        if not os.path.exists(path):
            path = os.path.join(UNPACKED, 'cases', name)
        if os.path.exists(path):
            n += check_both(tally, path)
    tally.check(n > 30, f'both ways on {n} images')
    tally.done()


main()
