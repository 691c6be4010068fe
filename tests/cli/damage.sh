#!/bin/sh
# damage.sh: the damage matrix as users meet it: exit statuses, what is said,
# and that the image is never written to.
. "$(dirname "$0")/lib.sh"

zero() { # FILE OFFSET BYTES
	dd if=/dev/zero of="$1" bs=1 seek="$2" count="$3" conv=notrunc \
		2>/dev/null
}

# field FILE OFFSET BYTES: a little-endian number
field() {
	od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# same NAME IMAGE: all files of it are those of the undamaged one
same() {
	rm -rf "$tmp/o"
	run "${3:-2}" "$1: extract" extract "$2" -o "$tmp/o" /
	check "$1: every file is exact" equal_trees
}

# All but the files that are the damaged structures themselves.
equal_trees() {
	diff -r -x '$MFT' -x '$MFTMirr' -x '$Boot' "$tmp/good/v1" "$tmp/o/v1"
}

matrix() { # NAME IMAGE: an NTFS volume
	img=$2
	copy=$tmp/copy.img
	cluster=$(($(field "$img" 11 2) * $(field "$img" 13 1)))
	mft=$(($(field "$img" 48 8) * cluster))
	mirror=$(($(field "$img" 56 8) * cluster))
	rm -rf "$tmp/good"
	run 0 "$1: undamaged" extract "$img" -o "$tmp/good" /
	lacks "$err" "$1: undamaged: no warning" "warning"

	cp "$img" "$copy"
	zero "$copy" 0 512
	before=$(sha <"$copy")
	same "$1: no boot sector" "$copy"
	has "$err" "$1: no boot sector: said" "its copy"
	equal "$1: the image is not written to" "$(sha <"$copy")" "$before"
	run 2 "$1: no boot sector: info" info --json "$copy"
	equal "$1: no boot sector: info tells which" \
		"$(json '[r["boot"] for r in rows if r["type"]=="volume"]')" \
		"['backup']"

	cp "$img" "$copy"
	zero "$copy" "$mft" 1024
	same "$1: no record 0" "$copy"
	has "$err" "$1: no record 0: said" "MFTMirr"

	zero "$copy" "$mirror" 1024
	run 2 "$1: no record 0 and no mirror" ls -R "$copy"
	has "$err" "$1: no record 0 and no mirror: said" "by their signature"
	rm -rf "$tmp/o"
	run 2 "$1: no record 0 and no mirror: extract" extract "$copy" \
		-o "$tmp/o" /
	check "$1: no record 0 and no mirror: every file" equal_trees

	cp "$img" "$copy"
	zero "$copy" $((mft + 5 * 1024)) 1024
	run 2 "$1: no root folder" ls -R "$copy"
	rm -rf "$tmp/o"
	run 2 "$1: no root folder: extract" extract "$copy" -o "$tmp/o" /
	check "$1: no root folder: every file" equal_trees

	# a record that nobody uses: 7-Zip refuses the volume
	cp "$img" "$copy"
	printf '\007\000\000\000' |
		dd of="$copy" bs=1 seek=$((mft + 20 * 1024)) conv=notrunc \
			2>/dev/null
	same "$1: an unused record is odd" "$copy" 0
}

if need mkntfs ntfscp && ntfs "$tmp/ntfs.img" 8; then
	matrix "NTFS" "$tmp/ntfs.img"
fi

sample=$unpacked/util-linux__util-linux/blkid/images-fs/ntfs.img
if [ -e "$sample" ]; then
	matrix "corpus" "$sample"

	head -c 6291456 "$sample" >"$tmp/cut.img"
	run 2 "corpus: cut to 6 MiB" ls -R "$tmp/cut.img"
	has "$err" "corpus: cut to 6 MiB: said" "its end is missing"
	"$HIVELIFT" ls -R "$sample" >"$tmp/list" 2>/dev/null
	check "corpus: cut to 6 MiB: every name" cmp "$tmp/list" "$out"

	# two records overwritten: the last two files
	cp "$sample" "$tmp/two.img"
	"$HIVELIFT" ls -R --json "$sample" >"$out" 2>/dev/null
	last=$(json 'sorted(r["record"] for r in rows if "record" in r)[-2:]' | tr -d '[],')
	for n in $last; do
		head -c 1024 /dev/urandom | dd of="$tmp/two.img" bs=1 \
			seek=$((mft + n * 1024)) conv=notrunc 2>/dev/null
	done
	run 2 "corpus: two records overwritten" ls -R -l "$tmp/two.img"
	has "$err" "corpus: two records overwritten: said" "record"
	rm -rf "$tmp/o"
	run 2 "corpus: two records overwritten: extract" extract \
		"$tmp/two.img" -o "$tmp/o" /
else
	skip "no unpacked corpus here"
fi

if need mkfs.fat mcopy && fat "$tmp/fat.img" 8; then
	cp "$tmp/fat.img" "$tmp/copy.img"
	zero "$tmp/copy.img" $(($(field "$tmp/fat.img" 14 2) * 512)) \
		$(($(field "$tmp/fat.img" 22 2) * 512))
	want=$(sha <"$tmp/random")
	run 2 "first FAT" cat "$tmp/copy.img" /Folder/random.bin
	equal "first FAT: content" "$(sha <"$out")" "$want"
	zero "$tmp/copy.img" $(($(field "$tmp/fat.img" 14 2) * 512)) \
		$(($(field "$tmp/fat.img" 22 2) * 1024))
	run 2 "both FATs" cat "$tmp/copy.img" /Folder/random.bin
	equal "both FATs: the length stays" "$(wc -c <"$out")" 70000
	# byte 31 of the folder's entry is the highest of the size: 256 MiB more
	at=$(LC_ALL=C grep -abo 'RANDOM  BIN' "$tmp/fat.img" | cut -d : -f 1)
	cp "$tmp/fat.img" "$tmp/copy.img"
	printf '\020' | dd of="$tmp/copy.img" bs=1 seek=$((at + 31)) \
		conv=notrunc 2>/dev/null
	run 2 "FAT: a size far too large" extract "$tmp/copy.img" \
		-o "$tmp/large" /Folder/random.bin
	large=$(find "$tmp/large/v1" -type f)
	equal "a size far too large: the length stays" \
		"$(wc -c <"$large")" $((268435456 + 70000))
	check "a size far too large: what is there" \
		cmp -n 70000 "$large" "$tmp/random"
	check "a size far too large: what is missing fills no disk" \
		[ "$(du -k "$large" | cut -f 1)" -lt 1024 ]
	check "a size far too large: sha256sum -c" sh -c \
		"cd '$tmp/large' && sha256sum -c --quiet SHA256SUMS"
	rm -rf "$tmp/large"
fi

if need sgdisk mkfs.fat && [ -e "$tmp/fat.img" ]; then
	truncate -s 16M "$tmp/gpt.img"
	sgdisk -n 1:2048:18431 -t 1:0700 "$tmp/gpt.img" >/dev/null 2>&1
	dd if="$tmp/fat.img" of="$tmp/gpt.img" bs=512 seek=2048 conv=notrunc \
		2>/dev/null
	run 0 "GPT: undamaged" ls -R "$tmp/gpt.img"
	cp "$out" "$tmp/list"
	cp "$tmp/gpt.img" "$tmp/copy.img"
	zero "$tmp/copy.img" 512 17408
	run 2 "GPT: primary gone" ls -R "$tmp/copy.img"
	check "GPT: primary gone: every name" cmp "$tmp/list" "$out"
	cp "$tmp/gpt.img" "$tmp/copy.img"
	zero "$tmp/copy.img" $((16777216 - 512)) 512
	run 0 "GPT: backup gone, nothing is lost" ls -R "$tmp/copy.img"
	check "GPT: backup gone: every name" cmp "$tmp/list" "$out"
	truncate -s 5M "$tmp/gpt.img"
	run 2 "GPT: cut inside the volume" ls -R "$tmp/gpt.img"
fi

# 2^28 clusters on 2 MiB: what is kept of each must follow the medium
if need mkfs.fat python3; then
	mkfs.fat -C -F 32 -s 1 "$tmp/claims.img" 40000 >/dev/null
	python3 - "$tmp/claims.img" <<'PY'
import struct, sys
b = bytearray(open(sys.argv[1], 'rb').read(2 << 20))
struct.pack_into('<I', b, 32, 0xffffffff)   # sectors of the volume
struct.pack_into('<I', b, 36, 0x00200000)   # sectors of a FAT
b[6 * 512:7 * 512] = b[:512]
open(sys.argv[1], 'wb').write(b)
PY
	for how in "ls -R -d" "hives -d"; do
		# shellcheck disable=SC2086
		run 2 "FAT that claims a terabyte: $how" $how --stats \
			"$tmp/claims.img"
		peak=$(sed -n 's/.*own peak \([0-9]*\) bytes.*/\1/p' "$err")
		check "FAT that claims a terabyte: $how: memory" \
			[ "${peak:-99999999}" -lt 4194304 ]
	done
	rm -f "$tmp/claims.img"
fi
finish
