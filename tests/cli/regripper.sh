#!/bin/sh
# regripper.sh: RegRipper and hivexml on what exec and extract hand them.
. "$(dirname "$0")/lib.sh"

img=$corpus/cases/win10.E01
if [ ! -r "$img" ] || ! "$HIVELIFT" info -q "$img" >/dev/null 2>&1; then
	skip "no corpus here"
	finish
fi
PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0 # -a orders keys at random otherwise
export PERL_HASH_SEED PERL_PERTURB_KEYS

# reference OUT: alice's hive with LOG1 applied, by another hand: entries of
# the log in the order of their numbers, its result checked against the hash
# that the corpus states
reference() {
	hivelift() { "$HIVELIFT" cat -q "$img" "3:/Users/alice/$1"; }
	hivelift NTUSER.DAT >"$tmp/ref.hive" || return 1
	hivelift NTUSER.DAT.LOG1 >"$tmp/ref.log" || return 1
	python3 - "$tmp/ref.hive" "$tmp/ref.log" "$1" <<'PY'
import hashlib, struct, sys
hive, log = (bytearray(open(p, 'rb').read()) for p in sys.argv[1:3])
seq, off, size = struct.unpack_from('<I', log, 4)[0], 512, 0
while log[off:off + 4] == b'HvLE':
    length, flags, number, bins, n = struct.unpack_from('<5I', log, off + 4)
    if number != seq:
        break
    hive.extend(bytes(max(0, 4096 + bins - len(hive))))
    at = off + 40 + 8 * n
    for i in range(n):
        to, count = struct.unpack_from('<2I', log, off + 40 + 8 * i)
        hive[4096 + to:4096 + to + count] = log[at:at + count]
        at += count
    last, size, seq, off = number, bins, seq + 1, off + length
digest = hashlib.sha256(hive[4096:]).hexdigest() # as the corpus has it
assert digest.startswith('2414c9b55b501171'), digest
struct.pack_into('<2I', hive, 4, last, last)
struct.pack_into('<I', hive, 40, size)
x = 0
for w in struct.unpack_from('<127I', hive, 0):
    x ^= w
struct.pack_into('<I', hive, 508, x)
open(sys.argv[3], 'wb').write(hive)
PY
}

# through NAME OPTIONS...: RegRipper by exec, the hive by one name always
mkdir "$tmp/h" "$tmp/rr"
path=$tmp/h/NTUSER.DAT
through() {
	n=$1
	shift
	"$HIVELIFT" exec -q --user alice --kind NTUSER "$@" "$img" -- \
		sh -c "ln -sf {} '$path' && regripper -r '$path' -a" \
		>"$tmp/rr/$n" 2>"$err"
	equal "$n: status" $? 0
	rm -f "$path"
}

if need regripper; then
	through as-found --as-found
	"$HIVELIFT" cat -q "$img" 3:/Users/alice/NTUSER.DAT >"$path"
	regripper -r "$path" -a >"$tmp/rr/file" 2>/dev/null
	check "as found: as on the file itself" cmp "$tmp/rr/as-found" \
		"$tmp/rr/file"
	check "it has something to say" \
		test "$(wc -l <"$tmp/rr/file")" -gt 100
	rm -f "$path"
	through replayed
	check "the reference replays" reference "$path"
	regripper -r "$path" -a >"$tmp/rr/reference" 2>/dev/null
	rm -f "$path"
	check "replayed: as on a hive that was replayed by another hand" \
		cmp "$tmp/rr/replayed" "$tmp/rr/reference"
	sort -u "$tmp/rr/as-found" >"$tmp/rr/a"
	sort -u "$tmp/rr/replayed" >"$tmp/rr/b"
	check "it holds entries that only the log holds" \
		test "$(comm -13 "$tmp/rr/a" "$tmp/rr/b" | wc -l)" -gt 0
	"$HIVELIFT" exec -q --user alice --kind NTUSER "$img" -- \
		regripper -r {} -a >"$tmp/rr/plain" 2>/dev/null
	equal "regripper -r {} -a: status" $? 0
	sed 's|/proc/self/fd/[0-9]*|'"$path"'|g' "$tmp/rr/plain" \
		>"$tmp/rr/plain2"
	check "regripper -r {} -a: the same report" \
		cmp "$tmp/rr/plain2" "$tmp/rr/replayed"

	run 0 "a BCD" exec --kind BCD "$img" -- regripper -r {} -a
	check "a BCD: nothing to say is no error" test ! -s "$out"
	run 0 "one plugin over all users" exec --kind NTUSER "$img" -- \
		regripper -r {} -p userassist
	run 0 "everything" exec -q --out "$tmp/all" "$img" -- \
		regripper -r {} -a
	for f in v3_alice_NTUSER.DAT v3_SYSTEM v3_SAM v3_alice_UsrClass.dat; do
		check "everything: $f" test -s "$tmp/all/$f.txt"
	done
	run 0 "a time line" exec -q "$img" -- sh -c \
		'regripper -r {} -aT -u "$HIVELIFT_USER"'
	grep -aE '^[0-9]+\|REG\|' "$out" >"$tmp/tln"
	check "a time line: it has lines" test -s "$tmp/tln"

	# the same out of a folder
	run 0 "layout" extract --layout regripper "$img" -o "$tmp/flat"
	regripper -r "$tmp/flat/v3_alice_NTUSER.DAT" -a 2>/dev/null |
		sed "s|$tmp/flat/v3_alice_NTUSER.DAT|$path|g" >"$tmp/rr/flat"
	check "layout: the replayed hive" cmp "$tmp/rr/flat" \
		"$tmp/rr/replayed"
	"$HIVELIFT" extract -q --layout regripper --print0 "$img" \
		-o "$tmp/flat2" 2>/dev/null |
		xargs -0 -n 1 sh -c 'regripper -r "$1" -a' sh \
		>"$tmp/rr/xargs" 2>/dev/null
	check "--print0: for xargs -0" test -s "$tmp/rr/xargs"
fi
if need hivexml xmllint; then
	run 0 "hivexml opens all" exec -q --kind NTUSER --kind SAM \
		--kind SECURITY "$img" -- sh -c 'hivexml {} | xmllint --noout -'
fi
finish
