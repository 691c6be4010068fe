"""What scan, --lost and --offset have to give of a disk whose past is known
(lost_world.py)."""
import hashlib
import json
import os
import re
import subprocess

from common import HIVELIFT, run, scratch, sha256_of, short, tool
from lifted import json_lines, load
from lost_map import sort_out
from lost_world import MIB, loop, mounted

# what ntfs-3g, mkntfs and mkfs make besides the files
SYSTEM = re.compile(r'/(\$|System Volume Information|lost\+found|\.Trash)')


class Scan:
    """What scan says of an image."""

    def __init__(self, tally, image, label, *options):
        self.status, out, self.err = run(HIVELIFT, 'scan', '--json', *options,
                                         image)
        self.rows = [r for r in json_lines(tally, out, label)
                     if 'offset' in r and r.get('type') != 'coverage']
        tally.check(self.status in (0, 2), f'{label}: status of scan '
                    f'{self.status}; {self.err[-300:]!r}')
        for r in self.rows:
            for name in ('offset', 'size', 'fs', 'score', 'in_table', 'boot',
                         'generation', 'evidence'):
                tally.check(name in r, f'{label}: scan has no {name}: {r}')
            tally.check(r['evidence'], f'{label}: no evidence: {r}')
            tally.check(r['size'], f'{label}: a volume of no size: {r}')

    def believed(self):
        return [r for r in self.rows if r.get('believed', r['score'] >= 50)]

    def at(self, volume):
        """The believed row of a volume, or None."""
        for r in self.believed():
            if r['offset'] == volume.offset and \
                    r['fs'].startswith(volume.fs[:4]) and \
                    0 <= volume.size - r['size'] < 2 * volume.cluster:
                return r
        return None

    def brief(self):
        return [(r.get('volume'), r['offset'], r['size'], r['fs'],
                 r['score'], r['boot'], r['in_table'])
                for r in self.rows]


def find_volume(tally, scan, volume, label, exact=True):
    row = scan.at(volume)
    where = f'{label}: {volume.fs} at {volume.offset}, {volume.size}'
    if tally.check(row, f'{where}: not believed; {scan.brief()}') and exact:
        tally.equal(row['size'], volume.size, f'{where}: size')
    return row


def told(entry):
    """An entry of a manifest says that not all of it is what it was."""
    return not entry['sha256'] or bool(entry.get('notes')) or any(
        r.get('state', 'ok') != 'ok' or r.get('what') == 'missing'
        for r in entry.get('runs', ()))


def compare(tally, volume, changed, entries, status, label, known=()):
    """Entries of a manifest against the past of one volume."""
    whole, nameless, over, gone = sort_out(volume, changed)
    by_path, hashes = {}, set()
    for e in entries:
        by_path.setdefault(e['path'], []).append(e)
        hashes.add(e['sha256'])
    bad = [f for f in whole if not any(
        e['sha256'] == f.sha256 for e in by_path.get(f.path, ()))]
    tally.check(not bad, f'{label}: {len(bad)} of {len(whole)} whole files '
                f'did not come back: {short(bad)}')
    tally.passed += len(whole) - len(bad)
    lost = [f for f in nameless if f.sha256 not in hashes]
    tally.check(not lost, f'{label}: {len(lost)} of {len(nameless)} files '
                f'whose folders are gone did not come back: {short(lost)}')
    tally.passed += len(nameless) - len(lost)
    silent = [f for f in over + gone for e in by_path.get(f.path, ())
              if e['sha256'] != f.sha256 and not told(e)]
    tally.check(not silent, f'{label}: {len(silent)} of {len(over)} '
                f'overwritten files given without a word: {short(silent)}')
    wrong = any(e['sha256'] != f.sha256 for f in over + gone
                for e in by_path.get(f.path, ()))
    tally.check(status == 2 or not wrong, f'{label}: status {status} with '
                'overwritten files')
    missing = [f for f in over if f.path not in by_path]
    print(f'{label}: {len(whole)} whole, {len(nameless)} without their '
          f'folders, {len(over)} overwritten ({len(missing)} not given), '
          f'{len(gone)} without a record', flush=True)
    good = {f.sha256 for v in (volume, *known) for f in v.files.values()}
    invented = [e['path'] for e in entries
                if e['sha256'] not in good and not told(e)
                and not SYSTEM.match(e['path']) and e.get('size')
                and e['path'] not in volume.folders]
    tally.check(not invented, f'{label}: given as good, and nobody\'s: '
                f'{short(invented)}')


def extract(tally, image, label, *argv, statuses=(0, 2)):
    """The manifest's files of an extraction, its status, its notes."""
    with scratch('lost') as tmp:
        out = os.path.join(tmp, 'out')
        status, _, err = run(HIVELIFT, 'extract', '-o', out, image, *argv)
        tally.check(status in statuses, f'{label}: status {status}: '
                    f'{err[-400:]!r}')
        path = os.path.join(out, 'manifest.json')
        if not tally.check(os.path.exists(path), f'{label}: no manifest; '
                           f'{err[-300:]!r}'):
            return [], status, err
        files = load(path)['files']
        wrong = [e['output'] for e in files if e.get('output') and
                 os.path.isfile(os.path.join(out, e['output'])) and
                 sha256_of(os.path.join(out, e['output'])) != e['sha256']]
        tally.check(not wrong, f'{label}: not as the manifest has it: '
                    f'{short(wrong)}')
        return files, status, err


def check_lost(tally, image, volume, row, changed, label, known=()):
    """Everything of one volume through --lost."""
    vid = row.get('volume')
    if not tally.check(str(vid).startswith('L'),
                       f'{label}: it is volume {vid}, not L…'):
        return
    label = f'{label}, {vid}'
    files, status, _ = extract(tally, image, label, '--lost', f'{vid}:/')
    compare(tally, volume, changed,
            [e for e in files if e['volume'] == vid], status, label, known)
    check_ls(tally, image, volume, changed, label, '--lost', f'{vid}:/')
    check_ls(tally, image, volume, changed, f'{label}, {row["options"]}',
             *row['options'].split())


def check_ls(tally, image, volume, changed, label, *options):
    """options: they name the one volume."""
    whole = sort_out(volume, changed)[0]
    path = [o for o in options if o.endswith('/')]
    options = [o for o in options if o not in path]
    status, out, err = run(HIVELIFT, 'ls', '--json', '-R', *options, image,
                           *path)
    tally.check(status in (0, 2), f'{label}: status of ls {status}; '
                f'{err[-300:]!r}')
    rows = json_lines(tally, out, label)
    listed = {(r['path'], r.get('size')) for r in rows if 'path' in r}
    missing = [f for f in whole if ':' not in f.path and
               (f.path, f.size) not in listed]
    tally.check(not missing, f'{label}: ls lacks {len(missing)} of '
                f'{len(whole)}: {short(missing)}')
    if whole:
        f = max(whole, key=lambda f: f.size)
        status, out, err = run(HIVELIFT, 'cat', *options, image,
                               (path[0][:-1] if path else '') + f.path)
        tally.equal(hashlib.sha256(out).hexdigest(), f.sha256,
                    f'{label}: cat {f.path}: {status} {err[-200:]!r}')


def check_offset(tally, image, volume, changed, label, *options, known=()):
    label = f'{label}, --offset'
    files, status, _ = extract(tally, image, label, '--offset',
                               str(volume.offset), *options, '/')
    compare(tally, volume, changed, files, status, label, known)


def check_hives(tally, image, volumes, changed, label):
    """volumes: [(volume, row)]; the hives of all of them, by --lost."""
    status, out, err = run(HIVELIFT, 'hives', '--json', '--lost', image)
    tally.check(status in (0, 2), f'{label}: status of hives {status}; '
                f'{err[-300:]!r}')
    rows = [r for r in json_lines(tally, out, label) if 'kind' in r]
    got = {(r['volume'], r['path'], r['kind'], r['sha256']) for r in rows}
    for volume, vid in volumes:
        whole = sort_out(volume, changed)[0]
        want = {(vid, f.path, f.hive, f.sha256) for f in whole if f.hive}
        tally.check(want <= got, f'{label}: hives of {vid} not found: '
                    f'{short(sorted(want - got))}')
        tally.passed += len(want & got)
    return rows


def geometry(tally, image, volume, label):
    """The options that scan prints for a volume without a boot sector."""
    status, out, _ = run(HIVELIFT, 'scan', image)
    text = out.decode('utf-8', 'replace')
    pattern = (rf'--offset[ =]{volume.offset}\b.*?--cluster-size[ =](\d+)'
               rf'.*?--mft[ =](\d+)')
    found = re.search(pattern, text)
    tally.check(found, f'{label}: scan prints no --offset {volume.offset} '
                f'--cluster-size … --mft …: {text[-1500:]}')
    if not found:
        return None
    return ('--cluster-size', found[1], '--mft', found[2])


# ---- the table --------------------------------------------------------------

def tables(text):
    """The tables that scan --sfdisk prints: one text each."""
    out, now = [], []
    for line in text.split('\n'):
        if line.startswith('label:') and now:
            out.append(now)
            now = []
        if line.startswith('label:') or now:
            now.append(line)
    return ['\n'.join(t) + '\n' for t in [*out, now] if t]


def check_sfdisk(tally, image, volumes, changed, label):
    """Each table goes onto a copy by sfdisk; then ntfs-3g reads it.  The
    volumes given must be found mounted, in some generation."""
    status, out, err = run(HIVELIFT, 'scan', '--sfdisk', image)
    tally.check(status in (0, 2), f'{label}: status of --sfdisk {status}')
    text = out.decode('utf-8', 'replace')
    tally.check(re.search('(?i)never|not.*evidence|clone', text),
                f'{label}: --sfdisk does not warn: {text[:300]}')
    found, seen = tables(text), set()
    tally.check(found, f'{label}: no table: {text[:500]!r} {err[-300:]!r}')
    before = sha256_head(image)
    with scratch('lost-table') as tmp:
        for i, script in enumerate(found):
            copy = os.path.join(tmp, f'copy{i}')
            tool('cp', '--sparse=always', image, copy)
            status, err = apply_table(copy, script)
            if not tally.equal(status, 0, f'{label}: table {i} refused by '
                               f'sfdisk: {err[-400:]!r}\n{script}'):
                continue
            parts = json.loads(tool('sfdisk', '-J', copy))
            parts = parts['partitiontable']['partitions']
            mount_parts(tally, copy, parts, volumes, changed, seen,
                        f'{label}, table {i}')
            os.unlink(copy)
    tally.equal(sha256_head(image), before, f'{label}: the evidence itself')
    for v in volumes:
        tally.check(v.offset in seen, f'{label}: no table mounts {v.fs} at '
                    f'{v.offset}: {text}')
    return len(found)


def apply_table(copy, script):
    done = subprocess.run(
        ('sfdisk', '--no-reread', '--no-tell-kernel', '--wipe', 'never',
         '--wipe-partitions', 'never', copy), input=script.encode(),
        capture_output=True, check=False)
    return done.returncode, done.stderr


def sha256_head(path):
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read(2 * MIB)).hexdigest()


def mount_parts(tally, copy, parts, volumes, changed, seen, label):
    for p in parts:
        start, size = p['start'] * 512, p['size'] * 512
        for v in volumes:
            if v.offset != start or abs(v.size - size) > MIB:
                continue
            tally.equal(size, v.size, f'{label}: size at {start}')
            try:
                read_mounted(tally, copy, v, size, changed, label)
                seen.add(start)
            except RuntimeError as why:
                tally.check(False, f'{label}: {why}')


def read_mounted(tally, copy, volume, size, changed, label):
    with scratch('lost-mount') as tmp, \
            loop(copy, volume.offset, size, '-r') as device, \
            mounted(volume.fs, device, tmp, 'ro') as point:
        bad = []
        for f in sort_out(volume, changed)[0]:
            path = os.path.join(point, f.path[1:])
            if not os.path.exists(path) or sha256_of(path) != f.sha256:
                bad.append(f)
        tally.check(not bad, f'{label}: mounted at {volume.offset}, but '
                    f'other files: {short(bad)}')
        tally.passed += len(volume.files) - len(bad)
