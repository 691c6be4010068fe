#!/bin/sh
# race.sh: while files are lifted, another process keeps putting links where
# they go: over folders, and under names that are about to be made.  Whatever
# the run makes of it, nothing is written outside of its folder.
. "$(dirname "$0")/lib.sh"

need mkfs.fat mcopy python3 || finish
img=$tmp/many.img
truncate -s 16M "$img"
mkfs.fat -F 16 "$img" >/dev/null
python3 - "$tmp/tree" <<'PY'
import os, sys
for a in range(12):
    for b in range(6):
        folder = f'{sys.argv[1]}/d{a}/e{b}'
        os.makedirs(folder)
        for c in range(6):
            with open(f'{folder}/f{c}', 'wb') as f:
                f.write(b'from the evidence ' * 40)
PY
MTOOLS_SKIP_CHECK=1 mcopy -s -Q -i "$img" "$tmp"/tree/* :: ||
	{ not_ok "a volume is made"; finish; }

cat >"$tmp/race.py" <<'PY'
import os, random, shutil, signal, subprocess, sys, time
hivelift, image, top = sys.argv[1:4]
out, trap, aside = f'{top}/out', f'{top}/trap', f'{top}/aside'
names = [f'{k}{i}' for k in 'def' for i in range(12)]
random.seed(6)


def attempt(f, *args):
    try:
        f(*args)
        return True
    except OSError:
        return False


def plant(i):
    """One dirty trick somewhere below the output folder; counts those done."""
    folders = [d for d, _, _ in os.walk(out)]
    if not folders:
        return 0
    where = random.choice(folders)
    name = f'{where}/{random.choice(names)}'
    if i % 3 == 0:
        return attempt(os.symlink, trap, name)
    if i % 3 == 1:
        return attempt(os.symlink, f'{trap}/made-through-a-link', name)
    if where == out:
        return 0
    # the folder itself becomes a link, while the run is in it
    if not attempt(os.rename, where, f'{aside}/{i}'):
        return 0
    return attempt(os.symlink, trap, where)


tricks = bad = wrong = 0
for round in range(12):
    for d in (out, trap, aside):
        shutil.rmtree(d, ignore_errors=True)
    os.makedirs(trap)
    os.makedirs(aside)
    with open(f'{trap}/f1', 'w') as f:
        f.write('not yours')
    force = ['--force'] if round % 2 else []
    # the sandbox would hide what openat alone does not hold
    if round % 4 > 1:
        force.append('--no-sandbox')
    p = subprocess.Popen([hivelift, 'extract', *force, image, '-o', out, '/'],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # stopped and let go again, so that neither wins by being faster
    i = 0
    while p.poll() is None:
        time.sleep(0.0005)
        p.send_signal(signal.SIGSTOP)
        for _ in range(6):
            tricks += plant(i)
            i += 1
        p.send_signal(signal.SIGCONT)
    with open(f'{trap}/f1') as f:
        bad += os.listdir(trap) != ['f1'] or f.read() != 'not yours'
    wrong += p.returncode not in (0, 1, 2)
print('links were planted' if tricks > 20 else f'only {tricks} tricks',
      bad, 'written outside', wrong, 'odd statuses')
PY
python3 "$tmp/race.py" "$HIVELIFT" "$img" "$tmp/race" >"$out" 2>&1
equal "twelve runs against a planter" "$(cat "$out")" \
	"links were planted 0 written outside 0 odd statuses"
finish
