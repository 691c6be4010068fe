#!/usr/bin/env python3
"""forgotten: of a key nothing is left: at the end of the program its memory
is searched, by a library that is loaded into it, for everything that
mkbde.py made the volume of: the password as it was given and as UTF-16, what
it is stretched to, the volume's master key and the key of its sectors.  While
it runs they are to be found there, so that the search is known to work; in
what it writes they are never, nor in a core."""
import hashlib
import os
import pty
import resource
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import HIVELIFT, ROOT, Tally, need, run, scratch, tool

sys.path.insert(0, os.path.join(ROOT, 'tests', 'tools'))
MKBDE = os.path.join(ROOT, 'tests', 'tools', 'mkbde.py')
# what free() writes over the start of it does not hide it
PASSWORD = 'Zebra crossing 7, and more than the first few bytes of it'
WRONG = PASSWORD.replace('7', '8')
RECOVERY = '042647-302313-590458-071500-554323-116567-412181-516978'

# Writes what it can write to of itself into a file, when the program is done
# or when it closes that descriptor; libraries of its own are in it, too.
SHIM = r'''
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int out = -1;

static void dump(void)
{
	static char line[512];
	unsigned long from, to;
	char rights[8];
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3 &&
		    rights[0] == 'r' && rights[1] == 'w' &&
		    !strstr(line, "[vvar") && write(out, (void *)from,
		                                    to - from) < 0)
			_exit(99);
	close(out);
	out = -1;
}

__attribute__((constructor)) static void begin(void)
{
	const char *name = getenv("DUMP");

	out = name ? open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
	unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void end(void)
{
	if (out >= 0 && !getenv("DUMP_AT_WRITE"))
		dump();
}

/* While it still holds the key: what is read is written out. */
ssize_t write(int fd, const void *p, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);

	if (!real)
		real = (ssize_t (*)(int, const void *, size_t))
			dlsym((void *)-1l, "write");
	if (fd == 1 && out >= 0 && getenv("DUMP_AT_WRITE"))
		dump();
	return real(fd, p, n);
}
'''


def secrets(mkbde, args):
    """name -> bytes, in the order in which mkbde.py draws them."""
    r = mkbde.Random('1')
    volume = mkbde.Volume('xts128', 512, r)
    found = {'key of the sectors': volume.key[:16],
             'its second half': volume.key[16:], 'master key': r(32)}
    if '--password' in args:
        first = hashlib.sha256(PASSWORD.encode('utf-16-le')).digest()
        start = mkbde.from_password(PASSWORD)
        r(16)
        found.update({
            'password': PASSWORD.encode(), 'its hash': first,
            'password in UTF-16': PASSWORD.encode('utf-16-le'),
            'hash of the hash': start, 'stretched': mkbde.stretch(start,
                                                                  r(16))})
    if '--recovery' in args:
        start = mkbde.from_recovery(RECOVERY)
        r(16)
        found.update({'recovery key': RECOVERY.encode(), 'its hash': start,
                      'stretched': mkbde.stretch(start, r(16))})
    if '--startup' in args:
        r(16)
        found['startup key'] = r(32)
    return found


def left(names, data):
    """Also one half of it, and its digits."""
    out = []
    for name, s in names.items():
        if any(p in data for p in (s, s[:16], s[-16:], s.hex().encode())):
            out.append(name)
    return sorted(out)


def forgets(t, tmp, image, names, what, argv, want=0, stdin=None):
    dump = os.path.join(tmp, 'dump')
    env = {**os.environ, 'LD_PRELOAD': os.path.join(tmp, 'shim.so'),
           'DUMP': dump}
    for during in (False, True):
        if os.path.exists(dump):
            os.unlink(dump)
        if during:
            env['DUMP_AT_WRITE'] = '1'
        p = subprocess.run([HIVELIFT, *argv[:1], image, *argv[1:],
                            '--no-sandbox'], env=env, capture_output=True,
                           input=stdin)
        with open(dump, 'rb') as f:
            data = f.read()
        if during:
            # others write what they found when they have forgotten it
            t.check(want or argv[0] != 'ls' or left(names, data),
                    f'{what}: the search finds what is there')
        else:
            t.check(len(data) > 1 << 18, f'{what}: memory was written: '
                    f'{len(data)}')
            t.equal(left(names, data), [], f'{what}: nothing is left')
        t.equal(p.returncode, want, f'{what}: status: {p.stderr}')
        t.equal(left(names, p.stdout + p.stderr), [],
                f'{what}: nothing is written')


def kinds(t, tmp, mkbde, plain):
    image, bek = os.path.join(tmp, 'enc'), os.path.join(tmp, 'x.BEK')
    files = {}
    for name, text in (('password', PASSWORD), ('recovery', RECOVERY),
                       ('wrong', WRONG)):
        files[name] = os.path.join(tmp, name)
        with open(files[name], 'w', encoding='utf-8') as f:
            f.write(text + '\n')
    files['startup'] = bek
    for kind, option, made in (
            ('password', '--password-file', ['--password', PASSWORD]),
            ('recovery', '--recovery-key-file', ['--recovery', RECOVERY]),
            ('startup', '--startup-key', ['--startup', bek])):
        tool(sys.executable, MKBDE, plain, image, *made)
        names = secrets(mkbde, made)
        for command in (['cat', '/hello.txt'], ['ls', '--json', '-R'],
                        ['info', '--json'], ['ls', '-v', '--stats', '-R']):
            forgets(t, tmp, image, names, f'{kind}: {command[0]}',
                    [*command, option, files[kind]])
        if kind != 'password':
            continue
        forgets(t, tmp, image, names, 'from stdin',
                ['ls', '--json', option, '-'], stdin=PASSWORD.encode())
        wrong = {'wrong password': WRONG.encode(),
                 'in UTF-16': WRONG.encode('utf-16-le')}
        forgets(t, tmp, image, wrong, 'a wrong one',
                ['ls', '--json', option, files['wrong']], want=2)
        forgets(t, tmp, image, names, 'a path that is not there',
                ['cat', '/none', option, files[kind]], want=1)
        typed(t, tmp, image, names)
        core(t, tmp, image, names, files[kind])


def typed(t, tmp, image, names):
    dump = os.path.join(tmp, 'dump')
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(LD_PRELOAD=os.path.join(tmp, 'shim.so'), DUMP=dump)
        os.execv(HIVELIFT, [HIVELIFT, 'ls', image, '--no-sandbox'])
    shown, end, sent = b'', time.monotonic() + 600, False
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                shown += os.read(fd, 65536)
            except OSError:
                break
        if not sent and shown.endswith(b'locked): '):
            os.write(fd, PASSWORD.encode() + b'\n')
            sent = True
    os.waitpid(pid, 0)
    os.close(fd)
    with open(dump, 'rb') as f:
        t.equal(left(names, f.read()), [], 'typed: nothing is left')
    t.check(b'hello' in shown.lower(), f'typed: it opens: {shown}')
    t.equal(left(names, shown), [], 'typed: nothing is shown')


def core(t, tmp, image, names, key):
    """Killed while it holds the key: no core, in the sandbox or not."""
    for more in ([], ['--no-sandbox']):
        folder = os.path.join(tmp, 'core')
        os.makedirs(folder, exist_ok=True)
        read, write = os.pipe()
        p = subprocess.Popen(
            [HIVELIFT, 'ls', '-R', os.path.abspath(image), '--password-file',
             key, *more], cwd=folder, stdout=write, stderr=write,
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2))
        os.close(write)
        with open(f'/proc/{p.pid}/cmdline', 'rb') as f:
            t.equal(left(names, f.read()), [], 'not in the arguments')
        time.sleep(0.3)  # it takes a second to stretch the key
        with open(f'/proc/{p.pid}/limits', encoding='ascii') as f:
            limit = [x for x in f if 'core' in x][0].split()
        t.equal(limit[4:6], ['0', '0'], f'no core: {more}')
        p.send_signal(signal.SIGSEGV)
        p.wait()
        os.close(read)
        t.equal(os.listdir(folder), [], f'no core is written: {more}')


def main():
    t = Tally('forgotten')
    if run(sys.executable, MKBDE, '--help')[0] != 0:
        t.skip('no python3-cryptography here')
        t.done()
    if not need(t, 'cc', 'mkfs.fat', 'mcopy') or \
            not os.path.exists('/proc/self/maps'):
        t.done()
    import mkbde  # where it re-executed itself we are in that Python too
    with scratch('forgotten') as tmp:
        source = os.path.join(tmp, 'shim.c')
        with open(source, 'w', encoding='ascii') as f:
            f.write(SHIM)
        tool('cc', '-shared', '-fPIC', '-O1', '-o',
             os.path.join(tmp, 'shim.so'), source)
        plain = os.path.join(tmp, 'plain')
        with open(plain, 'wb') as f:
            f.truncate(8 << 20)
        tool('mkfs.fat', plain)
        hello = os.path.join(tmp, 'hello.txt')
        with open(hello, 'wb') as f:
            f.write(b'hello\n')
        tool('mcopy', '-i', plain, hello, '::/hello.txt')
        kinds(t, tmp, mkbde, plain)
    t.done()


if __name__ == '__main__':
    main()
