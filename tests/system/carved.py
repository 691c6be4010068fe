"""carve: hives that were deleted and whose volume was then formatted again,
logs and fragments among them; and yarp's carving samples."""
import os

from common import (CORPUS, HIVELIFT, Tally, lines, need, run, scratch,
                    sha256_of, short, tool)
from lifted import load
from lost_map import Changed, changed_sectors, locate, runs_of
from lost_world import (MIB, Author, Tools, Volume, loop, make_image, mounted,
                        snapshot, table, written)

YARP = os.path.join(CORPUS, 'hives', 'msuhanov__yarp', 'hives_for_tests')


def carve(tally, image, label, *options, statuses=(0, 2)):
    """The manifest's files; each as the manifest has it."""
    with scratch('carved') as tmp:
        out = os.path.join(tmp, 'out')
        status, _, err = run(HIVELIFT, 'carve', '-o', out, *options, image)
        tally.check(status in statuses, f'{label}: status {status}: '
                    f'{err[-400:]!r}')
        path = os.path.join(out, 'manifest.json')
        if not tally.check(os.path.exists(path), f'{label}: no manifest: '
                           f'{err[-300:]!r}'):
            return [], b''
        files = [f for f in load(path)['files'] if f.get('output')]
        for f in files:
            name = os.path.join(out, f['output'])
            tally.check(f['output'].startswith('carved/'),
                        f'{label}: {f["output"]} is under carved/')
            if not tally.check(os.path.isfile(name), f'{label}: {name}'):
                continue
            tally.equal(sha256_of(name), f['sha256'], f'{label}: {name}')
            with open(name, 'rb') as g:
                f['data'] = g.read()
            check_runs(tally, image, f, label)
        status, _, err = run('sha256sum', '--strict', '-c', 'SHA256SUMS',
                             cwd=out)
        tally.equal(status, 0, f'{label}: SHA256SUMS; {err[-300:]!r}')
        return files, err


def check_runs(tally, image, f, label):
    """What the manifest says of where the bytes lie is so."""
    if image.endswith('.E01'):
        return
    with open(image, 'rb') as g:
        for r in f['runs']:
            if r['what'] != 'data' or r['stored_length'] != r['length']:
                continue
            g.seek(r['offset'])
            got = g.read(r['length'])
            at = r['file_offset']
            tally.check(got == f['data'][at:at + r['length']],
                        f'{label}: {f["output"]}: other bytes at '
                        f'{r["offset"]}')


def first_offset(f):
    return f['runs'][0]['offset'] if f['runs'] else None


# ---- a story ----------------------------------------------------------------

def world(tmp):
    """One volume: live hives, hives deleted before the format."""
    image = os.path.join(tmp, 'image')
    make_image(image, 128 * MIB)
    old = Volume('ntfs', MIB, 120 * MIB, label='OLD')
    table(image, 'dos', (old.offset, old.size, 7))

    def fill(a):
        a.windows(tag=60, users=('alice', 'bob', 'carol'))
        a.many(60, 60_000)
        a.fragments(8)

    written(image, old, tmp, fill)
    return image, old


def split_hive(image, tmp, old):
    """A hive in two pieces, far from each other, and its log."""
    with loop(image, old.offset, old.size) as device, \
            mounted('ntfs', device, tmp) as point:
        a = Author(old, point, 5)
        big, log, log2, want = (os.path.join(tmp, n) for n in (
            'big', 'big.LOG1', 'big.LOG2', 'big.want'))
        tool(Tools.mkhive(), '-u', 'erin', '-n', '300', '-d', 'hvle', '-1',
             log, '-2', log2, '-r', want, '-o', big, 'NTUSER')
        data = {n: open(os.path.join(tmp, n), 'rb').read()
                for n in ('big', 'big.LOG1')}
        path = os.path.join(point, 'split.dat')
        half = len(data['big']) // 8192 * 4096
        with open(path, 'wb', 0) as f:
            # the end first: then the start lies somewhere else
            f.truncate(len(data['big']))
            os.pwrite(f.fileno(), data['big'][half:], half)
            os.fsync(f.fileno())
            a.write('between', a.content(200_000))
            os.pwrite(f.fileno(), data['big'][:half], 0)
        a.keep('split.dat', data['big'], 'NTUSER')

        a.write('split.dat.LOG1', data['big.LOG1'], 'LOG')
    return half


def delete(image, tmp, old, paths):
    with loop(image, old.offset, old.size) as device, \
            mounted('ntfs', device, tmp) as point:
        for path in paths:
            os.unlink(point + path)


def check_hives(tally, image, hives, files, label):
    by_hash = {}
    for f in files:
        by_hash.setdefault(f['sha256'], []).append(f)
    for h in hives:
        offset = min(h.blocks)[0]
        got = [f for f in by_hash.get(h.sha256, ())
               if first_offset(f) == h.blocks[0][0]]
        near = [(f['output'], f['size'], first_offset(f)) for f in files
                if first_offset(f) == offset]
        tally.check(got, f'{label}: {h} of {h.size} bytes at {offset} is not '
                    f'carved; there: {near}')


def check_not_live(tally, new, files, label):
    """No live hive's clusters are reported."""
    live = sorted(b for h in new.files.values() if h.hive for b in h.blocks)
    for f in files:
        for r in f['runs']:
            if r.get('offset') is None:
                continue
            hit = [b for b in live if r['offset'] < b[0] + b[1] and
                   b[0] < r['offset'] + r['stored_length']]
            tally.check(not hit, f'{label}: {f["output"]} lies in a live '
                        f'hive: {hit}')


def check_story(tally):
    label = 'deleted, then formatted'
    with scratch('carved') as tmp:
        image, old = world(tmp)
        half = split_hive(image, tmp, old)
        locate(image, old)
        hives = [f for f in old.files.values() if f.hive]
        for h in hives:
            h.blocks.sort(key=lambda b: b[0])
        split = old.files['/split.dat']
        tally.check(len(runs_of([b[0] // 4096 for b in split.blocks])) >= 2,
                    f'{label}: the world itself: {split.blocks}')
        before = snapshot(image, os.path.join(tmp, 'before'))
        delete(image, tmp, old, [h.path for h in hives])
        check_after(tally, tmp, image, before, old, hives, None,
                    'deleted only')
        new = Volume('ntfs', MIB, 126 * MIB, label='NEW')
        table(image, 'dos', (new.offset, new.size, 7))
        written(image, new, tmp, lambda a: (
            a.windows(tag=90, users=('dave',)), a.many(20, 30_000)), 9)
        locate(image, new)
        check_after(tally, tmp, image, before, old, hives, new, label, half)


def check_after(tally, tmp, image, before, old, hives, new, label, half=0):
    changed = Changed(changed_sectors(before, image))
    left = [h for h in hives if h.hive != 'LOG' and
            not changed.touches(h.blocks) and h.path != '/split.dat']
    tally.check(len(left) >= 5, f'{label}: the world itself: {left} are left')
    files, err = carve(tally, image, label)
    check_hives(tally, image, left, files, label)
    split, log = old.files['/split.dat'], old.files['/split.dat.LOG1']
    if not changed.touches(split.blocks):
        check_split(tally, split, files, label)
    if not changed.touches(log.blocks):
        start = log.blocks[0][0]
        tally.check(any(start <= (first_offset(f) or 0) <= start + 512
                        for f in files), f'{label}: no log entries at '
                    f'{start}')
    if new:
        check_not_live(tally, new, files, label)
    everything, _ = carve(tally, image, label + ', --all', '--all')
    check_hives(tally, image, left, everything, label + ', --all')
    if new:
        check_not_live(tally, new, everything, label + ', --all')


def check_split(tally, split, files, label):
    """One hive in two pieces: rejoined and said to be, or both pieces."""
    whole = [f for f in files if f['sha256'] == split.sha256]
    if whole:
        tally.check(any('join' in n for n in map(str, whole[0]['notes'])) or
                    'join' in str({k: v for k, v in whole[0].items()
                                   if k != 'data'}),
                    f'{label}: rejoined, and not said: {short(whole[0])}')
        return
    starts = {first_offset(f) for f in files}
    pieces = [b for i, b in enumerate(split.blocks) if i == 0 or
              b[0] != split.blocks[i - 1][0] + 4096]
    print(f'{label}: split.dat was not rejoined', flush=True)
    tally.check(all(b[0] in starts for b in pieces),
                f'{label}: pieces at {pieces} of a split hive')


# ---- the samples ------------------------------------------------------------

# file -> [(kind, offset, size)], of the corpus' README
SAMPLES = {
    'Carving/0': [('hive', 0, 8192)],
    'Carving/512': [('hive', 512, 8192)],
    'Carving/HiveAndFragments': [
        ('fragment', 0, 512), ('hive', 512, 147456),
        ('fragment', 147968, 12288), ('fragment', 262144, 512)],
}
REJOINED = {
    'Carving/FragRecon/FragmentReconstruction2':
        'edaf7986726c1343752763bd1b31ddf2',
    'Carving/FragRecon/FragmentReconstruction2plus1':
        'edaf7986726c1343752763bd1b31ddf2',
    'Carving/FragRecon/FragmentReconstruction3':
        '2b9c80fed56a3f25ef7fd03d9462387f',
    'Carving/FragRecon/FragmentReconstruction4':
        '2b9c80fed56a3f25ef7fd03d9462387f',
}


def check_samples(tally):
    if not os.path.isdir(YARP):
        tally.skip('no corpus: carving samples')
        return
    for name, want in SAMPLES.items():
        files, _ = carve(tally, os.path.join(YARP, name), name, '--all')
        got = sorted((first_offset(f), f['size']) for f in files)
        tally.equal(got, sorted(w[1:] for w in want), f'{name}: pieces')
    for name, md5 in REJOINED.items():
        files, _ = carve(tally, os.path.join(YARP, name), name, '--all')
        tally.check(any(f['md5'] == md5 for f in files),
                    f'{name}: nothing has md5 {md5}: '
                    f'{[(f["output"], f["size"], f["md5"]) for f in files]}')
    for name in ('NTFSCompressed', 'NTFSCompressedNoSlack'):
        files, _ = carve(tally, os.path.join(YARP, 'Carving', name), name,
                         '--all')
        tally.check(any(f['data'][:4] == b'regf' for f in files),
                    f'{name}: no hive of a compressed start: '
                    f'{[f["output"] for f in files]}')
    check_margins(tally)


def check_margins(tally):
    """Small and cut ones: no crash, no whole hive out of nothing."""
    folders = [os.path.join(YARP, d) for d in ('Carving', 'MemoryCarving')]
    for folder in folders:
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if not os.path.isfile(path) or f'Carving/{name}' in SAMPLES:
                continue
            with scratch('carved') as tmp:
                status, _, err = run(HIVELIFT, 'carve', '--all', path, '-o',
                                     os.path.join(tmp, 'out'))
                tally.check(status in (0, 1, 2) and
                            (status != 1 or lines(err)),
                            f'{name}: status {status}: {err[-300:]!r}')


def main():
    tally = Tally('carved')
    if os.geteuid() != 0 or not os.path.exists('/dev/fuse'):
        tally.skip('no root or no FUSE: carving generated volumes')
    elif need(tally, 'mkntfs', 'ntfs-3g', 'sfdisk', 'losetup', 'istat'):
        check_story(tally)
    check_samples(tally)
    tally.done()


main()
