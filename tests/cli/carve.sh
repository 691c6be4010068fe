#!/bin/sh
# carve.sh: the words of carve, its output folder, its status.
. "$(dirname "$0")/lib.sh"

w=$tmp/w
mkdir "$w"
sample=$root/testdata/sample.E01
seeds=$root/testdata/fuzz/carve

run 1 "without -o" carve "$sample"
one_line "without -o: said" "carve wants -o DIR"
run 0 "--help" carve --help
has "$out" "--help names --all" "--all"

# nothing there: everything was searched, so that is no failure
head -c 1048576 /dev/zero >"$w/zero.img"
run 0 "zeros" carve "$w/zero.img" -o "$w/zero"
has "$err" "zeros: what was searched" "carved: 1.0 MiB"
has "$err" "zeros: what was found" "0 whole hives"
check "zeros: a manifest all the same" test -s "$w/zero/manifest.json"
equal "zeros: no output on stdout" "$(cat "$out")" ""

run 0 "a hive" carve "$seeds/whole" -o "$w/whole"
has "$out" "a hive: the table" "SAMPLE"
hive=$w/whole/carved/v1/0000000000000-SAMPLE.hive
check "a hive: exact" cmp "$hive" "$seeds/whole"
(cd "$w/whole" && sha256sum --quiet -c SHA256SUMS) >"$tmp/log" 2>&1 &&
	ok "SHA256SUMS" || not_ok "SHA256SUMS: $(cat "$tmp/log")"
run 1 "not twice" carve "$seeds/whole" -o "$w/whole"
has "$err" "not twice: said" "is not empty"

run 0 "two halves" carve --json "$seeds/rejoined" -o "$w/rejoined"
equal "two halves: one hive" \
	"$(json '[(r["found"], r["rejoined"], r["state"], r["offset"]) for r in rows if "found" in r]')" \
	"[('hive', True, 'clean', 4608)]"
equal "two halves: where they lie" \
	"$(json '[(x["offset"], x["length"], x["state"]) for x in rows[0]["runs"]]')" \
	"[(4608, 8192, 'fragment'), (0, 4096, 'fragment')]"
equal "the last line is the coverage" \
	"$(json 'rows[-1]["coverage"]["carved_bytes"]')" 12800

run 0 "compressed" carve "$seeds/compressed" -o "$w/packed"
check "compressed: the same hive" \
	cmp "$w/packed/carved/v1/0000000000000-SAMPLE.hive" "$seeds/whole"
run 0 "torn" carve --json "$seeds/torn" -o "$w/torn"
equal "torn: a beginning" \
	"$(json '[(r["whole"], r["state"], r["size"]) for r in rows if "found" in r]')" \
	"[(False, 'damaged', 9216)]"
run 0 "an old log" carve --json "$seeds/old-log" -o "$w/old"
equal "an old log" "$(json 'rows[0]["found"]')" "old-log"

# a limit is kept, and is a loss
run 2 "--max-file-size" carve --max-file-size 6000 "$seeds/whole" -o "$w/cut"
equal "--max-file-size: kept" \
	"$(wc -c <"$w/cut/carved/v1/0000000000000-SAMPLE.hive")" 6000
run 0 "a tar archive" carve -q "$seeds/whole" -o -
check "a tar archive: it is one" tar tf "$out"

# the volumes of a real image: live hives are not reported
run 0 "the sample" carve --json "$sample" -o "$w/sample"
"$HIVELIFT" hives --json "$sample" >"$tmp/hives" 2>/dev/null
cat "$out" "$tmp/hives" >"$tmp/both"
mv "$tmp/both" "$out"
equal "the sample: no live hive is among them" \
	"$(json 'len({r.get("sha256") for r in rows if "found" in r} & {r.get("sha256") for r in rows if "record" in r and not r["deleted"]})')" 0
run 0 "--all" carve --all --json "$sample" -o "$w/all"
run 0 "one volume" carve --volume 1 --json "$sample" -o "$w/one"
equal "one volume: no gaps" \
	"$(json '{r["volume"] for r in rows if "found" in r} <= {"1"}')" True

# an NTFS volume with a live hive and, in free clusters, another one
if need mkntfs ntfscp istat sfdisk python3; then
	v=$w/v
	truncate -s 24M "$v"
	mkntfs -F -q -s 512 -p 2048 -H 255 -S 63 "$v" >/dev/null 2>&1
	"$HIVELIFT" cat -q --volume 3 "$sample" \
		/Windows/System32/config/SYSTEM >"$w/live" 2>/dev/null
	ntfscp -f -q "$v" "$w/live" SYSTEM >/dev/null 2>&1
	dd if="$seeds/whole" of="$v" bs=4096 seek=5000 conv=notrunc status=none
	freed=$(sha <"$seeds/whole")
	found() {
		json 'sorted((r["volume"], r["sha256"]) for r in rows
			if "found" in r)'
	}
	run 0 "free clusters" carve --json "$v" -o "$w/v1"
	equal "free clusters: the one that is there, not the live one" \
		"[('1', '$freed')]" "$(found)"

	# all zeros: the map calls the live hive's clusters free, too
	cp "$v" "$w/unmapped"
	istat "$v" 6 | tail -n 1 | tr ' ' '\n' | grep . | while read -r lcn; do
		dd if=/dev/zero of="$w/unmapped" bs=4096 seek="$lcn" count=1 \
			conv=notrunc status=none
	done
	run 0 "a map of zeros" carve --json "$w/unmapped" -o "$w/v2"
	equal "a map of zeros: no live hive again" \
		"[('1', '$freed')]" "$(found)"

	# two volumes with a table: of one of them all, and no more
	truncate -s 60M "$w/two"
	dd if="$v" of="$w/two" bs=1M seek=1 conv=notrunc status=none
	dd if="$v" of="$w/two" bs=1M seek=30 conv=notrunc status=none
	printf 'start=2048, size=49152, type=7\nstart=61440, size=49152, %s\n' \
		type=7 | sfdisk -q --wipe never "$w/two" >/dev/null 2>&1
	for n in 1 2; do
		at=$((n * 29 - 28))
		run 0 "--all of volume $n" carve --json --all --volume $n \
			"$w/two" -o "$w/a$n"
		equal "--all of volume $n: its own only, and no live hive" \
			"[('$n', $(((at << 20) + (5000 << 12))))]" "$(json \
			'[(r["volume"], r["offset"]) for r in rows
			  if "found" in r]')"
		has "$err" "--all of volume $n: how much" \
			"24.0 MiB of what was asked for"
		equal "--all of volume $n: the rest is not searched" \
			"['gap', 'gap', 'gap', 'volume']" "$(json '
sorted(u["what"] for u in rows[-1]["coverage"]["not_searched"])')"
	done

	# nobody's volume: as L1 what it frees, else all of it
	truncate -s 40M "$w/disk"
	dd if="$v" of="$w/disk" bs=1M seek=9 conv=notrunc status=none
	run 0 "--lost" carve --json --lost "$w/disk" -o "$w/v3"
	equal "--lost: the volume's free clusters" \
		"[('L1', '$freed')]" "$(found)"
	equal "--lost: exact, with its place" \
		"[$(((9 << 20) + (5000 << 12)))]" \
		"$(json '[r["offset"] for r in rows if "found" in r]')"
	check "--lost: in the lost volume's folder" \
		cmp "$w"/v3/carved/vL1/*.hive "$seeds/whole"
	run 0 "without --lost" carve --json "$w/disk" -o "$w/v4"
	equal "without --lost: both" 2 "$(json \
		'len([r for r in rows if r.get("found") == "hive"])')"
fi

# what was never written is stepped over; a name for it in the sum all the same
truncate -s 6G "$w/thin"
dd if="$seeds/whole" of="$w/thin" bs=1M seek=5000 conv=notrunc status=none
run 0 "holes" carve --json --stats "$w/thin" -o "$w/v5"
equal "holes: what lies between them" "[$((5000 << 20))]" \
	"$(json '[r["offset"] for r in rows if "found" in r]')"
equal "holes: all is searched" $((6 << 30)) \
	"$(json 'rows[-1]["coverage"]["carved_bytes"]')"
read_bytes=$(sed -n 's/.*stats: image: \([0-9]*\) bytes.*/\1/p' "$err")
if [ "$(du -k "$w/thin" | cut -f 1)" -lt 1024 ]; then
	check "holes: only that is read: $read_bytes bytes" \
		test "$read_bytes" -lt $((64 << 20))
else
	skip "no holes in files of this file system"
fi
finish
