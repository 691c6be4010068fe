#!/bin/sh
# deep.sh: hives by their content, wherever they lie; whose they are; what is
# the same.  On FAT and, where it can be mounted, on NTFS with compression.
. "$(dirname "$0")/lib.sh"

w=$tmp/w
mkdir "$w"
check "mkhive builds" ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -O1 \
	-o "$tmp/mkhive" "$root"/tests/mkhive.c "$root"/tests/mkhive_*.c
for k in SYSTEM SOFTWARE SAM SECURITY NTUSER USRCLASS AMCACHE BCD; do
	"$tmp/mkhive" -o "$w/$k" $k
done
"$tmp/mkhive" -d hvle -1 "$w/d.LOG1" -2 "$w/d.LOG2" -r "$w/want" \
	-o "$w/d" NTUSER

# a tree of odd places: $1 copies FILE to PATH, $2 makes a folder
fill() { # COPY MKDIR
	for d in stuff stuff/deep Windows Windows/System32 \
		Windows/System32/config Users Users/alice Users/alice/AppData \
		Users/alice/AppData/Local Users/alice/AppData/Local/Microsoft \
		Users/alice/AppData/Local/Microsoft/Windows; do
		$2 "$d" || return 1
	done
	$1 SYSTEM Windows/System32/config/SYSTEM &&
	$1 SOFTWARE Windows/System32/config/SOFTWARE &&
	$1 NTUSER Users/alice/NTUSER.DAT &&
	$1 USRCLASS Users/alice/AppData/Local/Microsoft/Windows/UsrClass.dat &&
	$1 SYSTEM stuff/blob.bin &&
	$1 SAM stuff/deep/x.txt &&
	$1 NTUSER stuff/NTUSER.DAT &&
	$1 BCD stuff/boot &&
	$1 AMCACHE Users/alice/found.000 &&
	$1 d stuff/dirty && $1 d.LOG1 stuff/dirty.LOG1 &&
	$1 d.LOG2 stuff/DIRTY.log2
}

looks() { # NAME IMAGE STATUS
	run 0 "$1: without --deep" hives --json "$2"
	equal "$1: without --deep, the usual places" \
		"$(json 'sorted(r["path"].rsplit("/", 1)[1] for r in rows[:-1])')" \
		"['NTUSER.DAT', 'SOFTWARE', 'SYSTEM', 'UsrClass.dat']"
	run 0 "$1: --deep" hives --deep --json "$2"
	equal "$1: --deep, kinds by content" \
		"$(json '[(r["path"], r["kind"], r["user"]) for r in rows[:-1]
			if "stuff" in r["path"] or "found" in r["path"]]')" \
		"[('/Users/alice/found.000', 'AMCACHE', 'alice'),\
 ('/stuff/NTUSER.DAT', 'NTUSER', None), ('/stuff/blob.bin', 'SYSTEM', None),\
 ('/stuff/boot', 'BCD', None), ('/stuff/deep/x.txt', 'SAM', None),\
 ('/stuff/dirty', 'NTUSER', None)]"
	equal "$1: logs are no hives" \
		"$(json 'sum("LOG" in r["path"].upper() for r in rows[:-1])')" 0
	equal "$1: their logs are found" \
		"$(json '[(r["state"], len(r["logs"]), r["replay"]["last_seq"])
			for r in rows[:-1] if r["path"] == "/stuff/dirty"]')" \
		"[('replayed', 2, 3)]"
	equal "$1: the same content" \
		"$(json '[(r["path"], r["same_as"]) for r in rows[:-1]
			if r["same_as"]]')" \
		"[('/stuff/NTUSER.DAT', '1:/Users/alice/NTUSER.DAT'),\
 ('/stuff/blob.bin', '1:/Windows/System32/config/SYSTEM')]"
	equal "$1: SIDs" \
		"$(json 'sorted({(r["sid"], r["sid_source"]) for r in rows[:-1]
			if r["sid"]})')" \
		"[('S-1-5-21-1004336348-1177238915-682003330-1001',\
 'ProfileList')]"
	equal "$1: --kind" "$("$HIVELIFT" hives --deep --kind SAM --json "$2" \
		2>/dev/null | grep -c '"kind":"SAM"')" 1
	run 0 "$1: the summary" hives --deep "$2"
	has "$err" "$1: which Windows" "Windows 10 Pro, build 19045, computer SAMPLE"
	has "$err" "$1: how many" "10 hives (9 clean, 1 replayed), 1 user"
	run 0 "$1: extract --deep" extract --deep "$2" -o "$tmp/o"
	check "$1: the replayed one" cmp "$tmp/o/v1/stuff/dirty.replayed" \
		"$tmp/replayed"
	check "$1: sha256sum -c" sh -c \
		"cd '$tmp/o' && sha256sum -c --quiet SHA256SUMS"
	equal "$1: the manifest" "$(python3 -c '
import json, sys
m = json.load(open(sys.argv[1]))
f = [f for f in m["files"] if f["path"] == "/stuff/dirty"][0]
print(f["replayed"]["output"], f["replay"]["entries"], f["state"])
print([g["used"] for g in m["files"] if g.get("log_of") == "/stuff/dirty"])
' "$tmp/o/manifest.json" | tr '\n' ' ')" \
		"v1/stuff/dirty.replayed 2 replayed [True, True] "
	rm -rf "$tmp/o"
	run 0 "$1: --no-replay" extract --deep --no-replay "$2" -o "$tmp/o"
	check "$1: --no-replay: none" sh -c \
		"! find '$tmp/o' -name '*.replayed' | grep ."
	rm -rf "$tmp/o"
}
"$HIVELIFT" replay -q "$w/d" -o "$tmp/replayed" 2>/dev/null

img=$tmp/fat.img
fat_copy() { mcopy -i "$img" "$w/$1" "::/$2"; }
fat_dir() { mmd -i "$img" "::/$1"; }
if command -v mcopy >/dev/null && command -v mkfs.fat >/dev/null &&
	truncate -s 16M "$img" && mkfs.fat "$img" >/dev/null 2>&1; then
	check "fat: the tree" fill fat_copy fat_dir
	looks fat "$img"
else
	skip "fat: no mtools or dosfstools"
fi

# a log that should apply and is broken; a base block that is all zeros
img=$tmp/bad.img
if command -v mcopy >/dev/null && command -v mkfs.fat >/dev/null &&
	truncate -s 16M "$img" && mkfs.fat "$img" >/dev/null 2>&1; then
	for d in Users Users/a Users/b Users/c; do fat_dir $d; done
	cp "$w/d.LOG1" "$w/broken"
	printf 'x' | dd of="$w/broken" bs=1 seek=700 conv=notrunc 2>/dev/null
	cp "$w/d" "$w/zeroed"
	dd if=/dev/zero of="$w/zeroed" bs=512 count=1 conv=notrunc 2>/dev/null
	fat_copy d Users/a/NTUSER.DAT
	fat_copy broken Users/a/NTUSER.DAT.LOG1
	fat_copy d.LOG2 Users/a/NTUSER.DAT.LOG2
	run 2 "a broken log" hives --json --user a "$img"
	equal "a broken log: dirty, and why" \
		"$(json '[(r["state"], r["replay"]["state"],
			"entry 2 is broken" in r["replay"]["reason"])
			for r in rows[:-1]]')" "[('dirty', 'refused', True)]"
	fat_copy d Users/c/NTUSER.DAT
	run 0 "no log" hives --json --user c "$img"
	equal "no log: dirty, and why" \
		"$(json '[(r["state"], r["replay"]["reason"])
			for r in rows[:-1]]')" "[('dirty', 'it has no log')]"
	fat_copy zeroed Users/b/NTUSER.DAT
	fat_copy d.LOG1 Users/b/NTUSER.DAT.LOG1
	fat_copy d.LOG2 Users/b/NTUSER.DAT.LOG2
	run 2 "no base block" hives --json --user b "$img"
	equal "no base block: replayed from the newest log" \
		"$(json '[(r["state"], [l["used"] for l in r["logs"]])
			for r in rows[:-1]]')" "[('replayed', [False, True])]"
else
	skip "broken logs: no mtools or dosfstools"
fi

img=$tmp/ntfs.img
m=$tmp/m
ntfs_copy() { cp "$w/$1" "$m/$2"; }
ntfs_dir() {
	# FILE_ATTRIBUTE_COMPRESSED: what comes into it is LZNT1
	mkdir "$m/$1" && { [ "$1" != stuff ] ||
		setfattr -h -v 0x00000800 -n system.ntfs_attrib_be "$m/$1"; }
}
undo() { umount "$m" 2>/dev/null; }
mkdir "$m"
if [ "$(id -u)" = 0 ] && command -v mkntfs >/dev/null &&
	command -v setfattr >/dev/null && truncate -s 16M "$img" &&
	mkntfs -qF "$img" >/dev/null 2>&1 &&
	ntfs-3g -o compression "$img" "$m" 2>/dev/null; then
	check "ntfs: the tree" fill ntfs_copy ntfs_dir
	umount "$m"
	run 0 "ntfs: ls" ls --json "$img" /stuff
	equal "ntfs: compressed" "$(json '[r["attributes"] & 0x800
		for r in rows if r["path"] == "/stuff/blob.bin"]')" "[2048]"
	looks ntfs "$img"
else
	skip "ntfs: cannot mount"
fi
finish
