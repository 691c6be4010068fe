#!/bin/sh
# snapshots.sh: shadow copies as volumes of their own: --snapshots, N.sK:/path,
# what is equal is written once, and damage costs what it hits.
. "$(dirname "$0")/lib.sh"

need mkntfs ntfs-3g python3 || finish
mnt=$tmp/mnt
undo() { umount "$mnt" 2>/dev/null; }
mkdir "$mnt"
sam=$tmp/sam sys=$tmp/security software=$tmp/software
for name in SAM SECURITY SOFTWARE; do
	"$HIVELIFT" cat "$root/testdata/sample.E01" -q \
		3:/Windows/System32/config/$name \
		>"$tmp/$(echo $name | tr '[:upper:]' '[:lower:]')" 2>/dev/null
done
[ -s "$sam" ] && [ -s "$sys" ] && [ -s "$software" ] || {
	not_ok "hives of the sample"
	finish
}

# the volume, and how it was before each of two changes
truncate -s 48M "$tmp/vol"
mkntfs -F -q -f -L SHADOW -s 512 -p 0 -H 255 -S 63 "$tmp/vol" >/dev/null 2>&1
config=$mnt/Windows/System32/config
change() { # NAME FROM: config/NAME becomes that file, as large as it is
	ntfs-3g "$tmp/vol" "$mnt" >/dev/null 2>&1 || return 1
	mkdir -p "$config"
	# in its place where it is, so that a store has to keep what was there
	if [ -e "$config/$1" ]; then
		dd if="$2" of="$config/$1" conv=notrunc bs=64k 2>/dev/null
	else
		cp "$2" "$config/$1"
	fi
	sync
	umount "$mnt"
}
change SAM "$sam" && change SOFTWARE "$software" || {
	skip "no ntfs-3g mount here"
	finish
}
cp "$tmp/vol" "$tmp/old1"
change SAM "$sys"
cp "$tmp/vol" "$tmp/old2"
change SYSTEM "$sys"
img=$tmp/disk.raw
make_disk() {
	python3 "$root/tests/system/vssmake.py" --at 0x2000000 "$img" \
		"$tmp/vol" "$tmp/old2" "$tmp/old1"
}
check "a volume with two shadow copies is made" make_disk

# ---- info, ls, cat, stat --------------------------------------------------
run 0 "info without them" info "$img"
lacks "$out" "no copy is listed" "1.s1"
run 0 "info with them" info --snapshots "$img"
has "$out" "the first copy" "volume 1.s1: shadow copy of 2019-06-05T00:43:01"
has "$out" "its identifier" "{c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1}"
lacks "$err" "libvshadow was asked, where there is one" "no second opinion"
if "$HIVELIFT" --version | grep -q 'libvshadow [0-9]' &&
   [ "$(uname)" = Linux ]; then
	# it is loaded by its name when it is wanted
	mkdir "$tmp/none"
	: >"$tmp/none/libvshadow.so.1"
	: >"$tmp/none/libvshadow.so"
	LD_LIBRARY_PATH=$tmp/none
	export LD_LIBRARY_PATH
	run 0 "libvshadow has gone since the build" info --snapshots "$img"
	has "$err" "that is said" "libvshadow is not on this system"
	has "$out" "and the copies are read" "volume 1.s2"
	unset LD_LIBRARY_PATH
fi
run 0 "info --json" info --snapshots --json "$img"
equal "two copies in JSON" "2" \
	"$(json 'len([r for r in rows if r.get("shadow_copy")])')"
equal "their order" "['1.s1', '1.s2']" \
	"$(json '[r["volume"] for r in rows if r.get("shadow_copy")]')"
equal "their times" "['2019-06-05T00:43:01.4843750Z', '2019-06-05T01:43:01.4843750Z']" \
	"$(json '[r["shadow_copy"]["created"] for r in rows if r.get("shadow_copy")]')"
for n in 1 2; do
	[ $n = 1 ] && want=$sam || want=$sys
	run 0 "cat from copy $n, by its path alone" cat "$img" \
		"1.s$n:/Windows/System32/config/SAM"
	equal "its content" "$(sha <"$out")" "$(sha <"$want")"
	run 0 "cat with --volume" cat "$img" --volume 1.s$n \
		/Windows/System32/config/SAM
	equal "the same" "$(sha <"$out")" "$(sha <"$want")"
done
run 1 "what came later is not in a copy" cat "$img" \
	1.s1:/Windows/System32/config/SYSTEM
run 1 "a copy that is not there" cat "$img" 1.s9:/Windows
has "$err" "is named" "1.s9"
run 0 "the live file is the live one" cat "$img" /Windows/System32/config/SYSTEM
run 1 "on several volumes" cat "$img" --snapshots /Windows/System32/config/SAM
has "$err" "which are named" "1:/Windows/System32/config/SAM 1.s1:"
run 0 "ls of a copy" ls "$img" 1.s1:/Windows/System32/config
lacks "$out" "without what came later" "SYSTEM"
run 0 "stat" stat --json "$img" 1.s1:/Windows/System32/config/SAM
has "$out" "has the copy's volume" '"volume":"1.s1"'
run 0 "one of them" ls --json --snapshots=2 -R "$img"
equal "only that" "['1', '1.s2']" \
	"$(json 'sorted({r["volume"] for r in rows if "path" in r})')"
run 0 "the list as a word of its own" ls --json --snapshots 1,2 -R "$img"
equal "both" "['1', '1.s1', '1.s2']" \
	"$(json 'sorted({r["volume"] for r in rows if "path" in r})')"

# ---- hives ------------------------------------------------------------------
run 0 "hives" hives --snapshots --json "$img"
hive() { json "[r['same_as'] for r in rows if r.get('path','').endswith('$2') and r['volume']=='$1']"; }
equal "SOFTWARE of copy 1 is the live one" \
	"['1:/Windows/System32/config/SOFTWARE']" "$(hive 1.s1 SOFTWARE)"
equal "SAM of copy 1 is like no other" "[None]" "$(hive 1.s1 SAM)"
equal "the copies are searched" "['1', '1.s1', '1.s2']" \
	"$(json "[s['volume'] for r in rows if r.get('type')=='coverage' for s in r['coverage']['searched']]")"
run 0 "hives for people" hives --snapshots "$img"
has "$out" "says what is the same" "same as"

# ---- extract ----------------------------------------------------------------
run 0 "extract" extract --snapshots -o "$tmp/x" "$img"
check "sums" sh -c "cd '$tmp/x' && sha256sum --quiet -c SHA256SUMS"
check "what is live is written" test -s "$tmp/x/v1/Windows/System32/config/SAM"
check "what differs is" cmp "$sam" "$tmp/x/v1.s1/Windows/System32/config/SAM"
check "what is the same is not" \
	test ! -e "$tmp/x/v1.s1/Windows/System32/config/SOFTWARE"
manifest() {
	python3 -c '
import json, sys
m = json.load(open(sys.argv[1])); f = m["files"]
print(eval(sys.argv[2]))' "$tmp/x/manifest.json" "$1"
}
equal "every place has its entry" "7" \
	"$(manifest 'len([e for e in f if e["kind"]])')"
equal "and says where the bytes are" \
	"[('1:/Windows/System32/config/SOFTWARE', 'v1/Windows/System32/config/SOFTWARE')]" \
	"$(manifest '[(e["same_as"], e["output"]) for e in f if e["volume"]=="1.s1" and e["path"].endswith("SOFTWARE")]')"
equal "stores and the live volume are told apart" "True" \
	"$(manifest 'any(r.get("from")=="store" for e in f if e["volume"]=="1.s1" and e["path"].endswith("SAM") for r in e["runs"])')"
# each run's bytes, read from the image by dd alone, are the file's
runs_are() {
	python3 -c '
import hashlib, json, sys
m = json.load(open(sys.argv[1])); img = open(sys.argv[2], "rb"); n = 0
for e in m["files"]:
    if not e["sha256"]: continue
    d = b""
    for r in e["runs"]:
        if r["offset"] is None: d += bytes(r["length"]); continue
        img.seek(r["offset"]); d += img.read(r["length"])
    assert hashlib.sha256(d).hexdigest() == e["sha256"], e["path"]; n += 1
assert n >= 7' "$tmp/x/manifest.json" "$img"
}
check "every run's offset leads to the very bytes" runs_are
run 0 "the folder verifies" verify "$tmp/x" --image "$img"
run 0 "--all-copies" extract --snapshots --all-copies -o "$tmp/all" "$img"
check "writes all" cmp "$software" \
	"$tmp/all/v1.s1/Windows/System32/config/SOFTWARE"
run 0 "that folder verifies" verify "$tmp/all" --image "$img"
run 0 "flat" extract --snapshots --layout regripper -o "$tmp/flat" "$img"
check "one SOFTWARE" test "$(find "$tmp/flat" -name '*SOFTWARE*' | wc -l)" = 1
run 0 "tar" extract --snapshots -o - "$img"
equal "has them too" "1" "$(tar tf "$out" | grep -c 'v1.s1/.*/SAM$')"

# ---- exec -------------------------------------------------------------------
run 0 "exec" exec --snapshots "$img" -- echo {}
equal "once for each content" "4" "$(wc -l <"$out" | tr -d ' ')"
has "$err" "the others are named" "1.s1:/Windows/System32/config/SOFTWARE: the same as"
run 0 "exec --all-copies" exec --snapshots --all-copies "$img" -- echo {}
equal "for every place" "7" "$(wc -l <"$out" | tr -d ' ')"

# ---- below BitLocker --------------------------------------------------------
if python3 -c 'import cryptography' 2>/dev/null; then
	PYTHONPATH=$root/tests/system python3 -c '
import sys, locked
locked.encrypt(sys.argv[1], sys.argv[2], "--startup", sys.argv[3])' \
		"$img" "$tmp/locked" "$tmp/key.BEK"
	run 0 "a copy below BitLocker alone" cat "$tmp/locked" \
		--startup-key "$tmp/key.BEK" 1.s1:/Windows/System32/config/SAM
	equal "its content" "$(sha <"$out")" "$(sha <"$sam")"
	run 1 "without a key" cat "$tmp/locked" \
		1.s1:/Windows/System32/config/SAM
	rm -f "$tmp/locked"
else
	skip "no python3-cryptography here"
fi

# ---- another reader ---------------------------------------------------------
if need vshadowmount fusermount; then
	if vshadowmount "$img" "$mnt" >/dev/null 2>&1; then
		for n in 1 2; do
			dd if="$mnt/vss$n" bs=16384 skip=1 2>/dev/null |
				head -c 33538048 | sha >"$tmp/a"
			dd if="$tmp/old$n" bs=16384 skip=1 2>/dev/null |
				head -c 33538048 | sha >"$tmp/b"
			check "vshadowmount shows copy $n as it was made" \
				cmp "$tmp/a" "$tmp/b"
		done
		fusermount -u "$mnt"
	else
		skip "vshadowmount does not mount here"
	fi
fi

# ---- damage -----------------------------------------------------------------
poke() { # OFFSET TEXT
	printf '%b' "$2" | dd of="$img" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
offset_of() { # KIND N: the offset of the N-th block of that kind
	python3 -c '
import sys
d = open(sys.argv[1], "rb").read(); kind, n = map(int, sys.argv[2:])
g = bytes.fromhex("6b87083876c1484eb7ae04046e6cc752") + bytes([1, 0, 0, 0, kind])
print([i for i in range(0, len(d), 512) if d[i:i + 21] == g][n])' "$img" "$1" "$2"
}
sam1=1.s1:/Windows/System32/config/SAM
poke "$(offset_of 4 0)" XXXX
run 0 "a store's header is gone: its copy is read" cat "$img" $sam1
equal "as it was" "$(sha <"$out")" "$(sha <"$sam")"
has "$err" "and it is said" "the header of its store is damaged"
make_disk
poke "$(offset_of 3 0)" XXXX
run 2 "a copy's list is gone" hives --snapshots --json "$img"
has "$err" "it is named" "volume 1.s1 is not read"
equal "the other copy is read" "True" \
	"$(json "any(r.get('volume')=='1.s2' and r.get('kind') for r in rows)")"
make_disk
poke $(($(offset_of 3 1) + 128)) '\001'
run 2 "a line of the newer list is damaged" hives --snapshots --json "$img"
has "$err" "it is said" "the list of the blocks it keeps is damaged"
equal "both are read" "['1', '1.s1', '1.s2']" \
	"$(json "[s['volume'] for r in rows if r.get('type')=='coverage' for s in r['coverage']['searched']]")"
make_disk
poke "$(offset_of 2 0)" XXXX
run 2 "the catalogue is gone" ls --snapshots "$img"
has "$err" "it is said" "the catalogue is damaged"
make_disk
second=$(offset_of 2 1)
poke $(($(offset_of 2 0) + 40)) "$(printf '\\%03o\\%03o\\%03o\\%03o' \
	$(($(offset_of 2 0) & 255)) $(($(offset_of 2 0) >> 8 & 255)) \
	$(($(offset_of 2 0) >> 16 & 255)) $(($(offset_of 2 0) >> 24 & 255)))"
check "there was a second block of it" test "$second" -gt 0
run 2 "the catalogue leads back to itself" cat "$img" $sam1
equal "and the copies are read" "$(sha <"$out")" "$(sha <"$sam")"
make_disk
poke 7680 XXXX
run 1 "no header, no copies" cat "$img" $sam1

# ---- carve ------------------------------------------------------------------
# free clusters of the copy still held a hive; the volume of today has zeros,
# and the store lies in clusters that are in use, as on every real volume
gone=$root/testdata/fuzz/carve/whole
bitmap=$("$HIVELIFT" stat -q "$tmp/vol" '/$Bitmap' | tail -n 1 |
	awk '{ print $3 }')
head -c 512 /dev/zero | tr '\0' '\377' | dd of="$tmp/vol" bs=1 \
	seek=$((bitmap + 0x2000000 / 4096 / 8)) conv=notrunc status=none
cp "$tmp/vol" "$tmp/old3"
dd if=/dev/urandom of="$tmp/old3" bs=4096 seek=7168 count=16 conv=notrunc \
	status=none
dd if="$gone" of="$tmp/old3" bs=4096 seek=7168 conv=notrunc status=none
python3 "$root/tests/system/vssmake.py" --at 0x2000000 "$tmp/disk3" \
	"$tmp/vol" "$tmp/old3"
found() {
	json '[(r["volume"], r["found"], r["where"]) for r in rows
		if "found" in r]'
}
run 0 "carve" carve --json "$tmp/disk3" -o "$tmp/c1"
equal "carve: not in the volume of today" "[]" "$(found)"
run 0 "carve --snapshots" carve --json --snapshots "$tmp/disk3" -o "$tmp/c2"
equal "carve --snapshots: in the copy" \
	"[('1.s1', 'hive', 'unallocated')]" "$(found)"
check "carve --snapshots: exact" cmp "$tmp"/c2/carved/v1.s1/*.hive "$gone"
equal "carve --snapshots: its place on the image" "$(sha <"$gone")" \
	"$(python3 - "$out" "$tmp/disk3" <<'P' | sha
import json, sys
row = json.loads(open(sys.argv[1]).readline())
with open(sys.argv[2], 'rb') as f:
    for r in row['runs']:
        f.seek(r['offset'])
        sys.stdout.buffer.write(f.read(r['length']))
P
)"
run 0 "carve --volume 1.s1" carve --json --volume 1.s1 "$tmp/disk3" -o "$tmp/c4"
equal "carve --volume 1.s1: in the copy" \
	"[('1.s1', 'hive', 'unallocated')]" "$(found)"
run 0 "carve --all --snapshots" carve --json --all --snapshots "$tmp/disk3" \
	-o "$tmp/c3"
equal "carve --all --snapshots: found" True "$(json \
	'any(r.get("state") == "clean" and r.get("whole") for r in rows)')"

make_disk
run 2 "a copy that is not there" ls --snapshots=2,9 "$img"
has "$err" "a copy that is not there: said" "no volume has a shadow copy 9"
lacks "$err" "the one that is there is not" "shadow copy 2"
has "$out" "the one that is there is listed" "1.s2:"

# ---- usage ------------------------------------------------------------------
run 1 "a list that is none" hives --snapshots=1,x "$img"
run 1 "number 0" hives --snapshots=0 "$img"
run 0 "--all-copies alone" extract --all-copies -o "$tmp/y" "$img"
has "$err" "--all-copies alone: said" \
	"--all-copies changes nothing: it goes with --snapshots"
finish
