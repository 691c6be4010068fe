#!/usr/bin/env python3
"""Mutated volumes through hivelift, The Sleuth Kit and ntfs-3g.

  differential.py [--volumes N] [--first SEED] [--step N] [--keep DIR]
                  [--table]

A volume is made by mkntfs, ntfs-3g, mkfs.fat and mtools, so the content of
every file is known.  Each seed breaks one thing in a copy and leaves the
structure around it whole (update sequences are made right again).  Every file
is then read by all: what each got is the truth, another content, or nothing.

  untouched files   hivelift has the truth; where another tool does not, a
                    line of differential.txt says why
  touched files     hivelift has what another tool has, or says a loss

Anything else is a failure.  --table prints how often each line was used.
"""
import argparse
import fnmatch
import hashlib
import os
import random
import struct
import subprocess
import sys

from common import ReadAll, Tally, need, run, scratch, tool

HERE = os.path.dirname(os.path.abspath(__file__))


def sha(data):
    return hashlib.sha256(data).hexdigest()


# ---- volumes -------------------------------------------------------------

def contents():
    """path → bytes; the same for every volume."""
    text = ''.join(f'{i}\n' for i in range(9000)).encode()
    files = {'/small.txt': b'small\n', '/Windows/large.bin': text,
             '/Windows/a name with many characters.txt': text[:3000],
             '/Windows/System32/deep.dat': text[100:20100]}
    for i in range(24):
        files[f'/many/a file with a long name {i:02}.txt'] = b'%d\n' % i
    return files


def write_tree(files, folder):
    for path, data in files.items():
        to = folder + path
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with open(to, 'wb') as f:
            f.write(data)


def make_ntfs(folder, cluster):
    image, mnt = f'{folder}/ntfs-{cluster}', f'{folder}/mnt'
    with open(image, 'wb') as f:
        f.truncate(1400 << 10)
    tool('mkntfs', '-F', '-q', '-f', '-c', str(cluster), image)
    os.makedirs(mnt, exist_ok=True)
    tool('ntfs-3g', image, mnt)
    files = contents()
    try:
        write_tree(files, mnt)
        packed = f'{mnt}/packed'
        os.mkdir(packed)
        tool('setfattr', '-h', '-v', '0x00000800', '-n',
             'system.ntfs_attrib_be', packed)
        files['/packed/numbers'] = files['/Windows/large.bin']
        with open(f'{packed}/numbers', 'wb') as f:
            f.write(files['/packed/numbers'])
        # two files that grow in turns lie in many runs
        for i in range(12):
            for name in 'ab':
                with open(f'{mnt}/{name}.log', 'ab') as f:
                    f.write(bytes([65 + i]) * cluster)
                    f.flush()
                    os.fsync(f.fileno())
        for name in 'ab':
            files[f'/{name}.log'] = b''.join(
                bytes([65 + i]) * cluster for i in range(12))
    finally:
        tool('umount', mnt)
    with open(image, 'rb') as f:
        return f.read(), files


def make_fat(folder, bits, sectors):
    image, tree = f'{folder}/fat{bits}', f'{folder}/tree{bits}'
    tool('mkfs.fat', '-C', '-F', str(bits), '-s', '1', image,
         str(sectors // 2))
    files = contents()
    write_tree(files, tree)
    tops = sorted(os.listdir(tree))
    tool('mcopy', '-s', '-i', image, *(f'{tree}/{t}' for t in tops), '::')
    with open(image, 'rb') as f:
        return f.read(), files


# ---- NTFS: where things are, and what can be wrong with them -----------------

class Ntfs:
    def __init__(self, image):
        self.image = image
        sector, per = struct.unpack_from('<HB', image, 0x0b)
        self.cluster = sector * per
        self.mft, self.mirror = (
            lcn * self.cluster for lcn in struct.unpack_from('<QQ', image,
                                                             0x30))
        self.places = [at for at in range(0, len(image), 512)
                       if image[at:at + 4] in (b'FILE', b'INDX')]

    def records(self, first=64):
        """Places of records in use, of users."""
        return [p for p in self.places if self.image[p:p + 4] == b'FILE'
                and p >= self.mft + first * 1024
                and not 0 <= p - self.mirror < 4096
                and self.image[p + 22] & 1]

    def blocks(self):
        return [p for p in self.places if self.image[p:p + 4] == b'INDX']

    def owner(self, image, at):
        """Names in a record, or of the entries in an index block."""
        data = unfixed(image, at)
        return {data[i + 0x42:i + 0x42 + 2 * data[i + 0x40]]
                .decode('utf-16le', 'replace')
                for i in range(0x10, len(data) - 0x44, 8)
                if data[i + 0x41] < 4 and 0 < data[i + 0x40] < 200
                and data[i + 7] == 0 and data[i + 6] in range(1, 10)
                and data[i + 0x0f] == 1}


def size_of(image, at):
    return (struct.unpack_from('<H', image, at + 6)[0] - 1) * 512


def unfixed(image, at):
    n, usa = size_of(image, at), struct.unpack_from('<H', image, at + 4)[0]
    out = bytearray(image[at:at + n])
    for i in range(n // 512):
        out[512 * i + 510:512 * i + 512] = out[usa + 2 + 2 * i:
                                               usa + 4 + 2 * i]
    return out


def fix(image, at, data):
    """Put a record or block back with its update sequence."""
    usa = struct.unpack_from('<H', data, 4)[0]
    for i in range(len(data) // 512):
        data[usa + 2 + 2 * i:usa + 4 + 2 * i] = data[512 * i + 510:
                                                     512 * i + 512]
        data[512 * i + 510:512 * i + 512] = data[usa:usa + 2]
    image[at:at + len(data)] = data


def attributes(data):
    """Offset and length of each attribute of a record."""
    at = struct.unpack_from('<H', data, 20)[0]
    while at + 8 <= len(data):
        kind, n = struct.unpack_from('<II', data, at)
        if kind == 0xffffffff or n < 24 or n > len(data) - at:
            return
        yield kind, at, n
        at += n


def odd(rng, data, at, width):
    """Another value for a field."""
    old = int.from_bytes(data[at:at + width], 'little')
    new = rng.choice([0, old + 1, max(old, 1) - 1, old ^ 1 << rng.randrange(
        8 * width), (1 << 8 * width) - 1, old * 2])
    data[at:at + width] = (new & (1 << 8 * width) - 1).to_bytes(width,
                                                                'little')


def ntfs_attribute(rng, v, image):
    at = rng.choice(v.records())
    data = unfixed(image, at)
    kind, off, n = rng.choice(list(attributes(data)))
    width = rng.choice([1, 2, 4])
    odd(rng, data, off + rng.randrange(0, min(n, 64) - 4, width), width)
    fix(image, at, data)
    return v.owner(v.image, at)


def ntfs_runs(rng, v, image):
    for at in rng.sample(v.records(), len(v.records())):
        data = unfixed(image, at)
        mapped = [(off, n) for kind, off, n in attributes(data)
                  if data[off + 8]]
        if mapped:
            off, n = rng.choice(mapped)
            first = off + struct.unpack_from('<H', data, off + 0x20)[0]
            data[rng.randrange(first, off + n)] ^= 1 << rng.randrange(8)
            fix(image, at, data)
            return v.owner(v.image, at)
    return set()


def ntfs_head(rng, v, image):
    at = rng.choice(v.records())
    data = unfixed(image, at)
    odd(rng, data, rng.choice([0x10, 0x12, 0x14, 0x16, 0x18, 0x1c, 0x20]), 2)
    fix(image, at, data)
    return v.owner(v.image, at)


def ntfs_gone(rng, v, image):
    at = rng.choice(v.records())
    image[at:at + 1024] = bytes(1024)
    return v.owner(v.image, at)


def ntfs_torn(rng, v, image):
    at = rng.choice(v.records())
    image[at + 512 * rng.choice([1, 2]) - 2] ^= 0x55
    return v.owner(v.image, at)


def ntfs_index(rng, v, image):
    at = rng.choice(v.blocks())
    data = unfixed(image, at)
    used = struct.unpack_from('<I', data, 0x1c)[0]
    where = 0x18 + rng.randrange(16, max(used, 32), 2)
    odd(rng, data, min(where, len(data) - 4), rng.choice([1, 2]))
    fix(image, at, data)
    return v.owner(v.image, at)


def ntfs_block_gone(rng, v, image):
    at = rng.choice(v.blocks())
    n = size_of(image, at)
    names = v.owner(v.image, at)
    image[at:at + n] = bytes(n)
    return names


def ntfs_mirror(rng, v, image):
    image[v.mirror + rng.randrange(4096)] ^= 1 << rng.randrange(8)
    return set()


def ntfs_system(rng, v, image):
    """A byte of a system record that no content depends on: $LogFile,
    $AttrDef, $BadClus, $Secure, $Extend."""
    at = v.mft + 1024 * rng.choice([2, 4, 8, 9, 11])
    data = unfixed(image, at)
    kind, off, n = rng.choice(list(attributes(data)))
    odd(rng, data, off + rng.randrange(8, n - 1), 1)
    fix(image, at, data)
    return set()


def ntfs_content(rng, v, image):
    """Bytes of large.bin; every reader has to see them."""
    at = image.find(b'\n4000\n4001\n')
    image[at + rng.randrange(8)] ^= 1
    return {'large.bin', 'numbers', 'deep.dat',
            'a name with many characters.txt'}


# ---- FAT -----------------------------------------------------------------------

class Fat:
    def __init__(self, image, bits):
        self.image, self.bits = image, bits
        (sector, per, reserved, self.n_fats, roots, _, _,
         fat) = struct.unpack_from('<HBHBHHBH', image, 0x0b)
        if fat == 0:
            fat = struct.unpack_from('<I', image, 0x24)[0]
        self.fat_at, self.fat_size = reserved * sector, fat * sector
        self.cluster = sector * per
        self.root = self.fat_at + self.n_fats * self.fat_size
        self.heap = self.root + roots * 32
        self.used, self.entries = self.find_used(), self.find_entries()

    def get(self, image, n, copy=0):
        at = self.fat_at + copy * self.fat_size
        if self.bits == 12:
            pair = struct.unpack_from('<H', image, at + n * 3 // 2)[0]
            return pair >> 4 if n & 1 else pair & 0xfff
        one = self.bits // 8
        return int.from_bytes(image[at + n * one:at + (n + 1) * one],
                              'little') & 0x0fffffff

    def put(self, image, n, value, copy):
        at = self.fat_at + copy * self.fat_size
        if self.bits == 12:
            i = at + n * 3 // 2
            pair = struct.unpack_from('<H', image, i)[0]
            pair = pair & 0xf | value << 4 if n & 1 else \
                pair & 0xf000 | value
            struct.pack_into('<H', image, i, pair & 0xffff)
            return
        n_bytes = self.bits // 8
        image[at + n * n_bytes:at + (n + 1) * n_bytes] = value.to_bytes(
            n_bytes, 'little')

    def find_used(self):
        last = min(self.fat_size * 8 // self.bits,
                   (len(self.image) - self.heap) // self.cluster + 2)
        return [n for n in range(3, last) if self.get(self.image, n)]

    def find_entries(self):
        """Places of 8.3 entries, wherever a folder is."""
        return [at for at in range(self.root, min(len(self.image),
                                                  self.heap + (512 << 10)),
                                   32)
                if self.image[at + 11] in (0x10, 0x20)
                and self.image[at] > 0x20 and self.image[at] != 0xe5
                and self.image[at:at + 11].upper() ==
                self.image[at:at + 11]
                and all(32 <= c < 127 for c in self.image[at:at + 11])
                and self.image[at + 12] & 0xe7 == 0]

    def name(self, at):
        """The long name in front of an entry, or the short one."""
        units = b''
        here = at - 32
        while self.image[here + 11] == 0x0f:
            e = self.image[here:here + 32]
            units += e[1:11] + e[14:26] + e[28:32]
            if e[0] & 0x40:
                break
            here -= 32
        text = units.decode('utf-16le', 'replace').split('\0')[0]
        short = self.image[at:at + 11].decode('ascii', 'replace')
        base, ext = short[:8].strip(), short[8:].strip()
        return text or (base + '.' + ext if ext else base).lower()


def fat_chain(copies):
    def mutate(rng, v, image):
        n = rng.choice(v.used)
        end = (1 << min(v.bits, 28)) - 1
        value = rng.choice([0, 1, n, end, end - 8, rng.choice(v.used),
                            n + 2])
        for copy in copies:
            v.put(image, n, value & end, copy)
        return None  # whose cluster it was is not asked
    return mutate


def fat_entry(rng, v, image):
    at = rng.choice(v.entries)
    off, width = rng.choice([(13, 1), (14, 2), (20, 2), (22, 2), (24, 2),
                             (26, 2), (28, 4)])
    odd(rng, image, at + off, width)
    return {v.name(at)}


def fat_name(rng, v, image):
    """A character of a name, or a checksum or mark of a long one."""
    at = rng.choice(v.entries)
    image[at - 32 + rng.choice([1, 3, 13, 14])] ^= 1 << rng.randrange(5)
    return {v.name(at), v.name(at - 32)}


def fat_content(rng, v, image):
    at = image.find(b'\n4000\n4001\n')
    image[at + rng.randrange(8)] ^= 1
    return {'large.bin', 'deep.dat', 'a name with many characters.txt'}


NTFS_MUTATIONS = {
    'attribute': ntfs_attribute, 'runs': ntfs_runs, 'head': ntfs_head,
    'gone': ntfs_gone, 'torn': ntfs_torn, 'index': ntfs_index,
    'block-gone': ntfs_block_gone, 'mirror': ntfs_mirror,
    'system': ntfs_system, 'content': ntfs_content,
}
FAT_MUTATIONS = {
    'chain': fat_chain((0, 1)), 'chain-first': fat_chain((0,)),
    'chain-second': fat_chain((1,)), 'entry': fat_entry, 'name': fat_name,
    'content': fat_content,
}


# ---- what each reader makes of it --------------------------------------------------

def by_hivelift(path):
    got = ReadAll(path, '-m', str(4 << 20), timeout=600)
    if not got.volumes:
        return {}, got
    return {p: e['sha256'] for p, e in got.files(
        next(iter(got.volumes))).items()}, got


def by_tsk(path, wanted):
    status, out, _ = run('fls', '-r', '-u', '-p', '-F', path, timeout=600)
    got = {}
    for line in out.decode('utf-8', 'replace').splitlines():
        kind, _, name = line.partition('\t')
        inode = kind.split()[-1].rstrip(':')
        name = '/' + name
        if name in wanted and name not in got and '*' not in kind:
            _, data, _ = run('icat', path, inode, timeout=600)
            got[name] = sha(data)
    return got


def by_ntfs3g(path, wanted):
    got = {}
    for name in wanted:
        status, data, _ = run('ntfscat', '-f', path, name, timeout=600)
        if status == 0:
            got[name] = sha(data)
    return got


def state(hashed, truth):
    return 'none' if hashed is None else \
        'truth' if hashed == truth else 'other'


# ---- explanations ----------------------------------------------------------------------

class Rules:
    """Lines "FS | MUTATION | FILE | READER=STATE ... | why"."""

    def __init__(self, path):
        self.rules, self.used = [], {}
        with open(path, encoding='utf-8') as f:
            for line in f:
                if line.strip() and not line.startswith('#'):
                    self.rules.append([p.strip() for p in line.split('|')])

    def explain(self, fs, mutation, file, states):
        for rule in self.rules:
            want = dict(w.split('=') for w in rule[3].split())
            if fnmatch.fnmatch(fs, rule[0]) and any(
                    fnmatch.fnmatch(mutation, m)
                    for m in rule[1].split(',')) and fnmatch.fnmatch(
                    file, rule[2]) and all(
                    fnmatch.fnmatch(states[r], s)
                    for r, s in want.items()):
                key = ' | '.join(rule[:4])
                self.used[key] = self.used.get(key, 0) + 1
                return True
        return False


def differing(a, b):
    for at in range(0, len(a), 1 << 16):
        if a[at:at + (1 << 16)] != b[at:at + (1 << 16)]:
            yield at


def patch(file, image, places):
    for at in places:
        file.seek(at)
        file.write(image[at:at + (1 << 16)])


class Bench:
    def __init__(self, tally, folder, rules):
        self.tally, self.folder, self.rules = tally, folder, rules
        self.bases, self.files, self.differ = {}, 0, 0
        self.keep = None
        if need(tally, 'mkntfs', 'ntfs-3g', 'ntfscat', 'setfattr') and \
           os.path.exists('/dev/fuse') and os.geteuid() == 0:
            for cluster in 512, 4096:
                image, files = make_ntfs(folder, cluster)
                self.bases[f'ntfs-{cluster}'] = (Ntfs(image), files)
        if need(tally, 'mkfs.fat', 'mcopy'):
            for bits, sectors in (12, 2000), (16, 9000), (32, 68000):
                image, files = make_fat(folder, bits, sectors)
                self.bases[f'fat{bits}'] = (Fat(image, bits), files)

    def one(self, seed):
        rng = random.Random(seed)
        # NTFS is half of it
        names = sorted(self.bases, key=lambda n: (n[0] != 'n', n))
        n_ntfs = sum(n.startswith('ntfs') for n in names)
        group = names[:n_ntfs] if seed & 1 and n_ntfs else names[n_ntfs:]
        base = (group or names)[seed // 2 % len(group or names)]
        v, files = self.bases[base]
        table = NTFS_MUTATIONS if base.startswith('ntfs') else FAT_MUTATIONS
        mutation = sorted(table)[seed // 10 % len(table)]
        image = bytearray(v.image)
        touched = table[mutation](rng, v, image)
        path = f'{self.folder}/{base}'
        changed = list(differing(v.image, image))
        with open(path, 'r+b') as f:
            patch(f, image, changed)
        try:
            return self.compare(seed, base, mutation, touched, path, files)
        finally:
            with open(path, 'r+b') as f:
                patch(f, v.image, changed)

    def compare(self, seed, base, mutation, touched, path, files):
        ours, said = by_hivelift(path)
        wanted = [p for p in files if not p.startswith('/many/') or
                  int(p[-6:-4]) % 8 == 0]
        theirs = by_tsk(path, wanted)
        third = by_ntfs3g(path, wanted) if base.startswith('ntfs') else {}
        fs, good = base.rstrip('0123456789-'), True
        for p in wanted:
            truth = sha(files[p])
            s = {'H': state(ours.get(p), truth),
                 'T': state(theirs.get(p), truth),
                 'N': state(third.get(p), truth) if third or fs == 'ntfs'
                      else s_none(),
                 'loss': 'yes' if said.status == 2 else
                         'no' if said.status == 0 else 'failed'}
            self.files += 1
            readers = [s['H'], s['T']] + ([s['N']] if fs == 'ntfs' else [])
            if all(r == 'truth' for r in readers):
                continue
            s['same'] = 'yes' if ours.get(p) is not None and ours.get(p) in (
                theirs.get(p), third.get(p)) else 'no'
            self.differ += 1
            kind = 'untouched' if touched is not None and not any(
                part in touched for part in p.split('/')) else 'touched'
            # a touched file: what another tool has, too, or a loss is said
            if kind == 'touched' and s['H'] != 'truth' and (
                    s['same'] == 'yes' or s['loss'] != 'no'):
                continue
            if not self.rules.explain(fs, mutation, kind, s):
                good = False
                print(f'seed {seed}: {base} | {mutation} | {kind} | '
                      + ' '.join(f'{k}={w}' for k, w in s.items())
                      + f' | {p}', flush=True)
        good &= said.status is not None and said.status >= 0
        if not self.tally.check(good, f'seed {seed}: {base}, {mutation}') \
           and self.keep:
            os.makedirs(self.keep, exist_ok=True)
            subprocess.run(['cp', path, f'{self.keep}/{seed}-{base}-'
                            f'{mutation}'], check=True)
        return good


def s_none():
    return '-'


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--volumes', type=int, default=60)
    p.add_argument('--first', type=int, default=0)
    p.add_argument('--step', type=int, default=1)
    p.add_argument('--keep')
    p.add_argument('--table', action='store_true')
    o = p.parse_args()
    tally = Tally('differential')
    if not need(tally, 'fls', 'icat'):
        tally.done()
    rules = Rules(os.path.join(HERE, 'differential.txt'))
    with scratch('differential') as folder:
        bench = Bench(tally, folder, rules)
        bench.keep = o.keep
        if not bench.bases:
            tally.skip('no volume could be made here')
        for i in range(o.volumes if bench.bases else 0):
            bench.one(o.first + i * o.step)
    print(f'{bench.files} files of {tally.passed + tally.failed} volumes, '
          f'{bench.differ} read differently by somebody')
    if o.table:
        for key, n in sorted(rules.used.items()):
            print(f'{n:6}  {key}')
    tally.done()


if __name__ == '__main__':
    sys.exit(main())
