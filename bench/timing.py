"""One way to run a program and time it, and one way to race several: in
turns, so that the machine's other work falls on all of them, and by medians.

	wall	seconds by the clock
	cpu	user + system of the program and all that it started
"""
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BUILD = os.path.join(ROOT, os.environ.get('B', 'build'))
HIVELIFT = os.path.join(BUILD, 'hivelift')
QUICK = os.environ.get('QUICK', '') not in ('', '0')
ROUNDS = 2 if QUICK else 3
LIMIT = 120 if QUICK else 300     # seconds that one run may take
WHOLE = 300 if QUICK else 780     # seconds after which no more race starts
STARTED = [0.0]
os.environ['PATH'] += ':/usr/sbin:/sbin'
os.environ['LC_ALL'] = 'C.UTF-8'


def start():
    """The inputs are there: from now on the time counts."""
    STARTED[0] = time.monotonic()


def say(*words):
    print('bench:', *words, file=sys.stderr, flush=True)


def tool_path(name):
    return os.path.join(BUILD, 'tools', name)


class Run:
    """What one run took and said."""

    def __init__(self, wall, cpu, status, out, err, peak):
        self.wall, self.cpu, self.status = wall, cpu, status
        self.out, self.err, self.peak = out, err, peak


def run(argv, keep=False, cwd=None, limit=LIMIT):
    """One run; stdout is counted in lines, or kept."""
    out = subprocess.PIPE if keep else subprocess.DEVNULL
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=out,
                              stderr=subprocess.PIPE, check=False, cwd=cwd,
                              timeout=limit)
    except (OSError, subprocess.TimeoutExpired) as e:
        return Run(None, None, 127, b'', str(e).encode(), 0)
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(getattr(after, f) - getattr(before, f)
              for f in ('ru_utime', 'ru_stime'))
    return Run(wall, cpu, done.returncode, done.stdout or b'', done.stderr,
               after.ru_maxrss * 1024)


class Racer:
    """name; argv; what makes a fresh start; statuses that are right; the
    factor by which this peer must be slower than us (ours has none)"""

    def __init__(self, name, argv, goal=None, before=None, good=(0,),
                 cwd=None, once=False):
        self.name, self.argv, self.goal = name, argv, goal
        self.before, self.good, self.cwd = before, good, cwd
        self.once = once    # so slow that one round has to do
        self.runs, self.why, self.last = [], None, None

    def go(self):
        if self.before:
            self.before()
        r = run(self.argv, cwd=self.cwd)
        if r.wall is None or r.status not in self.good:
            words = r.err.decode(errors='replace').strip().splitlines()
            self.why = (words[-1] if words else f'status {r.status}')[:120]
            return
        self.last = r
        self.runs.append(r)

    def median(self, what):
        return statistics.median(getattr(r, what) for r in self.runs) \
            if self.runs else None


def drop_caches():
    """True where this is allowed: the next read comes from the medium."""
    try:
        os.sync()
        with open('/proc/sys/vm/drop_caches', 'w', encoding='ascii') as f:
            f.write('3\n')
        return True
    except OSError:
        return False


def race(title, racers, cold=False, rounds=ROUNDS):
    """One row for each racer; a peer that is missing or fails has a word."""
    found = {'title': title, 'cold': cold, 'racers': []}
    late = time.monotonic() - STARTED[0] > WHOLE
    for r in racers:
        if not shutil.which(r.argv[0]):
            r.why = f'no {os.path.basename(r.argv[0])} here'
        elif late:
            r.why = 'out of time'
    say(title + (' (cold)' if cold else ''))
    if not cold and not late:
        for r in racers:          # the first one warms the cache
            if not r.why and not r.once:
                r.go()
                r.runs.clear()
    for i in range(1 if cold else rounds):
        for r in racers:
            if r.why or (r.once and i):
                continue
            if cold and not drop_caches():
                r.why = 'caches cannot be dropped here'
                continue
            r.go()
    ours = racers[0]
    for r in racers:
        row = {'name': r.name, 'wall': r.median('wall'),
               'cpu': r.median('cpu'), 'why': r.why, 'goal': r.goal}
        for what in 'wall', 'cpu':
            a, b = ours.median(what), r.median(what)
            row['ratio_' + what] = b / a if a and b and r is not ours \
                else None
        if r.goal and row['ratio_wall'] is not None:
            row['met'] = row['ratio_wall'] >= r.goal
            row['met_cpu'] = (row['ratio_cpu'] or 0) >= r.goal
        found['racers'].append(row)
    return found
