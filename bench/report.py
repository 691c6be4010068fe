"""bench/RESULTS.md and results.json out of what was measured."""
import json
import os
import platform
import re

from timing import HERE, QUICK, ROUNDS, WHOLE

METHOD = '''# Results

Made by `make bench`{quick}; not edited.  Every question is put to hivelift and
to its peers in turns, in one run, after one round that warms the cache;
medians of {rounds} rounds (11 for one small file; one for what takes a minute).
The ratio is their time by ours, by the clock and in processor time (user +
system, with all that they start): on a machine that does other work the
second says more.  *Cold* is once, after the system's caches were dropped.

The disk is GPT with one NTFS volume of 3 GiB, 200,000 files written by
ntfs-3g, and 13 hives of 140 MiB; growth is over volumes of
`tests/tools/mkmany`; the medium without holes are the programs of this
machine (`bench/inputs.py`); shadow copies are of a volume of 20,000 files
and 48 MiB of hives, every second of which differs in each of three copies
(`bench/copies.py`).  `openssl speed` counts processor time, so that of
reading through BitLocker, with threads, the clock is what to compare on an
idle machine.  The order of time spent is not that of this page: what has the
slowest peers comes last, and no race begins after {whole} s.

Machine: {machine}, load {load:.1f} at the end.
'''


def machine():
    cpu, memory = platform.processor() or platform.machine(), ''
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as f:
            cpu = re.search(r'model name\s*: (.*)', f.read())[1]
        with open('/proc/meminfo', encoding='utf-8') as f:
            kib = int(re.search(r'MemTotal:\s*(\d+)', f.read())[1])
            memory = f', {kib / (1 << 20):.0f} GiB'
    except (OSError, TypeError):
        pass
    return f'{os.cpu_count()} × {cpu}{memory}, {platform.system()} ' \
        f'{platform.release()}'


def number(x, unit=''):
    return '-' if x is None else f'{x:.3f}{unit}' if x < 10 else \
        f'{x:.1f}{unit}'


def goal(r):
    if not r['goal']:
        return ''
    text = f'{r["goal"]:.2g}: '
    if r.get('met') is None:
        return text + 'not measured'
    if r['met']:
        return text + 'reached'
    return text + ('reached in processor time only' if r['met_cpu']
                   else '**not reached**')


def race(row):
    out = ['', f'### {row["title"]}' + (' (cold)' if row['cold'] else ''), '',
           '| | s | cpu, s | ratio | ratio, cpu | goal |',
           '|---|--:|--:|--:|--:|---|']
    for r in row['racers']:
        if r['why']:
            out.append(f'| {r["name"]} | left out: {r["why"]} | | | | '
                       f'{goal(r)} |')
            continue
        out.append(f'| {r["name"]} | {number(r["wall"])} | {number(r["cpu"])}'
                   f' | {number(r["ratio_wall"])} | {number(r["ratio_cpu"])} |'
                   f' {goal(r)} |')
    if 'bytes' in row:
        out += ['', f'Read from the image: {row["bytes"]:,} bytes, at most '
                f'{row["bytes_limit"]:,} (1.1 × the hives + 2 MiB): ' +
                ('reached' if row['bytes_met'] else '**not reached**') +
                f'.  Own memory {row["memory"]:,} bytes, at most 32 MiB'
                ' (and 8 bytes a chunk): ' +
                ('reached.' if row['memory_met'] else '**not reached**.')]
    if 'size_ours' in row and 'size_theirs' in row:
        out += ['', f'Size {row["size_ours"]:,} and {row["size_theirs"]:,} '
                'bytes.']
    return out


def goals(rows):
    """All that was aimed at, in one table."""
    out = ['', '## Goals', '', '| question | beside | ratio | cpu | goal |',
           '|---|---|--:|--:|---|']
    for row in rows:
        for r in row['racers']:
            if r['goal'] and not row['cold']:
                out.append(f'| {row["title"]} | {r["name"]} | '
                           f'{number(r["ratio_wall"])} | '
                           f'{number(r["ratio_cpu"])} | {goal(r)} |')
        if 'bytes' in row and not row['cold']:
            out.append(f'| {row["title"]} | bytes read | | | '
                       f'{row["bytes_limit"]:,}: ' +
                       ('reached |' if row['bytes_met'] else
                        '**not reached** |'))
    return out


def replay(r):
    out = ['', '## Replay', '', f'A SYSTEM hive of {r["hive"]:,} bytes with '
           f'{r["logs"]:,} bytes of logs beside `cat` of', 'the same files; '
           'the goal is less than 3 times as long.', '',
           '| | replay, s | cat, s | ratio | goal |', '|---|--:|--:|--:|---|']
    for name in 'wall', 'cpu':
        x = r[name]
        out.append(f'| {name} | {number(x["replay"])} | {number(x["cat"])} | '
                   f'{number(x["ratio"])} | 3: ' +
                   ('reached |' if x['met'] else '**not reached** |'))
    return out


def write(rows, replayed):
    text = METHOD.format(quick=' QUICK=1' if QUICK else '', rounds=ROUNDS, whole=WHOLE,
                         machine=machine(), load=os.getloadavg()[0])
    lines = goals(rows) + ['', '## Races']
    for row in rows:
        lines += race(row)
    if replayed:
        lines += replay(replayed)
    text += '\n'.join(lines) + '\n'
    with open(os.path.join(HERE, 'RESULTS.md'), 'w', encoding='utf-8') as f:
        f.write(text)
    with open(os.path.join(HERE, 'results.json'), 'w', encoding='utf-8') as f:
        json.dump({'machine': machine(), 'quick': QUICK, 'races': rows,
                   'replay': replayed}, f, indent=1)
        f.write('\n')
    print(text)
