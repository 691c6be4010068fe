"""Live devices: the cases and fresh volumes behind loop devices that have
sectors of 512 and of 4096 bytes."""
import os
import shutil

from common import (CORPUS, UNPACKED, HIVELIFT, ReadAll, Tally, detach, lines,
                    need, run, scratch, tool)
from lifted import check_all, json_lines, load


class Loop:
    """A loop device, read-only, gone at the end."""

    def __init__(self, path, sector):
        self.path, self.sector = path, sector

    def __enter__(self):
        out = tool('losetup', '--find', '--show', '--read-only',
                   '--sector-size', str(self.sector), self.path)
        self.device = out.decode().strip()
        return self.device

    def __exit__(self, *_):
        detach(self.device)


def usable(tally):
    if os.geteuid() != 0:
        tally.skip('no root: loop devices')
        return False
    if not need(tally, 'losetup', 'mkntfs', 'mkfs.fat', 'sfdisk'):
        return False
    with scratch('loop') as tmp:
        probe = os.path.join(tmp, 'probe')
        with open(probe, 'wb') as f:
            f.truncate(1 << 20)
        status, out, err = run('losetup', '--find', '--show', probe)
        if status != 0:
            tally.skip('no loop devices: ' + err.decode().strip()[:100])
            return False
        detach(out.decode().strip())
    return True


def check_case(tally, name):
    truth_file = os.path.join(CORPUS, 'cases', name + '.json')
    raw = os.path.join(UNPACKED, 'cases', name + '.dd')
    if not os.path.exists(truth_file):
        tally.skip(f'no corpus: case {name}')
        return
    truth = load(truth_file)
    with scratch('loop') as tmp:
        if not os.path.exists(raw):
            raw = os.path.join(tmp, 'raw')
            with open(raw, 'wb') as f:
                f.write(tool('img_cat', os.path.join(CORPUS, 'cases',
                                                     name + '.E01')))
        for sector in (512, 4096):
            with Loop(raw, sector) as device:
                check_all(tally, device, truth,
                          f'{name} on a {sector}-byte device', raw)


def make_4k_disk(path):
    """A disk as a 4Kn drive has it: GPT in 4096-byte sectors, NTFS, FAT."""
    with open(path, 'wb') as f:
        f.truncate(160 << 20)
    out = tool('losetup', '--find', '--show', '--partscan', '--sector-size',
               '4096', path)
    device = out.decode().strip()
    try:
        tool('sh', '-c', "printf 'label: gpt\\nsize=80MiB, type=uefi\\n"
             "type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\\n' |"
             f' sfdisk -q {device}')
    finally:
        detach(device)
    mib = 1 << 20
    fat, ntfs = path + '.fat', path + '.ntfs'
    for name, size in ((fat, 80 * mib), (ntfs, 70 * mib)):
        with open(name, 'wb') as f:
            f.truncate(size)
    tool('mkfs.fat', '-F', '16', '-S', '4096', '-n', 'FOURK', fat)
    tool('mkntfs', '-F', '-q', '-s', '4096', '-c', '4096', '-p', '0', '-H',
         '0', '-S', '0', '-L', 'four', ntfs)
    with open(path, 'r+b') as disk:
        for name, at in ((fat, mib), (ntfs, 81 * mib)):
            disk.seek(at)
            with open(name, 'rb') as f:
                shutil.copyfileobj(f, disk, mib)
    return [('fat16', 'FOURK', mib), ('ntfs', 'four', 81 * mib)]


def check_4k(tally):
    with scratch('loop') as tmp:
        path = os.path.join(tmp, 'disk')
        want = make_4k_disk(path)
        with Loop(path, 4096) as device:
            for image in (device, path):
                label = 'a 4Kn ' + ('device' if image == device else 'image')
                status, out, err = run(HIVELIFT, 'info', '--json', image)
                tally.equal(status, 0, f'{label}: info; {err[-300:]!r}')
                rows = json_lines(tally, out, label)
                got = [(r['fs'], r['label'], r['offset']) for r in rows
                       if r.get('type') == 'volume']
                tally.equal(got, want, f'{label}: volumes')
                size = [r['sector_size'] for r in rows
                        if r.get('type') == 'image']
                if image == device:
                    tally.equal(size, [4096], f'{label}: sector size')
                seen = ReadAll(image)
                tally.equal(seen.status, 0,
                            f'{label}: read in full; {seen.notes[-300:]}')


def check_no_output(tally, path, device, point):
    """Whatever is written, never onto the medium that is read."""
    before = sorted(os.listdir(point))
    out = os.path.join(point, 'out')
    for args in (['scan', device, '--state', out],
                 ['hives', '--lost', point, '--state', out],
                 ['extract', device, '-o', out],
                 ['extract', device, '-o', out + '/'],
                 ['carve', point, '-o', out],
                 ['exec', device, '--out', out, '--', 'true'],
                 ['acquire', device, '-o', out],
                 ['scan', path, '--with', device, '--state', out],
                 ['extract', path, '--with', device, '-o', out]):
        status, _, err = run(HIVELIFT, *args)
        tally.equal(status, 1, f'onto the source: {args}')
        tally.check(b' on it' in err or b'lies on' in err,
                    f'onto the source, said: {err!r}')
        tally.equal(sorted(os.listdir(point)), before,
                    f'onto the source, untouched: {args}')


def check_mount_point(tally):
    """A mount point stands for its device, and a mounted one is live."""
    if not need(tally, 'ntfs-3g', 'umount'):
        return
    with scratch('loop') as tmp:
        path, point = os.path.join(tmp, 'ntfs'), os.path.join(tmp, 'mnt')
        os.mkdir(point)
        with open(path, 'wb') as f:
            f.truncate(40 << 20)
        tool('mkntfs', '-F', '-q', '-Q', '-p', '0', '-H', '0', '-S', '0',
             path)
        device = tool('losetup', '--find', '--show', path).decode().strip()
        try:
            status, _, err = run('ntfs-3g', device, point)
            if status != 0:
                tally.skip('no FUSE: ' + lines(err)[0][:100])
                return
            for image in (point, device):
                status, out, err = run(HIVELIFT, 'info', '--json', image)
                rows = json_lines(tally, out, image)
                got = [(r['format'], r['live']) for r in rows
                       if r.get('type') == 'image']
                tally.equal(got, [('device', True)],
                            f'mounted read-write: {image}; {err[-200:]!r}')
            check_no_output(tally, path, device, point)
        finally:
            run('umount', point)
            detach(device)


def main():
    tally = Tally('loop')
    if usable(tally):
        check_case(tally, 'win10')
        check_case(tally, 'xp')
        check_4k(tally)
        check_mount_point(tally)
    tally.done()


main()
