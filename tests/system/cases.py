"""The corpus' two cases, in every container that an image comes in."""
import gzip
import os
import shutil

from common import CORPUS, UNPACKED, Tally, need, scratch, sha256_of, tool
from lifted import check_all, load

MIB = 1 << 20


def split(raw, pattern, size):
    """pattern(i) names the i-th piece; returns the first one's name."""
    with open(raw, 'rb') as f:
        for i in range(1 << 20):
            piece = f.read(size)
            if not piece:
                return pattern(0)
            with open(pattern(i), 'wb') as out:
                out.write(piece)


def letters(i):
    return chr(97 + i // 26) + chr(97 + i % 26)


def acquire(raw, target, size):
    tool('ewfacquire', '-u', '-q', '-c', 'fast', '-f', 'encase6', '-S',
         str(size), '-t', target, raw)
    return target + '.E01'


def check_splits(tally, truth, raw, tmp, name):
    parts = os.path.join(tmp, name)
    for label, pattern in (
            ('.001', lambda i: f'{parts}.{i + 1:03}'),
            ('.000', lambda i: f'{parts}-0.{i:03}'),
            ('.aa', lambda i: f'{parts}.{letters(i)}')):
        # 37 MiB: pieces end inside volumes and inside files
        first = split(raw, pattern, 37 * MIB + 512)
        check_all(tally, first, truth, f'{name} as {label}')
    if need(tally, 'ewfacquire'):
        first = acquire(raw, parts + '-ewf', MIB)
        more = os.path.exists(parts + '-ewf.E02')
        tally.check(more, f'{name}: the E01 set has several segments')
        check_all(tally, first, truth, f'{name} as split E01')


def raw_of(name, tmp):
    raw = os.path.join(tmp, name + '.dd')
    ready = os.path.join(UNPACKED, 'cases', name + '.dd')
    packed = os.path.join(CORPUS, 'cases', name + '.dd.gz')
    if os.path.exists(ready):
        return ready
    if os.path.exists(packed):
        with gzip.open(packed) as f, open(raw, 'wb') as out:
            shutil.copyfileobj(f, out, MIB)
        return raw
    # not by libewf's own tools: The Sleuth Kit's reader, then the hash
    with open(raw, 'wb') as out:
        out.write(tool('img_cat', os.path.join(CORPUS, 'cases',
                                               name + '.E01')))
    return raw


def main():
    tally = Tally('cases')
    for name in ('win10', 'xp'):
        truth_file = os.path.join(CORPUS, 'cases', name + '.json')
        if not os.path.exists(truth_file):
            tally.skip(f'no corpus: case {name}')
            continue
        truth = load(truth_file)
        e01 = os.path.join(CORPUS, 'cases', name + '.E01')
        if os.path.exists(e01):
            check_all(tally, e01, truth, f'{name} as E01')
            if not need(tally, 'img_cat'):
                continue
        with scratch('cases') as tmp:
            raw = raw_of(name, tmp)
            tally.equal(sha256_of(raw), truth['sha256'], f'{name}: raw image')
            check_all(tally, raw, truth, f'{name} as raw', raw)
            check_splits(tally, truth, raw, tmp, name)
    tally.done()


if __name__ == '__main__':
    main()
