"""What the system tests share: counting, running, finding the corpus."""
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.environ.get('HIVELIFT_ROOT', os.getcwd())
BUILD = os.path.join(ROOT, os.environ.get('B', 'build'))
HIVELIFT = os.environ.get('HIVELIFT', os.path.join(BUILD, 'hivelift'))
READALL = os.environ.get('READALL') or os.path.join(BUILD, 'tools', 'readall')
CORPUS = os.environ.get('HIVELIFT_CORPUS',
                        os.path.join(ROOT, '..', 'shared', 'corpus'))
UNPACKED = os.environ.get('HIVELIFT_UNPACKED') or os.path.join(
    os.environ.get('XDG_CACHE_HOME', os.path.expanduser('~/.cache')),
    'hivelift-corpus')
os.environ['PATH'] = os.environ.get('PATH', os.defpath) + ':/usr/sbin:/sbin'
# mtools finds no SYSTEM32 by the name of system32 in Turkish
os.environ.update(LC_ALL='C.UTF-8', TZ='UTC')


class Tally:
    """Counts checks and prints the line that tests/run.sh adds up."""

    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped = name, 0, 0, 0

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print('FAIL:', what, flush=True)
        return bool(good)

    def equal(self, got, want, what):
        return self.check(got == want,
                          f'{what}: got {short(got)}, want {short(want)}')

    def skip(self, why):
        self.skipped += 1
        print('SKIP:', why, flush=True)

    def done(self):
        print(f'{self.name}: {self.passed} passed, {self.failed} failed, '
              f'{self.skipped} skipped', flush=True)
        sys.exit(self.failed != 0)


def short(value, most=300):
    text = repr(value)
    return text if len(text) <= most else text[:most] + '…'


def need(tally, *commands):
    """False, with an honest skip, when a tool is not here."""
    for command in commands:
        if not shutil.which(command):
            tally.skip(f'no {command} here')
            return False
    return True


def run(*argv, timeout=600, **more):
    """Returns status, stdout and stderr; a hang is status None."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=timeout, **more)
    except subprocess.TimeoutExpired as hang:
        return None, hang.stdout or b'', hang.stderr or b''
    return done.returncode, done.stdout, done.stderr


def tool(*argv, **more):
    """A tool that has to work for the test to make sense."""
    status, out, err = run(*argv, **more)
    if status != 0:
        raise RuntimeError(f'{argv}: {status}: {err.decode()[-400:]}')
    return out


def detach(device):
    """Its cache goes into the file now, whoever else (udev) has it open."""
    with open(device, 'rb') as f:
        os.fsync(f.fileno())
    run('losetup', '--detach', device)


def lines(text):
    return text.decode('utf-8', 'replace').splitlines()


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, 'rb') as f:
        for block in iter(lambda: f.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()


def scratch(prefix):
    return tempfile.TemporaryDirectory(prefix=f'hivelift-{prefix}-')


class ReadAll:
    """What tests/tools/readall got out of an image."""

    def __init__(self, image, *options, timeout=600):
        self.status, out, err = run(READALL, *options, image,
                                    timeout=timeout)
        self.notes = err.decode('utf-8', 'replace')
        self.volumes, self.entries, self.total = {}, [], None
        # names may hold control characters: only \n ends a line here
        for line in out.decode('utf-8', 'replace').split('\n'):
            field = line.split('\t')
            if field[0] == 'V':
                self.volumes[field[1]] = dict(
                    offset=int(field[2]), size=int(field[3]), fs=field[4],
                    unread=field[5])
            elif field[0] == 'T':
                self.total = dict(zip(
                    ('files', 'bytes', 'losses', 'failures', 'memory'),
                    map(int, field[1:])))
            elif field[0]:
                self.entries.append(dict(
                    type=field[0], volume=field[1], record=field[2],
                    size=int(field[3]), sha256=field[4], bad=int(field[5]),
                    path=unescape(field[6])))

    def files(self, volume):
        """path → entry of one volume; folders and links are left out."""
        return {e['path']: e for e in self.entries
                if e['volume'] == volume and e['type'] == 'f'}

    def at(self, offset):
        """The id of the volume that begins there; of two one that is read."""
        there = [(volume['unread'] != '-', number)
                 for number, volume in self.volumes.items()
                 if volume['offset'] == offset]
        return min(there)[1] if there else None


def unescape(path):
    out, escape = [], False
    for c in path:
        if escape:
            out.append({'t': '\t', 'n': '\n'}.get(c, c))
        elif c != '\\':
            out.append(c)
        escape = c == '\\' and not escape
    return ''.join(out)
