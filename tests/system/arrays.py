"""Dynamic disks (LDM) and plain arrays.

Windows wrote the databases of the corpus' disks; which sector of which disk
holds what was read from them by hand, and stands in SETS.  Here a volume with
hives, made by mkntfs and ntfs-3g, is spread over copies of those disks by a
few lines of Python that share nothing with hivelift, and has to come out
whole.  The stripes' order is that of Linux' md (RAID-5 left-symmetric)."""
import json
import os
import shutil
import sys

from common import (HIVELIFT, ROOT, UNPACKED, BUILD, Tally, lines, need, run,
                    scratch, sha256_of, tool)

SECTOR, CHUNK = 512, 128 * 512
FOLDER = 'mdbooth__libldm'
# name: kind, first sector of the part on each disk in the order of columns,
# sectors of each part; members' numbers are those of the files
SETS = {
    '2003r2-striped': ('stripe', ((1, 63), (2, 63)), 61440),
    '2003r2-spanned': ('span', ((2, 63), (1, 96256 * 0 + 63)), 96256),
    '2003r2-mirrored': ('mirror', ((1, 63), (2, 63)), 96256),
    '2003r2-raid5': ('raid5', ((3, 63), (2, 63), (1, 63)), 96256),
    '2008r2-striped': ('stripe', ((1, 128), (2, 65664)), 32768),
    '2008r2-mirrored': ('mirror', ((1, 128), (2, 65664)), 32768),
    '2008r2-raid5': ('raid5', ((1, 128), (2, 65664), (3, 65664)), 32768),
}


def volume_size(kind, n, part):
    """Sectors of the whole."""
    return part * {'stripe': n, 'span': n, 'mirror': 1, 'raid5': n - 1}[kind]


def xor(blocks):
    total = 0
    for b in blocks:
        total ^= int.from_bytes(b, 'little')
    return total.to_bytes(len(blocks[0]), 'little')


def columns(kind, data, n):
    """The bytes of each column."""
    if kind == 'mirror':
        return [data] * n
    if kind == 'span':
        part = len(data) // n
        return [data[i * part:(i + 1) * part] for i in range(n)]
    chunks = [data[i:i + CHUNK] for i in range(0, len(data), CHUNK)]
    if kind == 'stripe':
        return [b''.join(chunks[i::n]) for i in range(n)]
    out = [[] for _ in range(n)]
    for row, at in enumerate(range(0, len(chunks), n - 1)):
        stripe = chunks[at:at + n - 1]
        parity = n - 1 - row % n
        out[parity].append(xor(stripe))
        for i, c in enumerate(stripe):
            out[(parity + 1 + i) % n].append(c)
    return [b''.join(c) for c in out]


def make_volume(path, sectors):
    """NTFS with hives and files; returns {path: sha256}."""
    tool('truncate', '-s', str(sectors * SECTOR), path)
    tool('mkntfs', '-Q', '-F', '-s', '512', '-L', 'arrays', path)
    mount = path + '.mnt'
    os.mkdir(mount)
    tool('ntfs-3g', path, mount)
    sums = {}
    try:
        config = os.path.join(mount, 'Windows/System32/config')
        os.makedirs(config)
        for i, name in enumerate(('SYSTEM', 'SOFTWARE', 'SAM')):
            hive = os.path.join(config, name)
            shutil.copy(sample_hive(), hive)
            sums[hive[len(mount):]] = sha256_of(hive)
            # a file between two hives, larger than any chunk
            name = os.path.join(mount, f'between{i}.bin')
            with open(name, 'wb') as f:
                f.write(bytes((i * 7 + k * k >> 3) & 255
                              for k in range(1500000)))
            sums[name[len(mount):]] = sha256_of(name)
    finally:
        tool('umount', mount)
    return sums


def sample_hive():
    """A hive of the project's own sample image, lifted once."""
    path = os.path.join(sample_hive.folder, 'hive')
    if not os.path.exists(path):
        sample = os.path.join(ROOT, 'testdata', 'sample.E01')
        with open(path, 'wb') as f:
            f.write(tool(HIVELIFT, 'cat', sample,
                         '3:/Windows/System32/config/SOFTWARE'))
    return path


def member(name, i):
    return os.path.join(UNPACKED, FOLDER, f'ldm-{name}-{i}.img')


def spread(tmp, name, data):
    """Copies of the disks with the volume on them; returns their paths."""
    kind, parts, n_sectors = SETS[name]
    out = {}
    for (disk, start), column in zip(parts, columns(kind, data, len(parts))):
        assert len(column) == n_sectors * SECTOR, (name, len(column))
        out[disk] = os.path.join(tmp, f'{name}-{disk}.img')
        shutil.copy(member(name, disk), out[disk])
        with open(out[disk], 'r+b') as f:
            f.seek(start * SECTOR)
            f.write(column)
    return [out[k] for k in sorted(out)]


def with_args(paths):
    return [paths[0]] + [a for p in paths[1:] for a in ('--with', p)]


def extracted(t, tmp, what, args, want, status):
    """Lifts everything; every file has to be there, and exact."""
    out = os.path.join(tmp, 'out')
    shutil.rmtree(out, ignore_errors=True)
    rc, _, err = run(HIVELIFT, 'extract', *args, '-o', out, '/')
    t.equal(rc, status, f'{what}: status ({err.decode()[-300:]})')
    if not os.path.exists(os.path.join(out, 'manifest.json')):
        t.check(False, f'{what}: nothing written')
        return None
    with open(os.path.join(out, 'manifest.json'), encoding='utf-8') as f:
        manifest = json.load(f)
    got = {e['path']: e for e in manifest['files']}
    for path, sha in want.items():
        t.equal(got.get(path, {}).get('sha256'), sha, f'{what}: {path}')
    return got


def runs_are_true(t, what, paths, got, want):
    """Bytes at the offsets that the manifest states are the file's."""
    for path in want:
        entry = got[path]
        if not path.startswith('/between'):
            continue
        data = b''
        for r in entry['runs']:
            image = r.get('image', paths[0])
            if r['offset'] is None:
                return t.check(False, f'{what}: {path} has no offset')
            with open(image, 'rb') as f:
                f.seek(r['offset'])
                data += f.read(r['length'])
        size = os.path.getsize(os.path.join(os.path.dirname(paths[0]), 'out',
                                            entry['output']))
        import hashlib
        t.equal(hashlib.sha256(data[:size]).hexdigest(), entry['sha256'],
                f'{what}: runs of {path}')
    return None


def dynamic(t, tmp, name):
    kind, parts, n_sectors = SETS[name]
    vol = os.path.join(tmp, 'volume')
    shutil.rmtree(vol + '.mnt', ignore_errors=True)
    want = make_volume(vol, volume_size(kind, len(parts), n_sectors))
    with open(vol, 'rb') as f:
        paths = spread(tmp, name, f.read())
    # only this volume: others of these disks lack members on purpose
    args = with_args(paths) + ['--volume', '2']
    got = extracted(t, tmp, name, args, want, 0)
    if got:
        runs_are_true(t, name, paths, got, want)
    # the other disk first
    if name.startswith('2003r2'):
        extracted(t, tmp, f'{name} from its last disk',
                  with_args(paths[::-1]) + ['--volume', '2'], want, 0)
    missing(t, tmp, name, kind, paths, want)


def missing(t, tmp, name, kind, paths, want):
    """One member is not given."""
    less = with_args(paths[:-1]) + ['--volume', '2']
    if kind == 'mirror':
        extracted(t, tmp, f'{name}, one copy', less, want, 0)
    elif kind == 'raid5':
        for gone in range(len(paths)):
            rest = [p for i, p in enumerate(paths) if i != gone]
            number = '4' if name.startswith('2008r2') and gone == 0 else '2'
            extracted(t, tmp, f'{name} without disk {gone + 1}',
                      with_args(rest) + ['--volume', number], want, 2)
    rc, out, err = run(HIVELIFT, 'info', *less, '--json')
    if kind in ('stripe', 'span', 'raid5'):
        t.equal(rc, 2, f'{name}: info with a member missing')
        t.check('Disk' in err.decode(), f'{name}: it is named: {err}')
    volumes = [json.loads(x) for x in lines(out)]
    t.check(any(v.get('partition_type', '').startswith('ldm-')
                for v in volumes), f'{name}: listed')


def as_windows_left_them(t):
    """test.txt on each set, as its creators put it there."""
    for name in SETS:
        disks = [member(name, d) for d, _ in sorted(SETS[name][1])]
        rc, out, _ = run(HIVELIFT, 'cat', *with_args(disks),
                         '2:/test.txt')
        t.equal((rc, out), (0, b'Filesystem test'),
                f'{name}: test.txt')


# What libldm says is on its disks: label: kind, name, bytes, disks.
STATED = {
    '2003r2': {
        'Mirrored': ('mirrored', 'Volume3 (H:)', 49283072,
                     ('mirrored-1', 'mirrored-2')),
        'Raid5': ('raid5', 'Raid1 (I:)', 98566144,
                  ('raid5-1', 'raid5-2', 'raid5-3')),
        'Simple': ('simple', 'Volume1 (E:)', 49283072, ('simple-1',)),
        'Spanned': ('spanned', 'Volume2 (F:)', 98566144,
                    ('spanned-1', 'spanned-2')),
        'Striped': ('striped', 'Stripe1 (G:)', 62914560,
                    ('striped-1', 'striped-2')),
        'Spanned2': ('spanned', 'Volume4 (J:)', 35651584,
                     ('striped-1', 'striped-2')),
    },
    '2008r2': {
        'Mirrored': ('mirrored', 'Volume3 (G:)', 16777216,
                     ('mirrored-1', 'mirrored-2')),
        'Raid5': ('raid5', 'Volume4 (H:)', 33554432,
                  ('raid5-1', 'raid5-2', 'raid5-3')),
        'Spanned': ('spanned', 'Volume1 (E:)', 66060288,
                    ('spanned-1', 'spanned-2')),
        'Striped': ('striped', 'Volume2 (F:)', 33554432,
                    ('striped-1', 'striped-2')),
        'Spanned2': ('spanned', 'Volume5 (I:)', 97517568,
                     ('mirrored-1', 'raid5-1', 'striped-1')),
    },
}


def guid_of(path):
    """The disk's identifier, out of any private header."""
    with open(path, 'rb') as f:
        data = f.read()
    at = data.index(b'PRIVHEAD')
    return data[at + 0x30:at + 0x70].rstrip(b'\0').decode()


def listed(args):
    """name: row of the volumes of dynamic disks; and status, notes."""
    status, out, err = run(HIVELIFT, 'info', '--json', *args)
    rows = [json.loads(x) for x in lines(out)]
    return status, {r['name']: r for r in rows if r['type'] == 'volume' and
                    str(r['partition_type']).startswith('ldm-')}, err.decode()


def whole_group(t, group):
    """All disks of a group: every volume, and whole."""
    disks = sorted({d for v in STATED[group].values() for d in v[3]})
    paths = {d: os.path.join(UNPACKED, FOLDER, f'ldm-{group}-{d}.img')
             for d in disks}
    for turn in (0, len(disks) // 2):
        order = disks[turn:] + disks[:turn]
        args = with_args([paths[d] for d in order])
        status, rows, err = listed(args)
        t.equal(status, 0, f'{group}: {err}')
        t.equal({(r['label'], r['partition_type'], n, r['size'], r['fs'],
                  r['unread']) for n, r in rows.items()},
                {(label, 'ldm-' + kind, name, size, 'ntfs', None)
                 for label, (kind, name, size, _) in STATED[group].items()},
                f'{group}: what is stated')
        for row in rows.values():
            rc, out, _ = run(HIVELIFT, 'cat', *args,
                             f'{row["volume"]}:/test.txt')
            t.equal((rc, out), (0, b'Filesystem test'),
                    f'{group}: test.txt of {row["label"]}')
    for gone in disks:
        without(t, group, paths, gone)


def without(t, group, paths, gone):
    """One disk of a group is not given: named, and who can do without does."""
    rest = [paths[d] for d in sorted(paths) if d != gone]
    status, rows, err = listed(with_args(rest))
    guid, loss = guid_of(paths[gone]), False
    for label, (kind, name, _, disks) in STATED[group].items():
        where = f'{group} without {gone}: {label}'
        if gone in disks and len(disks) == 1:
            t.check(name not in rows and '1 more volumes, on disks that are '
                    'not given' in err, f'{where}: is said: {err}')
            continue
        if not t.check(name in rows, f'{where}: is listed: {list(rows)}'):
            continue
        said = [x for x in err.splitlines() if f': {name} (' in x]
        t.equal(any(guid in x for x in said), gone in disks,
                f'{where}: the disk is named: {said}')
        loss |= gone in disks and kind != 'mirrored'
        if gone in disks and kind not in ('mirrored', 'raid5'):
            continue
        rc, out, _ = run(HIVELIFT, 'cat', *with_args(rest),
                         f'{rows[name]["volume"]}:/test.txt')
        t.equal((rc, out), (2 if gone in disks and kind == 'raid5' else 0,
                            b'Filesystem test'), f'{where}: test.txt')
    t.equal(status, 2 if loss else 0, f'{group} without {gone}: {err}')


def damaged(t, tmp):
    """The database's copies, one after the other."""
    name = '2003r2-striped'
    paths = []
    for d, _ in SETS[name][1]:
        paths.append(os.path.join(tmp, f'damaged-{d}.img'))
        shutil.copy(member(name, d), paths[-1])

    def zero(sector, n=1):
        for p in paths:
            with open(p, 'r+b') as f:
                f.seek(sector * SECTOR)
                f.write(b'\0' * n * SECTOR)

    def status(what, want):
        rc, out, err = run(HIVELIFT, 'cat', *with_args(paths), '2:/test.txt')
        t.equal((rc, len(out)), want, f'{what}: {err.decode()[-200:]}')
    zero(6)
    status('first private header gone', (0, 15))
    zero(100353)
    status('a table of contents gone', (0, 15))
    zero(102208)
    status('second private header gone', (0, 15))
    zero(100354)
    zero(102397, 2)
    status('all tables of contents gone', (2, 15))
    zero(102399)
    rc, _, err = run(HIVELIFT, 'info', *with_args(paths))
    t.check(rc == 2 and b'private header' in err,
            f'no private header: {rc} {err}')


def plain(t, tmp):
    """--stripe and --mirror over bare images."""
    vol = os.path.join(tmp, 'plain')
    want = make_volume(vol, 3 * 40960)
    with open(vol, 'rb') as f:
        data = f.read()
    paths = []
    for i, column in enumerate(columns('stripe', data, 3)):
        paths.append(os.path.join(tmp, f'plain-{i}.dd'))
        with open(paths[-1], 'wb') as f:
            f.write(column)
    got = extracted(t, tmp, '--stripe', ['--stripe', '64K',
                                         *with_args(paths)], want, 0)
    if got:
        runs_are_true(t, '--stripe', paths, got, want)
    copy = os.path.join(tmp, 'copy.dd')
    shutil.copy(vol, copy)
    extracted(t, tmp, '--mirror', ['--mirror', vol, '--with', copy], want, 0)
    # a bad place in the first copy comes out of the second, and it is said
    bad = os.path.join(tmp, 'bad.map')
    with open(bad, 'w', encoding='ascii') as f:
        f.write('0x0 + 1\n0x0 0x100000 +\n0x100000 0x200000 -\n'
                f'0x300000 {len(data) - 0x300000:#x} +\n')
    for args, why in (
            (['--stripe', '1000', *with_args(paths)], 'an odd stripe'),
            (['--stripe', '64K', paths[0]], 'a stripe of one'),
            (['--stripe', '64K', '--mirror', *with_args(paths)], 'both'),
            ([paths[0], '--with', os.path.join(tmp, 'none')], 'no file')):
        rc, out, err = run(HIVELIFT, 'info', *args)
        t.check(rc == 1 and not out and err, f'{why}: {rc} {err}')


def main():
    t = Tally('arrays')
    if not need(t, 'mkntfs', 'ntfs-3g', 'umount'):
        t.done()
    if os.geteuid() != 0:
        t.skip('no root, no mounts')
        t.done()
    with scratch('arrays') as tmp:
        sample_hive.folder = tmp
        plain(t, tmp)
        if not os.path.exists(member('2003r2-striped', 1)):
            t.skip('no dynamic disks: the corpus is not unpacked')
            t.done()
        as_windows_left_them(t)
        for group in STATED:
            whole_group(t, group)
        damaged(t, tmp)
        for name in SETS:
            dynamic(t, tmp, name)
    t.done()


if __name__ == '__main__':
    main()
