#!/usr/bin/env python3
"""locked: shadow copies below BitLocker, in every container: each command has
to tell the same of the volume as when it is not encrypted.

The volumes are vssmake.py's, which vshadowmount reads, and those of the
corpus; mkbde.py encrypts them, which libbde confirms: through bdemount and
vshadowmount together each copy must come out as it was made."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import (CORPUS, HIVELIFT, ROOT, Tally, lines, need, run, scratch,
                    sha256_of, tool)

SYSTEM = os.path.join(ROOT, 'tests', 'system')
MKBDE = os.path.join(ROOT, 'tests', 'tools', 'mkbde.py')
QCOW2 = os.path.join(CORPUS, 'images/log2timeline__dfvfs/vsstest.qcow2')
CONFIG = 'Windows/System32/config'
REGION = 65536 + 8192
START = 1 << 20
VOLUME, STORES = 24 << 20, 16 << 20


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def write(path, data):
    with open(path, 'wb') as f:
        f.write(data)
    return path


def free_places(data, n=3):
    """Zeros, far from one another, where nothing is on the plain volume."""
    zeros, found, step = bytes(REGION), [], len(data) // 16 & ~65535
    for at in range(step, len(data) - REGION, 65536):
        if data[at:at + REGION] == zeros and (
                not found or at - found[-1] >= step):
            found.append(at)
    return ','.join(map(str, found[-n:])) if len(found) >= n else None


def encrypt(plain, out, *args):
    places = free_places(read(plain))
    tool(sys.executable, MKBDE, plain, out, '--at', places, *args)


def in_disk(volume, disk):
    """The volume as the only partition of a disk."""
    size = os.path.getsize(volume)
    mbr = bytearray(512)
    mbr[0x1be:0x1ce] = bytes(4) + b'\x07' + bytes(3) + (
        START // 512).to_bytes(4, 'little') + (size // 512).to_bytes(
            4, 'little')
    mbr[510:] = b'\x55\xaa'
    with open(disk, 'wb') as f:
        f.write(bytes(mbr).ljust(START, b'\0'))
        f.write(read(volume))
    return disk


def rows(*argv):
    status, out, err = run(HIVELIFT, *argv)
    return status, [json.loads(x) for x in lines(out)], err


def told(image, *key):
    """What each command says of it, but for what lies in the first sectors
    and what BitLocker itself is told of."""
    got = {}
    for name, *args in (
            ('hives', '--snapshots', '--json'),
            ('ls', '--snapshots', '--json', '-R'),
            ('stat', '--json', f'1.s1:/{CONFIG}/SAM')):
        args = [a for a in args if a.startswith('-')] + [image] + [
            a for a in args if not a.startswith('-')]
        status, found, err = rows(name, *args, *key)
        got[name] = (status, found if name != 'stat' else [
            r for r in found if r.get('type') != 'coverage'])
        if status is None or (not found and status == 0):
            got[name] = err
    status, found, _ = rows('info', '--snapshots', '--json', image, *key)
    got['info'] = (status, [
        {k: v for k, v in r.items() if k not in ('bitlocker', 'protectors')}
        for r in found if r['type'] == 'volume' and r.get('shadow_copy')])
    return got


def lifted(tmp, image, *key):
    """The manifest's files: what and where, and from the store or not."""
    out = os.path.join(tmp, 'out')
    status, _, err = run(HIVELIFT, 'extract', '--snapshots', '--all-copies',
                         '--force', '-q', '-o', out, image, *key)
    if status not in (0, 2):
        return status, err
    with open(os.path.join(out, 'manifest.json'), encoding='utf-8') as f:
        files = json.load(f)['files']
    return status, [(e['volume'], e['path'], e['sha256'], e['runs'])
                    for e in files]


# ---- the small volume -------------------------------------------------------

def states(tmp):
    """An NTFS volume with hives, and how it was before each of two changes;
    None without a mount."""
    names = 'SAM', 'SECURITY', 'SOFTWARE'
    hive = {n: run(HIVELIFT, 'cat', '-q',
                   os.path.join(ROOT, 'testdata', 'sample.E01'),
                   f'3:/{CONFIG}/{n}')[1] for n in names}
    vol, mnt = os.path.join(tmp, 'vol'), os.path.join(tmp, 'mnt')
    os.makedirs(mnt, exist_ok=True)
    with open(vol, 'wb') as f:
        f.truncate(VOLUME)
    tool('mkntfs', '-F', '-q', '-f', '-L', 'SHADOW', '-s', '512', '-p', '0',
         '-H', '255', '-S', '63', vol)
    out = []
    for changes in ({'SAM': hive['SAM'], 'SOFTWARE': hive['SOFTWARE']},
                    {'SAM': hive['SECURITY']},
                    {'SYSTEM': hive['SECURITY']}):
        if run('ntfs-3g', vol, mnt)[0] != 0:
            return None
        try:
            os.makedirs(os.path.join(mnt, CONFIG), exist_ok=True)
            for name, data in changes.items():
                path = os.path.join(mnt, CONFIG, name)
                with open(path, 'r+b' if os.path.exists(path) else 'wb') as f:
                    f.write(data)
        finally:
            tool('umount', mnt)
        out.append(write(os.path.join(tmp, f'state{len(out)}'), read(vol)))
    return out


def with_copies(tmp):
    old = states(tmp)
    if not old:
        return None, None
    plain = os.path.join(tmp, 'plain')
    tool(sys.executable, os.path.join(SYSTEM, 'vssmake.py'), '--at',
         str(STORES), plain, old[2], old[1], old[0])
    return plain, old


METHODS = (
    ('xts128', ['--method', 'xts128']),
    ('cbc128', ['--method', 'cbc128', '--variant', 'togo']),
    ('xts256, half', ['--method', 'xts256', '--encrypted', str(VOLUME // 2)]),
    ('clear key', ['--method', 'cbc256', '--clear']),
)


def methods(t, tmp, plain):
    disk = in_disk(plain, os.path.join(tmp, 'disk'))
    want, files = told(disk), lifted(tmp, disk)
    t.equal((want['hives'][0], len(want['info'][1]), files[0]), (0, 2, 0),
            'the plain volume')
    for name, args in METHODS:
        enc = os.path.join(tmp, 'enc')
        key = [] if '--clear' in args else [
            '--startup-key', os.path.join(tmp, 'x.BEK')]
        encrypt(plain, enc, *args, *(['--startup', key[1]] if key else []))
        in_disk(enc, disk)
        got = told(disk, *key)
        for command, what in want.items():
            t.equal(got[command], what, f'{name}: {command}')
        t.equal(lifted(tmp, disk, *key), files, f'{name}: extract')


def containers(t, tmp, plain):
    enc, bek = os.path.join(tmp, 'enc'), os.path.join(tmp, 'x.BEK')
    disk = in_disk(plain, os.path.join(tmp, 'disk'))
    want, files = told(disk), lifted(tmp, disk)
    encrypt(plain, enc, '--method', 'xts128', '--startup', bek)
    in_disk(enc, disk)
    made = []
    if need(t, 'ewfacquire'):
        tool('ewfacquire', '-u', '-t', os.path.join(tmp, 'e'), '-c', 'fast',
             disk)
        made.append('e.E01')
    for name, kind in (('d.qcow2', 'qcow2'), ('d.vhdx', 'vhdx'),
                       ('d.vhd', 'vpc'), ('d.vmdk', 'vmdk')):
        if need(t, 'qemu-img'):
            more = ['-o', 'force_size=on'] if kind == 'vpc' else []
            tool('qemu-img', 'convert', '-O', kind, *more, disk,
                 os.path.join(tmp, name))
            made.append(name)
    for name in made:
        image = os.path.join(tmp, name)
        got = told(image, '--startup-key', bek)
        for command, what in want.items():
            t.equal(got[command], what, f'{name}: {command}')
        # where it lies in a container is not where it lies on the disk
        got = lifted(tmp, image, '--startup-key', bek)
        t.equal([f[:3] for f in got[1]], [f[:3] for f in files[1]],
                f'{name}: extract')
        os.unlink(image)


def damage(t, tmp, plain):
    """A sector of ciphertext that is lost costs itself, no copy."""
    enc, bek = os.path.join(tmp, 'enc'), os.path.join(tmp, 'x.BEK')
    encrypt(plain, enc, '--method', 'xts128', '--startup', bek)
    disk = in_disk(enc, os.path.join(tmp, 'disk'))
    key = ['--startup-key', bek]
    status, files = lifted(tmp, disk, *key)
    run_ = [r for f in files if f[:2] == ('1.s1', f'/{CONFIG}/SAM')
            for r in f[3] if r.get('from') == 'store'][0]
    bad = os.path.join(tmp, 'map')
    size = os.path.getsize(disk)
    at = run_['offset']
    write(bad, f'0x0 +\n0x0 {at:#x} +\n{at:#x} 0x200 -\n'
          f'{at + 512:#x} {size - at - 512:#x} +\n'.encode())
    status, again = lifted(tmp, disk, '--map', bad, *key)
    t.equal(status, 2, 'a bad sector in a store: status')
    differ = [f[:2] for f, g in zip(files, again) if f[2] != g[2]]
    t.equal(differ, [('1.s1', f'/{CONFIG}/SAM')], 'it costs that hive')
    wrong = write(os.path.join(tmp, 'wrong'), read(bek)[::-1])
    status, out, err = run(HIVELIFT, 'hives', '--snapshots', disk,
                           '--startup-key', wrong)
    t.check(status == 2 and b's1' not in out and b'belongs to none' in err,
            f'no key, no copies: {status} {err}')
    status, out, _ = run(HIVELIFT, 'info', '--snapshots', disk)
    t.check(status == 2 and b'shadow copy of' not in out,
            'info without a key tells of none')


def libraries(t, tmp, plain, old):
    """bdemount and vshadowmount see what was made."""
    if not need(t, 'bdemount', 'vshadowmount', 'fusermount'):
        return
    enc = os.path.join(tmp, 'enc')
    points = [os.path.join(tmp, n) for n in ('mnt1', 'mnt2')]
    for p in points:
        os.makedirs(p, exist_ok=True)
    encrypt(plain, enc, '--method', 'xts128', '--password', 'plain')
    if run('bdemount', '-p', 'plain', enc, points[0])[0] != 0:
        t.skip('bdemount does not mount here')
        return
    try:
        t.equal(sha256_of(os.path.join(points[0], 'bde1')), sha256_of(plain),
                'libbde shows the plain volume')
        status, _, err = run('vshadowmount', os.path.join(points[0], 'bde1'),
                             points[1])
        t.equal(status, 0, f'vshadowmount over bdemount: {err}')
        if status == 0:
            for n in (1, 2):
                got = read(os.path.join(points[1], f'vss{n}'))
                # before the stores; the first block is not kept
                t.check(got[16384:STORES] ==
                        read(old[n - 1])[16384:STORES],
                        f'copy {n} through both')
            run('fusermount', '-u', points[1])
    finally:
        run('fusermount', '-u', points[0])


# ---- of Windows -------------------------------------------------------------

def every_file(tmp, image, volume, *key):
    out = os.path.join(tmp, 'out')
    status, _, _ = run(HIVELIFT, 'extract', image, f'{volume}:/', '-q',
                       '--force', '-o', out, *key)
    with open(os.path.join(out, 'manifest.json'), encoding='utf-8') as f:
        return status, {e['path']: (e['sha256'], e['runs'])
                        for e in json.load(f)['files']}


def windows(t, tmp):
    """Copies that Windows 7 made, each file of them."""
    if not os.path.exists(QCOW2):
        t.skip('no corpus here')
        return
    if not need(t, 'qemu-img'):
        return
    plain, enc = os.path.join(tmp, 'plain'), os.path.join(tmp, 'enc')
    bek = os.path.join(tmp, 'x.BEK')
    tool('qemu-img', 'convert', '-O', 'raw', QCOW2, plain)
    encrypt(plain, enc, '--sector', '4096', '--startup', bek)
    for volume in '1.s1', '1.s2', '1':
        want = every_file(tmp, plain, volume)
        got = every_file(tmp, enc, volume, '--startup-key', bek)
        t.check(want[0] == 0 and len(want[1]) > 15, f'{volume}: files')
        t.equal(got[0], 0, f'{volume}: status')
        for path, (digest, runs) in want[1].items():
            if not t.equal(got[1].get(path, (None,))[0], digest,
                           f'{volume}: {path}'):
                continue
            if path != '/$Boot':  # the first sectors lie elsewhere
                t.equal(got[1][path][1], runs, f'{volume}: {path}: runs')


def main():
    t = Tally('locked')
    if run(sys.executable, MKBDE, '--help')[0] != 0:
        t.skip('no python3-cryptography here')
        t.done()
    if sys.argv[1:] == ['windows']:
        with scratch('locked') as tmp:
            windows(t, tmp)
    elif need(t, 'mkntfs', 'ntfs-3g'):
        with scratch('locked') as tmp:
            plain, old = with_copies(tmp)
            if plain:
                methods(t, tmp, plain)
                containers(t, tmp, plain)
                damage(t, tmp, plain)
                libraries(t, tmp, plain, old)
            else:
                t.skip('no ntfs-3g mount here')
    t.done()


if __name__ == '__main__':
    main()
