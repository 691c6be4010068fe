#!/bin/sh
# mutations.sh: small volumes made by the usual tools, damaged at random a
# few thousand times each, and read whole (tests/fuzz/fuzz_image.c).  The
# seed is fixed, so that a failure comes back; MUTATE_ROUNDS makes it longer.
set -u
B=${B:-build}
rounds=${MUTATE_ROUNDS:-800}
seed=${MUTATE_SEED:-1}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hivelift-mutations-XXXXXX") || exit 1
trap 'umount "$tmp/mnt" 2>/dev/null; rm -rf "$tmp"' EXIT
passed=0 failed=0 skipped=0
${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -o "$tmp/mkhive" \
	tests/mkhive*.c || exit 1

skip() {
	echo "SKIP: $1"
	skipped=$((skipped + 1))
}

# A hive with its log, text, a stream, a link, a compressed folder.
content() {
	mkdir -p "$1/Windows/System32/config" "$1/Users/bob/small"
	i=0
	while [ $i -lt 60 ]; do
		echo $i >"$1/Users/bob/small/a rather long file name $i.txt"
		i=$((i + 1))
	done
	"$tmp/mkhive" -o "$1/Windows/System32/config/SYSTEM" SYSTEM
	cp "$1/Windows/System32/config/SYSTEM" "$1/Users/bob/NTUSER.DAT"
}

ntfs() {
	truncate -s 1200K "$tmp/ntfs"
	mkntfs -F -q -f -c "$1" "$tmp/ntfs" >/dev/null 2>&1 || return 1
	mkdir -p "$tmp/mnt"
	ntfs-3g -o streams_interface=windows "$tmp/ntfs" "$tmp/mnt" || return 1
	content "$tmp/mnt"
	mkdir "$tmp/mnt/packed"
	setfattr -h -v 0x00000800 -n system.ntfs_attrib_be "$tmp/mnt/packed"
	seq 1 12000 >"$tmp/mnt/packed/numbers"
	echo hidden >"$tmp/mnt/packed/numbers:stream"
	ln -s numbers "$tmp/mnt/packed/link"
	umount "$tmp/mnt"
}

fat() {
	rm -f "$tmp/fat"
	mkfs.fat -C -F "$1" -s 1 "$tmp/fat" "$2" >/dev/null || return 1
	content "$tmp/tree" &&
		mcopy -s -i "$tmp/fat" "$tmp/tree/Windows" "$tmp/tree/Users" ::
}

# Smaller than mkfs.exfat makes them; what it leaves empty is cut away.
exfat() {
	truncate -s 6M "$tmp/exfat"
	device=$(losetup --show -f "$tmp/exfat") || return 1
	mkdir -p "$tmp/mnt"
	mkfs.exfat -c 512 -b 4096 "$device" >/dev/null 2>&1 &&
		mount.exfat-fuse "$device" "$tmp/mnt" >/dev/null 2>&1 &&
		content "$tmp/mnt"
	status=$?
	umount "$tmp/mnt"
	losetup -d "$device"
	truncate -s 1M "$tmp/exfat"
	return $status
}

try() {
	name=$1 file=$2
	if "$B/fuzz_image" -m "$rounds" -s "$seed" -k "$tmp/last" "$file"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		cp "$tmp/last" "$B/log/mutations-$name.bin" 2>/dev/null
		echo "FAIL: $name, kept as $B/log/mutations-$name.bin"
	fi
}

if [ "$(id -u)" = 0 ] && command -v ntfs-3g >/dev/null &&
   [ -e /dev/fuse ]; then
	for cluster in 512 4096; do
		ntfs $cluster || failed=$((failed + 1))
		try ntfs-$cluster "$tmp/ntfs"
	done
else
	skip "NTFS volumes are written with ntfs-3g as root"
fi
if [ "$(id -u)" = 0 ] && command -v mkfs.exfat >/dev/null &&
   command -v mount.exfat-fuse >/dev/null && [ -e /dev/fuse ]; then
	exfat || failed=$((failed + 1))
	try exfat "$tmp/exfat"
else
	skip "exFAT volumes are written with exfat-fuse as root"
fi
if command -v mkfs.fat >/dev/null && command -v mcopy >/dev/null; then
	fat 12 700 && try fat12 "$tmp/fat"
	fat 16 4500 && truncate -s 1M "$tmp/fat" && try fat16 "$tmp/fat"
	fat 32 34000 && truncate -s 1M "$tmp/fat" && try fat32 "$tmp/fat"
else
	skip "FAT volumes are written with mkfs.fat and mtools"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
