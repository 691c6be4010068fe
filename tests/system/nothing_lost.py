"""What is no lost volume: programs, archives and disk images in files of a
healthy volume.  Boot sectors lie in them; none of it may be believed as a
volume of the disk, and what lies inside of a file has to be said to.

The same files one behind the other, without any file system: then a raw image
among them is a volume at that place, as real as any, and has to be believed.
So may be what begins like one (boot sector and what it points to at the
start: $MFT, FAT) in a virtual disk whose blocks lie elsewhere: from a volume
whose rest was overwritten it cannot be told.  Nothing else may be believed.

`nothing_lost.py [--full]`; --full is 1 GiB of programs."""
import contextlib
import os
import shutil
import sys
import tarfile

from common import Tally, need, scratch, tool
from lost_check import Scan
from lost_map import Medium
from lost_world import (MIB, Author, Volume, loop, make_image, mounted,
                        quick_format, table, written)


def programs(total):
    """Programs and libraries of this machine, those with boot code first."""
    first = [shutil.which(n) for n in ('mkntfs', 'mkfs.fat', 'mkfs.exfat',
                                       'testdisk', 'sfdisk', 'mformat',
                                       'qemu-img')]
    yield from filter(None, first)
    for top in '/usr/sbin', '/usr/bin', '/usr/lib':
        for folder, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                total -= os.path.getsize(path)
                if total < 0:
                    return
                yield path


def images(tmp):
    """Disk images as files: name -> (path, {offset in it: (fs, size)})."""
    out = {}
    plain = {'fat.img': ('fat16', 20 * MIB, 2048),
             'ntfs.img': ('ntfs', 24 * MIB, 4096),
             'exfat.img': ('exfat', 16 * MIB, 4096)}
    for name, (fs, size, cluster) in plain.items():
        path = os.path.join(tmp, name)
        make_image(path, size)
        v = Volume(fs, 0, size, cluster=cluster)
        written(path, v, tmp, lambda a: a.many(40, 60_000))
        out[name] = path, {0: (fs, size)}
    disk = os.path.join(tmp, 'disk.img')
    make_image(disk, 60 * MIB)
    v = Volume('ntfs', MIB, 30 * MIB)
    f = Volume('fat16', 32 * MIB, 20 * MIB, cluster=2048)
    table(disk, 'dos', (v.offset, v.size, 7), (f.offset, f.size, 6))
    for x in v, f:
        written(disk, x, tmp, lambda a: a.many(40, 60_000))
    out['disk.img'] = disk, {v.offset: ('ntfs', v.size),
                             f.offset: ('fat16', f.size)}
    for kind, name in (('qcow2', 'disk.qcow2'), ('vmdk', 'disk.vmdk'),
                       ('vdi', 'disk.vdi'), ('vpc', 'disk.vhd'),
                       ('vhdx', 'disk.vhdx')):
        path = os.path.join(tmp, name)
        tool('qemu-img', 'convert', '-f', 'raw', '-O', kind, disk, path)
        out[name] = path, {}
    # tar puts its members at sectors
    path = os.path.join(tmp, 'images.tar')
    with tarfile.open(path, 'w', format=tarfile.USTAR_FORMAT) as tar:
        tar.add(os.path.join(tmp, 'fat.img'), 'fat.img')
    out['images.tar'] = path, {512: ('fat16', 20 * MIB)}
    with tarfile.open(os.path.join(tmp, 'images.tgz'), 'w:gz') as tar:
        tar.add(os.path.join(tmp, 'ntfs.img'), 'ntfs.img')
    out['images.tgz'] = os.path.join(tmp, 'images.tgz'), {}
    path = os.path.join(tmp, 'mft.dump')
    with open(path, 'wb') as f:
        f.write(tool('icat', os.path.join(tmp, 'ntfs.img'), '0'))
    out['mft.dump'] = path, {}
    return out


def copy(src, dst):
    with open(src, 'rb') as a, open(dst, 'wb', 0) as b:
        shutil.copyfileobj(a, b, MIB)


def in_turns(pairs):
    """Files that are written piece by piece, so that they are fragments."""
    with contextlib.ExitStack() as stack:
        files = [(stack.enter_context(open(a, 'rb')),
                  stack.enter_context(open(b, 'wb', 0))) for a, b in pairs]
        more = True
        while more:
            more = False
            for a, b in files:
                piece = a.read(256 << 10)
                more = more or bool(piece)
                b.write(piece)
                os.fsync(b.fileno())


def healthy(image, tmp, made, total):
    """A disk with one volume that holds it all."""
    v = Volume('ntfs', MIB, total + 500 * MIB, label='HEALTHY')
    make_image(image, v.size + 2 * MIB)
    table(image, 'gpt', (v.offset, v.size,
                         'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7'))
    with loop(image, v.offset, v.size) as device:
        quick_format(v, device)
        with mounted('ntfs', device, tmp) as point:
            a = Author(v, point, 1)
            a.windows()
            for folder in 'programs', 'vm', 'fragments':
                os.mkdir(os.path.join(point, folder))
            for i, path in enumerate(programs(total)):
                copy(path, os.path.join(
                    point, 'programs', f'{i:05} {os.path.basename(path)}'))
            for name, (path, _) in made.items():
                copy(path, os.path.join(point, 'vm', name))
            in_turns([(made[n][0], os.path.join(point, 'fragments', n))
                      for n in ('fat.img', 'disk.img')])
    return v


def said_inside(row):
    return ' '.join([str(row.get('inside') or ''), *row['evidence']])


def check_healthy(tally, tmp, made, total):
    image, label = os.path.join(tmp, 'image'), 'healthy volume'
    v = healthy(image, tmp, made, total)
    scan = Scan(tally, image, label)
    tally.equal(scan.status, 0, f'{label}: status; {scan.err[-300:]!r}')
    inside = set()
    for row in scan.believed():
        where = f'{label}: {scan.brief()[scan.rows.index(row)]}'
        if row['in_table']:
            tally.equal((row['offset'], row['size']), (v.offset, v.size),
                        where)
            continue
        said = said_inside(row)
        tally.check('inside' in said.lower() or row.get('inside'),
                    f'{where}: believed, not inside of a file: {row}')
        inside |= {n for n in made if f'/vm/{n}' in said}
    for name in 'fat.img', 'ntfs.img', 'exfat.img', 'disk.img', 'images.tar':
        rows = [r for r in scan.rows if f'/vm/{name}' in said_inside(r)]
        tally.check(rows, f'{label}: nothing says that what lies in {name} '
                    f'is inside of a file')
    check_owner(tally, image, made, scan, label)
    check_quiet(tally, image, label)
    os.unlink(image)


def check_owner(tally, image, made, scan, label):
    """The file that is named is the one that has those bytes."""
    with Medium(image).map() as m:
        for row in scan.rows:
            said = said_inside(row)
            names = [n for n in made if f'/vm/{n}' in said]
            if row['boot'] != 'primary' or len(names) != 1:
                continue
            path, volumes = made[names[0]]
            sector = m[row['offset']:row['offset'] + 512]
            with open(path, 'rb') as f:
                tally.check(sector in f.read(),
                            f'{label}: {row["offset"]} is not in {names[0]}')


def check_quiet(tally, image, label):
    """--lost adds nothing to a healthy disk."""
    from lost_check import check_hives
    rows = check_hives(tally, image, [], None, label)
    tally.equal({r['volume'] for r in rows}, {'1'}, f'{label}: --lost')
    tally.equal(len(rows), 9, f'{label}: hives')


def check_bare(tally, tmp, made, total):
    """No file system: only whole images are volumes."""
    image, label = os.path.join(tmp, 'bare'), 'no file system'
    true, starts = {}, {}
    for path, volumes in made.values():
        for off, what in volumes.items():
            with open(path, 'rb') as f:
                f.seek(off)
                starts[f.read(32768)] = what
    with open(image, 'wb') as out:
        out.write(b'no file system here'.ljust(8192, b'.'))
        for path in programs(total):
            with open(path, 'rb') as f:
                shutil.copyfileobj(f, out, MIB)
            out.write(bytes(-out.tell() % 512))
        for name, (path, volumes) in made.items():
            if name == 'mft.dump':
                # an $MFT where its own runs say it is: remains of a volume
                continue
            for off, what in volumes.items():
                true[out.tell() + off] = what
            with open(path, 'rb') as f:
                shutil.copyfileobj(f, out, MIB)
            out.write(bytes(-out.tell() % 512))
    scan = Scan(tally, image, label)
    with Medium(image).map() as m:
        for row in scan.believed():
            off = row['offset']
            want = true.pop(off, None) or starts.get(m[off:off + 32768])
            tally.check(want and row['fs'].startswith(want[0]) and
                        abs(row['size'] - want[1]) < MIB,
                        f'{label}: believed, and no volume ({want}): {row}')
    tally.check(not true, f'{label}: true volumes that are not believed: '
                f'{true}')
    os.unlink(image)


def main():
    tally = Tally('nothing_lost')
    total = (1024 if '--full' in sys.argv else 250) * MIB
    if os.geteuid() != 0 or not os.path.exists('/dev/fuse'):
        tally.skip('no root or no FUSE: false positives of scan')
    elif need(tally, 'mkntfs', 'ntfs-3g', 'mkfs.fat', 'mcopy', 'mkfs.exfat',
              'mount.exfat-fuse', 'sfdisk', 'losetup', 'qemu-img', 'icat'):
        with scratch('nothing-lost') as tmp:
            made = images(tmp)
            check_healthy(tally, tmp, made, total)
            check_bare(tally, tmp, made, total)
    tally.done()


main()
