"""Virtual disks: what qemu-img wrote is read as the disk it was made from,
and what others wrote as qemu-img reads it; then damaged.
"""
import hashlib
import json
import os
import random
import shutil
import struct
import uuid

from common import (CORPUS, HIVELIFT, ROOT, UNPACKED, Tally, need, run, scratch,
                    tool)

SAMPLE = os.path.join(ROOT, 'testdata', 'sample.E01')
DFVFS = os.path.join(CORPUS, 'images', 'log2timeline__dfvfs')
TSK = os.path.join(CORPUS, 'images', 'sleuthkit__sleuthkit')

MIB = 1 << 20

# name, qemu-img's format, its options, what info calls it
FORMATS = (
    ('d.vhd', 'vpc', 'subformat=dynamic,force_size=on', 'VHD dynamic'),
    ('f.vhd', 'vpc', 'subformat=fixed,force_size=on', 'VHD fixed'),
    ('d.vhdx', 'vhdx', 'subformat=dynamic', 'VHDX dynamic'),
    ('f.vhdx', 'vhdx', 'subformat=fixed', 'VHDX fixed'),
    ('small.vhdx', 'vhdx', 'subformat=dynamic,block_size=1M',
     'VHDX dynamic'),
    ('s.vmdk', 'vmdk', 'subformat=monolithicSparse', 'VMDK sparse'),
    ('m.vmdk', 'vmdk', 'subformat=monolithicFlat', 'VMDK flat'),
    ('ts.vmdk', 'vmdk', 'subformat=twoGbMaxExtentSparse',
     'VMDK split sparse'),
    ('tf.vmdk', 'vmdk', 'subformat=twoGbMaxExtentFlat', 'VMDK split flat'),
    ('o.vmdk', 'vmdk', 'subformat=streamOptimized', 'VMDK stream-optimized'),
    ('d.qcow2', 'qcow2', '', 'QCOW2'),
    ('old.qcow2', 'qcow2', 'compat=0.10,cluster_size=512', 'QCOW2'),
    ('large.qcow2', 'qcow2', 'cluster_size=2M', 'QCOW2'),
    ('d.qcow', 'qcow', '', 'QCOW'),
)


def digest(path, *more):
    """SHA-256 of the disk, and the status."""
    status, out, _ = run(HIVELIFT, 'verify', '-q', '--hash', 'sha256', '--json',
                         path, *more)
    for line in out.decode().splitlines():
        for one in json.loads(line).get('hashes', ()):
            if one['name'] == 'SHA-256':
                return one['computed'], status
    return None, status


def of_file(path):
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


def hives(path, *more):
    """What hives prints, without what the container is called."""
    status, out, _ = run(HIVELIFT, 'hives', '-q', '--json', path, *more)
    rows = [json.loads(line) for line in out.decode().splitlines()]
    return status, [row for row in rows if 'kind' in row]


def info(path, *more):
    _, out, err = run(HIVELIFT, 'info', '--json', path, *more)
    for line in out.decode().splitlines():
        row = json.loads(line)
        if row['type'] == 'image':
            return row
    return {'format': err.decode()[-300:]}


def convert(tmp, raw, name, fmt, options):
    argv = ['qemu-img', 'convert', '-f', 'raw', '-O', fmt]
    if options:
        argv += ['-o', options]
    tool(*argv, raw, os.path.join(tmp, name))


def check_formats(tally, tmp, raw):
    want, found = of_file(raw), hives(raw)
    tally.check(found[1], f'{raw}: hives on it')
    for name, fmt, options, said in FORMATS:
        convert(tmp, raw, name, fmt, options)
        path = os.path.join(tmp, name)
        tally.equal(digest(path), (want, 0), f'{name}: the disk')
        tally.equal(hives(path), found, f'{name}: the hives')
        tally.equal(info(path)['format'], said, f'{name}: the format')
    tool('qemu-img', 'convert', '-c', '-O', 'qcow2', raw,
         os.path.join(tmp, 'c.qcow2'))
    tally.equal(digest(os.path.join(tmp, 'c.qcow2')), (want, 0),
                'compressed clusters')
    check_zstd(tally, tmp, raw, want)


def check_zstd(tally, tmp, raw, want):
    """Clusters of libzstd, where this build has it; else refused by name."""
    path = os.path.join(tmp, 'zstd.qcow2')
    status, _, _ = run('qemu-img', 'convert', '-c', '-O', 'qcow2', '-o',
                       'compression_type=zstd,cluster_size=2M', raw, path)
    if status != 0:
        return tally.skip('this qemu-img knows no zstd')
    if b'libzstd left out' in tool(HIVELIFT, '--version'):
        status, _, err = run(HIVELIFT, 'info', path)
        return tally.check(status == 1 and b'zstd, which was left out' in err,
                           f'zstd left out: {status} {err}')
    return tally.equal(digest(path), (want, 0), 'clusters of zstd')


def layer(tmp, top, fmt, base, base_fmt, writes):
    """A file over another, with changes; returns the disk as qemu reads it."""
    path = os.path.join(tmp, top)
    more = ['-o', OPTIONS[top]] if top in OPTIONS else []
    tool('qemu-img', 'create', '-q', '-f', fmt, '-b', base, '-F', base_fmt,
         *more, path)
    for offset, length, byte in writes:
        tool('qemu-io', '-f', fmt, '-c',
             f'write -P {byte} {offset} {length}', path)
    flat = os.path.join(tmp, 'flat')
    tool('qemu-img', 'convert', '-f', fmt, '-O', 'raw', path, flat)
    want = of_file(flat)
    os.remove(flat)
    return want


# clusters smaller and larger than what is read at once
OPTIONS = {'q1.qcow2': 'cluster_size=512', 'q2.qcow2': 'cluster_size=2M',
           'q3.qcow2': 'cluster_size=4096'}


def check_layers(tally, tmp, raw):
    writes = ((65536, 512, 1), (1 << 20, 70000, 2), (5 << 20, 4096, 0))
    for top, fmt, base, base_fmt in (
            ('q1.qcow2', 'qcow2', 'd.qcow2', 'qcow2'),
            ('q2.qcow2', 'qcow2', 'q1.qcow2', 'qcow2'),
            ('q3.qcow2', 'qcow2', os.path.basename(raw), 'raw'),
            ('q4.qcow2', 'qcow2', 'd.vhd', 'vpc'),
            ('q5.qcow2', 'qcow2', 'ts.vmdk', 'vmdk'),
            ('q6.qcow2', 'qcow2', 'small.vhdx', 'vhdx'),
            ('v1.vmdk', 'vmdk', 's.vmdk', 'vmdk')):
        want = layer(tmp, top, fmt, base, base_fmt, writes)
        writes = tuple((o + 4096 * 7, n, b + 3) for o, n, b in writes)
        path = os.path.join(tmp, top)
        tally.equal(digest(path), (want, 0), f'{top} over {base}')
        parents = info(path).get('acquisition', {}).get('parents', '')
        tally.equal(parents.split(', ')[0], base, f'{top}: its parent')


def vhdx_child(tmp, base, child, writes):
    """QEMU makes no differencing VHDX: its child of a dynamic one, by the
    format's own rules.  writes: {block: {sector: byte}}"""
    path = os.path.join(tmp, child)
    size = info(base)['size']
    tool('qemu-img', 'create', '-q', '-f', 'vhdx', '-o',
         'block_size=1M,block_state_zero=off', path,
         str(size))
    with open(base, 'rb') as f:
        whole = f.read()
    heads = [whole[at:at + 4096] for at in (65536, 131072)]
    newest = max(heads, key=lambda h: struct.unpack_from('<Q', h, 8)[0])
    link = '{' + str(uuid.UUID(bytes_le=newest[32:48])) + '}'
    with open(path, 'rb') as f:
        data = bytearray(f.read())
    where = {}
    for i in range(struct.unpack_from('<I', data, 196608 + 8)[0]):
        at = 196608 + 16 + 32 * i
        where[bytes(data[at:at + 2])] = struct.unpack_from('<Q', data,
                                                           at + 16)[0]
    meta, bat = where[b'\x06\xa2'], where[b'\x66\x77']
    keys = (('parent_linkage', link), ('relative_path', '.\\' +
                                       os.path.basename(base)))
    head, text = struct.pack('<16sHH', uuid.UUID(
        'b04aefb7-d19e-4a81-b789-25b8e9445913').bytes_le, 0, len(keys)), b''
    for key, value in keys:
        key, value = key.encode('utf-16-le'), value.encode('utf-16-le')
        at = 20 + 12 * len(keys) + len(text)
        head += struct.pack('<IIHH', at, at + len(key), len(key), len(value))
        text += key + value
    n = struct.unpack_from('<H', data, meta + 10)[0]
    for i in range(n):
        at = meta + 32 + 32 * i
        if data[at:at + 4] == b'\x37\x67\xa1\xca':  # file parameters
            data[meta + struct.unpack_from('<I', data, at + 16)[0] + 4] |= 2
    struct.pack_into('<H', data, meta + 10, n + 1)
    struct.pack_into('<16sIII', data, meta + 32 + 32 * n, uuid.UUID(
        'a8d35f2d-b30b-454d-abf7-d3d84834ab0c').bytes_le, 131072,
        len(head + text), 4)
    data[meta + 131072:meta + 131072 + len(head + text)] = head + text
    data += bytes(-len(data) % MIB)
    bits = bytearray(MIB)
    for block, sectors in writes.items():
        struct.pack_into('<Q', data, bat + 8 * block, len(data) | 7)
        body = bytearray(MIB)
        for s, byte in sectors.items():
            body[s * 512:s * 512 + 512] = bytes([byte]) * 512
            bits[(block * 2048 + s) // 8] |= 1 << s % 8
        data += body
    struct.pack_into('<Q', data, bat + 8 * 4096, len(data) | 6)
    data += bits
    with open(path, 'wb') as f:
        f.write(data)
    return path


def check_vhdx_child(tally, tmp, raw):
    base = os.path.join(tmp, 'small.vhdx')
    writes = {0: {3: 65, 4: 66, 2047: 67}, 5: {s: s % 251 for s in
                                               range(9, 1900, 3)}}
    child = vhdx_child(tmp, base, 'child.vhdx', writes)
    with open(raw, 'rb') as f:
        want = bytearray(f.read())
    for block, sectors in writes.items():
        for s, byte in sectors.items():
            at = block * MIB + s * 512
            want[at:at + 512] = bytes([byte]) * 512
    tally.equal(digest(child), (hashlib.sha256(want).hexdigest(), 0),
                'a differencing VHDX')
    tally.equal(info(child)['format'], 'VHDX differencing', 'its format')
    other = os.path.join(tmp, 'wrong')
    os.mkdir(other)
    shutil.copy(child, other)
    shutil.copy(os.path.join(tmp, 'd.vhdx'), os.path.join(other, 'small.vhdx'))
    status, _, err = run(HIVELIFT, 'info', os.path.join(other, 'child.vhdx'))
    tally.check(status == 1 and b'is not the parent' in err,
                f'another VHDX is no parent: {status} {err}')


def check_zeros(tally, tmp, raw):
    """An extent of zeros, and one that begins inside its file."""
    path = os.path.join(tmp, 'zeros.vmdk')
    half = os.path.getsize(raw) // 1024
    with open(path, 'w', encoding='ascii') as f:
        f.write('# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n'
                f'createType="custom"\nRW {half} FLAT "disk.raw" {half}\n'
                f'RW 64 ZERO\nRW {half} FLAT "disk.raw" 0\n')
    with open(raw, 'rb') as f:
        data = f.read()
    want = data[half * 512:2 * half * 512] + bytes(32768) + data[:half * 512]
    tally.equal(digest(path), (hashlib.sha256(want).hexdigest(), 0),
                'extents of zeros, and with offsets')


def check_tables(tally, tmp, raw):
    """A VMDK's directory and tables are there twice: one of them damaged."""
    with open(os.path.join(tmp, 's.vmdk'), 'rb') as f:
        good = f.read()
    want, n = of_file(raw), struct.unpack_from('<I', good, 44)[0]
    second, first = (512 * s for s in struct.unpack_from('<QQ', good, 48))

    def entries(at, count):
        return [512 * v for v in struct.unpack_from(f'<{count}I', good, at)]

    n_tables = -(-os.path.getsize(raw) // (n * 65536))
    table, copy = entries(first, n_tables)[0], entries(second, n_tables)[0]
    tally.check(table and copy and table != copy, 'two tables')
    bad = os.path.join(tmp, 'twice.vmdk')
    for what, at, data, same, said in (
            ('nothing', 0, b'', True, None),
            ('no directory', first, bytes(4 * n_tables), True,
             b'copies are used'),
            ('directory behind the end', 56, b'\xff' * 7 + b'\0', True,
             b'the copy is used'),
            ('no table', table, bytes(4 * n), True, b'copies are used'),
            ('some of a table', table, bytes(64), True, b'copies are used'),
            ('grains behind the end', table, b'\xff\xff\xff\x7f' * 8, True,
             b'copies are used'),
            ('tables behind the end', first, b'\xff\xff\xff\x7f' * n_tables,
             True, b'copies are used'),
            ('other grains', table, good[table + 64:table + 128], False,
             b'differ from their copies'),
            ('no second directory', second, bytes(4 * n_tables), True,
             b'differ from their copies'),
            ('no second table', copy, bytes(4 * n), True,
             b'differ from their copies'),
            ('second directory behind the end', 48, b'\xff' * 7 + b'\0', True,
             b'the copy of its directory')):
        with open(bad, 'wb') as f:
            f.write(good[:at] + data + good[at + len(data):])
        got, status = digest(bad)
        _, _, err = run(HIVELIFT, 'info', bad)
        tally.equal((got == want, status), (same, 2 if said else 0),
                    f'{what}: {err}')
        tally.check(not said or said in err, f'{what}: is said: {err}')


def check_snapshots(tally, tmp, raw):
    """Older states inside a QCOW2 are told; the disk is the last one."""
    path = os.path.join(tmp, 'states.qcow2')
    tool('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, path)
    tool('qemu-img', 'snapshot', '-c', 'before', path)
    tool('qemu-io', '-f', 'qcow2', '-c', 'write -P 9 40M 1M', path)
    flat = os.path.join(tmp, 'flat')
    tool('qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', path, flat)
    tally.equal(digest(path), (of_file(flat), 0), 'the last state')
    os.remove(flat)
    _, _, err = run(HIVELIFT, 'info', path)
    tally.check(b'holds 1 snapshots' in err, f'snapshots are told: {err}')


def check_missing(tally, tmp):
    """A parent elsewhere is named, and may be named by the user."""
    far = os.path.join(tmp, 'far')
    os.mkdir(far)
    moved = os.path.join(far, 'q3.qcow2')
    shutil.move(os.path.join(tmp, 'q3.qcow2'), moved)
    status, out, err = run(HIVELIFT, 'info', moved)
    tally.check(status == 1 and b'disk.raw' in err and not out,
                f'a missing parent is named: {status} {err}')
    base = os.path.join(tmp, 'disk.raw')
    got, status = digest(moved, '--with', base)
    tally.check(got and status == 0, f'--with names the parent: {status}')
    tally.equal(len(hives(moved, '--with', base)[1]), len(hives(base)[1]),
                '--with: the hives')
    os.remove(os.path.join(tmp, 'ts-s001.vmdk'))
    status, out, err = run(HIVELIFT, 'info', os.path.join(tmp, 'ts.vmdk'))
    tally.check(status == 1 and b'ts-s001.vmdk' in err,
                f'a missing extent is named: {err}')


def check_damage(tally, tmp, names):
    """Headers zeroed, cut and flipped: a status, words, no signal."""
    dice = random.Random(8)
    for name in names:
        with open(os.path.join(tmp, name), 'rb') as f:
            good = f.read()
        bad, ways, silent = os.path.join(tmp, 'bad-' + name), [], 0
        for at in (0, 512, 1024, 4096, 65536, 131072, 196608, 262144):
            ways.append(good[:at] + bytes(512) + good[at + 512:])
            ways.append(good[:max(at, 1)])
        for _ in range(40):
            copy = bytearray(good)
            for _ in range(dice.choice((1, 4, 40))):
                at = dice.randrange(min(len(copy), dice.choice(
                    (600, 4096, 1 << 20))))
                copy[at] ^= 1 << dice.randrange(8)
            ways.append(bytes(copy))
        for i, data in enumerate(ways):
            with open(bad, 'wb') as f:
                f.write(data)
            status, out, err = run(HIVELIFT, 'hives', bad, timeout=600)
            if status not in (0, 1, 2):
                tally.check(False, f'{name}: damage {i}: status {status}')
            elif status and not err:
                silent += 1
        tally.equal(silent, 0, f'{name}: damage is said')


def check_corpus(tally):
    """What others wrote, against qemu-img."""
    images = [os.path.join(DFVFS, n) for n in (
        'image.vhd', 'image.qcow2', 'image.vmdk', 'vsstest.qcow2',
        'windows_volume.qcow2')]
    images += [os.path.join(TSK, n) for n in ('image.qcow', 'image.vhd')]
    images += [os.path.join(UNPACKED, n) for n in (
        'Velocidex__velociraptor/test.vhdx', 'msuhanov__articles/misc/PoC.vhdx')]
    there = [i for i in images if os.path.exists(i)]
    if not there:
        tally.skip('no corpus here')
    with scratch('vdisk-corpus') as tmp:
        for image in there:
            flat = os.path.join(tmp, 'flat')
            tool('qemu-img', 'convert', '-O', 'raw', image, flat)
            tally.equal(digest(image), (of_file(flat), 0), image)
            os.remove(flat)
    lone = os.path.join(DFVFS, 'fat-differential.vhd')
    if os.path.exists(lone):
        status, _, err = run(HIVELIFT, 'info', lone)
        tally.check(status == 1 and b'fat-parent.vhd' in err and
                    b'5fa21a55-f394-aa4d-9958-1951a67d5540' in err,
                    f'{lone}: its parent is named: {err}')


def main():
    tally = Tally('vdisk')
    if not need(tally, 'qemu-img', 'qemu-io', 'ewfexport'):
        tally.done()
    with scratch('vdisk') as tmp:
        raw = os.path.join(tmp, 'disk.raw')
        tool('ewfexport', '-q', '-u', '-f', 'raw', '-t', raw[:-4], SAMPLE)
        check_formats(tally, tmp, raw)
        check_layers(tally, tmp, raw)
        check_vhdx_child(tally, tmp, raw)
        check_zeros(tally, tmp, raw)
        check_tables(tally, tmp, raw)
        check_snapshots(tally, tmp, raw)
        check_damage(tally, tmp, ('d.vhd', 'small.vhdx', 's.vmdk', 'm.vmdk',
                                  'o.vmdk', 'd.qcow2', 'c.qcow2', 'd.qcow'))
        check_missing(tally, tmp)
    check_corpus(tally)
    tally.done()


if __name__ == '__main__':
    main()
