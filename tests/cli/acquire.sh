#!/bin/sh
# acquire.sh: copies of a medium, and what other programs say of them.
. "$(dirname "$0")/lib.sh"

sample=$root/testdata/sample.E01
src=$tmp/src.raw
(head -c 3000000 /dev/urandom; yes hivelift | head -c 2000000
	head -c 1291456 /dev/zero) >"$src"
size=$(wc -c <"$src")
key() { sed -n "s/^$1  *//p" "$out"; }
files() { # PATTERN
	# shellcheck disable=SC2086,SC2012
	(cd "$tmp" && ls $1 2>/dev/null | tr '\n' ' ')
}

# ---- raw --------------------------------------------------------------------

run 0 "raw" acquire "$src" -o "$tmp/a.raw" --verify
check "raw: the same bytes" cmp "$src" "$tmp/a.raw"
for tool in md5sum sha1sum sha256sum; do
	has "$out" "raw: $tool" "$($tool <"$src" | cut -d ' ' -f 1)"
done
equal "raw: nothing is bad" "$(key bad)" none
has "$out" "raw: read back" "every digest is the same"
equal "raw: no map is left" "$(files 'a.raw*')" "a.raw "
run 1 "what is there is not replaced" acquire "$src" -o "$tmp/a.raw"
one_line "what is there: said" "without --force"
echo x >"$tmp/a.raw"
run 0 "--force" acquire "$src" -o "$tmp/a.raw" --force --json --hash md5
check "--force: the same bytes" cmp "$src" "$tmp/a.raw"
equal "JSON: one object" "$(json 'len(rows)')" 1
equal "JSON: what was asked for" "$(json '[rows[0][k] for k in ("type",
	"format", "bad_bytes", "sha1", "map", "verified")]')" \
	"['acquire', 'raw', 0, None, None, None]"
equal "JSON: the source" "$(json 'rows[0]["source"]["size"]')" "$size"
run 0 "an E01 as the source" acquire "$sample" -o "$tmp/sample.raw"
if need img_cat; then
	img_cat "$sample" >"$tmp/want"
	check "an E01 as the source: its bytes" cmp "$tmp/want" \
		"$tmp/sample.raw"
fi

run 0 "--split" acquire "$src" -o "$tmp/s.raw" --split 1000000 --verify
equal "--split: the files" "$(files 's.raw*')" "s.raw.001 s.raw.002 s.raw.003 \
s.raw.004 s.raw.005 s.raw.006 s.raw.007 "
cat "$tmp"/s.raw.* | check "--split: the bytes" cmp "$src" -
run 0 "--split: read as one" verify --hash md5 "$tmp/s.raw.001"
has "$out" "--split: as one" "$(md5sum <"$src" | cut -d ' ' -f 1)"
rm "$tmp/s.raw.001"
run 1 "another file of the set is there" acquire "$src" -o "$tmp/s.raw" \
	--split 1G
run 0 "--force removes all of the set" acquire "$src" -o "$tmp/s.raw" \
	--split 1G --force
equal "--force: the files" "$(files 's.raw*')" "s.raw.001 "

# ---- a part of the source ----------------------------------------------------

# volumes of 2 and 2.5 MB; the second one ends behind the end
if need python3; then
	python3 - "$src" "$tmp/p.src" <<'EOF'
import struct, sys
d = bytearray(open(sys.argv[1], 'rb').read())
d[446:512] = bytes(64) + b'\x55\xaa'
for i, (start, n) in enumerate(((64, 4096), (8000, 5000))):
    struct.pack_into('<B3xB3xII', d, 446 + 16 * i, 0, 7, start, n)
open(sys.argv[2], 'wb').write(d)
EOF
	slice() { # FROM BYTES
		tail -c +$(($1 + 1)) "$tmp/p.src" | head -c "$2" >"$tmp/p.want"
	}
	slice $((64 * 512)) $((4096 * 512))
	run 0 "--volume" acquire "$tmp/p.src" --volume 1 -o "$tmp/p1.raw" \
		--verify --json
	check "--volume: its bytes" cmp "$tmp/p.want" "$tmp/p1.raw"
	equal "--volume: JSON" "$(json '[(r["sha256"], r["source"]["offset"],
		r["source"]["size"], r["source"]["volume"], r["verified"])
		for r in rows]')" \
		"[('$(sha <"$tmp/p.want")', 32768, 2097152, '1', True)]"
	run 0 "--volume to an E01" acquire "$tmp/p.src" --volume 1 \
		-o "$tmp/p1.E01" --verify
	equal "--volume to an E01: its bytes" "$(sha <"$tmp/p.want")" \
		"$("$HIVELIFT" acquire -q "$tmp/p1.E01" -o "$tmp/p1e.raw" |
		sed -n 's/^SHA-256  *//p')"
	has "$out" "--volume: in words" "part     bytes 32768 to 2129920, volume 1"
	if need ewfinfo; then
		check "--volume to an E01: of no whole medium" sh -c \
			'ewfinfo "$1" | grep -q "Is physical:.*no"' - \
			"$tmp/p1.E01"
	fi
	run 2 "--volume behind the end" acquire "$tmp/p.src" --volume 2 \
		-o "$tmp/p2.raw"
	has "$err" "--volume behind the end: said" "2 has 2560000 bytes, and \
the source ends after $((size - 8000 * 512)) of them"
	slice $((8000 * 512)) $size
	check "--volume behind the end: what there is" cmp "$tmp/p.want" \
		"$tmp/p2.raw"
	for o in 3000064 5000001 5859s 2M; do
		case $o in
		*s) at=$((${o%s} * 512)) ;;
		*M) at=$((${o%M} << 20)) ;;
		*) at=$o ;;
		esac
		slice $at $size
		run 0 "--offset $o" acquire "$tmp/p.src" --offset $o \
			-o "$tmp/p3.raw" --force
		check "--offset $o: from there on" cmp "$tmp/p.want" \
			"$tmp/p3.raw"
		has "$out" "--offset $o: the digest" "$(sha <"$tmp/p.want")"
	done
	run 1 "--volume: no such one" acquire "$tmp/p.src" --volume 7 \
		-o "$tmp/p4.raw"
	has "$err" "--volume: no such one: said" "there is no volume 7"
	run 1 "--volume of a lost one" acquire "$tmp/p.src" --volume L1 \
		-o "$tmp/p4.raw"
	run 1 "--volume and --offset" acquire "$tmp/p.src" --volume 1 \
		--offset 1M -o "$tmp/p4.raw"
	check "refused: nothing is written" test ! -e "$tmp/p4.raw"

	# what is bad in the part, is bad there; the map is the copy's
	printf '# Mapfile\n0x0 + 1\n0x0 0x100000 +\n0x100000 0x400 -\n%s\n' \
		"0x100400 0xf00000 +" >"$tmp/p.map"
	run 2 "bad sectors in a part" acquire "$tmp/p.src" --map "$tmp/p.map" \
		--volume 1 -o "$tmp/p5.raw" --json
	equal "bad sectors in a part: where in the copy" \
		"[[(1015808, 1024)]]" "$(json '[[(b["offset"], b["length"])
		for b in r["bad"]] for r in rows]')"
	has "$err" "bad sectors in a part: where on the source" \
		"image offset 1048576"
	run 2 "bad sectors in a part: the map fits the copy" verify \
		--map "$tmp/p5.raw.map" "$tmp/p5.raw" --json
	equal "the map fits the copy: what is bad" 1024 \
		"$(json 'rows[0]["bad_bytes"]')"
	# gone on with, and not with the same map of another part
	run 2 "--resume of a part" acquire "$tmp/p.src" --volume 1 --resume \
		--map "$tmp/p.map" -o "$tmp/p5.raw" --json
	equal "--resume of a part: what was there" $((2097152 - 1024)) \
		"$(json 'rows[0]["resumed"]')"
	run 1 "--resume: another part of that size" acquire "$tmp/p.src" \
		--offset $((size - 2097152)) --resume -o "$tmp/p5.raw"
	has "$err" "--resume: another part: said" "it is of another source"
fi

# ---- arrays, parents --------------------------------------------------------

python3 - "$src" "$tmp/r1" "$tmp/r2" <<'EOF'
import sys
d = open(sys.argv[1], 'rb').read()
n, a, b = 4096, open(sys.argv[2], 'wb'), open(sys.argv[3], 'wb')
for i in range(0, len(d) // (2 * n) * 2 * n, 2 * n):
    a.write(d[i:i + n])
    b.write(d[i + n:i + 2 * n])
EOF
n=$(($(wc -c <"$tmp/r1") * 2))
run 0 "--stripe" acquire "$tmp/r1" --stripe 4K --with "$tmp/r2" \
	-o "$tmp/r.raw" --verify
check "--stripe: the disk as a whole" test "$(head -c $n "$src" | sha)" = \
	"$(sha <"$tmp/r.raw")"
run 1 "onto the second disk" acquire "$tmp/r1" --stripe 4K --with "$tmp/r2" \
	-o "$tmp/r2" --force
one_line "onto the second disk: said" "is the source"
cp "$tmp/r1" "$tmp/r1-copy"
run 0 "--mirror" acquire "$tmp/r1" --mirror --with "$tmp/r1-copy" \
	-o "$tmp/r3.raw"
check "--mirror: the disk" cmp "$tmp/r1" "$tmp/r3.raw"
head -c 1000448 "$tmp/r1" >"$tmp/r5"
run 0 "--mirror, one is shorter" acquire "$tmp/r1" --mirror --with "$tmp/r5" \
	-o "$tmp/r6.raw"
has "$err" "--mirror, one is shorter: said" "less than the largest"
check "--mirror, one is shorter: what the other has" cmp "$tmp/r1" "$tmp/r6.raw"
run 1 "--with alone" acquire "$tmp/r1" --with "$tmp/r2" -o "$tmp/r4.raw"
one_line "--with alone: said" "no parent"
run 1 "--stripe alone" acquire "$tmp/r1" --stripe 4K -o "$tmp/r4.raw"
one_line "--stripe alone: said" "needs --with"
if need qemu-img; then
	mkdir "$tmp/elsewhere"
	head -c 1000000 "$src" >"$tmp/elsewhere/base.img"
	truncate -s 1M "$tmp/elsewhere/base.img"
	(cd "$tmp/elsewhere" && qemu-img create -q -f qcow2 -b base.img \
		-F raw "$tmp/elsewhere/over.qcow2" && mv over.qcow2 ..)
	run 1 "a parent that is elsewhere" acquire "$tmp/over.qcow2" \
		-o "$tmp/over.raw"
	run 0 "a parent, named" acquire "$tmp/over.qcow2" \
		--with "$tmp/elsewhere/base.img" -o "$tmp/over.raw"
	check "a parent, named: the bytes" cmp "$tmp/elsewhere/base.img" \
		"$tmp/over.raw"
fi

# ---- E01 --------------------------------------------------------------------

run 0 "E01" acquire "$src" -o "$tmp/e.E01" --verify --case "C 17" \
	--evidence "$(printf 'E\t1')" --examiner "Zoë" --notes "a note"
run 0 "E01: our verify" verify "$tmp/e.E01"
has "$out" "E01: the digests" "stored MD5 and SHA-1 match"
run 0 "--format ewf gives the name its end" acquire "$src" --format ewf \
	-o "$tmp/f" --compress best
equal "--format ewf: the file" "$(files 'f*')" "f.E01 "
run 0 "--compress none" acquire "$src" -o "$tmp/n.E01" --compress none
check "--compress none is larger than the source" \
	test "$(wc -c <"$tmp/n.E01")" -gt "$size"
check "--compress fast is smaller" test "$(wc -c <"$tmp/e.E01")" -lt 3300000
check "--compress best is not larger than fast" \
	test "$(wc -c <"$tmp/f.E01")" -le "$(wc -c <"$tmp/e.E01")"
run 0 "an E01 set" acquire "$src" -o "$tmp/m.E01" --split 1M --verify
equal "an E01 set: the files" "$(files 'm.*')" "m.E01 m.E02 m.E03 "
for f in "$tmp"/m.E0?; do
	check "an E01 set: ${f##*/} is no larger" \
		test "$(wc -c <"$f")" -le 1048576
done
run 0 "an E01 of an E01" acquire "$tmp/m.E01" -o "$tmp/g.E01" --verify
printf 'x' >"$tmp/w.E02"
run 1 "another segment is in the way" acquire "$src" -o "$tmp/w.E01"
one_line "another segment: said" "without --force"

# letters go on where E99 ends, and so are disk.raw and disk.txt's ends
for e in raw txt map EXE; do
	echo mine >"$tmp/k.$e"
done
run 0 "other files of the name are not in the way" acquire "$src" \
	-o "$tmp/k.E01"
cp "$tmp/k.E01" "$tmp/k.EAB"
run 1 "a segment far behind is" acquire "$src" -o "$tmp/k.E01"
run 0 "--force beside other files of the name" acquire "$src" \
	-o "$tmp/k.E01" --force
equal "--force: other files of the name stay" \
	"$(cat "$tmp"/k.raw "$tmp"/k.txt "$tmp"/k.map "$tmp"/k.EXE | tr '\n' ' ')" \
	"mine mine mine mine "
equal "--force: a segment far behind goes" "$(files 'k.E*')" "k.E01 k.EXE "

if need ewfverify ewfinfo img_cat; then
	for f in e f n m g; do
		check "ewfverify: $f.E01" ewfverify -q "$tmp/$f.E01"
		img_cat "$tmp/$f.E01" |
			check "img_cat: $f.E01" cmp "$src" -
	done
	ewfinfo "$tmp/e.E01" >"$tmp/info"
	has "$tmp/info" "ewfinfo: case" "C 17"
	has "$tmp/info" "ewfinfo: a tab is no column" "E 1"
	has "$tmp/info" "ewfinfo: examiner" "Zoë"
	has "$tmp/info" "ewfinfo: notes" "a note"
	has "$tmp/info" "ewfinfo: kind" "EnCase 6"
	has "$tmp/info" "ewfinfo: MD5" "$(md5sum <"$src" | cut -d ' ' -f 1)"
fi

head -c 1000 "$src" >"$tmp/odd"
run 1 "an E01 of no whole sectors" acquire "$tmp/odd" -o "$tmp/odd.E01"
one_line "no whole sectors: said" "whole sectors"
equal "no whole sectors: nothing is left" "$(files 'odd.*')" ""
run 0 "raw of no whole sectors" acquire "$tmp/odd" -o "$tmp/odd.raw"
check "raw of no whole sectors: the bytes" cmp "$tmp/odd" "$tmp/odd.raw"

# ---- what cannot be read ----------------------------------------------------

cat >"$tmp/src.map" <<M
0x0 + 1
0x0 0x1000 +
0x1000 0x400 -
0x1400 0x200000 +
0x201400 0x200 -
0x201600 $((size - 0x201600)) +
M
cp "$src" "$tmp/zeroed"
dd if=/dev/zero of="$tmp/zeroed" bs=512 seek=8 count=2 conv=notrunc 2>/dev/null
dd if=/dev/zero of="$tmp/zeroed" bs=512 seek=4106 count=1 conv=notrunc \
	2>/dev/null
run 2 "bad sectors, raw" acquire "$src" --map "$tmp/src.map" \
	-o "$tmp/b.raw" --verify
check "bad sectors are zeros" cmp "$tmp/zeroed" "$tmp/b.raw"
has "$err" "bad sectors: said" "zeros in the copy"
has "$out" "bad sectors: listed" "offset 4096, 1024 bytes"
has "$out" "bad sectors: counted" "1536 bytes in 2 stretches"
equal "bad sectors: the map is left" "$(files 'b.raw*')" "b.raw b.raw.map "
equal "bad sectors: lines of the map" "$(grep -c ' [-+]$' "$tmp/b.raw.map")" 5
head -c $((size - 1000000)) "$src" >"$tmp/long"
cat >"$tmp/long.map" <<M
0x0 + 1
0x0 0x100000 +
0x100000 0x2fe000 -
0x3fe000 0x1000 +
0x3ff000 $((size - 1000000 - 0x3ff000)) -
M
for n in 0 1; do
	run 2 "long stretches, --retries $n" acquire "$tmp/long" --retries $n \
		--map "$tmp/long.map" -o "$tmp/l$n.raw"
	has "$err" "--retries $n: all of a stretch is said" \
		"3137536 bytes cannot be read: zeros in the copy"
	has "$err" "--retries $n: all of the last is said" \
		"$((size - 1000000 - 0x3ff000)) bytes cannot be read"
	equal "--retries $n: each once" "$(grep -c 'cannot be read:' "$err")" 2
done
run 2 "the map is read again" acquire --json "$tmp/b.raw" \
	--map "$tmp/b.raw.map" -o "$tmp/c.E01"
equal "the map: the same stretches" "$(json '[(b["offset"], b["length"])
	for b in rows[0]["bad"]]')" "[(4096, 1024), (2102272, 512)]"
if need ddrescuelog; then
	check "ddrescuelog: the map" ddrescuelog -t "$tmp/b.raw.map"
	check "ddrescuelog: bad blocks" test "$(ddrescuelog -l- \
		"$tmp/b.raw.map" | tr '\n' ' ')" = "8 9 4106 "
fi
if need ewfinfo ewfverify; then
	ewfinfo -e "$tmp/c.E01" >"$tmp/info" 2>&1
	has "$tmp/info" "ewfinfo: the first stretch" "8 - 9"
	has "$tmp/info" "ewfinfo: the second" "4106"
	check "ewfverify: with bad sectors" ewfverify -q "$tmp/c.E01"
fi
run 2 "an E01 with bad sectors is a source with them" acquire --json \
	"$tmp/c.E01" -o "$tmp/d.raw"
equal "they are handed on" "$(json 'rows[0]["bad_bytes"]')" 1536

# ---- --resume ---------------------------------------------------------------

map() { printf '# x\n0x0 ? 1\n%s\n' "$1" >"$tmp/r.raw.map"; }
begin() { rm -f "$tmp"/r.raw*; head -c "$1" "$src" >"$tmp/r.raw"; }
begin 2000000
map "0x0 2000000 +
2000000 $((size - 2000000)) ?"
run 0 "--resume" acquire --resume "$src" -o "$tmp/r.raw" --json --verify
check "--resume: the bytes" cmp "$src" "$tmp/r.raw"
equal "--resume: what was there" "$(json 'rows[0]["resumed"]')" 2000000
equal "--resume: the digest of all" "$(json 'rows[0]["sha256"]')" \
	"$(sha <"$src")"
equal "--resume: the map is gone" "$(files 'r.raw*')" "r.raw "
begin 3000000
dd if=/dev/zero of="$tmp/r.raw" bs=512 seek=8 count=2 conv=notrunc 2>/dev/null
map "0x0 4096 +
4096 1024 -
5120 2994880 +
3000000 $((size - 3000000)) ?"
cp "$tmp/r.raw" "$tmp/half"
cp "$tmp/r.raw.map" "$tmp/half.map"
run 2 "--resume leaves bad sectors" acquire --resume "$src" -o "$tmp/r.raw"
has "$out" "--resume: still bad" "offset 4096, 1024 bytes"
run 0 "--resume --retries tries them" acquire --resume --retries 1 "$src" \
	-o "$tmp/r.raw"
check "--retries: the bytes" cmp "$src" "$tmp/r.raw"
run 0 "--resume of nothing begins" acquire --resume "$src" -o "$tmp/x.raw"
check "--resume of nothing: the bytes" cmp "$src" "$tmp/x.raw"
run 1 "--resume without a map" acquire --resume "$src" -o "$tmp/x.raw"
has "$err" "without a map: said" "no map of it"
check "without a map: as it was" cmp "$src" "$tmp/x.raw"

refused() { # NAME TEXT SOURCE
	sum=$(cat "$tmp/r.raw" "$tmp/r.raw.map" | sha)
	run 1 "$1" acquire --resume "$3" -o "$tmp/r.raw"
	has "$err" "$1: said" "$2"
	equal "$1: untouched" "$(cat "$tmp/r.raw" "$tmp/r.raw.map" | sha)" \
		"$sum"
}
begin 2000000
map "0x0 2000000 +
2000000 4000000 ?"
refused "a map of another size" "another size" "$src"
map "0x0 2000000 +
2000000 9000000 ?"
refused "a map of a larger source" "smaller than" "$src"
map "# Source: 5 bytes, Disk, S/N 1
0x0 2000000 +
2000000 $((size - 2000000)) ?"
refused "a map of another disk" "another source" "$src"
map "0x0 2000000 +
2000000 $((size - 2000000)) ?"
head -c "$size" /dev/urandom >"$tmp/other"
refused "another content" "not what the source has" "$tmp/other"
map "hello"
refused "no map" "is no area" "$src"

# ---- stopped ----------------------------------------------------------------

truncate -s 2G "$tmp/huge" 2>/dev/null
if [ "$(df -P -k "$tmp" | awk 'NR == 2 {print $4}')" -lt 2300000 ]; then
	skip "no 2.3 GB free for a long copy"
else
	stop() { # NAME FILE OPTIONS: a signal as soon as FILE has something
		name=$1 made=$2
		shift 2
		rm -f "$tmp"/h.*
		"$HIVELIFT" acquire "$@" "$tmp/huge" >"$out" 2>"$err" &
		pid=$!
		wait_for test -s "$made"
		kill -INT $pid
		wait $pid
		equal "$name: status" $? 1
	}
	stop "Ctrl-C" "$tmp/h.raw" -o "$tmp/h.raw"
	equal "Ctrl-C: nothing is left" "$(files 'h.raw*')" ""
	stop "Ctrl-C, E01" "$tmp/h.E01" -o "$tmp/h.E01"
	equal "Ctrl-C, E01: nothing is left" "$(files 'h.E*')" ""
	stop "Ctrl-C --resume" "$tmp/h.raw" --resume -o "$tmp/h.raw"
	equal "Ctrl-C --resume: kept with its map" "$(files 'h.raw*')" \
		"h.raw h.raw.map "
	has "$err" "Ctrl-C --resume: said" "--resume goes on"
	has "$tmp/h.raw.map" "Ctrl-C --resume: not all" "?"
	rm -f "$tmp"/h.*
fi
rm -f "$tmp/huge"

# ---- refused ----------------------------------------------------------------

run 1 "the source itself" acquire "$src" -o "$src" --force
has "$err" "the source itself: said" "is the source"
check "the source itself: untouched" cmp "$src" "$tmp/a.raw"
run 1 "the source's own set" acquire "$tmp/m.E01" -o "$tmp/m.E01" --force
has "$err" "the source's own set: said" "is the source"
run 1 "its map" acquire "$src" --map "$tmp/b.raw.map" -o "$tmp/b.raw" --force
has "$err" "its map: said" "is the source"
run 1 "a folder" acquire "$src" -o "$tmp"
run 1 "no such folder" acquire "$src" -o "$tmp/none/x"
run 1 "--clone onto a file" acquire "$src" -o "$tmp/a.raw" --clone --force
one_line "--clone onto a file: said" "no device"
for bad in "" "-o -" "-o x.Ex01" "-o x.vmdk" "-o x --format vhd" "-o x --compress fast" \
	"-o x.E01 --compress lz4" "-o x --case 1" "-o x.E01 --resume" \
	"-o x.E01 --split 1000" "-o x --split 0" "-o x --clone --split 1G" \
	"-o x --retries many" "-o x --volume L1" "-o x --lost" "-o x --clone --resume"; do
	# shellcheck disable=SC2086
	run 1 "acquire $bad" acquire "$src" $bad
	one_line "acquire $bad: said" "hivelift"
done
truncate -s 4E "$tmp/sparse" 2>/dev/null || truncate -s 15T "$tmp/sparse"
run 1 "no room" acquire "$tmp/sparse" -o "$tmp/y.raw"
has "$err" "no room: said" "are free"
equal "no room: nothing is left" "$(files 'y.raw*')" ""
run 1 "no room, --force" acquire "$tmp/sparse" -o "$tmp/y.raw" --force
has "$err" "no room, --force: said" "are free"
equal "no room, --force: nothing is left" "$(files 'y.raw*')" ""
run 1 "no room for an E01" acquire "$tmp/sparse" -o "$tmp/y.E01"
equal "no room for an E01: nothing is left" "$(files 'y.E*')" ""
finish
