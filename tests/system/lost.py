"""Volumes that no table knows any more: disks are made with others' tools,
repartitioned, formatted again and partly overwritten; what scan, --lost and
--offset give of them is compared with the hashes taken before.

`lost.py [--full] [WORLD...]`; --full is ten times as large."""
import contextlib
import os
import sys
import time

from common import CORPUS, UNPACKED, Tally, need, scratch, tool
from lost_check import (Scan, check_hives, check_lost, check_offset,
                        check_sfdisk, find_volume, geometry)
from lost_map import (Changed, changed_sectors, istat_clusters, locate,
                      locate_records, sort_out)
from lost_world import (MIB, Author, File, Volume, loop, make_image, mounted,
                        parents, snapshot, table, written, zone)


def acquire(raw, target):
    tool('ewfacquire', '-u', '-q', '-c', 'fast', '-f', 'encase6', '-S',
         '8GiB', '-t', target, raw)
    return target + '.E01'


# ---- a disk with C: and D: becomes one volume -------------------------------

def story_disk(tmp, scale):
    """C: 24 MiB, D: 128 MiB with its files where a volume over all of the
    disk puts its first: 12.5 % behind its start."""
    image = os.path.join(tmp, 'before')
    make_image(image, (300 * scale + 40) * MIB)
    c = Volume('ntfs', MIB, 24 * MIB, label='C')
    d = Volume('ntfs', 25 * MIB, 128 * scale * MIB, label='D')
    table(image, 'dos', (c.offset, c.size, 7), (d.offset, d.size, 7))

    def fill_c(a):
        a.windows()
        a.edges()
        a.many(150, 60_000)

    def fill_d(a):
        a.write('early/first.bin', a.content(300_000))
        a.windows(tag=7, users=('carol',))
        a.edges()
        a.fragments(40, 600)
        a.many(450, 800_000 * scale)
        a.write('streams/file', a.content(5000))
        a.write('streams/file:small', a.content(50))
        a.write('streams/file:large', a.content(70_000))

    written(image, c, tmp, fill_c, 1)
    written(image, d, tmp, fill_d, 2)
    locate(image, c)
    locate(image, d)
    return image, c, d


def overwrite(image, before, new, d, percent, tmp):
    """One volume over all; files until so much of the old D: is another's.
    Returns what changed."""
    table(image, 'dos', (new.offset, new.size, 7))
    written(image, new, tmp, None)
    if not percent:
        return Changed(changed_sectors(before, image))
    with loop(image, new.offset, new.size) as device, \
            mounted('ntfs', device, tmp) as point:
        a = Author(new, point, 100 + percent)
        a.windows(tag=11, users=('dave',))
        a.many(30, 40_000)
        done, want, n = 0, percent * d.size // 100, 0
        # where ntfs-3g puts the next file is its own affair
        while done < want and n < 60:
            a.write(f'install/big {n}', a.content(
                max((want - done) // 2, 256 << 10)))
            os.sync()
            changed = Changed(changed_sectors(before, image, d.offset,
                                              d.offset + d.size))
            done, n = changed.within(d.offset, d.offset + d.size), n + 1
    locate(image, new)
    return Changed(changed_sectors(before, image))


def check_story(tally, image, c, d, new, changed, percent, label):
    scan = Scan(tally, image, label)
    row_d = find_volume(tally, scan, d, label)
    row_c = find_volume(tally, scan, c, label)
    row_new = find_volume(tally, scan, new, label)
    if row_new:
        tally.equal(row_new['in_table'], True, f'{label}: the new volume')
    extra = [r for r in scan.believed() if r not in (row_c, row_d, row_new)]
    tally.check(not extra, f'{label}: believed besides: {extra}')
    volumes = []
    for old, row in (d, row_d), (c, row_c):
        if row:
            tally.equal(row['in_table'], False, f'{label}: {row}')
            check_lost(tally, image, old, row, changed, label,
                       (c if old is d else d, new))
            volumes.append((old, row.get('volume')))
    if row_c and row_d and row_new:
        tally.check(row_new['generation'] < row_c['generation'] and
                    row_c['generation'] == row_d['generation'],
                    f'{label}: generations: {scan.brief()}')
    check_hives(tally, image, [*volumes, (new, '1')], changed, label)
    if not image.endswith('.E01'):
        check_offset(tally, image, d, changed, label, known=(c, new))
        # ntfs-3g needs the indexes, too, which may be overwritten
        check_sfdisk(tally, image, [d, new] if percent == 0 else [new],
                     changed, label)


def story(tally, scale):
    with scratch('lost-story') as tmp:
        before, c, d = story_disk(tmp, scale)
        for percent in 0, 1, 10, 50:
            label = f'story, {percent} %'
            new = Volume('ntfs', MIB, (300 * scale + 36) * MIB, label='NEW')
            image = snapshot(before, os.path.join(tmp, 'image'))
            changed = overwrite(image, before, new, d, percent, tmp)
            share = 100 * changed.within(d.offset, d.offset + d.size) / d.size
            tally.check(percent <= share <= 1.3 * percent + 0.5,
                        f'{label}: the world itself: {share:.2f} %')
            check_story(tally, image, c, d, new, changed, percent, label)
            if percent in (0, 10):
                e01 = acquire(image, os.path.join(tmp, 'image'))
                check_story(tally, e01, c, d, new, changed, percent,
                            label + ', E01')
                os.unlink(e01)
            os.unlink(image)


# ---- old volumes of three kinds under a new table ---------------------------

def some(a):
    a.edges()
    a.many(120, 100_000)


def with_hives(a):
    a.windows(tag=3)
    some(a)
    a.fragments(20, 300)


def old(tally, scale):
    """NTFS from sector 63, FAT32 and exFAT; then GPT and one NTFS volume."""
    label = 'old volumes'
    with scratch('lost-old') as tmp:
        image, empty = os.path.join(tmp, 'image'), os.path.join(tmp, 'empty')
        size = 300 * scale * MIB
        make_image(image, size)
        make_image(empty, size)
        a = Volume('ntfs', 63 * 512, 64 * scale * MIB, label='A')
        b = Volume('fat32', (66 * scale) * MIB, 100 * scale * MIB,
                   cluster=1024, label='B')
        x = Volume('exfat', 170 * scale * MIB, 60 * scale * MIB,
                   cluster=8192, label='X')
        table(image, 'dos', (a.offset, a.size, 7), (b.offset, b.size, 'c'),
              (x.offset, x.size, 7))
        for i, v in enumerate((a, b, x)):
            written(image, v, tmp, with_hives if v is a else some, i)
            locate(image, v, empty)
        before = snapshot(image, os.path.join(tmp, 'before'))
        new = Volume('ntfs', MIB, size - 2 * MIB, label='NEW')
        table(image, 'gpt', (new.offset, new.size,
                             'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7'))
        written(image, new, tmp, lambda w: w.many(20, 50_000))
        locate(image, new)
        changed = Changed(changed_sectors(before, image))
        scan = Scan(tally, image, label)
        rows = [(v, find_volume(tally, scan, v, label)) for v in (a, b, x)]
        find_volume(tally, scan, new, label)
        for v, row in rows:
            if row:
                others = [o for o in (a, b, x, new) if o is not v]
                check_lost(tally, image, v, row, changed, label, others)
                check_offset(tally, image, v, changed, f'{label}, {v.fs}',
                             known=others)
        check_hives(tally, image, [(v, r['volume']) for v, r in rows if r],
                    changed, label)
        check_sfdisk(tally, image, [a, x, new], changed, label)


# ---- three generations on the same bytes ------------------------------------

def generations(tally, scale):
    label = 'generations'
    with scratch('lost-gen') as tmp:
        image = os.path.join(tmp, 'image')
        make_image(image, 210 * scale * MIB)
        m = scale * MIB
        lives = [
            [Volume('ntfs', MIB, 99 * m, 3, label='ONE'),
             Volume('ntfs', 100 * m, 100 * m, 3, label='TWO')],
            [Volume('ntfs', 63 * 512, 150 * m, 2, label='THREE'),
             Volume('fat32', 152 * m, 50 * m, 2, cluster=512, label='FOUR')],
            [Volume('ntfs', 2 * MIB, 62 * m, 1, label='FIVE'),
             Volume('exfat', 64 * m, 130 * m, 1, cluster=4096,
                    label='SIX')]]
        past = []
        for i, life in enumerate(lives):
            # a FAT's clock has steps of two seconds: nobody could tell
            time.sleep(2.5)
            previous = snapshot(image, os.path.join(tmp, f'gen{i}'))
            table(image, 'dos', *((v.offset, v.size, 7) for v in life))
            for j, v in enumerate(life):
                written(image, v, tmp, with_hives if v.fs == 'ntfs' else
                        some, 10 * i + j)
            for v in life:
                locate(image, v, previous)
            past.append(snapshot(image, os.path.join(tmp, f'was{i}')))
        scan = Scan(tally, image, label)
        everything = [v for life in lives for v in life]
        for i, life in enumerate(lives):
            changed = Changed(changed_sectors(past[i], image))
            for v in life:
                row = find_volume(tally, scan, v, f'{label}, {i + 1}')
                if row and not row['in_table']:
                    check_lost(tally, image, v, row, changed, label,
                               [o for o in everything if o is not v])
        last = Changed(changed_sectors(past[2], image))
        count = check_sfdisk(tally, image, lives[2], last, label)
        tally.check(count >= 2, f'{label}: {count} tables')


# ---- a FAT whose clock was not that of the others ---------------------------

def clocks(tally, scale):
    """An NTFS volume, and over its second half a later FAT that was written
    hours west of UTC: it seems the older one.  Then neither is in a table."""
    label = 'clocks'
    with scratch('lost-clock') as tmp:
        image = os.path.join(tmp, 'image')
        m = scale * MIB
        make_image(image, 130 * m)
        first = Volume('ntfs', 20 * m, 100 * m, 2, label='FIRST')
        fat = Volume('fat32', 72 * m, 50 * m, 1, cluster=512, label='FAT')
        last = Volume('ntfs', 2 * MIB, 16 * m, 1, label='LAST')
        past = []
        for v in first, fat, last:
            previous = snapshot(image, os.path.join(tmp, 'before'))
            table(image, 'dos', (v.offset, v.size, 7))
            with zone('XYZ5' if v is fat else 'UTC'):
                written(image, v, tmp, some if v is fat else with_hives,
                        len(past))
            locate(image, v, previous)
            past.append(snapshot(image, os.path.join(tmp, f'was{len(past)}')))
        scan = Scan(tally, image, label)
        for i, (v, other) in enumerate(((first, fat), (fat, first))):
            row = find_volume(tally, scan, v, label)
            if row:
                check_lost(tally, image, v, row,
                           Changed(changed_sectors(past[i], image)), label,
                           (other, last))
        told = [e for r in scan.believed() for e in r['evidence']
                if 'no time zone' in e]
        tally.check(told, f'{label}: the guess is not said: {scan.brief()}')


# ---- no boot sector left ----------------------------------------------------

def wipe(image, *ranges):
    with open(image, 'r+b') as f:
        for off, n in ranges:
            f.seek(off)
            f.write(bytes(n))


def boots(v):
    return (v.offset, 512), (v.offset + v.size - 512, 512)


def check_bootless(tally, image, before, v, label):
    changed = Changed(changed_sectors(before, image))
    scan = Scan(tally, image, label)
    row = find_volume(tally, scan, v, label, exact=False)
    if row:
        tally.equal(row['boot'], 'none', f'{label}: boot')
        check_lost(tally, image, v, row, changed, label)
    options = geometry(tally, image, v, label)
    if options:
        tally.equal(options[1], str(v.cluster), f'{label}: cluster size')
        check_offset(tally, image, v, changed, label, *options)


def bootless(tally, scale):
    for i, cluster in enumerate((512, 1024, 4096, 65536)):
        label = f'no boot sector, clusters of {cluster}'
        with scratch('lost-boot') as tmp:
            image = os.path.join(tmp, 'image')
            make_image(image, 90 * scale * MIB)
            v = Volume('ntfs', 8 * MIB + 512 * (7 + i), 70 * scale * MIB,
                       cluster=cluster)
            written(image, v, tmp, with_hives, i)
            locate(image, v)
            before = snapshot(image, os.path.join(tmp, 'before'))
            wipe(image, *boots(v))
            check_bootless(tally, image, before, v, label)


def shatter(a):
    """Fills the volume, frees five places, and lets $MFT grow into them."""
    a.windows(tag=3)
    full, n = False, 0
    while not full:
        try:
            a.write(f'fill/{n:04}', a.content(16 << 10))
            n += 1
        except OSError:
            full = True
    drop(a, f'fill/{n:04}')
    for start in range(100, n - 100, n // 7):
        for i in range(start, start + 9):
            drop(a, f'fill/{i:04}')
    n = 0
    with contextlib.suppress(OSError):
        while n < 650:
            a.write(f'small/{n:04}', a.content(300))
            n += 1
        return
    drop(a, f'small/{n:04}')


def drop(a, path):
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(a.top, path))
    a.volume.files.pop('/' + path, None)


def shattered(tally, scale):
    with scratch('lost-mft') as tmp:
        image = os.path.join(tmp, 'image')
        make_image(image, 40 * MIB)
        v = Volume('ntfs', 3 * MIB + 512 * 7, 32 * MIB)
        written(image, v, tmp, shatter)
        locate(image, v)
        before = snapshot(image, os.path.join(tmp, 'before'))
        tally.check(len(v.mft_runs) >= 5, f'the world itself: $MFT lies in '
                    f'{v.mft_runs} (istat)')
        label = f'$MFT in {len(v.mft_runs)} fragments'
        none = Changed([])
        scan = Scan(tally, image, label)
        row = find_volume(tally, scan, v, label)
        if row:
            check_offset(tally, image, v, none, label)
        wipe(image, *boots(v))
        check_bootless(tally, image, before, v, label + ', no boot sector')
        # record 0 and its copy tell where the fragments are
        mirror = v.offset + istat_clusters(before, v, 1)[0] * 4096
        wipe(image, (v.offset + v.mft_runs[0][0] * 4096, 1024),
             (mirror, 4096))
        check_bootless(tally, image, before, v, label + ', no record 0')


# ---- an image that others made for this -------------------------------------

def of_truth(name, offset, size):
    """A volume as the corpus' truth lists it."""
    v = Volume('ntfs', offset, size)
    with open(os.path.join(CORPUS, 'truth', name), encoding='utf-8') as f:
        rows = [x.rstrip('\n').split('\t') for x in f if x[0] != '#']
    dirs = {'/' + r[5]: int(r[2].split('-')[0]) for r in rows
            if r[0] == 'd/d'}
    for kind, state, inode, length, digest, path in rows:
        if kind == 'r/r' and state == '-' and path[0] != '$':
            f = File('/' + path, b'', int(inode.split('-')[0]))
            f.size, f.sha256 = int(length), digest
            f.above = [dirs['/' + p] for p in parents(path)]
            v.files[f.path] = f
    return v


def reference(tally, scale):
    """RecuperaBit's own reference, at an odd place of a larger medium."""
    source = os.path.join(UNPACKED, 'Lazza__RecuperaBit',
                          'reference_ntfs.img')
    if not os.path.exists(source):
        tally.skip('no corpus: RecuperaBit\'s reference')
        return
    size = os.path.getsize(source)
    with scratch('lost-reference') as tmp:
        image = os.path.join(tmp, 'image')
        make_image(image, size + 20 * MIB)
        v = of_truth('recuperabit__reference_ntfs.tsv', 5 * MIB + 512, size)
        tool('dd', f'if={source}', f'of={image}', 'bs=512', 'conv=notrunc,'
             'sparse', f'seek={v.offset // 512}')
        locate_records(image, v)
        for f in v.files.values():
            f.blocks = [(v.offset + c * 4096, 4096)
                        for c in istat_clusters(image, v, f.record)]
        before = snapshot(image, os.path.join(tmp, 'before'))
        scan = Scan(tally, image, 'reference')
        row = find_volume(tally, scan, v, 'reference')
        if row:
            check_lost(tally, image, v, row, Changed([]), 'reference')
        wipe(image, *boots(v))
        check_bootless(tally, image, before, v, 'reference, no boot sector')
        check_reformatted(tally, tmp, before, v, 'reference, formatted')


def check_reformatted(tally, tmp, before, v, label):
    """A larger volume at the same place: of the old one the end is left, with
    the boot sector's copy, and all records but the first."""
    image = snapshot(before, os.path.join(tmp, 'image'))
    new = Volume('ntfs', v.offset, v.size + 8 * MIB, label='NEW')
    written(image, new, tmp, None)
    locate(image, new)
    changed = Changed(changed_sectors(before, image))
    tally.check(len(sort_out(v, changed)[0]) >= 9, f'{label}: the world '
                f'itself: {sort_out(v, changed)}')
    scan = Scan(tally, image, label)
    row = find_volume(tally, scan, v, label)
    if row:
        tally.equal(row['boot'], 'backup', f'{label}: boot')
        check_lost(tally, image, v, row, changed, label, [new])


WORLDS = dict(reference=reference, story=story, old=old,
              generations=generations, clocks=clocks,
              bootless=bootless, shattered=shattered)


def main():
    tally = Tally('lost')
    args = sys.argv[1:]
    scale = 10 if '--full' in args else 1
    names = [a for a in args if a in WORLDS] or list(WORLDS)
    if os.geteuid() != 0 or not os.path.exists('/dev/fuse'):
        tally.skip('no root or no FUSE: lost volumes')
    elif need(tally, 'mkntfs', 'ntfs-3g', 'mkfs.fat', 'mcopy', 'mkfs.exfat',
              'mount.exfat-fuse', 'sfdisk', 'losetup', 'istat',
              'ewfacquire'):
        for name in names:
            WORLDS[name](tally, scale)
    tally.done()


main()
