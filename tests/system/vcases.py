"""The corpus' two cases inside virtual disks of every kind.

QEMU writes them.  The three that are met most often (VHDX, QCOW2 over a
backing file, a split VMDK) go through all that the cases are asked in
cases.py; of every other kind the disk and its hives have to be equal.
"""
import json
import os
import shutil

from cases import raw_of
from common import CORPUS, Tally, need, scratch, sha256_of, tool
from lifted import check_all, load
from vdisk import FORMATS, convert, digest, hives, info

MIB = 1 << 20
# what gets all of the questions
FULL = ('d.vhdx', 'd.vhd')


def remove(tmp, name):
    """A disk and its extents."""
    for there in os.listdir(tmp):
        if there == name or there.startswith(name[:-5] + '-'):
            os.remove(os.path.join(tmp, there))


def check_each(tally, tmp, raw, truth, label):
    """One kind after the other, so that they need little room."""
    want = truth['sha256']
    rows = hives(raw)
    tally.check(len(rows[1]) == len([h for h in truth['hives']
                                     if not h.get('deleted')]),
                f'{label}: hives of the raw image')
    for name, fmt, options, said in FORMATS:
        convert(tmp, raw, name, fmt, options)
        path = os.path.join(tmp, name)
        tally.equal(digest(path), (want, 0), f'{label} in {name}: the disk')
        tally.equal(hives(path), rows, f'{label} in {name}: the hives')
        tally.equal(info(path)['format'], said, f'{label} in {name}: format')
        if name in FULL:
            check_all(tally, path, truth, f'{label} in {name}')
        remove(tmp, name)


def scrambled(raw, out, step):
    """The case with other bytes in every `step`th MiB and at odd places."""
    shutil.copy(raw, out)
    with open(out, 'r+b') as f:
        for at in range(0, os.path.getsize(raw), step * MIB):
            f.seek(at + 3 * 512)
            f.write(bytes([at // MIB % 255 + 1]) * (200 * 512))


def over(tmp, top, base, base_fmt, raw):
    """A QCOW2 that holds of `raw` what `base` has not: qemu-img compares."""
    path = os.path.join(tmp, top)
    tool('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', raw, '-F', 'raw',
         '-o', 'cluster_size=4096', path)
    tool('qemu-img', 'rebase', '-f', 'qcow2', '-b', base, '-F', base_fmt, path)
    return path


def check_backing(tally, tmp, raw, truth, label):
    """Neither file is the case; both together are."""
    other = os.path.join(tmp, 'other.dd')
    scrambled(raw, other, 2)
    tally.check(sha256_of(other) != truth['sha256'], f'{label}: scrambled')
    for name, fmt, options in (('base.qcow2', 'qcow2', ''),
                               ('base.vhdx', 'vhdx', 'subformat=dynamic')):
        convert(tmp, other, name, fmt, options)
        top = over(tmp, 'top.qcow2', name, fmt, raw)
        size = os.path.getsize(top)
        tally.check(size < os.path.getsize(raw) / 2,
                    f'{label}: the overlay holds only changes: {size}')
        tally.equal(info(top).get('acquisition', {}).get('parents'), name,
                    f'{label}: over {name}')
        tally.equal(digest(top), (truth['sha256'], 0),
                    f'{label}: the disk over {name}')
        check_all(tally, top, truth, f'{label} as QCOW2 over {name}')
        os.remove(top)
    # three levels, whose middle one is scrambled in its own way
    scrambled(raw, other, 3)
    over(tmp, 'middle.qcow2', 'base.qcow2', 'qcow2', other)
    os.remove(other)
    top = over(tmp, 'top.qcow2', 'middle.qcow2', 'qcow2', raw)
    tally.equal(digest(top), (truth['sha256'], 0),
                f'{label}: the disk over two levels')
    tally.equal(len(hives(top)[1]), len(hives(raw)[1]),
                f'{label}: hives over two levels')


PIECE = 61 * MIB  # pieces end inside volumes and inside files


def check_split(tally, tmp, raw, truth, label):
    """QEMU begins a new extent every 2 GiB only: here each is converted by
    itself, a piece of the case, and the descriptor is put together."""
    size, lines = os.path.getsize(raw), []
    for i, at in enumerate(range(0, size, PIECE)):
        n = min(PIECE, size - at)
        kind = ('Sparse', 'Flat')[i % 3 == 1]
        tool('qemu-img', 'convert', '-O', 'vmdk', '-o',
             f'subformat=twoGbMaxExtent{kind}', 'json:' + json.dumps({
                 'driver': 'raw', 'offset': at, 'size': n,
                 'file': {'driver': 'file', 'filename': raw}}),
             os.path.join(tmp, f'p{i}.vmdk'))
        with open(os.path.join(tmp, f'p{i}.vmdk'), encoding='utf-8') as f:
            text = f.read()
        lines += [line for line in text.splitlines()
                  if line.startswith('RW ')]
    tally.check(len(lines) > 2, f'{label}: extents: {lines}')
    path = os.path.join(tmp, 'split.vmdk')
    with open(path, 'w', encoding='utf-8') as f:
        f.write('# Disk DescriptorFile\nversion=1\nCID=12345678\n'
                'parentCID=ffffffff\ncreateType="twoGbMaxExtentSparse"\n' +
                '\n'.join(lines) + '\n')
    tally.equal(digest(path), (truth['sha256'], 0), f'{label}: the disk')
    check_all(tally, path, truth, label)
    for there in os.listdir(tmp):
        if there[0] == 'p' or there == 'split.vmdk':
            os.remove(os.path.join(tmp, there))


def check_wide(tally, tmp, raw, label):
    """Extents as QEMU splits them: a disk of more than 4 GiB."""
    wide = os.path.join(tmp, 'wide.dd')
    shutil.copy(raw, wide)
    os.truncate(wide, 9 << 29)
    want = hives(wide)
    tally.check(want[1], f'{label}: hives of the wide disk')
    for kind in ('Sparse', 'Flat'):
        convert(tmp, wide, 'w.vmdk', 'vmdk', f'subformat=twoGbMaxExtent{kind}')
        path = os.path.join(tmp, 'w.vmdk')
        tally.equal(info(path).get('segments'), 4, f'{label}: w.vmdk, {kind}')
        tally.equal(hives(path), want, f'{label} in w.vmdk, {kind}: hives')
        remove(tmp, 'w.vmdk')
    os.remove(wide)


def main():
    tally = Tally('vcases')
    if not need(tally, 'qemu-img'):
        tally.done()
    for name in ('win10', 'xp'):
        truth_file = os.path.join(CORPUS, 'cases', name + '.json')
        if not os.path.exists(truth_file):
            tally.skip(f'no corpus: case {name}')
            continue
        if not need(tally, 'img_cat'):
            continue
        truth = load(truth_file)
        with scratch('vcases') as tmp:
            raw = raw_of(name, tmp)
            tally.equal(sha256_of(raw), truth['sha256'], f'{name}: raw image')
            check_each(tally, tmp, raw, truth, name)
            check_split(tally, tmp, raw, truth, f'{name} as split VMDK')
            if name == 'xp':
                check_wide(tally, tmp, raw, name)
            check_backing(tally, tmp, raw, truth, name)
    tally.done()


if __name__ == '__main__':
    main()
