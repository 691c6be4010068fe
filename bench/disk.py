"""The disk that is measured: GPT, one NTFS volume with 200,000 files written
by ntfs-3g, and the hives of the sample in their places.  Kept outside the
tree and used again."""
import os
import random
import shutil
import subprocess
import sys

MIB = 1 << 20
START = MIB


def tool(*argv, **more):
    return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL,
                          capture_output=True, **more).stdout


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


def plant(top, hivelift, sample):
    """Only the planting is done by hivelift; nothing is measured here."""
    out = top + '.sample'
    shutil.rmtree(out, ignore_errors=True)
    subprocess.run([hivelift, 'extract', '-q', sample, '-o', out], check=True,
                   stdin=subprocess.DEVNULL)
    shutil.copytree(os.path.join(out, 'v3'), top, dirs_exist_ok=True,
                    copy_function=shutil.copyfile)
    shutil.rmtree(out)


def make(folder, hivelift, sample, n=200_000, size=3 << 30):
    """Returns the raw image and the E01 of the same."""
    raw, e01 = os.path.join(folder, 'disk.dd'), os.path.join(folder, 'disk')
    if os.path.exists(e01 + '.E01'):
        return raw, e01 + '.E01'
    os.makedirs(folder, exist_ok=True)
    volume, point = os.path.join(folder, 'vol'), os.path.join(folder, 'mnt')
    print('making a disk of', n, 'files in', folder, file=sys.stderr)
    with open(volume, 'wb') as f:
        f.truncate(size)
    tool('mkntfs', '-F', '-q', '-Q', '-c', '4096', '-s', '512', '-p',
         str(START // 512), '-H', '255', '-S', '63', '-L', 'bench', volume)
    os.makedirs(point, exist_ok=True)
    tool('ntfs-3g', '-o', 'big_writes', volume, point)
    try:
        plant(point, hivelift, sample)
        fill(point, n)
    finally:
        tool('umount', point)
    with open(raw + '.new', 'wb') as f:
        f.truncate(size + 2 * MIB)
    tool('sh', '-c', "printf 'label: gpt\\nstart=2048, "
         f"size={size // 512}, "
         "type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\\n' |"
         f" sfdisk -q '{raw}.new'")
    tool('dd', f'if={volume}', f'of={raw}.new', 'bs=1M', 'seek=1',
         'conv=notrunc,sparse')
    os.unlink(volume)
    os.rmdir(point)
    os.rename(raw + '.new', raw)
    tool('ewfacquire', '-u', '-q', '-c', 'fast', '-f', 'encase6', '-S',
         '8GiB', '-t', e01, raw)
    return raw, e01 + '.E01'
