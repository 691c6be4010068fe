"""Where the files of a known disk lie, and what of it was overwritten since:
each block is found by what it holds, before; the medium before and after is
compared sector by sector.  The Sleuth Kit tells where $MFT is."""
import contextlib
import mmap
import os
import re
from bisect import bisect_left

from common import tool


class Medium:
    """The whole image, mapped; `before` is what its map was built from."""

    def __init__(self, path):
        self.path = path

    @contextlib.contextmanager
    def map(self):
        with open(self.path, 'rb') as f, mmap.mmap(
                f.fileno(), 0, access=mmap.ACCESS_READ) as m:
            yield m


def data_spans(path):
    """Where a sparse file holds data: nothing else has to be looked at."""
    fd = os.open(path, os.O_RDONLY)
    try:
        size, at = os.fstat(fd).st_size, 0
        while at < size:
            try:
                at = os.lseek(fd, at, os.SEEK_DATA)
            except OSError:
                return
            end = os.lseek(fd, at, os.SEEK_HOLE)
            yield at, end
            at = end
    finally:
        os.close(fd)


def changed_sectors(before, after, low=0, high=1 << 62):
    """Sorted (start, end) of the sectors that are not what they were."""
    spans = sorted((max(a, low), min(b, high))
                   for a, b in (*data_spans(before), *data_spans(after))
                   if b > low and a < high)
    out, step, done = [], 64 << 10, 0
    with Medium(before).map() as a, Medium(after).map() as b:
        for start, end in spans:
            at = max(start // step * step, done)
            while at < end:
                x, y = a[at:at + step], b[at:at + step]
                if x != y:
                    for i in range(0, step, 512):
                        if x[i:i + 512] != y[i:i + 512]:
                            if out and out[-1][1] == at + i:
                                out[-1][1] = at + i + 512
                            else:
                                out.append([at + i, at + i + 512])
                at += step
            done = max(done, at)
    return out


class Changed:
    """Asks the ranges of changed_sectors."""

    def __init__(self, ranges):
        self.ranges = ranges
        self.starts = [r[0] for r in ranges]

    def touches(self, pieces):
        for off, n in pieces:
            i = bisect_left(self.starts, off + max(n, 1))
            if i and self.ranges[i - 1][1] > off:
                return True
        return False

    def pieces(self, start, end):
        return [(max(s, start), min(e, end) - max(s, start))
                for s, e in self.ranges if s < end and e > start]

    def within(self, start, end):
        return sum(max(0, min(e, end) - max(s, start))
                   for s, e in self.ranges)


def istat_clusters(image, volume, record):
    """The clusters of each non-resident $DATA, by The Sleuth Kit."""
    text = tool('istat', '-o', str(volume.offset // 512), image,
                str(record)).decode()
    out, keep = [], False
    for line in text.splitlines():
        if line.startswith('Type: '):
            keep = line.startswith('Type: $DATA') and 'Non-Resident' in line
        elif keep and re.fullmatch(r'[\d ]+', line):
            # it pads its last line with zeros, and shows holes as such
            out += [c for c in map(int, line.split()) if c]
    return out


def runs_of(clusters):
    runs = []
    for c in clusters:
        if runs and runs[-1][0] + runs[-1][1] == c:
            runs[-1][1] += 1
        else:
            runs.append([c, 1])
    return runs


def locate_records(image, volume):
    """Where every MFT record lies, and which ones belong to one file."""
    c = volume.cluster
    mft = istat_clusters(image, volume, 0)
    volume.mft_runs = runs_of(mft)
    place, extra = {}, {}
    with Medium(image).map() as m:
        number = 0
        for lcn, n in volume.mft_runs:
            for at in range(volume.offset + lcn * c,
                            volume.offset + (lcn + n) * c, 1024):
                place[number] = at
                base = int.from_bytes(m[at + 32:at + 38], 'little')
                if m[at:at + 4] == b'FILE' and base:
                    extra.setdefault(base, []).append(number)
                number += 1
    for f in volume.files.values():
        f.records = [(place[r], 1024)
                     for r in (f.record, *extra.get(f.record, []))]
        f.above = [(place[r], 1024) for a in f.above
                   for r in (a, *extra.get(a, []))]


def locate_data(image, volume):
    """Finds each block of each file by what it holds."""
    c = min(volume.cluster, 4096) if volume.fs == 'ntfs' else 512
    whole, tails, zero = {}, {}, bytes(c)
    for f in volume.files.values():
        f.missing = 0
        for i in range(0, f.size, c):
            block = f.data[i:i + c]
            if block == zero[:len(block)]:
                continue
            f.missing += 1
            if len(block) == c:
                whole.setdefault(block, []).append(f)
            elif block.startswith(b'HLMARK'):
                tails.setdefault(block[:16], []).append((f, len(block)))
    start = volume.offset
    with Medium(image).map() as m:
        for a, b in data_spans(image):
            a, b = max(a, start), min(b, volume.offset + volume.size)
            a += -(a - start) % c
            for at in range(a, b, c):
                block = m[at:at + c]
                for f in whole.get(block, ()):
                    f.blocks.append((at, c))
                    f.missing -= 1
                for f, n in tails.get(block[:16], ()):
                    f.blocks.append((at, n))
                    f.missing -= 1


def locate_rest(image, volume, earlier):
    """Of FAT and exFAT: all that the volume wrote besides its files' data
    and its boot sectors; every file depends on it."""
    data = sorted(b for f in volume.files.values() for b in f.blocks)
    boot = 24 if volume.fs == 'exfat' else 32
    at, volume.vital = volume.offset + boot * 512, []
    wrote = Changed(changed_sectors(earlier, image))
    for off, n in [*data, (volume.offset + volume.size, 0)]:
        volume.vital += wrote.pieces(at, off)
        at = max(at, (off + n + 511) // 512 * 512)


def locate(image, volume, earlier=None):
    """Fills in where the files of a volume are, while it is whole."""
    if volume.fs == 'ntfs':
        locate_records(image, volume)
    locate_data(image, volume)
    for f in volume.files.values():
        # in the record; compressed, or alike another: ask The Sleuth Kit
        if f.missing and volume.fs == 'ntfs':
            f.blocks = [(volume.offset + x * volume.cluster, volume.cluster)
                        for x in istat_clusters(image, volume, f.record)]
            f.missing = 0
        if f.missing:
            raise RuntimeError(f'{f.path}: {f.missing} blocks not found')
        del f.data
    if volume.fs != 'ntfs':
        for f in volume.files.values():
            f.above = []
        locate_rest(image, volume, earlier)


def sort_out(volume, changed):
    """Which files must come back (exact, under their path), which only by
    content, and which cannot: (whole, nameless, overwritten, gone)."""
    whole, nameless, over, gone = [], [], [], []
    if changed.touches(volume.vital):
        return whole, nameless, over, list(volume.files.values())
    for f in volume.files.values():
        if changed.touches(f.records):
            gone.append(f)
        elif changed.touches(f.blocks):
            over.append(f)
        elif changed.touches(f.above):
            nameless.append(f)
        else:
            whole.append(f)
    return whole, nameless, over, gone
