"""acquire: devices copied into images and onto devices, judged by the tools
that others have: libewf, The Sleuth Kit, GNU ddrescue."""
import json
import os

from common import (HIVELIFT, ROOT, Tally, detach, lines, need, run, scratch,
                    sha256_of, tool)

MIB = 1 << 20
SAMPLE = os.path.join(ROOT, 'testdata', 'sample.E01')


class Loop:
    """A loop device, written to unless read_only; gone at the end."""

    def __init__(self, path, sector=512, read_only=False):
        self.path, self.sector, self.read_only = path, sector, read_only

    def __enter__(self):
        more = ['--read-only'] if self.read_only else []
        self.device = tool('losetup', '--find', '--show', '--sector-size',
                           str(self.sector), *more,
                           self.path).decode().strip()
        return self.device

    def __exit__(self, *_):
        detach(self.device)


def usable(tally):
    if os.geteuid() != 0:
        tally.skip('no root: loop devices')
        return False
    if not need(tally, 'losetup', 'mkntfs', 'mkfs.ext4', 'ewfverify',
                'ewfinfo', 'fls', 'ddrescue', 'ddrescuelog', 'ntfscp'):
        return False
    with scratch('acquire') as tmp:
        probe = os.path.join(tmp, 'probe')
        with open(probe, 'wb') as f:
            f.truncate(MIB)
        status, out, err = run('losetup', '--find', '--show', probe)
        if status != 0:
            tally.skip('no loop devices: ' + err.decode().strip()[:100])
            return False
        detach(out.decode().strip())
    return True


def acquire(tally, want, what, *argv):
    """Its status is as wanted; the JSON object, and stderr."""
    status, out, err = run(HIVELIFT, 'acquire', '--json', *argv)
    text = err.decode('utf-8', 'replace')
    tally.check(status == want, f'{what}: status {status}, want {want}: '
                f'{text[:300]}')
    rows = [json.loads(line) for line in lines(out)]
    return (rows[0] if rows else {}), text


def make_disk(path, mib=24):
    """An NTFS volume with a few files, and noise behind them."""
    with open(path, 'wb') as f:
        f.truncate(mib * MIB)
    tool('mkntfs', '-F', '-q', '-s', '512', '-p', '0', '-H', '0', '-S', '0',
         '-L', 'acquired', path)
    with open(path + '.file', 'wb') as f:
        f.write(os.urandom(3 * MIB))
    tool('ntfscp', '-f', '-q', path, path + '.file', 'noise.bin')
    return sha256_of(path)


def the_sleuth_kit(tally, e01, raw, name):
    status, out, err = run('fls', '-r', '-p', e01)
    if status == -11 and run('img_stat', SAMPLE)[0] == -11:
        # seen with Debian 13's 4.12.1, on E01 of any maker
        tally.skip('The Sleuth Kit crashes on every E01 here')
        return
    tally.equal(out, tool('fls', '-r', '-p', raw), f'{name}: fls: {err}')


def as_e01(tally, tmp, raw, sector):
    name = f'a device with sectors of {sector}'
    e01 = os.path.join(tmp, f'd{sector}.E01')
    with Loop(raw, sector, read_only=True) as device:
        want = sha256_of(device)
        row, _ = acquire(tally, 0, name, device, '-o', e01, '--split', '1M',
                         '--verify', '--case', '17', '--compress', 'best')
    tally.equal(row.get('sha256'), want, f'{name}: SHA-256')
    tally.equal(row['source']['sector_size'], sector, f'{name}: sector')
    tally.check(row['files'] > 2, f'{name}: several segments')
    status, out, err = run('ewfverify', '-q', '-d', 'sha256', e01)
    tally.check(status == 0 and want in out.decode(),
                f'{name}: ewfverify: {out[-300:]} {err[-300:]}')
    info = tool('ewfinfo', e01).decode()
    tally.check(f'Bytes per sector:\t{sector}' in info, f'{name}: ewfinfo')
    tally.check(('optical' in info) == (sector == 2048),
                f'{name}: kind of medium')
    if sector == 512:
        the_sleuth_kit(tally, e01, raw, name)
        again = os.path.join(tmp, 'again.raw')
        row, _ = acquire(tally, 0, 'E01 to raw', e01, '-o', again)
        tally.equal(sha256_of(again), want, 'E01 to raw: the bytes')


def clones(tally, tmp, raw, want):
    target = os.path.join(tmp, 'target')
    with open(target, 'wb') as f:
        f.truncate(25 * MIB)
    small = os.path.join(tmp, 'small')
    with open(small, 'wb') as f:
        f.truncate(20 * MIB)
    with Loop(raw, read_only=True) as source, Loop(target) as device, \
            Loop(small) as less:
        _, err = acquire(tally, 1, 'a smaller device', source, '-o', less,
                         '--clone')
        tally.check('has 20971520 bytes' in err, f'smaller: {err}')
        acquire(tally, 1, 'a device without --clone', source, '-o', device)
        acquire(tally, 1, 'the source', source, '-o', source, '--clone',
                '--force')
        row, err = acquire(tally, 0, 'a clone', source, '-o', device,
                           '--clone', '--verify')
        tally.equal((row.get('sha256'), row.get('verified')), (want, True),
                    'a clone: the digest')
        tally.check('larger by 1048576' in err, f'a clone: {err}')
        _, err = acquire(tally, 1, 'not blank', source, '-o', device,
                         '--clone')
        tally.check('not blank' in err, f'not blank: {err}')
        mounted = os.path.join(tmp, 'mnt')
        os.mkdir(mounted)
        tool('mkfs.ext4', '-q', less)
        status, _, _ = run('mount', less, mounted)
        if status == 0:
            _, err = acquire(tally, 1, 'mounted', raw, '-o', less, '--clone')
            tally.check('in use' in err, f'mounted: {err}')
            out = os.path.join(mounted, 'x.raw')
            _, err = acquire(tally, 1, 'onto the source', less, '-o', out)
            tally.check('on it' in err, f'onto the source: {err}')
            row, _ = acquire(tally, 0, 'a mount point', mounted, '-o',
                             os.path.join(tmp, 'mount.raw'))
            tally.equal(row['source']['path'], less, 'a mount point: device')
            run('umount', mounted)
        else:
            tally.skip('cannot mount')
    with open(target, 'rb') as f:
        tally.check(f.read(24 * MIB) == open(raw, 'rb').read(),
                    'a clone: the bytes')


def by_another_name(tally, tmp, raw):
    """The source is a loop device and the target the file in it, or the
    other way about, or on the file system in it: the source all the same."""
    disk = os.path.join(tmp, 'lies-in')
    with open(raw, 'rb') as f, open(disk, 'wb') as g:
        g.write(f.read())
    want = sha256_of(disk)
    mounted = os.path.join(tmp, 'mnt2')
    os.mkdir(mounted)
    with Loop(disk) as device:
        for what, argv in (
                ('the file of the source', (device, '-o', disk)),
                ('the device of the source', (disk, '-o', device, '--clone')),
        ):
            _, err = acquire(tally, 1, what, *argv, '--force')
            tally.check('is the source' in err, f'{what}: {err}')
            tally.equal(sha256_of(disk), want, f'{what}: as before')
        tool('mkfs.ext4', '-q', '-F', device)
        if run('mount', device, mounted)[0] != 0:
            tally.skip('cannot mount')
            return
        try:
            for what, argv in (
                    ('a copy', ('acquire', disk, '-o',
                                os.path.join(mounted, 'x.raw'))),
                    ('files', ('extract', disk, '-o',
                               os.path.join(mounted, 'out'))),
            ):
                status, _, err = run(HIVELIFT, *argv)
                tally.equal(status, 1, f'{what} onto the image: status')
                tally.check(b'source' in err,
                            f'{what} onto the image: {err[:200]!r}')
                tally.equal(os.listdir(mounted), ['lost+found'],
                            f'{what} onto the image: nothing is written')
        finally:
            run('umount', mounted)


def with_ddrescue(tally, tmp, raw, want):
    """What one has begun the other finishes."""
    copy = os.path.join(tmp, 'dd.raw')
    tool('ddrescue', '-q', '-i', '1MiB', '-s', '5MiB', raw, copy,
         copy + '.map')
    row, _ = acquire(tally, 0, 'what ddrescue began', raw, '-o', copy,
                     '--resume', '--verify')
    tally.equal((row.get('resumed'), row.get('sha256')), (5 * MIB, want),
                'what ddrescue began')
    tally.equal(sha256_of(copy), want, 'what ddrescue began: the bytes')
    with open(raw, 'rb') as f:
        at = f.read().index(open(raw + '.file', 'rb').read(4096))
    bad = os.path.join(tmp, 'bad.map')
    with open(bad, 'w', encoding='ascii') as f:
        f.write(f'0x0 ? 1\n0x0 {at} +\n{at} 0x1000 -\n'
                f'{at + 0x1000} {24 * MIB - at - 0x1000} +\n')
    ours = os.path.join(tmp, 'ours.raw')
    acquire(tally, 2, 'for ddrescue', raw, '--map', bad, '-o', ours)
    tally.check(sha256_of(ours) != want, 'for ddrescue: not whole')
    blocks = tool('ddrescuelog', '-l-', ours + '.map').split()
    tally.equal([int(b) for b in blocks], list(range(at // 512, at // 512 + 8)),
                'for ddrescue: bad blocks')
    tool('ddrescue', '-q', '-r', '1', raw, ours, ours + '.map')
    tally.equal(sha256_of(ours), want, 'what ddrescue finished')


def main():
    tally = Tally('acquire')
    if usable(tally):
        with scratch('acquire') as tmp:
            raw = os.path.join(tmp, 'disk.raw')
            want = make_disk(raw)
            for sector in (512, 2048, 4096):
                as_e01(tally, tmp, raw, sector)
            clones(tally, tmp, raw, want)
            by_another_name(tally, tmp, raw)
            with_ddrescue(tally, tmp, raw, want)
    tally.done()


if __name__ == '__main__':
    main()
