"""Every image of the corpus: opened, described, listed and read in full, and
compared with truth/*.tsv and with what its README says of it.

	corpus.py [--max-size 64M] [--only PART-OF-THE-NAME]

tests/system/exceptions.txt says where an oracle is known to be wrong, and why.
"""
import argparse
import concurrent.futures
import fnmatch
import glob
import hashlib
import json
import os
import re

from common import (CORPUS, HIVELIFT, ROOT, UNPACKED, ReadAll, Tally, lines,
                    run, scratch, short, tool)

IMAGES = os.path.join(CORPUS, 'images')
PACKED = ('.gz', '.xz', '.zip', '.7z', '.tgz', '.bz2', '.hist')
DOCUMENTS = ('.txt', '.md', '.yaml', '.xml', '.html', '.json', '.fls', '.exe',
             '.log', '.golden', '.conf', '.tsv', '.expected', '.sh', '.rs')

# What has to be said of images that are not, or not wholly, read: a pattern
# over everything that info prints, and the exit statuses that go with it.
SAID = (
    ('*.Ex01', r'Ex01', {1}),
    ('*/bogus.E01', r'empty', {1}),
    ('*.aff', r'AFF', {1, 2}),
    ('*/fat-differential.vhd', r'parent.*fat-parent\.vhd', {1}),
    ('*bitlocker-win7.img', r'BitLocker', {2}),
    ('*bitlk-*.img', r'BitLocker', {2}),
    # one disk of a group: whole when each of its volumes is whole on it
    ('*/ldm-2003r2-simple-1.img', r'LDM|dynamic', {0}),
    ('*/ldm-2003r2-mirrored-?.img', r'LDM|dynamic', {0}),
    ('*/ldm-2008r2-mirrored-2.img', r'LDM|dynamic', {0}),
    ('*/ldm-2008r2-mirrored-1.img', r'not given|missing', {2}),
    ('*/ldm-*-[rs][apt]*.img', r'not given|missing', {2}),
    ('*ext2*', r'ext', {2}),
    ('*/image-split.E01', r'ext', {2}),
    ('*fuzz-crash-*.E01', r'.', {1, 2}),
)


class Result:
    """Checks of one image, made in a thread and counted by the tally."""

    def __init__(self):
        self.good, self.bad = 0, []

    def check(self, good, what):
        if good:
            self.good += 1
        else:
            self.bad.append(what)
        return bool(good)


def exceptions():
    """[(image pattern, path pattern, reason)]"""
    name = os.path.join(ROOT, 'tests', 'system', 'exceptions.txt')
    out = []
    with open(name, encoding='utf-8') as f:
        for line in f:
            field = line.rstrip('\n').split('\t')
            if line.startswith('#') or not line.strip():
                continue
            assert len(field) == 3 and field[2], line
            out.append(tuple(field))
    return out


EXCEPTIONS = exceptions()


def excused(image, path):
    return any(fnmatch.fnmatchcase(image, i) and fnmatch.fnmatchcase(path, p)
               for i, p, _ in EXCEPTIONS)


def short_name(path):
    for top in (IMAGES, UNPACKED):
        if path.startswith(top + os.sep):
            return path[len(top) + 1:]
    return path


def all_images(most):
    found = []
    for top in (IMAGES, UNPACKED):
        for folder, below, names in os.walk(top):
            below[:] = [d for d in below
                        if d not in ('expected', 'groundtruth', 'get_images')]
            for name in sorted(names):
                low = name.lower()
                path = os.path.join(folder, name)
                if low.endswith(PACKED + DOCUMENTS) or name == '.done':
                    continue
                if re.search(r'\.e(0[2-9]|[1-9]\d)$', low) or \
                        re.search(r'\.00[1-9]$', low):
                    continue  # opened through the first segment
                if os.path.getsize(path) <= most:
                    found.append(path)
    return sorted(found, key=short_name)


# ---- truth ------------------------------------------------------------------

# The first word of a truth file, where it is not part of the folder's name.
OWNERS = {'ctf': 'mfput__CTF-Questions', 'dissect': 'fox-it__dissect.ntfs',
          'dftt': 'from_brian', 'jerseyctf': 'njitacm__jerseyctf',
          'jschicht': 'SecurityRonin__ntfs-forensic',
          'libldm': 'mdbooth__libldm', 'nps': '', 'sleuthkit': 'forensic',
          'dfvfs': 'log2timeline__dfvfs', 'embedded-sdmmc': 'embedded-sdmmc'}


def plain(text):
    return re.sub('[^a-z0-9]', '', text.lower())


def truth_image(truth, images):
    """The image that a truth file speaks of, or None."""
    stem = os.path.basename(truth)[:-len('.tsv')].split('@')[0]
    owner, name = stem.split('__', 1)
    with open(truth, encoding='utf-8') as f:
        match = re.search(r'image (.*) offset \d+\)', f.readline())
    wanted = {plain(name), plain(os.path.splitext(name)[0])}
    if match:
        wanted |= {plain(match[1]), plain(os.path.splitext(match[1])[0])}
    best = []
    for path in images:
        base = os.path.basename(path)
        folder = short_name(os.path.dirname(path))
        if OWNERS.get(owner, owner).lower() not in folder.lower():
            continue
        if plain(base) in wanted or \
                plain(os.path.splitext(base)[0]) in wanted:
            best.append((base != (match[1] if match else ''), path))
    return min(best)[1] if best else None


# Two archives that unpack to one name: the truth is that of the older one.
TWINS = {'debugfatfs__fat32-.tsv': 'LeavaTail__debugfatfs/fat32.tar.bz2',
         'debugfatfs__exfat-.tsv': 'LeavaTail__debugfatfs/exfat.tar.bz2'}


def check_twin(truth, archive):
    """Unpack the archive for itself, and compare."""
    result, label = Result(), archive
    with scratch('twin') as tmp:
        tool('tar', '-xSjf', os.path.join(IMAGES, archive), '-C', tmp)
        image, = glob.glob(os.path.join(tmp, '*'))
        got = ReadAll(image)
        result.check(got.status == 0 or excused(label, '!status'),
                     f'{label}: status {got.status}: {got.notes[-300:]}')
        compare_truth(result, label, 0, truth, got)
    return result


def check_graft():
    """A real $MFT without indexes: the hives are reached by their records,
    and end in zeros where their valid data does."""
    result = Result()
    image = os.path.join(UNPACKED, 'graft', 'win7_graft.img')
    with open(os.path.join(UNPACKED, 'graft', 'win7_graft.tsv'),
              encoding='utf-8') as f:
        rows = [line.split('\t') for line in f if not line.startswith('#')]
    result.check(len(rows) > 10, 'graft: the table of records')
    for record, size, _, _, digest, path, *_ in rows:
        _, out, err = run(HIVELIFT, 'cat', image, '@' + record)
        got = len(out), hashlib.sha256(out).hexdigest()
        result.check(got == (int(size), digest), f'graft: {path}: {got}, '
                     f'{err[-200:]!r}')
    return result


def truths(images):
    """image → [(offset, truth file)]; and those without an image"""
    table, lost = {}, []
    for truth in sorted(glob.glob(os.path.join(CORPUS, 'truth', '*.tsv'))):
        name = os.path.basename(truth)
        if name.startswith('graft__') or name in TWINS:
            continue
        with open(truth, encoding='utf-8') as f:
            at = re.search(r' offset (\d+)\)', f.readline())
        image = truth_image(truth, images)
        if image:
            table.setdefault(image, []).append(
                (int(at[1]) * 512 if at else 0, truth))
        else:
            lost.append(os.path.basename(truth))
    return table, lost


def tsk_name(path):
    """fls shows control characters and lone surrogates as '^'."""
    return re.sub('[\x00-\x1f\x7f\ufffd]', '^', path)


def truth_rows(truth):
    """path → (size, sha256) of the live files and streams."""
    rows = {}
    with open(truth, encoding='utf-8', errors='replace', newline='\n') as f:
        for line in f:
            field = line.rstrip('\n').split('\t', 5)
            if line.startswith('#') or len(field) != 6:
                continue
            kind, state, inode, size, digest, path = field
            if kind not in ('r/r', 'd/d') or state != '-' or \
                    not re.fullmatch('[0-9a-f]{64}', digest):
                continue
            # only $DATA (128): index and other streams are not content
            if '-' in inode and inode.split('-')[1] != '128':
                continue
            if path.endswith('(Volume Label Entry)') or \
                    path.startswith(('$OrphanFiles', '$MBR', '$FAT')) or \
                    path in ('$ALLOC_BITMAP', '$UPCASE_TABLE'):
                continue
            rows['/' + path] = (int(size), digest)
    return rows


def compare_truth(result, image, offset, truth, got):
    label = f'{image}: {os.path.basename(truth)}'
    volume = got.at(offset)
    if not result.check(volume or excused(image, '*'),
                        f'{label}: no volume at {offset}'):
        return
    files = {tsk_name(p): e for p, e in got.files(volume).items()} \
        if volume else {}
    for path, (size, digest) in truth_rows(truth).items():
        entry = files.get(path)
        same = entry and (entry['size'], entry['sha256']) == (size, digest)
        if excused(image, path):
            result.good += 1
        elif not entry:
            result.check(False, f'{label}: {path} is not there')
        else:
            result.check(same, f'{label}: {path}: got {entry["size"]} '
                         f'{entry["sha256"]}, want {size} {digest}')


# ---- one image ----------------------------------------------------------------

def check_said(result, path, image, status, text):
    for pattern, said, statuses in SAID:
        if fnmatch.fnmatchcase(path, pattern):
            result.check(re.search(said, text, re.I),
                         f'{image}: {said} is not said: {short(text)}')
            result.check(status in statuses or excused(image, '!status'),
                         f'{image}: status {status}, want {statuses}')


def check_listing(result, image, path, got):
    """ls -R --json: valid, and the same paths as were read."""
    status, out, err = run(HIVELIFT, 'ls', '-R', '--json', path)
    if not result.check(status in (0, 1, 2), f'{image}: ls -R: {status}'):
        return
    names = set()
    for line in lines(out.replace(b'\r', b'')):
        try:
            row = json.loads(line)
        except ValueError:
            result.check(False, f'{image}: ls -R: not JSON: {line[:200]}')
            return
        if 'path' in row and row.get('type') in ('file', 'dir', 'link',
                                                 'other'):
            names.add((row['volume'], row['path']))
    streams = {e['path'] for e in got.entries}
    seen = {(e['volume'], e['path']) for e in got.entries
            if not is_stream(e['path'], streams)}
    result.check(seen <= names, f'{image}: ls -R leaves out '
                 f'{short(sorted(seen - names)[:5])}')


def is_stream(path, paths):
    """Is it "file:stream" of a file that is listed, or of the root?"""
    head, colon, _ = path.rpartition(':')
    return bool(colon) and (head in paths or head == '')


def check_image(path, table, seconds):
    result, image = Result(), short_name(path)
    status, out, err = run(HIVELIFT, 'info', path, timeout=seconds)
    text = (out + err).decode('utf-8', 'replace')
    result.check(status in (0, 1, 2), f'{image}: info: status {status}')
    result.check(out or err, f'{image}: info is silent')
    result.check(status == 0 or err or 'not read' in text,
                 f'{image}: info has status {status} and does not say why')
    check_said(result, path, image, status, text)
    got = ReadAll(path, timeout=seconds)
    if not result.check(got.status in (0, 1, 2),
                        f'{image}: readall: status {got.status}: '
                        f'{got.notes[-300:]}'):
        return result
    unread = any(v['unread'] != '-' for v in got.volumes.values())
    result.check(got.status == 0 or got.notes or unread,
                 f'{image}: readall has status {got.status} and says nothing')
    check_listing(result, image, path, got)
    for offset, truth in table.get(path, ()):
        compare_truth(result, image, offset, truth, got)
        # what has a truth is healthy unless the list says otherwise
        result.check(got.status == 0 or excused(image, '!status'),
                     f'{image}: status {got.status}: {got.notes[-300:]}')
    return result


def main():
    tally = Tally('corpus')
    args = argparse.ArgumentParser()
    args.add_argument('--max-size', default='999T')
    args.add_argument('--only', default='')
    args = args.parse_args()
    most = int(args.max_size[:-1]) << {'K': 10, 'M': 20, 'G': 30,
                                       'T': 40}[args.max_size[-1]]
    if not os.path.isdir(IMAGES):
        tally.skip('no corpus here')
        tally.done()
    images = all_images(most)
    table, lost = truths(images)
    if most > 1 << 45:
        tally.check(not lost, f'truth without an image: {lost}')
    images = [i for i in images if args.only in short_name(i)]
    workers = os.cpu_count() or 2
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        jobs = [(i, pool.submit(check_image, i, table, 900)) for i in images]
        if most > 1 << 45 and not args.only:
            jobs += [(a, pool.submit(
                check_twin, os.path.join(CORPUS, 'truth', t), a))
                for t, a in TWINS.items()]
            jobs.append(('graft', pool.submit(check_graft)))
        for image, job in jobs:
            result = job.result()
            tally.passed += result.good
            for what in result.bad[:12]:
                tally.check(False, what)
            more = len(result.bad) - 12
            if more > 0:
                tally.failed += more
                print(f'FAIL: {short_name(image)}: and {more} more')
    print(f'{len(images)} images, {sum(map(len, table.values()))} truths')
    tally.done()


main()
