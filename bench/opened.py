"""The races over copies.py: hives of all shadow copies, and BitLocker."""
import os
import re

import copies
import hives
from timing import QUICK, Racer, race, run, tool_path, HIVELIFT

PLACES = '|'.join('\t' + p.replace('.', '[.]') + '$' for p, *_ in hives.PLACES)
# What an examiner writes without us: each copy as a file, and of each copy and
# of the volume itself every name, and each hive by its number.
SCRIPT = r'''
lift() {
	mkdir -p "$2" && fls -r -p "$1" | grep -E '%s' |
	while IFS='	' read -r meta name; do
		n=${meta##* }
		icat "$1" "${n%%:}" >"$2/$(echo "$name" | tr / _)" || exit 1
	done
}
mkdir -p "$2/mnt" && vshadowmount "$1" "$2/mnt" >/dev/null || exit 1
for copy in "$2"/mnt/vss*; do
	lift "$copy" "$2/${copy##*/}"
done
fusermount -u "$2/mnt"
lift "$1" "$2/live"
[ "$(find "$2" -type f | wc -l)" = %d ]
''' % (PLACES, len(hives.PLACES) * copies.STATES)
CIPHER, SECTOR = 'aes-128-xts', 512
TIMES = 4 if QUICK else 16


def snapshots(tmp, cold):
    image = not cold and copies.copies()
    if not image:
        return []
    ours, theirs = os.path.join(tmp, 'o'), os.path.join(tmp, 's')
    row = race('lift 13 hives from a volume and its 3 shadow copies', [
        Racer('hivelift extract --snapshots (three hashes)', [
            HIVELIFT, 'extract', '-q', '--snapshots', image, '-o', ours],
            before=lambda: run(['rm', '-rf', ours])),
        Racer('vshadowmount + fls + icat, no hash', [
            'sh', '-c', SCRIPT, 'sh', image, theirs], 5,
            before=lambda: run(['rm', '-rf', theirs]))])
    run(['rm', '-rf', ours, theirs])
    return [row]


def reading(image):
    """Seconds for a GiB of plain text by the clock and of the processor."""
    r = run([tool_path('readimage'), '-b', str(TIMES), image], keep=True)
    words = r.out.split()
    if r.status or len(words) < 4:
        return None
    gib = int(words[0]) * TIMES / (1 << 30)
    return float(words[-1]) / gib, float(words[-2]) / gib


def ciphering():
    """The same of the cipher alone, as openssl measures it."""
    r = run(['openssl', 'speed', '-mr', '-seconds', '1', '-bytes',
             str(SECTOR), '-decrypt', '-evp', CIPHER], keep=True)
    found = re.search(rb'\+F:\d+:[^:]*:([0-9.]+)', r.out)
    return found and ((1 << 30) / float(found[1]),) * 2


def bitlocker(tmp, cold):
    """No race of programs: rates, in turns, the best of each."""
    del tmp
    image = not cold and copies.locked()
    if not image:
        return []
    found = [], []
    for _ in range(3):
        for to, one in zip(found, (reading(image), ciphering())):
            if one:
                to.append(one)
    if not all(found):
        return []
    best = [[min(x[i] for x in who) for i in (0, 1)] for who in found]
    ratio = [best[1][i] / best[0][i] for i in (0, 1)]
    row = {'goal': None, 'why': None}
    return [{'title': 'a GiB of BitLocker, AES-XTS of 128 bits', 'cold': False,
             'racers': [
                 dict(row, name='reading it through the library',
                      wall=best[0][0], cpu=best[0][1], ratio_wall=None,
                      ratio_cpu=None),
                 dict(row, name=f'openssl speed -bytes {SECTOR} -evp {CIPHER}',
                      wall=best[1][0], cpu=best[1][1], ratio_wall=ratio[0],
                      ratio_cpu=ratio[1], goal=0.8, met=ratio[0] >= 0.8,
                      met_cpu=ratio[1] >= 0.8)]}]
