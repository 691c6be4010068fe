"""Who wrote over whom: lost volumes below others of which it is hard to tell,
what they have overwritten or which of the two came later.  Whatever is not
as it was written has to be marked; nobody's files come out under another's
name.

`lost_later.py [WORLD...]`"""
import os
import random
import sys
import time

from common import Tally, need, scratch, short
from lost_check import (Scan, check_offset, compare, extract, find_volume,
                        told)
from lost_map import Changed, changed_sectors, locate, sort_out
from lost_world import (MIB, Volume, loop, make_image, mounted, snapshot,
                        table, written, zone)


def some(a):
    a.edges()
    a.many(60, 100_000)
    a.fragments(20)


def fill(a):
    """Files that lie nearly everywhere."""
    for i in range(a.volume.size * 3 // 4 // 500_000):
        a.write(f'fill/{i:03}', a.content(500_000))


class Life:
    """A disk, and its volumes one after the other."""

    def __init__(self, tmp, size):
        self.tmp, self.lives = tmp, []
        self.image = os.path.join(tmp, 'image')
        make_image(self.image, size)

    def add(self, v, write=some, tabled=True):
        """Returns what it was before."""
        previous = snapshot(self.image, os.path.join(self.tmp, 'before'))
        if tabled:
            table(self.image, 'dos', (v.offset, v.size, 7))
        written(self.image, v, self.tmp, write, len(self.lives))
        self.keep(v, previous)

    def keep(self, v, previous):
        locate(self.image, v, previous)
        was = snapshot(self.image, os.path.join(self.tmp,
                                                f'was{len(self.lives)}'))
        self.lives.append((v, was))

    def wipe_table(self):
        with open(self.image, 'r+b') as f:
            f.write(bytes(512))

    def check(self, tally, label, over=()):
        """over: those of which some files have to be overwritten."""
        scan = Scan(tally, self.image, label)
        files, status, _ = extract(tally, self.image, label, '--lost', '/')
        all_of = [v for v, _ in self.lives]
        for v, was in self.lives:
            changed = Changed(changed_sectors(was, self.image))
            gone = [f for part in sort_out(v, changed)[2:] for f in part]
            tally.check(v not in over or gone, f'{label}: the world itself: '
                        f'nothing of {v.offset} is overwritten')
            row = scan.at(v)
            if not row:
                tally.check(not sort_out(v, changed)[0],
                            f'{label}: {v.fs} at {v.offset} not found')
                continue
            mine = [e for e in files if e['volume'] == row['volume']]
            compare(tally, v, changed, mine, status,
                    f'{label}, {row["volume"]}', all_of)
            self.mixed(tally, v, mine, f'{label}, {row["volume"]}')
        return scan

    def mixed(self, tally, v, entries, label):
        own = {f.sha256 for f in v.files.values()}
        theirs = {f.sha256 for o, _ in self.lives for f in o.files.values()
                  if f.size >= 16} - own
        mixed = [e['path'] for e in entries
                 if e['sha256'] in theirs and not told(e)]
        tally.check(not mixed, f'{label}: another volume\'s files: '
                    f'{short(mixed)}')


# ---- a later volume that nobody can read ------------------------------------

def unread(tally):
    for name, head in (('nameless', b'\1'), ('LUKS', b'LUKS\xba\xbe\0\1')):
        label = f'{name} over it'
        with scratch('lost-unread') as tmp:
            life = Life(tmp, 90 * MIB)
            v = Volume('ntfs', MIB, 80 * MIB)
            life.add(v, fill)
            table(life.image, 'dos', (40 * MIB, 30 * MIB, '83'))
            with open(life.image, 'r+b') as f:
                f.seek(40 * MIB)
                f.write(head)
                f.write(random.Random(7).randbytes(20 * MIB - len(head)))
            life.check(tally, label, [v])
            changed = Changed(changed_sectors(life.lives[0][1], life.image))
            check_offset(tally, life.image, v, changed, label)


# ---- today's table itself ---------------------------------------------------

def tables(tally):
    """An extended boot record in what was a file; a GPT, whose copy lies in
    what was the volume's end."""
    small = 4 * MIB
    for label, size in ('dos', 80 * MIB), ('gpt', 119 * MIB):
        with scratch('lost-table') as tmp:
            life = Life(tmp, 120 * MIB)
            first = Volume('ntfs', MIB, size, 2)
            life.add(first, fill)
            start = 60 * MIB if label == 'dos' else 100 * MIB
            v = Volume('ntfs', start + MIB, small, 1)
            before = snapshot(life.image, os.path.join(tmp, 'before'))
            if label == 'dos':
                table(life.image, 'dos', (start, small + 2 * MIB, '5'),
                      (v.offset, small, 7))
            else:
                table(life.image, 'gpt', (
                    v.offset, small, 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7'))
            written(life.image, v, tmp, None)
            life.keep(v, before)
            life.check(tally, f'a table over it, {label}', [first])
            changed = Changed(changed_sectors(life.lives[0][1], life.image))
            check_offset(tally, life.image, first, changed,
                         f'a table over it, {label}', known=[v])


# ---- the same start, other clusters -----------------------------------------

def clusters(tally):
    for old, new, size in (1024, 65536, 57), (4096, 8192, 113):
        label = f'clusters of {old}, then {new}'
        with scratch('lost-clusters') as tmp:
            life = Life(tmp, 160 * MIB)
            life.add(Volume('ntfs', MIB, 100 * MIB, cluster=old))
            life.add(Volume('ntfs', MIB, size * MIB, cluster=new))
            life.add(Volume('ntfs', 130 * MIB, 20 * MIB))
            life.check(tally, label)


# ---- one in the middle, of which little is left ------------------------------

def mapless(tally):
    """Its $MFT and $Bitmap are overwritten by the next one's."""
    with scratch('lost-mapless') as tmp:
        life = Life(tmp, 130 * MIB)
        first = Volume('ntfs', 30 * MIB, 90 * MIB, 3)
        life.add(first, fill)
        life.add(Volume('ntfs', MIB, 110 * MIB, 2), fill)
        life.add(Volume('ntfs', MIB, 24 * MIB, 1), fill)
        life.check(tally, 'no map', [first])


def tail(tally):
    """The last sector of a volume, behind its clusters, lies in what was a
    file; the volume is empty else."""
    with scratch('lost-tail') as tmp:
        life = Life(tmp, 90 * MIB)
        first = Volume('ntfs', 20 * MIB, 60 * MIB, 2)
        life.add(first, fill)
        inside = max(off for f in first.files.values()
                     for off, _ in f.blocks if off < 60 * MIB)
        last = Volume('ntfs', MIB, inside + 512 - MIB, 1)
        life.add(last, None)
        life.check(tally, 'the end of it', [first])


def folders(tally):
    """A volume that begins at the fifth record of an $MFT: root and folders
    are gone, record 0 and the records of some files are not."""
    with scratch('lost-folders') as tmp:
        life = Life(tmp, 110 * MIB)
        first = Volume('ntfs', 40 * MIB, 60 * MIB, 2)
        life.add(first)
        life.add(Volume('ntfs', first.offset + (16 + 4) * 1024, 16 * MIB, 1),
                 lambda a: [a.write(f'{i}', a.content(50))
                            for i in range(30)])
        life.check(tally, 'folders gone', [first])


# ---- files that the later one has deleted ------------------------------------

def deleted(tally):
    def write(a):
        for i in range(20):
            a.write(f'gone/{i}', a.content(900_000))
        os.sync()
        for i in range(20):
            os.unlink(os.path.join(a.top, f'gone/{i}'))
            del a.volume.files[f'/gone/{i}']
        a.write('stays', a.content(1000))

    for fs in 'ntfs', 'exfat':
        with scratch('lost-deleted') as tmp:
            life = Life(tmp, 90 * MIB)
            first = Volume('ntfs', MIB, 80 * MIB, 2)
            life.add(first, fill)
            life.add(Volume(fs, 20 * MIB, 60 * MIB, 1), write)
            life.check(tally, f'deleted there, {fs}', [first])


def put_back(tally):
    """A table that names an older volume again, which was written to for the
    last time before the lost one was made."""
    label = 'an older table put back'
    with scratch('lost-back') as tmp:
        life = Life(tmp, 110 * MIB)
        life.add(Volume('ntfs', MIB, 100 * MIB, 2))
        first = life.lives.pop()[0]
        time.sleep(3.2)
        life.add(Volume('ntfs', 50 * MIB, 40 * MIB, 1), fill)
        table(life.image, 'dos', (first.offset, first.size, 7))
        _, status, err = extract(tally, life.image, label, '--lost', '/')
        tally.equal(status, 2, f'{label}: status')
        tally.check(b'may be overwritten by volume L1' in err,
                    f'{label}: it is not said of the table\'s volume')
        life.check(tally, label)


# ---- clocks -----------------------------------------------------------------

def west(tally):
    """An exFAT that was written hours west of UTC seems to be the older."""
    with scratch('lost-west') as tmp:
        life = Life(tmp, 110 * MIB)
        first = Volume('ntfs', MIB, 80 * MIB, 2)
        life.add(first, fill)
        with zone('XYZ5'):
            life.add(Volume('exfat', 40 * MIB, 60 * MIB, 1))
        life.wipe_table()
        life.check(tally, 'exFAT, west of UTC', [first])


def holder(tally):
    """One that was made later in what was a large file; by its clock, which
    is west of UTC, it was there before the file was written."""
    for fs in 'fat32', 'exfat':
        label = f'{fs}, west of UTC, over a file'
        with scratch('lost-holder') as tmp:
            life = Life(tmp, 130 * MIB)
            first = Volume('ntfs', MIB, 120 * MIB, 2)
            life.add(first, lambda a: a.write('large', a.content(90 * MIB)))
            # its first run, as ntfs-3g writes it, is the one behind the
            # middle of the volume
            start = min(off for off, _ in first.files['/large'].blocks
                        if off > first.offset + first.size // 2)
            start = -(-start // MIB) * MIB + MIB
            with zone('XYZ5'):
                life.add(Volume(fs, start, 40 * MIB, 1, cluster=512))
            life.wipe_table()
            life.check(tally, label, [first])


def second(tally):
    """Formatted twice within one second: the first was written to later."""
    with scratch('lost-second') as tmp:
        life = Life(tmp, 70 * MIB)
        time.sleep(1.02 - time.time() % 1)
        first = Volume('ntfs', MIB, 16 * MIB, 2)
        life.add(first, lambda a: [a.write(f'{i}', a.content(250_000))
                                   for i in range(40)])
        life.add(Volume('ntfs', 7 * MIB, 50 * MIB, 1), None)
        life.wipe_table()
        life.check(tally, 'within a second', [first])


def copied(tally):
    """A volume made long before on another disk, and copied over one."""
    for label in 'copied, and used', 'copied, in the table', 'copied':
        with scratch('lost-copied') as tmp:
            other = Life(tmp, 130 * MIB)
            v = Volume('ntfs', 50 * MIB, 40 * MIB, 1)
            other.add(v)
            with open(other.image, 'rb') as f:
                f.seek(v.offset)
                data = f.read(v.size)
            time.sleep(3.2)
            life = Life(tmp, 130 * MIB)
            first = Volume('ntfs', MIB, 110 * MIB, 2)
            life.add(first, fill)
            with open(life.image, 'r+b') as f:
                f.seek(v.offset)
                f.write(data)
            if label == 'copied, in the table':
                table(life.image, 'dos', (v.offset, v.size, 7))
            else:
                life.wipe_table()
            if label == 'copied, and used':
                use(life, v)
            was = snapshot(life.image, os.path.join(tmp, 'was1'))
            life.lives.append((v, was))
            life.check(tally, label, [first])


def use(life, v):
    """ntfs-3g changes the root's time with it."""
    with loop(life.image, v.offset, v.size) as device, \
            mounted('ntfs', device, life.tmp) as point:
        os.mkdir(os.path.join(point, 'used'))


WORLDS = dict(unread=unread, tables=tables, clusters=clusters, mapless=mapless, tail=tail,
              folders=folders, put_back=put_back,
              deleted=deleted, west=west,
              holder=holder, second=second, copied=copied)


def main():
    tally = Tally('lost_later')
    if os.geteuid() != 0 or not os.path.exists('/dev/fuse'):
        tally.skip('no root or no FUSE: lost volumes')
    elif need(tally, 'mkntfs', 'ntfs-3g', 'mkfs.exfat', 'mount.exfat-fuse',
              'sfdisk', 'losetup', 'istat'):
        for name in [a for a in sys.argv[1:] if a in WORLDS] or WORLDS:
            WORLDS[name](tally)
    tally.done()


main()
