"""BitLocker: volumes that Windows encrypted, and volumes that mkbde.py does.

Of the corpus' volumes images.conf tells every key and the SHA-256 of the
plain text, as Windows and cryptsetup have it.  mkbde.py encrypts with other
code than ours; that it does so rightly, libbde says, which can read some."""
import hashlib
import json
import os
import subprocess
import sys

from common import (HIVELIFT, ROOT, UNPACKED, BUILD, Tally, lines, need, run,
                    scratch, tool)

TOOLS = os.path.join(ROOT, 'tests', 'tools')
BDECAT = os.path.join(BUILD, 'tools', 'bdecat')
FOLDER = os.path.join(UNPACKED, 'mbroz__cryptsetup')
RECOVERY = '042647-302313-590458-071500-554323-116567-412181-516978'
PASSWORD = 'Pa55 wörd €'
METHODS = ('cbc128d', 'cbc256d', 'cbc128', 'cbc256', 'xts128', 'xts256')
REGION, BACKUP = 65536, 8192


def write(path, data):
    with open(path, 'wb') as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return path


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def places(size):
    return [size * n // 8 // REGION * REGION for n in (5, 6, 7)]


def plain_bytes(size=1 << 20, boot=b''):
    """Noise, with room for metadata; never the same in two sectors."""
    data = bytearray(hashlib.shake_256(b'plain').digest(size))
    data[:len(boot)] = boot
    at = places(size)
    for off in at:
        data[off:off + REGION] = bytes(REGION)
    data[at[0] + REGION:at[0] + REGION + BACKUP] = bytes(BACKUP)
    return bytes(data)


def ntfs_boot(size):
    boot = bytearray(512)
    boot[:11] = b'\xeb\x52\x90NTFS    '
    boot[11:14] = (512).to_bytes(2, 'little') + b'\x08'
    boot[0x28:0x30] = (size // 512).to_bytes(8, 'little')
    boot[0x30:0x38] = (4).to_bytes(8, 'little')
    boot[0x38:0x40] = (77).to_bytes(8, 'little')
    boot[0x40], boot[0x44] = 0xf6, 1   # later versions of libbde want them
    boot[510:] = b'\x55\xaa'
    return bytes(boot)


def make(plain, out, *args):
    subprocess.run([sys.executable, os.path.join(TOOLS, 'mkbde.py'), plain,
                    out, *args], check=True)


def cat(image, *key):
    p = subprocess.run([BDECAT, image, *key], capture_output=True)
    return p.returncode, p.stdout, p.stderr.decode(errors='replace')


def shown(t, image, want, what, *key):
    rc, got, err = cat(image, *key)
    t.check(rc == 0 and got == want, f'{what}: {rc}, {err}')
    return err


# ---- what Windows encrypted ------------------------------------------------

def config():
    path = os.path.join(FOLDER, 'dev__images.conf')
    if not os.path.exists(path):
        return {}
    out, now = {}, None
    for line in read(path).decode().splitlines():
        if line.startswith('['):
            now = out.setdefault(line.strip('[]'), {})
        elif '=' in line and now is not None:
            k, v = line.split('=', 1)
            now[k] = v
    return out


def windows(t, tmp):
    known = config()
    if not known:
        t.skip('no corpus')
    for name, c in known.items():
        image = os.path.join(FOLDER, f'dev__{name}.img')
        keys = [('password', c.get('PW'), c.get('PW_VMK_GUID')),
                ('recovery', c.get('RP'), c.get('RP_VMK_GUID'))]
        keys = [k for k in keys if k[1]] or [
            (None, None, c['CLEARKEY_VMK_GUID'])]
        for kind, secret, guid in keys:
            key = [] if not kind else [
                kind, write(os.path.join(tmp, 'key'), secret)]
            rc, got, err = cat(image, *key)
            t.equal(hashlib.sha256(got).hexdigest(), c['SHA256SUM'],
                    f'{name} by {kind}: {err}')
            args = ['info', '--json', image]
            if kind:
                args += ['--password-file' if kind == 'password' else
                         '--recovery-key-file', key[1]]
            _, text, _ = run(HIVELIFT, *args)
            v = [json.loads(x) for x in lines(text)][1]
            t.equal(v['bitlocker']['opened_with'], guid, f'{name}: protector')
            t.equal(v['bitlocker']['id'], c['GUID'], f'{name}: identifier')
            t.equal(v['serial'], c['UUID'], f'{name}: serial number')
            ids = {x['id'] for x in v['protectors']}
            t.check(guid in ids, f'{name}: {guid} is listed')


# ---- what mkbde.py encrypted ----------------------------------------------

def methods(t, tmp):
    plain = write(os.path.join(tmp, 'plain'), plain_bytes())
    out, bek = os.path.join(tmp, 'enc'), os.path.join(tmp, 'x.BEK')
    for method in METHODS:
        for sector in ('512', '4096'):
            make(plain, out, '--method', method, '--sector', sector,
                 '--startup', bek)
            shown(t, out, read(plain), f'{method} {sector}', 'startup', bek)


def layouts(t, tmp):
    size = 1 << 20
    data = plain_bytes(size)
    plain = write(os.path.join(tmp, 'plain'), data)
    out, bek = os.path.join(tmp, 'enc'), os.path.join(tmp, 'x.BEK')
    at = places(size)
    for variant in ('seven', 'togo'):
        for end in (BACKUP, 65536, at[0] + 512, at[0] + REGION,
                    at[0] + REGION + 4096, at[1] + 12800, size):
            make(plain, out, '--variant', variant, '--encrypted', str(end),
                 '--startup', bek)
            shown(t, out, data, f'{variant}, {end} bytes encrypted',
                  'startup', bek)
    data = plain_bytes(size, ntfs_boot(size))
    write(plain, data)
    for method in ('cbc128d', 'cbc256'):
        make(plain, out, '--variant', 'vista', '--method', method,
             '--startup', bek)
        shown(t, out, data, f'Vista, {method}', 'startup', bek)


def secrets(t, tmp):
    data = plain_bytes()
    plain = write(os.path.join(tmp, 'plain'), data)
    out, bek = os.path.join(tmp, 'enc'), os.path.join(tmp, 'x.BEK')
    key = os.path.join(tmp, 'key')
    make(plain, out, '--password', PASSWORD, '--recovery', RECOVERY,
         '--startup', bek)
    shown(t, out, data, 'startup key', 'startup', bek)
    for what, text in (
            ('as it is', RECOVERY), ('blanks', RECOVERY.replace('-', ' ')),
            ('as Windows saves it', ('\ufeff' + f'''BitLocker recovery key\r
Identifier:\r\n\r\n\t3FD763F9-74C7-4E90-8FA2-1F6A2E2B4E0C\r\n\r
Recovery Key:\r\n\r\n\t{RECOVERY}\r\n''').encode('utf-16-le')),
            ('behind another', '529573-278784-259347-197835-171457-264044-'
             '610280-313269\n' + RECOVERY)):
        shown(t, out, data, f'recovery key, {what}', 'recovery',
              write(key, text))
    for what, text in (
            ('UTF-8', PASSWORD), ('with a mark', '\ufeff' + PASSWORD),
            ('UTF-16', ('\ufeff' + PASSWORD).encode('utf-16-le'))):
        shown(t, out, data, f'password, {what}', 'password', write(key, text))
    for kind, text, says in (
            ('password', 'Pa55 wörd', 'wrong key for password {'),
            ('recovery', RECOVERY.replace('042647', '042636'),
             'wrong key for recovery key {'),
            ('recovery', RECOVERY.replace('042647', '042648'),
             'no recovery key in the text'),
            ('startup', b'no such file', 'belongs to none'),
            ('startup', read(bek)[:100], 'belongs to none')):
        rc, got, err = cat(out, kind, write(key, text))
        t.check(rc == 1 and not got and says in err,
                f'wrong {kind}: {rc}, {err}')
    make(plain, out, '--clear')
    shown(t, out, data, 'clear key')


def libbde(t, tmp):
    if not need(t, 'bdemount', 'fusermount'):
        return
    size = 1 << 20
    plain = write(os.path.join(tmp, 'plain'),
                  plain_bytes(size, ntfs_boot(size)))
    out = os.path.join(tmp, 'enc')
    for method in ('cbc128d', 'cbc256', 'xts128'):
        make(plain, out, '--method', method, '--password', 'plain')
        point = os.path.join(tmp, 'mnt')
        os.makedirs(point, exist_ok=True)
        status, _, err = run('bdemount', '-p', 'plain', out, point)
        got = b''
        if status == 0:
            status, got, err = run('cat', os.path.join(point, 'bde1'),
                                   timeout=600)
            run('fusermount', '-u', '-z', point)
        if status != 0 and b'20190102' not in tool('bdemount', '-V'):
            # 20240502 mounts them and gives no byte
            t.skip(f'a libbde that fails by itself: {method}')
            continue
        t.check(got == read(plain), f'libbde reads what mkbde.py wrote: '
                f'{method}: {status} {err}')


# ---- damage ---------------------------------------------------------------

def damage(t, tmp):
    data = plain_bytes()
    plain = write(os.path.join(tmp, 'plain'), data)
    out, meta = os.path.join(tmp, 'enc'), os.path.join(tmp, 'meta')
    bek = os.path.join(tmp, 'x.BEK')
    make(plain, out, '--startup', bek, '--meta', meta)
    good, at, n = read(out), places(len(data)), len(read(meta))
    hurt = os.path.join(tmp, 'hurt')

    def with_(changes):
        b = bytearray(good)
        for off, new in changes:
            b[off:off + len(new)] = new
        return write(hurt, bytes(b))

    for what, new in (('zeroed', bytes(n)), ('noise', b'\xa5' * n),
                      ('cut', None)):
        gone = []
        for i in (0, 1):
            lost = new or bytes(n - 100)
            gone.append((at[i] + (0 if new else 100), lost))
            err = shown(t, with_(gone), data, f'{i + 1} copies {what}',
                        'startup', bek)
            t.check(f'copy {i + 1} of 3' in err, f'{what}: said: {err}')
        lost = new or bytes(n - 100)
        gone.append((at[2] + (0 if new else 100), lost))
        rc, got, err = cat(with_(gone), 'startup', bek)
        t.check(rc != 0 and not got and 'none of the three' in err,
                f'all {what}: {rc}, {err}')
        status, _, err = run(HIVELIFT, 'info', hurt)
        t.equal(status, 2, f'all {what}: status')
        t.check(b'none of the three' in err, f'all {what}: told')
    for off in range(0, n, 5):
        bad = [(at[0] + off, bytes([good[at[0] + off] ^ 1]))]
        err = shown(t, with_(bad), data, f'byte {off} of the first copy',
                    'startup', bek)
        inside = n - 88 <= off  # what holds the sums is in none of them
        t.check(inside or 'copy 1 of 3' in err, f'byte {off}: said: {err}')
    for cut in (at[2] + 100, at[1] + 100, at[0] + 100, 8192, 512, 100):
        rc, got, err = cat(write(hurt, good[:cut]), 'startup', bek)
        t.check(rc in (0, 1, 4), f'cut at {cut}: {rc}, {err}')
        t.check(got == data[:len(got)] or cut < at[0] + REGION + BACKUP,
                f'cut at {cut}: the rest is right')


def lost(t, tmp):
    """Nothing in the boot sector leads to the metadata; or there is none."""
    size = 1 << 20
    data = plain_bytes(size, ntfs_boot(size))
    plain = write(os.path.join(tmp, 'plain'), data)
    out, bek = os.path.join(tmp, 'enc'), os.path.join(tmp, 'x.BEK')
    hurt, at = os.path.join(tmp, 'hurt'), places(size)
    for variant, where in (('seven', 0xa0), ('togo', 0x1a8), ('vista', 0x38)):
        method = 'cbc128' if variant == 'vista' else 'xts256'
        make(plain, out, '--variant', variant, '--startup', bek, '--method',
             method)
        good = read(out)
        offsets = where + (16 if variant != 'vista' else 0)
        n = 24 if variant != 'vista' else 8
        for what, new in (('zeroed', bytes(n)), ('noise', b'\xa5' * n),
                          ('behind the end', b'\0\0\0\0\0\0\1\0' * (n // 8)),
                          ('one too far', b''.join(
                              (a + 512).to_bytes(8, 'little') for a in at)[:n])):
            b = bytearray(good)
            b[offsets:offsets + n] = new
            err = shown(t, write(hurt, bytes(b)), data,
                        f'{variant}, offsets {what}', 'startup', bek)
            t.check('found by a search' in err, f'{variant}, {what}: {err}')
    # one offset is wrong: a copy less, no search
    make(plain, out, '--startup', bek)
    good = read(out)
    for i in range(3):
        b = bytearray(good)
        b[0xb0 + 8 * i] ^= 1
        err = shown(t, write(hurt, bytes(b)), data, f'offset {i} flipped',
                    'startup', bek)
        t.check(f'copy {i + 1} of 3' in err and 'search' not in err and
                ('it is not needed' in err) == (i > 0),
                f'offset {i} flipped: {err}')
    for i in range(16):
        b = bytearray(good)
        b[0xa0 + i] ^= 0x10
        shown(t, write(hurt, bytes(b)), data, f'byte {i} of the GUID',
              'startup', bek)
    without_boot(t, tmp, good, data, bek, at)


def without_boot(t, tmp, good, data, bek, at):
    """By a partition's entry, by the program; first GiB or not at all."""
    start, disk = 1 << 20, os.path.join(tmp, 'disk')

    def partition(volume, kind=7):
        mbr = bytearray(512)
        mbr[0x1be:0x1ce] = bytes(4) + bytes([kind]) + bytes(3) + (
            start // 512).to_bytes(4, 'little') + (
                len(volume) // 512).to_bytes(4, 'little')
        mbr[510:] = b'\x55\xaa'
        return write(disk, bytes(mbr).ljust(start, b'\0') + volume)

    def info(*key):
        status, text, err = run(HIVELIFT, 'info', '--json', disk, *key)
        return status, [r for r in map(json.loads, lines(text))
                        if r['type'] == 'volume'][0], err

    for what, n in (('boot sector', 512), ('first sectors', 8192),
                    ('first half', at[0])):
        partition(bytes(n) + good[n:])
        status, v, err = info('--startup-key', bek)
        t.equal((status, v.get('bitlocker', {}).get('method')),
                (2, 'AES-XTS 128'), f'{what} zeroed: {err}')
        t.check(v['bitlocker']['opened_with'] and
                b'found by a search' in err, f'{what} zeroed: opened: {err}')
        status, v, err = info()
        t.equal((status, v['fs'], len(v['protectors'])), (2, 'bitlocker', 2),
                f'{what} zeroed, no key: what is wanted')
    partition(b'\xa5' * 512 + good[512:])
    t.check(info('--startup-key', bek)[1]['bitlocker']['opened_with'],
            'noise in the boot sector')
    # metadata that says that it lies elsewhere is another volume's
    partition(bytes(65536) + good)
    t.check('bitlocker' not in info()[1], 'a volume that begins elsewhere')
    partition(bytes(512) + good[512:], 0x83)
    t.check('bitlocker' not in info()[1], 'no type of Windows')


# ---- the program ----------------------------------------------------------

def program(t, tmp):
    if not need(t, 'mkntfs', 'ntfscp'):
        return
    plain, out = os.path.join(tmp, 'ntfs'), os.path.join(tmp, 'enc')
    disk, bek = os.path.join(tmp, 'disk'), os.path.join(tmp, 'x.BEK')
    with open(plain, 'wb') as f:
        f.truncate(8 << 20)
    tool('mkntfs', '-F', '-q', '-f', '-s', '512', '-p', '0', '-H', '255',
         '-S', '63', plain)
    body = write(os.path.join(tmp, 'body'),
                 hashlib.shake_256(b'body').digest(300000))
    tool('ntfscp', '-f', '-q', plain, body, 'body.bin')
    at = [o for o in range(REGION, 8 << 20, 2 * REGION)
          if not any(read(plain)[o:o + REGION + BACKUP])][:3]
    make(plain, out, '--method', 'xts256', '--startup', bek, '--at',
         ','.join(map(str, at)))
    start = 1 << 20
    mbr = bytearray(512)
    mbr[0x1be:0x1ce] = bytes(4) + b'\x07' + bytes(3) + (
        start // 512).to_bytes(4, 'little') + (16384).to_bytes(4, 'little')
    mbr[510:] = b'\x55\xaa'
    write(disk, bytes(mbr).ljust(start, b'\0') + read(out))
    status, got, err = run(HIVELIFT, 'cat', disk, '1:/body.bin',
                           '--startup-key', bek)
    t.check(status == 0 and got == read(body), f'cat: {status}, {err}')
    status, _, err = run(HIVELIFT, 'extract', disk, '-o',
                         os.path.join(tmp, 'o'), '--startup-key', bek,
                         '/body.bin')
    t.equal(status, 0, f'extract: {err}')
    with open(os.path.join(tmp, 'o', 'manifest.json'), encoding='utf-8') as f:
        manifest = json.load(f)
    entry = [f for f in manifest['files'] if f['path'] == '/body.bin'][0]
    want = read(body)
    for r in entry['runs']:
        off, n = r['offset'] - start, r['length']
        t.check(read(plain)[off:off + n] ==
                want[r['file_offset']:r['file_offset'] + n] and
                r['what'] == 'data', f'run {r}: where the ciphertext lies')
    key = read(bek)[-32:].hex()
    t.check(key not in json.dumps(manifest), 'no key in the manifest')
    t.equal(run(HIVELIFT, 'hives', disk)[0], 2, 'without a key: status')


def main():
    t = Tally('bitlocker')
    made = (methods, layouts, secrets, libbde, damage, lost, program)
    if run(sys.executable, os.path.join(TOOLS, 'mkbde.py'), '--help')[0] != 0:
        t.skip('no python3-cryptography here')
        made = ()
    for part in (windows, *made):
        if len(sys.argv) > 1 and part.__name__ not in sys.argv[1:]:
            continue
        with scratch('bitlocker') as tmp:
            part(t, tmp)
    t.done()


if __name__ == '__main__':
    main()
