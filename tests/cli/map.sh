#!/bin/sh
# map.sh: --map FILE: an image made by ddrescue, with areas that were never
# read.  Files in them are marked, and no others.
. "$(dirname "$0")/lib.sh"

# offset IMAGE PATH: where on the image the file's first run lies
offset() {
	"$HIVELIFT" stat --json "$1" "$2" >"$out" 2>/dev/null
	json '[x["offset"] for r in rows for s in r.get("streams", [])
		for x in s["runs"]][0]'
}

# bad_map FILE IMAGE OFFSET LENGTH: one area that was not rescued
bad_map() {
	all=$(wc -c <"$2")
	{
		echo "# Mapfile. Created by GNU ddrescue version 1.27"
		echo "# current_pos  current_status  current_pass"
		printf '0x%08X     +               1\n' "$3"
		echo "#      pos        size  status"
		printf '0x%08X  0x%08X  +\n' 0 "$3"
		printf '0x%08X  0x%08X  -\n' "$3" "$4"
		printf '0x%08X  0x%08X  +\n' $(($3 + $4)) $((all - $3 - $4))
	} >"$1"
}

# marked NAME IMAGE MAP BIG SMALL: BIG is bad in 1024 bytes at its 4096, and
# SMALL is not touched
marked() {
	run 0 "$1: an untouched file" cat --map "$3" "$2" "$5"
	equal "$1: an untouched file: content" "$(cat "$out")" hello
	run 2 "$1: a touched file" cat --map "$3" "$2" "$4"
	has "$err" "$1: the note names the file and the place" \
		"$(basename "$4"): 1024 bytes at offset 4096 are unreadable"
	has "$err" "$1: the note names the place on the image" \
		"image offset $((at + 4096))"
	cp "$tmp/random" "$tmp/want"
	dd if=/dev/zero of="$tmp/want" bs=512 seek=8 count=2 conv=notrunc \
		2>/dev/null
	check "$1: a touched file: all else is exact" cmp "$out" "$tmp/want"

	run 0 "$1: stat of the touched file" stat --json --map "$3" "$2" "$4"
	equal "$1: stat: its runs" "$(json '[(x["file_offset"], x["length"],
		x["offset"], x["state"]) for r in rows
		for s in r.get("streams", []) if not s["name"]
		for x in s["runs"]]')" \
		"[(0, 4096, $at, 'ok'), (4096, 1024, $((at + 4096)), 'unreadable'), (5120, $((70000 - 5120)), $((at + 5120)), 'ok')]"

	rm -rf "$tmp/o"
	run 2 "$1: extract of both" extract --map "$3" "$2" -o "$tmp/o" \
		"$4" "$5"
	cp "$tmp/o/manifest.json" "$out"
	python3 - "$tmp/o/manifest.json" "$(basename "$4")" >"$tmp/runs" <<-'END'
	import json, sys
	def walk(v):
	    if isinstance(v, dict):
	        if "runs" in v:
	            yield v
	        v = list(v.values())
	    for x in v if isinstance(v, list) else []:
	        yield from walk(x)
	for f in walk(json.load(open(sys.argv[1], encoding="utf-8"))):
	    for r in f["runs"]:
	        if r["state"] != "ok":
	            print(r["offset"], r["length"], r["state"])
	END
	equal "$1: the manifest tells the bad run, and that only" \
		"$(cat "$tmp/runs")" "$((at + 4096)) 1024 unreadable"
	run 0 "$1: info" info --map "$3" "$2"
	run 0 "$1: ls" ls -R --map "$3" "$2"
	run 0 "$1: without the map" cat "$2" "$4"
}

# The same by ddrescue itself, which is told what it cannot read.
rescued() {
	rm -f "$tmp/copy.img" "$tmp/real.map"
	ddrescue -q -b 512 -r 1 --test-mode="$3" "$2" "$tmp/copy.img" \
		"$tmp/real.map" >"$tmp/log" 2>&1
	if ! grep -q '  -$' "$tmp/real.map"; then
		not_ok "$1: ddrescue wrote no bad area"
		return
	fi
	marked "$1, by ddrescue" "$tmp/copy.img" "$tmp/real.map" "$4" "$5"
	rm -f "$tmp/half.img" "$tmp/half.map"
	ddrescue -q -b 512 -s $((at + 4096)) "$2" "$tmp/half.img" \
		"$tmp/half.map" >"$tmp/log" 2>&1
	truncate -r "$2" "$tmp/half.img"
	run 2 "$1: a rescue that has only begun" \
		cat --map "$tmp/half.map" "$tmp/half.img" "$4"
	has "$err" "$1: a rescue that has only begun: said" \
		"$((70000 - 4096)) bytes at offset 4096 are unreadable"
}

try() { # NAME IMAGE BIG SMALL
	at=$(offset "$2" "$3")
	bad_map "$tmp/map" "$2" $((at + 4096)) 1024
	marked "$1" "$2" "$tmp/map" "$3" "$4"
	if need ddrescue; then
		rescued "$1" "$2" "$tmp/map" "$3" "$4"
	fi
}

if need mkfs.fat mcopy && fat "$tmp/fat.img" 8; then
	try FAT "$tmp/fat.img" /Folder/random.bin "/A rather long name.txt"
fi
if need mkntfs ntfscp && ntfs "$tmp/ntfs.img" 8; then
	try NTFS "$tmp/ntfs.img" /random.bin /hello.txt
fi

# hives: one with a bad area is not clean
sample=$root/testdata/sample.E01
if "$HIVELIFT" --version | grep -q libewf; then
	"$HIVELIFT" hives --json "$sample" >"$tmp/hives" 2>/dev/null
	cp "$tmp/hives" "$out"
	path=$(json '[r["path"] for r in rows if r.get("kind") == "SAM" and
		r.get("state") == "clean"][0]')
	volume=$(json '[r["volume"] for r in rows if r.get("kind") == "SAM"
		and r.get("state") == "clean"][0]')
	where=$(offset "$sample" "$volume:$path")
	printf '0 + 1\n0 %d +\n%d 512 -\n%d -1 +\n' $((where + 4096)) \
		$((where + 4096)) $((where + 4608)) >"$tmp/map"
	run 2 "a hive in a bad area" hives --json --map "$tmp/map" "$sample"
	has "$err" "a hive in a bad area: said" "512 bytes at 4096 are unread"
fi

# the image is found and the map is bad: one line, status 1
head -c 65536 /dev/zero >"$tmp/zeros"
refused() { # NAME TEXT WORDS
	printf '%b' "$2" >"$tmp/map"
	run 1 "$1" ls --map "$tmp/map" "$sample"
	one_line "$1: one line" "$3"
}
refused "overlapping areas" '0 + 1\n0 512 +\n256 512 -\n' "map: line 3 overlaps"
refused "a sum that wraps" '0 + 1\n0xFFFFFFFFFFFFFFFF 2 -\n' "line 2 ends"
refused "an unknown status" '0 + 1\n0 512 #\n' "line 2"
refused "no map at all" 'hello\n' "line 1 is no area"
refused "an empty map" '' "no areas"
run 1 "binary data for a map" ls --map "$sample" "$sample"
one_line "binary data for a map: one line" "line 1 is no area"
run 1 "a map that is not there" ls --map "$tmp/nothing" "$sample"
one_line "a map that is not there: one line" "nothing"
run 1 "a folder for a map" ls --map "$tmp" "$sample"
one_line "a folder for a map: one line" "not a plain file"
run 1 "--map wants a value" ls "$sample" --map
one_line "--map wants a value: said" "--map wants a value: FILE"
run 1 "replay knows no --map" replay --map "$tmp/map" "$tmp/zeros"
one_line "replay knows no --map: said" "no option of replay"
# nothing rescued yet: an image all the same
printf '0 ? 1\n0 -1 ?\n' >"$tmp/map"
run 2 "nothing is rescued" info --map "$tmp/map" "$tmp/zeros"
has "$err" "nothing is rescued: said" "65536 bytes of the image are unreadable"

# what is read is never written to
printf '0 + 1\n0 -1 +\n' >"$tmp/map"
before=$(sha <"$tmp/map")
"$HIVELIFT" ls --map "$tmp/map" "$sample" >>"$tmp/map" 2>"$err"
equal "stdout is the map: status 1" $? 1
has "$err" "stdout is the map: said" "or its map"
equal "stdout is the map: it is as it was" "$(sha <"$tmp/map")" "$before"
printf '0 + 1\n0 0x10000000 +\n' >"$tmp/map"
run 2 "a map of something larger" ls --map "$tmp/map" "$sample" /
has "$err" "a map of something larger: said" "has rescued bytes up to"
finish
