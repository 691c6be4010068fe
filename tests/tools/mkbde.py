#!/usr/bin/env python3
"""mkbde.py: encrypt a volume as BitLocker does, by the format's description.

    mkbde.py PLAIN OUT [--method M] [--sector N] [--variant seven|togo|vista]
             [--encrypted BYTES] [--password P] [--recovery R] [--startup BEK]
             [--clear] [--at A,B,C] [--convert BYTES] [--meta FILE]

PLAIN is a file system with unused (zero) room where the metadata goes; --at
are the three places, in bytes.  Windows would show the very same volume.
All ciphers are those of the `cryptography` module; nothing here is taken from
hivelift, so that it is an oracle for it.
"""
import argparse
import hashlib
import os
import struct
import sys
import zlib

SYSTEM_PYTHON = '/usr/bin/python3'

try:
    from cryptography.hazmat.primitives.ciphers import (Cipher, algorithms,
                                                        modes)
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM
except ImportError:  # the module may be that of the system's own Python
    if sys.executable == SYSTEM_PYTHON or not os.path.exists(SYSTEM_PYTHON):
        raise
    os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])

METHODS = {  # number, bytes of a key, XTS, diffuser
    'cbc128d': (0x8000, 16, False, True), 'cbc256d': (0x8001, 32, False, True),
    'cbc128': (0x8002, 16, False, False), 'cbc256': (0x8003, 32, False, False),
    'xts128': (0x8004, 32, True, False), 'xts256': (0x8005, 64, True, False)}
USUAL = bytes.fromhex('3bd66749292ed84a8399f6a339e3d001')
FILETIME = 132000000000000000
REGION, BACKUP = 65536, 8192


class Random:
    """The same bytes at each run, so that fixtures stay what they are."""

    def __init__(self, seed):
        self.seed, self.n = seed, 0

    def __call__(self, n):
        self.n += 1
        out = hashlib.shake_256(f'{self.seed}:{self.n}'.encode())
        return out.digest(n)


def ecb(key, data):
    c = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return c.update(data) + c.finalize()


def rotl(v, n):
    return (v << n | v >> (32 - n)) & 0xffffffff if n else v


def diffuse(data):
    """Ferguson's diffusers A and B in the direction of encryption."""
    d = list(struct.unpack(f'<{len(data) // 4}I', data))
    n = len(d)
    for cycles, a, b, by in ((5, -2, -5, (9, 0, 13, 0)),
                             (3, 2, 5, (0, 10, 0, 25))):
        for i in range(n * cycles - 1, -1, -1):
            i %= n
            d[i] = (d[i] - (d[(i + a) % n] ^ rotl(d[(i + b) % n], by[i % 4]))
                    ) & 0xffffffff
    return struct.pack(f'<{n}I', *d)


class Volume:
    def __init__(self, method, sector, random):
        self.number, self.n_key, self.xts, self.diffuser = METHODS[method]
        self.sector = sector
        self.key = random(self.n_key)
        self.tweak = random(self.n_key) if self.diffuser else b''

    def stored(self):
        if not self.diffuser:
            return self.key
        return self.key.ljust(32, b'\0') + self.tweak.ljust(32, b'\0')

    def encrypt(self, data, at):
        return b''.join(self.one(data[i:i + self.sector], at + i)
                        for i in range(0, len(data), self.sector))

    def one(self, data, at):
        where = struct.pack('<QQ', at, 0)
        if self.xts:
            mode = modes.XTS(struct.pack('<QQ', at // self.sector, 0))
        else:
            if self.diffuser:
                spread = ecb(self.tweak, where) + ecb(
                    self.tweak, where[:15] + b'\x80')
                data = bytes(a ^ b for a, b in zip(
                    data, spread * (self.sector // 32)))
                data = diffuse(data)
            mode = modes.CBC(ecb(self.key, where))
        c = Cipher(algorithms.AES(self.key), mode).encryptor()
        return c.update(data) + c.finalize()


def entry(kind, value, data, version=1):
    return struct.pack('<HHHH', 8 + len(data), kind, value, version) + data


def key_entry(key, method):
    return entry(0, 1, struct.pack('<I', method) + key)


class Sealer:
    def __init__(self, random):
        self.count, self.random = 0, random

    def __call__(self, kind, key, data):
        self.count += 1
        nonce = struct.pack('<QI', FILETIME, self.count)
        out = AESCCM(key, tag_length=16).encrypt(nonce, data, None)
        return entry(kind, 5, nonce + out[-16:] + out[:-16])


def stretch(start, salt):
    last = bytes(32)
    for i in range(0x100000):
        last = hashlib.sha256(last + start + salt +
                              struct.pack('<Q', i)).digest()
    return last


def from_password(text):
    once = hashlib.sha256(text.encode('utf-16-le')).digest()
    return hashlib.sha256(once).digest()


def from_recovery(text):
    groups = [int(g) for g in text.split('-')]
    assert len(groups) == 8 and all(g % 11 == 0 for g in groups)
    return hashlib.sha256(struct.pack('<8H', *(g // 11 for g in groups))
                          ).digest()


def text_entry(kind, text):
    return entry(kind, 2, text.encode('utf-16-le') + b'\0\0')


def protector(seal, vmk, guid, protection, key, nested=b'', label='made'):
    head = guid + struct.pack('<QHH', FILETIME, 0, protection)
    return entry(2, 8, head + text_entry(7, label) + nested +
                 seal(0, key, key_entry(vmk, 0x2003)))


def stretched(seal, vmk, guid, protection, start, random, label):
    salt = random(16)
    key = stretch(start, salt)
    nested = entry(0, 3, struct.pack('<I', 0x1000) + salt +
                   seal(0, vmk, key_entry(key, 0x1001)))
    return protector(seal, vmk, guid, protection, key, nested, label)


def bek(guid, key):
    inner = entry(6, 9, guid + struct.pack('<Q', FILETIME) +
                  text_entry(0, 'ExternalKey') + key_entry(key, 0x2002))
    return struct.pack('<IIII16sIHHQ', 48 + len(inner), 1, 48,
                       48 + len(inner), guid, 1, 0, 0, FILETIME) + inner


def protectors(a, seal, vmk, random):
    out = []
    if a.password:
        out.append(stretched(seal, vmk, random(16), 0x2000,
                             from_password(a.password), random, 'pw'))
    if a.recovery:
        out.append(stretched(seal, vmk, random(16), 0x800,
                             from_recovery(a.recovery), random, 'rp'))
    if a.startup:
        guid, key = random(16), random(32)
        out.append(protector(seal, vmk, guid, 0x200, key,
                             entry(0, 4, struct.pack('<I', 0x2001))))
        with open(a.startup, 'wb') as f:
            f.write(bek(guid, key))
    if a.clear:
        key = random(32)
        out.append(protector(seal, vmk, random(16), 0, key,
                             key_entry(key, 0x2004)))
    out.append(entry(2, 8, random(16) + struct.pack('<QHH', FILETIME, 0,
                                                    0x100)))  # a TPM's
    return b''.join(out)


def metadata(a, volume, at, backup, encrypted, state, mirror, random):
    seal, vmk = Sealer(random), random(32)
    body = text_entry(7, 'MADE C: 2020-01-02')
    body += protectors(a, seal, vmk, random)
    body += seal(3, vmk, key_entry(volume.stored(), volume.number))
    vista = a.variant == 'vista'
    if not vista:
        body += entry(15, 15, struct.pack('<QQ', backup, BACKUP))
    size = (48 + len(body) + 15) // 16 * 16
    head = struct.pack('<IIII16sIHHQ', 48 + len(body), 1, 48, 48 + len(body),
                       random(16), 99, volume.number, volume.number, FILETIME)
    total = 64 + size
    block = b'-FVE-FS-' + struct.pack(
        '<HHHHQIIQQQQ', total if vista else total // 16, 1 if vista else 2,
        state, 4, 0 if vista else encrypted, a.convert,
        0 if vista else BACKUP // a.sector, *at, mirror if vista else backup)
    block = (block + head + body).ljust(total, b'\0')
    hashed = b'' if vista else seal(
        0, vmk, key_entry(hashlib.sha256(block).digest(), 0x2005))
    return block + struct.pack('<HHI', 8 + len(hashed), 1 if vista else 2,
                               zlib.crc32(block)) + hashed


def boot_sector(a, plain, at):
    boot = bytearray(plain[:512])
    boot[:11] = b'\xeb\x52\x90-FVE-FS-'
    if a.variant == 'vista':
        cluster = a.sector * boot[13]
        assert at[0] % cluster == 0
        struct.pack_into('<Q', boot, 0x38, at[0] // cluster)
        return boot
    boot[1] = 0x58
    boot[11:90] = bytes(79)
    struct.pack_into('<HB', boot, 11, a.sector, 8)
    where = 0xa0
    if a.variant == 'togo':
        boot[3:11], where = b'MSWIN4.1', 0x1a8
    boot[0xa0:0x1fe] = bytes(0x15e)
    boot[where:where + 40] = USUAL + struct.pack('<QQQ', *at)
    return boot


def build(a, plain):
    random = Random(a.seed)
    volume = Volume(a.method, a.sector, random)
    vista = a.variant == 'vista'
    size, at = len(plain), a.at
    region = 16384 if vista else REGION
    backup = at[0] + region
    encrypted = size if a.encrypted is None else a.encrypted
    for off, n in [(o, region) for o in at] + (
            [] if vista else [(backup, BACKUP)]):
        assert not any(plain[off:off + n]), f'{off}: in use'
    start = BACKUP  # Vista leaves them as they are, later ones move them
    out = bytearray(plain[:start])
    out += volume.encrypt(plain[start:encrypted], start)
    out += plain[encrypted:]
    mirror = struct.unpack_from('<Q', plain, 0x38)[0]
    state = 4 if encrypted == size else 5
    meta = metadata(a, volume, at, backup, encrypted, state, mirror, random)
    for off in at:
        out[off:off + region] = meta.ljust(region, b'\0')
    if not vista:
        n = min(max(encrypted - backup, 0), BACKUP)
        moved = volume.encrypt(plain[:n], backup) + plain[n:BACKUP]
        out[backup:backup + BACKUP] = moved
        out[:BACKUP] = random(BACKUP)
    out[:512] = boot_sector(a, plain, at)
    assert len(out) == size
    return bytes(out), meta


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument('plain')
    p.add_argument('out')
    p.add_argument('--method', default='xts128', choices=METHODS)
    p.add_argument('--sector', type=int, default=512)
    p.add_argument('--variant', default='seven')
    p.add_argument('--encrypted', type=int)
    p.add_argument('--convert', type=int, default=0)
    p.add_argument('--password')
    p.add_argument('--recovery')
    p.add_argument('--startup')
    p.add_argument('--clear', action='store_true')
    p.add_argument('--at', default='')
    p.add_argument('--seed', default='1')
    p.add_argument('--meta', help='the metadata alone, for fixtures')
    return p.parse_args()


def main():
    a = arguments()
    with open(a.plain, 'rb') as f:
        plain = f.read()
    a.at = [int(x, 0) for x in a.at.split(',')] if a.at else [
        len(plain) * n // 8 // 65536 * 65536 for n in (5, 6, 7)]
    out, meta = build(a, plain)
    with open(a.out, 'wb') as f:
        f.write(out)
    if a.meta:
        with open(a.meta, 'wb') as f:
            f.write(meta)


if __name__ == '__main__':
    sys.exit(main())
