"""Runs the main job on one image and compares all of it with the truth.

The truth is a document of the corpus' cases: volumes (offset, size, fs,
label) and hives (volume, path, kind, user, size, sha256, record, deleted,
logs, replay).  Deleted hives must not be there, unless they are asked for.
"""
import hashlib
import json
import os
import shutil

from common import HIVELIFT, lines, run, scratch, sha256_of


def load(path):
    with open(path, encoding='utf-8') as f:
        return json.load(f)


def json_lines(tally, text, label):
    out = []
    for line in lines(text):
        try:
            out.append(json.loads(line))
        except ValueError:
            tally.check(False, f'{label}: not JSON: {line[:200]}')
    return out


def key(hive):
    return str(hive['volume']), hive['path']


def extensions(names):
    return sorted(name.upper().rpartition('.')[2] for name in names)


def check_info(tally, image, truth, label):
    status, out, err = run(HIVELIFT, 'info', '--json', image)
    tally.equal(status, 0, f'{label}: status of info; {err[-300:]!r}')
    rows = json_lines(tally, out, label)
    got = [r for r in rows if r.get('type') == 'volume']
    tally.equal([(r['volume'], r['offset'], r['size']) for r in got],
                [(str(v['volume']), v['offset'], v['size'])
                 for v in truth['volumes']], f'{label}: volumes')
    for row, want in zip(got, truth['volumes']):
        if want['fs'] == 'none':
            continue
        tally.equal((row['fs'], row['label']), (want['fs'], want['label']),
                    f'{label}: volume {want["volume"]}')
    table = [r for r in rows if r.get('type') == 'table']
    if 'table' in truth and truth['table'] != 'none':
        tally.equal([(t['scheme'], t['ok']) for t in table],
                    [(truth['table'], True)], f'{label}: table')


def check_hive(tally, got, want, label):
    where = f'{label}: {want["path"]}'
    for name in ('kind', 'user', 'size', 'sha256', 'record'):
        if name in want:
            tally.equal(got.get(name), want[name], f'{where}: {name}')
    tally.check(not got.get('deleted'), f'{where}: is not deleted')
    # the cases name a log by its extension only
    tally.equal(extensions(log['path'] for log in got['logs']),
                extensions(want['logs']), f'{where}: logs')
    # an explicit state, or what a case says of replay
    states = [want['state']] if want.get('state') else (
        ['empty'] if want['size'] == 0 else
        ['replayed'] if want.get('replay') else
        ['clean', 'dirty', 'damaged'])
    tally.check(got['state'] in states,
                f'{where}: state {got["state"]}, want one of {states}')


def check_hives(tally, image, truth, label):
    status, out, err = run(HIVELIFT, 'hives', '--json', image)
    tally.equal(status, truth.get('status', 0),
                f'{label}: status of hives; {err[-300:]!r}')
    rows = json_lines(tally, out, label)
    tally.check(any('coverage' in (r.get('type'), *r) for r in rows),
                f'{label}: hives says what it covered')
    got = {key(r): r for r in rows if 'kind' in r}
    want = {key(h): h for h in truth['hives'] if not h.get('deleted')}
    tally.equal(sorted(got), sorted(want), f'{label}: the hives found')
    for k in want:
        if k in got:
            check_hive(tally, got[k], want[k], label)
    return got


def check_sums(tally, folder, label):
    sums = os.path.join(folder, 'SHA256SUMS')
    if not tally.check(os.path.isfile(sums), f'{label}: SHA256SUMS'):
        return
    status, _, err = run('sha256sum', '--strict', '-c', 'SHA256SUMS',
                         cwd=folder)
    tally.equal(status, 0, f'{label}: sha256sum -c; {err[-300:]!r}')
    with open(sums, encoding='utf-8', errors='replace') as f:
        listed = sum(1 for _ in f)
    there = sum(len(names) for _, _, names in os.walk(folder))
    tally.equal(listed, there - 1, f'{label}: SHA256SUMS covers every file')


def check_output(tally, folder, entry, want, label):
    """One hive of the manifest against the truth and the file written."""
    where = f'{label}: {want["path"]}'
    path = os.path.join(folder, entry['output'])
    tally.equal(entry['sha256'], want['sha256'], f'{where}: manifest sha256')
    if not tally.check(os.path.isfile(path), f'{where}: {path} is there'):
        return
    tally.equal(sha256_of(path), want['sha256'], f'{where}: bytes written')
    tally.equal(os.path.getsize(path), want['size'], f'{where}: size')
    covered = sum(r['length'] for r in entry['runs'])
    tally.check(covered >= want['size'], f'{where}: runs cover the file')
    first = entry['output'].split('/')[0]
    tally.equal(first, f'v{want["volume"]}', f'{where}: folder of the volume')


def check_runs(tally, raw, entry, label):
    """Bytes taken from the raw image where the runs say that they are."""
    got = b''
    with open(raw, 'rb') as f:
        for r in entry['runs']:
            if r['what'] != 'data' or r['stored_length'] != r['length']:
                return
            f.seek(r['offset'])
            got += f.read(r['length'])
    tally.equal(hashlib.sha256(got[:entry['size']]).hexdigest(),
                entry['sha256'], f'{label}: {entry["path"]}: runs')


def check_extract(tally, image, truth, label, raw=None, hives=None):
    with scratch('lifted') as tmp:
        folder = os.path.join(tmp, 'out')
        status, out, err = run(HIVELIFT, 'extract', image, '-o', folder)
        tally.equal(status, truth.get('status', 0),
                    f'{label}: status of extract; {err[-300:]!r}')
        if not os.path.isfile(os.path.join(folder, 'manifest.json')):
            tally.check(False, f'{label}: no manifest.json')
            return
        manifest = load(os.path.join(folder, 'manifest.json'))
        for name in ('tool', 'command', 'image', 'volumes', 'files',
                     'coverage', 'run'):
            tally.check(name in manifest, f'{label}: manifest has {name}')
        check_sums(tally, folder, label)
        entries = {key(f): f for f in manifest['files']}
        for want in truth['hives']:
            entry = entries.get(key(want))
            if want.get('deleted'):
                tally.check(entry is None,
                            f'{label}: {want["path"]} is deleted')
            elif tally.check(entry, f'{label}: {want["path"]} is lifted'):
                check_output(tally, folder, entry, want, label)
                if raw:
                    check_runs(tally, raw, entry, label)
        # every log that `hives` named travels with its hive
        for hive in (hives or {}).values():
            for log in hive['logs']:
                tally.check((str(hive['volume']), log['path']) in entries,
                            f'{label}: {log["path"]} is lifted')
        status, _, err = run(HIVELIFT, 'extract', image, '-o', folder)
        tally.check(status == 1 and err,
                    f'{label}: a second extract refuses the folder')
        shutil.rmtree(folder)


def check_deleted(tally, image, truth, label, raw):
    """With -d the deleted ones are there too, and marked.  FAT has lost the
    first letter of a short name, so that content tells which is which."""
    gone = [h for h in truth['hives'] if h.get('deleted')]
    live = [h for h in truth['hives'] if not h.get('deleted')]
    status, out, err = run(HIVELIFT, 'hives', '-d', '--json', image)
    tally.equal(status, truth.get('status', 0),
                f'{label}: status of hives -d; {err[-300:]!r}')
    rows = [r for r in json_lines(tally, out, label) if 'kind' in r]
    tally.equal(len([r for r in rows if not r['deleted']]), len(live),
                f'{label}: live hives with -d')
    for want in gone:
        found = [r for r in rows if r['deleted'] and
                 key(r)[0] == key(want)[0] and r['sha256'] == want['sha256']]
        where = f'{label}: deleted {want["path"]}'
        if not tally.check(found, f'{where}: is found'):
            continue
        for name in ('kind', 'user', 'size', 'record'):
            tally.equal(found[0][name], want[name], f'{where}: {name}')
        tally.check(found[0]['path'] in
                    (want['path'], lost_letter(want['path'])),
                    f'{where}: path {found[0]["path"]}')
    check_extract_deleted(tally, image, gone, label, raw)


def lost_letter(path):
    folder, _, name = path.rpartition('/')
    return f'{folder}/_{name[1:]}'


def check_extract_deleted(tally, image, gone, label, raw):
    with scratch('gone') as tmp:
        folder = os.path.join(tmp, 'out')
        run(HIVELIFT, 'extract', '-d', image, '-o', folder)
        manifest = load(os.path.join(folder, 'manifest.json'))
        check_sums(tally, folder, label)
        entries = {f['sha256']: f for f in manifest['files']
                   if f['deleted']}
        for want in gone:
            entry = entries.get(want['sha256'])
            where = f'{label}: deleted {want["path"]}'
            if not tally.check(entry, f'{where}: is lifted'):
                continue
            check_output(tally, folder, entry, want, label)
            top = entry['output'].split('/')
            tally.equal(top[1], '$Deleted', f'{where}: {entry["output"]}')
            if entry['record'] is not None:
                tally.equal(top[2], f'{entry["record"]}-{entry["sequence"]}',
                            f'{where}: {entry["output"]}')
            tally.check(all(r['state'] in ('unallocated-now', 'allocated-to',
                                           'unknown')
                            for r in entry['runs']), f'{where}: states')
            if raw:
                check_runs(tally, raw, entry, label)


def check_all(tally, image, truth, label, raw=None):
    check_info(tally, image, truth, label)
    hives = check_hives(tally, image, truth, label)
    check_extract(tally, image, truth, label, raw, hives)
    check_deleted(tally, image, truth, label, raw)
