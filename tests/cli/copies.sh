#!/bin/sh
# copies.sh: a hive is written once, however many shadow copies hold it: at the
# same place, moved, compressed, dirty; and anew where a byte, or one of its
# logs, is another one.  What was hashed (--all-copies) tells what is right.
. "$(dirname "$0")/lib.sh"

need mkntfs ntfs-3g python3 || finish
mnt=$tmp/mnt w=$tmp/w
undo() { umount "$mnt" 2>/dev/null; }
mkdir "$mnt" "$w"
check "mkhive builds" ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -O1 \
	-o "$tmp/mkhive" "$root"/tests/mkhive.c "$root"/tests/mkhive_*.c
hive() { "$tmp/mkhive" -p "${3:-262144}" -o "$w/$1" "$2"; }
dirty() {
	"$tmp/mkhive" -p 262144 -d hvle -1 "$w/$1.1" -2 "$w/$1.2" \
		-r "$w/$1.want" -o "$w/$1" "$2"
}
hive software SOFTWARE && hive sam SAM 131072 && hive drivers DEFAULT &&
	dirty system SYSTEM && dirty security SECURITY || {
	not_ok "hives"
	finish
}
"$tmp/mkhive" -p 4194304 -o "$w/big" SOFTWARE
# behind its last entry
head -c 512 /dev/zero >>"$w/system.2"
# it begins like the other one, and is as large
cp "$w/drivers" "$w/other"
printf 'otherwise' | dd of="$w/other" bs=1 seek=262000 conv=notrunc 2>/dev/null

truncate -s 48M "$tmp/vol"
mkntfs -F -q -f -s 512 -p 0 -H 255 -S 63 "$tmp/vol" >/dev/null 2>&1
config=$mnt/Windows/System32/config
open_vol() { ntfs-3g -o compression "$tmp/vol" "$mnt" >/dev/null 2>&1; }
close_vol() { sync; umount "$mnt"; }
over() { # FROM TO: its content becomes that, where it lies
	dd if="$w/$1" of="$config/$2" conv=notrunc bs=64k 2>/dev/null
}
open_vol || {
	skip "no ntfs-3g mount here"
	finish
}
mkdir -p "$config" "$mnt/Users/packed"
python3 -c '
import os, sys
os.setxattr(sys.argv[1], "system.ntfs_attrib_be", b"\0\0\x08\x10")' \
	"$mnt/Users/packed" || not_ok "a folder whose files are compressed"
cp "$w/sam" "$mnt/Users/packed/NTUSER.DAT"
for name in software sam drivers system security; do
	cp "$w/$name" "$config/$(echo $name | tr '[:lower:]' '[:upper:]')"
done
cp "$w/drivers" "$config/COMPONENTS"
cp "$w/big" "$config/ELAM"
: >"$config/DEFAULT"
for name in system security; do
	for log in 1 2; do
		cp "$w/$name.$log" \
			"$config/$(echo $name | tr '[:lower:]' '[:upper:]').LOG$log"
	done
done
close_vol
cp "$tmp/vol" "$tmp/old1"
open_vol
rm "$config/SOFTWARE"
cp "$w/sam" "$mnt/between"	# where it lay
cp "$w/software" "$config/SOFTWARE"
over other DRIVERS
over system.1 SECURITY.LOG1
printf 'x' | dd of="$config/SYSTEM.LOG2" bs=1 seek=5631 conv=notrunc 2>/dev/null
close_vol
cp "$tmp/vol" "$tmp/old2"
open_vol
over drivers DRIVERS
cp "$w/system.1" "$config/COMPONENTS.LOG1"
printf 'otherwise' | dd of="$config/ELAM" bs=1 seek=4194000 conv=notrunc \
	2>/dev/null
close_vol
img=$tmp/disk.raw
check "a volume with two shadow copies is made" python3 \
	"$root/tests/system/vssmake.py" --at 0x2000000 "$img" "$tmp/vol" \
	"$tmp/old2" "$tmp/old1"

run 0 "extract" extract --snapshots --stats -o "$tmp/x" "$img"
cp "$err" "$tmp/stats"
run 0 "extract --all-copies" extract --snapshots --all-copies -o "$tmp/all" \
	"$img"
check "its sums" sh -c "cd '$tmp/x' && sha256sum --quiet -c SHA256SUMS"
same() { # EXPRESSION over x, a (entries by place) and m (the manifest)
	python3 -c '
import json, sys
def entries(name):
    m = json.load(open(f"{sys.argv[1]}/{name}/manifest.json"))
    return m, {e["volume"] + ":" + e["path"].replace(
        "/Windows/System32/config", ""): e for e in m["files"]}
m, x = entries("x")
a = entries("all")[1]
def of(place):
    of = x[place].get("same_as")
    return of and of.replace("/Windows/System32/config", "")
print(eval(sys.argv[2]))' "$tmp" "$1" 2>&1
}
equal "the same places" True "$(same 'x.keys() == a.keys()')"
equal "with the digests, states, runs and notes of who hashed all" "[]" \
	"$(same '[(k, f) for k in x for f in ("md5", "sha1", "sha256", "size",
		"state", "runs", "damaged", "notes", "replay", "created",
		"record") if x[k].get(f) != a[k].get(f)]')"
equal "every output that is named holds it" "[]" "$(same '[k for k in x
	if __import__("hashlib").sha256(open(sys.argv[1] + "/x/" +
	x[k]["output"], "rb").read()).hexdigest() != x[k]["sha256"]]')"
equal "nothing is said twice" "[]" "$(same 'm["notes"]')"
equal "in place" 1:/SOFTWARE "$(same 'of("1.s2:/SOFTWARE")')"
equal "moved" 1:/SOFTWARE "$(same 'of("1.s1:/SOFTWARE")')"
equal "moved: elsewhere indeed" True \
	"$(same 'x["1.s1:/SOFTWARE"]["runs"] != x["1:/SOFTWARE"]["runs"]')"
equal "an empty one" 1:/DEFAULT "$(same 'of("1.s2:/DEFAULT")')"
equal "a compressed one, which is the first of its content" \
	1:/Users/packed/NTUSER.DAT \
	"$(same 'of("1.s2:/Users/packed/NTUSER.DAT")')"
equal "another file with that content" 1:/Users/packed/NTUSER.DAT \
	"$(same 'of("1.s1:/SAM")')"
equal "compressed indeed" True "$(same \
	'x["1:/Users/packed/NTUSER.DAT"]["runs"][0]["what"] == "compressed"')"
equal "in place, but there with a log" 1:/DRIVERS \
	"$(same 'of("1.s1:/COMPONENTS")')"
equal "another byte" None "$(same 'of("1.s2:/DRIVERS")')"
check "another byte: exact" cmp "$w/other" \
	"$tmp/x/v1.s2/Windows/System32/config/DRIVERS"
equal "dirty, with its logs" "1:/SYSTEM replayed" \
	"$(same 'of("1.s2:/SYSTEM") + " " + x["1.s2:/SYSTEM"]["state"]')"
equal "its logs too" "1:/SYSTEM.LOG2" \
	"$(same 'of("1.s2:/SYSTEM.LOG2")')"
equal "a log with another byte" None "$(same 'of("1.s1:/SYSTEM")')"
equal "another log" None "$(same 'of("1.s1:/SECURITY")')"
check "another log: written" test -s \
	"$tmp/x/v1.s1/Windows/System32/config/SECURITY.LOG1"
equal "as in the copy after" 1:/SECURITY \
	"$(same 'of("1.s2:/SECURITY")')"

run 0 "hives" hives --snapshots --json "$img"
cp "$out" "$tmp/hives"
equal "hives: the same digests and states" "[]" "$(same '[k for r in
	map(json.loads, open(sys.argv[1] + "/hives")) if "kind" in r
	for k in [r["volume"] + ":" + r["path"].replace(
		"/Windows/System32/config", "")]
	if (r["sha256"], r["state"]) != (a[k]["sha256"], a[k]["state"])]')"
equal "hives: all of them" 27 "$(grep -c '"kind"' "$tmp/hives")"

# the large one is read once on the volume, and once in each copy, there by
# libvshadow too: five times, and not twice for its digest and for the output
equal "the large one" "None 1.s1:/ELAM" \
	"$(same 'str(of("1.s1:/ELAM")) + " " + of("1.s2:/ELAM")')"
most=$(((5 * 4 + 12) << 20))
bytes=$(sed -n 's/.*stats: image: \([0-9]*\) bytes.*/\1/p' "$tmp/stats")
check "none is read twice: $bytes bytes, at most $most" \
	test "${bytes:-$((most + 1))}" -le $most

# one of a hive's logs is encrypted (EFS) everywhere: the hive is written
python3 - "$img" <<'P'
import struct, sys
d = bytearray(open(sys.argv[1], 'rb').read())
for at in range(0, len(d), 1024):
    if d[at:at + 4] != b'FILE' or \
       'SYSTEM.LOG1'.encode('utf-16-le') not in d[at:at + 1024]:
        continue
    off = at + d[at + 20]
    while off < at + 900 and d[off:off + 4] != b'\xff' * 4 and d[off + 4]:
        if d[off] == 0x80:
            struct.pack_into('<H', d, off + 12, 0x4000)
        off += struct.unpack_from('<I', d, off + 4)[0]
open(sys.argv[1], 'wb').write(d)
P
rm -r "${tmp:?}/x"
run 2 "a log is encrypted" extract --snapshots -o "$tmp/x" "$img"
has "$err" "that is said" "SYSTEM.LOG1: the log cannot be opened"
for n in 1 2; do
	check "the hive of copy $n is written" cmp "$w/system" \
		"$tmp/x/v1.s$n/Windows/System32/config/SYSTEM"
done
finish
