#!/bin/sh
# bad-input.sh: what is not an image, or cannot be read or written: a message
# that names the file and the place, the right status, nothing left behind.
. "$(dirname "$0")/lib.sh"
mnt=
undo() { [ -z "$mnt" ] || umount "$mnt" 2>/dev/null; }

all_commands() { # WANT NAME IMAGE TEXT
	for c in info hives "ls" "cat /x" "stat /x" "extract -o $tmp/o"; do
		# shellcheck disable=SC2086
		set -- "$1" "$2" "$3" "$4" $c
		want=$1 name=$2 image=$3 text=$4 c=$5
		shift 5
		run "$want" "$name: $c" "$c" "$image" "$@"
		[ -z "$text" ] || has "$err" "$name: $c: says it" "$text"
		has "$err" "$name: $c: names the file" "$image"
		[ "$want" != 1 ] || [ "$(wc -l <"$err")" = 1 ] ||
			not_ok "$name: $c: more than one line"
		[ -s "$out" ] && [ "$want" = 1 ] && [ "$c" != info ] &&
			not_ok "$name: $c: wrote to stdout"
		[ -e "$tmp/o" ] && not_ok "$name: extract left $tmp/o" &&
			rm -rf "$tmp/o"
		set -- "$want" "$name" "$image" "$text"
	done
}

# ---- no image ----
seq 1 20000 >"$tmp/text"
all_commands 1 "not an image" "$tmp/text" "not a disk image"
: >"$tmp/empty"
all_commands 1 "empty file" "$tmp/empty" "empty"
mkdir "$tmp/folder"
all_commands 1 "folder" "$tmp/folder" "folder"
all_commands 1 "no such file" "$tmp/nowhere" "No such file"
head -c 300 /dev/zero >"$tmp/tiny"
all_commands 1 "300 bytes of zeros" "$tmp/tiny" ""
head -c 100000 /dev/zero >"$tmp/zeros"
all_commands 1 "zeros" "$tmp/zeros" "not a disk image"
mkfifo "$tmp/fifo"
run 1 "a fifo" info "$tmp/fifo"
has "$err" "a fifo: named" "fifo"
run 1 "/dev/null" info /dev/null
head -c 4000 /dev/urandom >"$tmp/secret"
chmod 000 "$tmp/secret"
if [ "$(id -u)" != 0 ]; then
	run 1 "unreadable file" info "$tmp/secret"
	one_line "unreadable file: why" "Permission denied"
elif command -v setpriv >/dev/null 2>&1; then
	chmod 755 "$tmp"
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$HIVELIFT" info "$tmp/secret" >"$out" 2>"$err"
	equal "unreadable file: status" $? 1
	one_line "unreadable file: why" "Permission denied"
else
	skip "root reads everything, and there is no setpriv"
fi

# ---- images with damage ----
if need mkfs.fat mcopy && fat "$tmp/fat.img" 40; then
	img=$tmp/fat.img
	mkfs.fat -F 32 -s 1 -n TESTFAT32 "$img" >/dev/null
	mcopy -i "$img" "$tmp/random" ::/random.bin
	mcopy -i "$img" "$tmp/hello" ::/hello.txt
	fat_want=$(sha <"$tmp/random")

	cp "$img" "$tmp/cut.img"
	truncate -s 20M "$tmp/cut.img"
	run 2 "truncated image" ls "$tmp/cut.img"
	has "$err" "truncated image: said" "cut.img"
	has "$out" "truncated image: what is there is listed" "random.bin"

	cp "$img" "$tmp/nosector.img"
	dd if=/dev/zero of="$tmp/nosector.img" bs=512 count=1 conv=notrunc \
		2>/dev/null
	run 2 "zeroed first sector" cat "$tmp/nosector.img" /random.bin
	equal "zeroed first sector: content" "$(sha <"$out")" "$fat_want"
	has "$err" "zeroed first sector: the backup is named" "backup"

	# a FAT chain that bites its tail: cluster 3 is the file's first
	cp "$img" "$tmp/loop.img"
	python3 - "$tmp/loop.img" <<'PY'
import struct, sys
f = open(sys.argv[1], 'r+b')
b = f.read(512)
reserved, = struct.unpack_from('<H', b, 14)
fats = b[16]
size, = struct.unpack_from('<I', b, 36)
for n in range(fats):
    at = (reserved + n * size) * 512
    f.seek(at)
    fat = bytearray(f.read(4096))
    # the longest chain is random.bin: let its 5th cluster lead to its 3rd
    for c in range(3, 200):
        if struct.unpack_from('<I', fat, 4 * c)[0] == c + 1:
            struct.pack_into('<I', fat, 4 * (c + 4), c + 2)
            break
    f.seek(at)
    f.write(fat)
PY
	run 2 "FAT loop" cat "$tmp/loop.img" /random.bin
	has "$err" "FAT loop: names the file" "random.bin"
	check "FAT loop: ends" test "$(wc -c <"$out")" -le 70000
	run 0 "FAT loop: its neighbour is whole" cat "$tmp/loop.img" /hello.txt
fi

if need mkntfs ntfscp && ntfs "$tmp/ntfs.img" 8; then
	want=$(sha <"$tmp/random")
	cp "$tmp/ntfs.img" "$tmp/norecord.img"
	python3 - "$tmp/norecord.img" <<'PY'
import struct, sys
f = open(sys.argv[1], 'r+b')
b = f.read(512)
bps, spc = struct.unpack_from('<HB', b, 11)
mft, = struct.unpack_from('<Q', b, 48)
f.seek(mft * bps * spc)
f.write(b'\0' * 1024)
PY
	run 2 "NTFS with a destroyed record 0" ls "$tmp/norecord.img"
	has "$err" "destroyed record 0: says so" "norecord.img"
	run 2 "destroyed record 0: a file" cat "$tmp/norecord.img" /random.bin
	equal "destroyed record 0: content" "$(sha <"$out")" "$want"

	cp "$tmp/ntfs.img" "$tmp/noboot.img"
	dd if=/dev/zero of="$tmp/noboot.img" bs=512 count=1 conv=notrunc \
		2>/dev/null
	run 2 "NTFS without its first sector" cat "$tmp/noboot.img" /random.bin
	equal "NTFS without its first sector: content" "$(sha <"$out")" "$want"
fi

if need sgdisk mkfs.fat mcopy && fat "$tmp/part.img" 8; then
	truncate -s 16M "$tmp/gpt.img"
	sgdisk -n 1:2048:18431 -t 1:0700 "$tmp/gpt.img" >/dev/null 2>&1
	dd if="$tmp/part.img" of="$tmp/gpt.img" bs=512 seek=2048 conv=notrunc \
		2>/dev/null
	run 0 "a sound GPT" ls "$tmp/gpt.img" /Folder
	cp "$tmp/gpt.img" "$tmp/badgpt.img"
	printf 'XXXX' |
		dd of="$tmp/badgpt.img" bs=1 seek=530 conv=notrunc 2>/dev/null
	run 2 "corrupt table" ls "$tmp/badgpt.img" /Folder
	has "$out" "corrupt table: the backup leads to the files" "random.bin"
	has "$err" "corrupt table: the backup is named" "backup"
	run 2 "corrupt table: info" info --json "$tmp/badgpt.img"
	equal "corrupt table: JSON says which copy" \
		"$(json '[r["used"] for r in rows if r["type"]=="table"]')" \
		"['backup']"
fi

# ---- output that cannot be had ----
img=$tmp/fat.img
if [ -e "$img" ]; then
	mkdir "$tmp/full"
	echo mine >"$tmp/full/mine"
	run 1 "output folder holds something" extract "$img" -o "$tmp/full" \
		/random.bin
	has "$err" "output folder holds something: named" "$tmp/full"
	equal "output folder holds something: untouched" \
		"$(ls "$tmp/full")$(cat "$tmp/full/mine")" "minemine"
	echo file >"$tmp/afile"
	run 1 "output folder is a file" extract "$img" -o "$tmp/afile" \
		/random.bin
	equal "output folder is a file: untouched" "$(cat "$tmp/afile")" file
	run 1 "output folder below nothing" extract "$img" -o \
		"$tmp/no/such/dir" /random.bin
	[ -e "$tmp/no" ] && not_ok "left $tmp/no"

	if need flock; then
		# what a second run at the same time meets
		mkdir "$tmp/taken" "$tmp/taken2"
		for force in "" --force; do
			# shellcheck disable=SC2086
			flock "$tmp/taken" "$HIVELIFT" extract $force "$img" \
				-o "$tmp/taken" /hello.txt >"$out" 2>"$err"
			equal "another run writes there $force: status" $? 1
			one_line "another run writes there $force" \
				"another run"
		done
		equal "another run writes there: untouched" \
			"$(ls -A "$tmp/taken")" ""
		run 0 "an empty folder is taken" extract "$img" -o \
			"$tmp/taken2" /hello.txt
	fi
	cp "$img" "$tmp/self.img"
	before=$(sha <"$tmp/self.img")
	for c in "info" "ls -R" "cat /hello.txt" "stat /hello.txt"; do
		# shellcheck disable=SC2086
		set -- $c
		c=$1
		shift
		"$HIVELIFT" "$c" "$tmp/self.img" "$@" >>"$tmp/self.img" \
			2>"$err"
		equal "$c onto the image: status" $? 1
		has "$err" "$c onto the image: why" "the image itself"
		"$HIVELIFT" "$c" -v "$tmp/self.img" "$@" >"$out" \
			2>>"$tmp/self.img"
		equal "$c, notes onto the image: status" $? 1
	done
	equal "output onto the image: it is untouched" \
		"$(sha <"$tmp/self.img")" "$before"

	run 1 "PATH not found" cat "$img" /nowhere
	has "$err" "PATH not found: says where it looked" "looked in"
	run 1 "extract PATH not found" extract "$img" -o "$tmp/o" /nowhere
	[ -e "$tmp/o" ] && not_ok "extract PATH not found: left a folder" ||
		ok "extract PATH not found: nothing left"
	run 1 "no hive" hives "$img"
	has "$err" "no hive: says so" "no hive"
	has "$err" "no hive: looked in" "searched: volumes 1"
	run 1 "extract without a hive" extract "$img" -o "$tmp/o"
	[ -e "$tmp/o" ] && not_ok "extract without a hive: left a folder" ||
		ok "extract without a hive: nothing left"

	if [ -c /dev/full ]; then
		for c in "info" "ls -R" "cat /random.bin" "stat /random.bin"; do
			# shellcheck disable=SC2086
			set -- $c
			c=$1
			shift
			"$HIVELIFT" "$c" "$img" "$@" >/dev/full 2>"$err"
			equal "$c to a full device: status" $? 1
			has "$err" "$c to a full device: why" \
				"stdout: No space left"
		done
	fi
	{ "$HIVELIFT" cat "$img" /random.bin 2>"$err"; echo $? >"$tmp/rc"; } |
		head -c 10 >/dev/null
	# the writer may be done before the reader goes; a longer one is not
	head -c 30000000 /dev/zero >"$tmp/long"
	mcopy -i "$img" "$tmp/long" ::/long.bin
	{ "$HIVELIFT" cat "$img" /long.bin 2>"$err"; echo $? >"$tmp/rc"; } |
		head -c 10 >/dev/null
	equal "closed pipe: status" "$(cat "$tmp/rc")" 1
	check "closed pipe: one line at most" test "$(wc -l <"$err")" -le 1
	for c in --help --version "ls --help" "info $img"; do
		# opened for both, a FIFO waits for nobody
		exec 8<>"$tmp/fifo" 9>"$tmp/fifo" 8>&-
		# shellcheck disable=SC2086
		"$HIVELIFT" $c >&9 2>"$err"
		equal "$c, the reader is gone: status" $? 1
		exec 9>&-
		has "$err" "$c, the reader is gone: said" "Broken pipe"
	done
	"$HIVELIFT" cat "$img" /hello.txt >&- 2>"$err"
	equal "closed stdout: status" $? 1

	if [ "$(id -u)" = 0 ] && mkdir "$tmp/small" &&
		mount -t tmpfs -o size=1m none "$tmp/small" 2>/dev/null; then
		mnt=$tmp/small
		run 1 "full disk" extract "$img" -o "$tmp/small/o" /long.bin
		has "$err" "full disk: why" "No space left"
		has "$err" "full disk: names the place" "$tmp/small/o"
		equal "full disk: nothing left" "$(ls -A "$tmp/small")" ""
		# the kernel keeps what a sandbox named a moment longer
		wait_for mount -o remount,ro "$tmp/small"
		run 1 "read-only folder" extract "$img" -o "$tmp/small/o" \
			/hello.txt
		has "$err" "read-only folder: why" "Read-only"
		umount "$tmp/small" && mnt=
	else
		skip "no tmpfs can be mounted: full disk, read-only folder"
	fi
	run 1 "output over the image" extract "$img" --force -o "$img" \
		/hello.txt
	equal "output over the image: the image is untouched" \
		"$("$HIVELIFT" cat "$img" /random.bin | sha)" "$fat_want"
fi

# ---- a drive without a medium ----
drive=
for d in /dev/sr0 /dev/cdrom /dev/fd0; do [ -b $d ] && drive=$d; done
if [ -z "$drive" ] && [ "$(id -u)" = 0 ] && [ -b /dev/loop0 ]; then
	# a loop device that nothing is attached to reads like an empty drive;
	# held exclusively, for nothing can be attached to it then
	cat >"$tmp/empty.py" <<'PY'
import os, subprocess, sys
for _ in range(1000):
    drive = subprocess.check_output(['losetup', '-f']).decode().strip()
    try:
        held = os.open(drive, os.O_RDONLY | os.O_EXCL)
    except OSError:
        continue
    if os.lseek(held, 0, os.SEEK_END) == 0:
        print(drive, flush=True)
        sys.stdin.read()
        break
    os.close(held)
PY
	mkfifo "$tmp/hold" "$tmp/name"
	python3 "$tmp/empty.py" <"$tmp/hold" >"$tmp/name" &
	exec 8>"$tmp/hold"
	read -r drive <"$tmp/name"
fi
if [ -n "$drive" ] && [ -b "$drive" ]; then
	run 1 "empty drive" info "$drive"
	has "$err" "empty drive: named" "$drive"
else
	skip "no drive without a medium here"
fi
exec 8>&-
finish
