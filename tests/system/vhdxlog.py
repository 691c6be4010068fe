"""The log of a VHDX that was not closed, replayed without writing.

QEMU makes the disk; the log is written here by Microsoft's rules (MS-VHDX
2.3), and once it is one that QEMU itself wrote.  QEMU, which replays it into
a copy, says what the disk has to be afterwards.
"""
import os
import random
import shutil
import struct
import uuid

from common import HIVELIFT, Tally, need, run, scratch, sha256_of, tool
from vdisk import digest, vhdx_child

MIB, SECTOR = 1 << 20, 4096
GUID = uuid.UUID('c1870ca3-53c6-407d-81ae-b0b2da9db33c').bytes_le
HEADS = (65536, 131072)


def crc32c(data):
    """Bit by bit, as its definition has it."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def entry(seq, tail, changes, guid=GUID, flushed=0, last=0):
    """changes: (offset, 4096 bytes) or (offset, how many zeros)."""
    descs, data = b'', b''
    for off, what in changes:
        if isinstance(what, int):
            descs += struct.pack('<4sIQQQ', b'zero', 0, what, off, seq)
            continue
        descs += struct.pack('<4s4s8sQQ', b'desc', what[-4:], what[:8], off,
                             seq)
        data += (struct.pack('<4sI', b'data', seq >> 32) + what[8:-4] +
                 struct.pack('<I', seq & 0xffffffff))
    head = 64 + len(descs)
    room = -(-head // SECTOR) * SECTOR
    body = struct.pack('<4sIIIQII16sQQ', b'loge', 0, room + len(data), tail,
                       seq, len(changes), 0, guid, flushed, last)
    body += descs + bytes(room - head) + data
    return body[:4] + struct.pack('<I', crc32c(body)) + body[8:]


def with_log(good, pieces, guid=GUID):
    """A copy whose newest header names the log; pieces: (place, bytes)."""
    data = bytearray(good)
    at = max(HEADS, key=lambda h: struct.unpack_from('<Q', data, h + 8)[0])
    size, off = struct.unpack_from('<IQ', data, at + 68)
    log = bytearray(size)
    for place, body in pieces:
        for i in range(0, len(body), SECTOR):
            log[(place + i) % size:(place + i) % size + SECTOR] = \
                body[i:i + SECTOR]
    data[off:off + size] = log
    data[at + 48:at + 64] = guid
    data[at + 4:at + 8] = bytes(4)
    data[at + 4:at + 8] = struct.pack('<I', crc32c(data[at:at + 4096]))
    return bytes(data), size


def bat_of(data):
    n = struct.unpack_from('<I', data, 196608 + 8)[0]
    for at in range(196624, 196624 + 32 * n, 32):
        if data[at:at + 4] == b'\x66\x77\xc2\x2d':
            return struct.unpack_from('<Q', data, at + 16)[0]
    raise RuntimeError('no table of blocks')


class Disk:
    """Some blocks of 1 MiB, each of another byte."""

    def __init__(self, tmp):
        self.path = os.path.join(tmp, 'good.vhdx')
        tool('qemu-img', 'create', '-q', '-f', 'vhdx', '-o',
             'block_size=1M,log_size=1M', self.path, '64M')
        argv = ['qemu-io', '-f', 'vhdx']
        for i, block in enumerate((0, 3, 4, 40, 63)):
            argv += ['-c', f'write -P {i + 1} {block}M 1M']
        tool(*argv, self.path)
        with open(self.path, 'rb') as f:
            self.data = f.read()
        self.bat = bat_of(self.data)

    def table(self, i, **moves):
        """Sector i of the table, its entries 'bN' changed."""
        page = bytearray(self.data[self.bat + i * SECTOR:][:SECTOR])
        for name, value in moves.items():
            struct.pack_into('<Q', page, 8 * int(name[1:]), value)
        return self.bat + i * SECTOR, bytes(page)

    def entry(self, block):
        return struct.unpack_from('<Q', self.data, self.bat + 8 * block)[0]


def cases(d):
    """name: (pieces of the log, what is said)"""
    dice = random.Random(20)
    swap = d.table(0, b0=d.entry(3), b3=d.entry(0))
    other = d.table(0, b0=d.entry(4), b4=d.entry(3), b3=0)
    page = dice.randbytes(SECTOR)
    inside = d.entry(3) >> 20 << 20
    first = entry(7, 0, [swap])
    some = [(inside + i * SECTOR, dice.randbytes(SECTOR)) for i in range(5)]
    torn = bytearray(entry(8, 0, [other]))
    torn[5000] ^= 1
    n = len(first)
    yield 'one change', [(0, first)]
    yield 'in the middle of the log', [(40 * SECTOR, entry(
        1, 40 * SECTOR, [swap]))]
    yield 'the last change counts', [(0, first), (n, entry(8, 0, [other]))]
    yield 'zeros', [(0, entry(5, 0, [(inside + SECTOR, SECTOR)]))]
    yield 'zeros, then some of it again', [
        (0, entry(5, 0, [(d.bat, 2 * SECTOR), (inside, 65536)])),
        (SECTOR, entry(6, 0, [swap, (inside + 8192, page)]))]
    yield 'an entry around the end of the log', [
        (MIB - SECTOR, entry(3, MIB - SECTOR, some))]
    yield 'the last one is torn', [(0, first), (n, bytes(torn))]
    yield 'an older sequence', [
        (0, first), (100 * SECTOR, entry(2, 100 * SECTOR, [other]))]
    yield 'a newer sequence', [
        (0, first), (100 * SECTOR, entry(20, 100 * SECTOR, [other]))]
    yield 'a gap in the numbers', [
        (0, first), (n, entry(9, n, [other]))]
    yield 'another log\'s entry', [
        (0, first), (n, entry(8, 0, [other], guid=bytes(range(16))))]
    yield 'large numbers', [
        (0, entry((5 << 32) + 3, 0, [swap])),
        (n, entry((5 << 32) + 4, 0, [(inside, page)]))]
    yield 'zeros of no length', [(0, entry(7, 0, [(d.bat, 0), swap]))]


def replayed(tmp, data):
    """The disk, when QEMU has replayed its log."""
    path, flat = os.path.join(tmp, 'q.vhdx'), os.path.join(tmp, 'q.raw')
    with open(path, 'wb') as f:
        f.write(data)
    tool('qemu-img', 'check', '-q', '-r', 'all', path)
    tool('qemu-img', 'convert', '-f', 'vhdx', '-O', 'raw', path, flat)
    want = sha256_of(flat)
    os.remove(flat)
    return want


def ours(tally, tmp, data, name):
    path = os.path.join(tmp, 'dirty.vhdx')
    with open(path, 'wb') as f:
        f.write(data)
    got = digest(path)
    with open(path, 'rb') as f:
        tally.check(f.read() == data, f'{name}: nothing was written')
    return got, run(HIVELIFT, 'info', path)[2].decode()


def check_cases(tally, tmp, d):
    plain = replayed(tmp, d.data)
    for name, pieces in cases(d):
        data, _ = with_log(d.data, pieces)
        want = replayed(tmp, data)
        tally.check(want != plain, f'{name}: the log changes something')
        got, said = ours(tally, tmp, data, name)
        tally.equal(got, (want, 0), f'{name}: the disk')
        tally.check('was not closed' in said and 'applied' in said,
                    f'{name}: is said: {said}')
    return plain


def check_by_hand(tally, tmp, d):
    """What QEMU refuses to replay: the changes made by hand instead."""
    dice, inside = random.Random(21), d.entry(3) >> 20 << 20
    end = len(d.data)
    swap = d.table(0, b0=d.entry(3), b3=d.entry(0))
    page, edge = (inside, dice.randbytes(SECTOR)), MIB - 2 * SECTOR
    new = d.table(0, b9=end | 6)
    for name, pieces, changes, last in (
            ('descriptors in two sectors', None, [
                (inside + i * SECTOR, dice.randbytes(SECTOR))
                for i in range(140)], 0),
            ('one more than fits into a sector', None, [
                (inside + i * SECTOR, dice.randbytes(SECTOR))
                for i in range(127)], 0),
            ('a block behind the end', None, [new], end + MIB),
            ('changes behind the end', None, [
                new, (end + 8192, dice.randbytes(SECTOR)),
                (end + MIB - SECTOR, SECTOR)], 0),
            # QEMU takes the second entry alone: it does not look at tails
            ('around the end of the log', [
                (edge, entry(3, edge, [swap])), (0, entry(4, edge, [page]))],
             [swap, page], 0)):
        data, _ = with_log(d.data, pieces or [
            (0, entry(7, 0, changes, flushed=end, last=last))])
        hand = bytearray(d.data)
        for off, what in changes:
            what = bytes(what) if isinstance(what, int) else what
            hand += bytes(max(0, off + len(what) - len(hand)))
            hand[off:off + len(what)] = what
        hand += bytes(max(0, last - len(hand)))
        want = replayed(tmp, bytes(hand))
        got, said = ours(tally, tmp, data, name)
        tally.equal(got, (want, 0), f'{name}: the disk')
        tally.check('applied' in said, f'{name}: is said: {said}')


def check_tail(tally, tmp, d, plain):
    """What lies before the last entry's tail is in its place already."""
    swap = d.table(0, b0=d.entry(3), b3=d.entry(0))
    old = entry(1, 0, [swap])
    data, _ = with_log(d.data, [
        (0, old), (len(old), entry(2, len(old), [d.table(1)]))])
    got, _ = ours(tally, tmp, data, 'tail')
    tally.equal(got, (plain, 0), 'only from the tail on')
    # a tail that no entry begins at: none of it can be trusted
    data, _ = with_log(d.data, [(0, entry(1, 5 * SECTOR, [swap]))])
    got, said = ours(tally, tmp, data, 'tail outside')
    tally.equal(got, (plain, 2), 'a tail outside')
    tally.check('cannot be replayed' in said, f'tail outside: {said}')


def check_broken(tally, tmp, d, plain):
    """Not replayed: read as it lies there, said, and a loss."""
    swap = d.table(0, b0=d.entry(3), b3=d.entry(0))
    good = entry(7, 0, [swap])
    for name, change in (
            ('signature', (0, b'LOGE')), ('checksum', (4, bytes(4))),
            ('data', (4096 + 77, b'?')), ('identifier', (33, b'???')),
            ('length', (8, struct.pack('<I', 1 << 30)))):
        body = bytearray(good)
        body[change[0]:change[0] + len(change[1])] = change[1]
        data, _ = with_log(d.data, [(0, bytes(body))])
        got, said = ours(tally, tmp, data, name)
        tally.equal(got, (plain, 2), f'{name} wrong: as it lies there')
        tally.check('cannot be replayed' in said, f'{name}: {said}')
    for name, where, value in (('offset', 72, 1 << 62), ('length', 68, 5000),
                               ('version', 64, 1), ('length 0', 68, 0),
                               ('too long', 68, 0xfffff000)):
        data = bytearray(with_log(d.data, [(0, good)])[0])
        at = max(HEADS, key=lambda h: struct.unpack_from('<Q', data, h + 8)[0])
        form = {72: '<Q', 68: '<I', 64: '<H'}[where]
        struct.pack_into(form, data, at + where, value)
        data[at + 4:at + 8] = bytes(4)
        data[at + 4:at + 8] = struct.pack('<I', crc32c(data[at:at + 4096]))
        got, said = ours(tally, tmp, bytes(data), name)
        tally.equal(got, (plain, 2), f"the log's {name}: as it lies there")
        tally.check('cannot be replayed' in said, f'{name}: {said}')
    data, _ = with_log(d.data, [(0, entry(
        7, 0, [swap], flushed=len(d.data) + MIB, last=len(d.data) + MIB))])
    got, said = ours(tally, tmp, data, 'cut')
    tally.equal(got[1], 2, 'a file that was cut')
    tally.check('says that it had' in said, f'cut: {said}')


def check_own(tally, tmp, d):
    """QEMU's own entry, as it is when QEMU dies before the change is made."""
    path = os.path.join(tmp, 'own.vhdx')
    shutil.copy(d.path, path)
    tool('qemu-io', '-f', 'vhdx', '-c', 'write -P 99 20M 1M', path)
    with open(path, 'rb') as f:
        data = bytearray(f.read())
    after = replayed(tmp, bytes(data))
    at = max(HEADS, key=lambda h: struct.unpack_from('<Q', data, h + 8)[0])
    size, off = struct.unpack_from('<IQ', data, at + 68)
    # numbers begin again when a file is opened, so: what is new
    last = [off + i for i in range(0, size, SECTOR)
            if data[off + i:off + i + 4] == b'loge' and
            data[off + i:off + i + 64] != d.data[off + i:off + i + 64]][-1]
    data[d.bat:d.bat + 2 * SECTOR] = d.data[d.bat:d.bat + 2 * SECTOR]
    data[at + 48:at + 64] = data[last + 32:last + 48]
    data[at + 4:at + 8] = bytes(4)
    data[at + 4:at + 8] = struct.pack('<I', crc32c(data[at:at + 4096]))
    tally.equal(replayed(tmp, bytes(data)), after, 'QEMU replays its own')
    got, _ = ours(tally, tmp, bytes(data), "QEMU's own")
    tally.equal(got, (after, 0), "QEMU's own log")


def check_parent(tally, tmp, d):
    """The log of a parent counts as well."""
    swap = d.table(0, b0=d.entry(3), b3=d.entry(0))
    data, _ = with_log(d.data, [(0, entry(7, 0, [swap]))])
    want = replayed(tmp, data)
    base = os.path.join(tmp, 'base.vhdx')
    with open(base, 'wb') as f:
        f.write(data)
    tally.equal(digest(vhdx_child(tmp, base, 'child.vhdx', {})), (want, 0),
                'a parent that was not closed')


def main():
    tally = Tally('vhdxlog')
    if not need(tally, 'qemu-img', 'qemu-io'):
        tally.done()
    with scratch('vhdxlog') as tmp:
        d = Disk(tmp)
        plain = check_cases(tally, tmp, d)
        check_by_hand(tally, tmp, d)
        check_tail(tally, tmp, d, plain)
        check_broken(tally, tmp, d, plain)
        check_own(tally, tmp, d)
        check_parent(tally, tmp, d)
    tally.done()


if __name__ == '__main__':
    main()
