"""What is measured, made once and kept in
${XDG_CACHE_HOME:-~/.cache}/hivelift-bench (`make bench-clean` removes it):

	disk.dd, disk.E01	GPT, one NTFS volume of 200,000 files written
				by ntfs-3g, the hives of hives.py in it
	volume.dd		that volume alone, for who reads no table
	full-G.dd		G GiB of programs of this machine without holes,
				a lost NTFS volume in them
	part-G.dd, part-G.E01	its first quarter
	many-N.dd		N files by tests/tools/mkmany, for growth
	size-N.dd		10,000 files in an image of N GiB, sparse
	copies.dd, locked.dd	see copies.py
"""
import os
import random
import shutil
import subprocess

import hives
from timing import QUICK, say, tool_path

CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or
                     os.path.expanduser('~/.cache'), 'hivelift-bench')
MIB = 1 << 20
START = MIB                       # of the volume on the disk
FILES = 200_000
VOLUME = 3 << 30
FULL = (1 if QUICK else 4) << 30
PART = FULL // 4
LOST, LOST_SIZE, LOST_FILES = FULL // 8, 256 * MIB, 10_000
ROOM = 12 << 30                   # all of it, on the disk


def place(name):
    return os.path.join(CACHE, name)


def tool(*argv, **more):
    return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL,
                          capture_output=True, **more).stdout


def once(name, make):
    """The path of an input; make(path) writes it when it is not there.  One
    that cannot be made is None, and what needs it is left out with a word."""
    path = place(name)
    if os.path.exists(path):
        return path
    os.makedirs(CACHE, exist_ok=True)
    say('making', name)
    try:
        make(path + '.new')
        os.rename(path + '.new', path)
    except (OSError, subprocess.CalledProcessError) as e:
        words = getattr(e, 'stderr', None) or str(e).encode()
        say(f'{name}: cannot be made:', words.decode(errors='replace')[-300:])
        if os.path.exists(path + '.new'):
            os.unlink(path + '.new')
        return None
    return path


# ---- the disk of 200,000 files -----------------------------------------------

def fill(top, n):
    """About what a Windows volume looks like: some broad folders, many
    narrow ones, mostly small files."""
    rnd = random.Random(1)
    noise = rnd.randbytes(64 << 10)
    folders = ['Windows/System32', 'Windows/System32/drivers',
               'Windows/SysWOW64']
    folders += [f'Windows/WinSxS/amd64_component-number-{i:05}_31bf3856ad36'
                f'4e35_10.0.19041.{i % 900}_none_{i * 7919:016x}'
                for i in range(9000)]
    folders += [f'Users/alice/AppData/Local/Packages/app.{i:03}/LocalState'
                for i in range(300)]
    folders += [f'Program Files/Vendor {i}/Product/{j}'
                for i in range(60) for j in range(20)]
    for folder in folders:
        os.makedirs(os.path.join(top, folder), exist_ok=True)
    broad = folders[:3]
    for i in range(n):
        folder = broad[i % 3] if i % 16 == 0 else rnd.choice(folders)
        size = min(int(rnd.expovariate(1 / 1500)), len(noise))
        with open(os.path.join(top, folder, f'library file {i}.dll'),
                  'wb', 0) as f:
            f.write(noise[:size])


def mounted(device, write):
    point = place('mnt')
    os.makedirs(point, exist_ok=True)
    tool('ntfs-3g', '-o', 'big_writes', device, point)
    try:
        write(point)
    finally:
        tool('umount', point)
        os.rmdir(point)


def mkntfs(where, start):
    tool('mkntfs', '-F', '-q', '-Q', '-c', '4096', '-s', '512', '-p',
         str(start // 512), '-H', '255', '-S', '63', '-L', 'bench', where)


def make_volume(path):
    def write(top):
        hives.plant(top, CACHE)
        fill(top, FILES)
    with open(path, 'wb') as f:
        f.truncate(VOLUME)
    mkntfs(path, START)
    mounted(path, write)


def make_disk(path):
    with open(path, 'wb') as f:
        f.truncate(VOLUME + 2 * MIB)
    subprocess.run(
        ['sfdisk', '-q', path], check=True, capture_output=True,
        input=b'label: gpt\nstart=2048, size=%d, type=EBD0A0A2-B9E5-4433-'
        b'87C0-68B6B72699C7\n' % (VOLUME // 512))
    tool('dd', f'if={place("volume.dd")}', f'of={path}', 'bs=1M', 'seek=1',
         'conv=notrunc,sparse')


def make_ewf(raw):
    def make(path):
        stem = path[:-len('.E01.new')]
        tool('ewfacquire', '-u', '-q', '-c', 'fast', '-f', 'encase6', '-S',
             '8GiB', '-t', stem + '.tmp', raw)
        os.rename(stem + '.tmp.E01', path)
    return make


def volume():
    return once('volume.dd', make_volume)


def disk():
    return volume() and once('disk.dd', make_disk)


def ewf(raw):
    """The E01 of a raw input, or None."""
    name = raw and os.path.basename(raw)[:-3] + '.E01'
    return raw and once(name, make_ewf(raw))


# ---- the medium without holes --------------------------------------------------

def programs(out, left):
    """Programs and libraries, again and again."""
    while left > 0:
        for top in '/usr/lib', '/usr/bin', '/usr/share':
            for folder, folders, names in os.walk(top):
                folders.sort()
                for name in sorted(names):
                    path = os.path.join(folder, name)
                    if os.path.islink(path) or not os.path.isfile(path):
                        continue
                    with open(path, 'rb') as f:
                        data = f.read(min(left, 64 * MIB))
                    data += bytes(-len(data) % 512)
                    out.write(data[:left])
                    left -= min(left, len(data))
                    if not left:
                        return


def make_full(path):
    def write(top):
        for i in range(LOST_FILES):
            where = os.path.join(top, f'{i % 150}')
            os.makedirs(where, exist_ok=True)
            with open(os.path.join(where, f'file {i}'), 'wb', 0) as f:
                f.write(b'%d' % i * (i % 400))
    lost = path + '.lost'
    with open(lost, 'wb') as f:
        f.truncate(LOST_SIZE)
    mkntfs(lost, LOST)
    mounted(lost, write)
    with open(path, 'wb') as out:
        programs(out, FULL)
    tool('dd', f'if={lost}', f'of={path}', 'bs=1M', f'seek={LOST // MIB}',
         'conv=notrunc')
    os.unlink(lost)


def full():
    return once(f'full-{FULL >> 30}.dd', make_full)


def make_part(path):
    tool('dd', f'if={full()}', f'of={path}', 'bs=1M', f'count={PART // MIB}')


def part():
    return full() and once(f'part-{FULL >> 30}.dd', make_part)


# ---- growth --------------------------------------------------------------------

def many(files):
    return once(f'many-{files}.dd', lambda path: tool(
        tool_path('mkmany'), '-n', str(files), path))


def large(gib):
    return once(f'size-{gib}.dd', lambda path: tool(
        tool_path('mkmany'), '-n', '10000', '-s', str(gib << 30), path))


def room():
    """The folder for what a run writes: on the medium of the inputs."""
    os.makedirs(CACHE, exist_ok=True)
    return CACHE


def make_all():
    """Everything, before the clock runs; less than ROOM."""
    free = shutil.disk_usage(room()).free
    if free < ROOM and not os.path.exists(place('disk.E01')):
        say(f'{free >> 30} GiB free in {CACHE}: what does not fit is left out')
    ewf(disk())
    ewf(part())
    for n in (10_000, 100_000) if QUICK else (10_000, 100_000, 1_000_000):
        many(n)
    for gib in 1, 8, 64:
        large(gib)


def clean():
    shutil.rmtree(CACHE, ignore_errors=True)
