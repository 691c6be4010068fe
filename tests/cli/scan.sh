#!/bin/sh
# scan.sh: volumes that no table knows: scan, --lost, --offset with the
# numbers of a boot sector, --sfdisk on a copy, --state.
. "$(dirname "$0")/lib.sh"

need mkntfs ntfscp mkfs.fat mcopy mkfs.exfat sfdisk python3 || {
	finish
	exit
}

# zero DISK OFFSET BYTES
zero() {
	dd if=/dev/zero of="$1" bs=512 seek=$(($2 / 512)) count=$(($3 / 512)) \
		conv=notrunc status=none
}

# C: at 1 MiB and D: at 25 MiB (NTFS), FAT32 at 60, exFAT at 100; then one
# NTFS volume over all of it and a table that has only that
c=$tmp/c d=$tmp/d f=$tmp/f x=$tmp/x n=$tmp/n disk=$tmp/disk old=$tmp/old
D=$((25 << 20))
ntfs "$c" 24 && ntfs "$d" 32
sum=$(sha <"$tmp/random")
truncate -s 36M "$f" && mkfs.fat -F 32 -s 1 -n OLDFAT "$f" >/dev/null
mcopy -i "$f" "$tmp/random" ::/random.bin
truncate -s 16M "$x" && mkfs.exfat -L OLDX "$x" >/dev/null
truncate -s 140M "$disk"
put "$c" "$disk" 1; put "$d" "$disk" 25; put "$f" "$disk" 60
put "$x" "$disk" 100
cp --sparse=always "$disk" "$old"
truncate -s 130M "$n"
mkntfs -F -q -f -L NEW -s 512 -p 2048 -H 255 -S 63 "$n" >/dev/null 2>&1
put "$n" "$disk" 1
printf 'label: dos\nstart=2048, size=%s, type=7\n' $((130 << 11)) |
	sfdisk -q --wipe never "$disk" >/dev/null 2>&1
before=$(sha <"$disk")

run 0 "scan" scan "$disk"
has "$out" "scan: a table for people" "generation"
has "$out" "scan: words of evidence" "its record 0 says so"
has "$out" "scan: how to go on" "hivelift ls --offset $D IMAGE"
has "$err" "scan: what was searched" "searched: 140.0 MiB"
run 0 "scan --json" scan --json "$disk"
equal "the new volume is in the table" "True 1 1" "$(json '
"%s %s %s" % next((r["in_table"], r["volume"], r["generation"])
                  for r in rows if r["size"] == 130 << 20)')"
equal "D: is whole" "True L2 primary 2 ntfs" "$(json '
"%s %s %s %s %s" % next((r["believed"], r["volume"], r["boot"],
	r["generation"], r["fs"]) for r in rows if r["offset"] == 25 << 20)')"
equal "C: by its second boot sector" "True backup False" "$(json '
"%s %s %s" % next((r["believed"], r["boot"], r["in_table"])
                  for r in rows if r["size"] == 24 << 20)')"
equal "FAT32 and exFAT" "[('exfat', 100), ('fat32', 60)]" "$(json '
sorted((r["fs"], r["offset"] >> 20) for r in rows if r["believed"] and
       r["fs"] != "ntfs")')"
equal "the keys of the contract" "True" "$(json '
all({"offset", "size", "fs", "score", "in_table", "boot", "generation",
     "evidence"} <= set(r) and r["evidence"] for r in rows)')"
equal "two runs, one answer" "$(sha <"$out")" \
	"$("$HIVELIFT" scan --json -q "$disk" | sha)"

# where C: began a later volume begins: its offset leads to that one
run 0 "an older one at the same byte" scan "$disk"
has "$out" "an older one at the same byte: by its number" \
	"byte 1048576: hivelift ls --volume L1 IMAGE"
"$HIVELIFT" ls --offset 1048576 --cluster-size 4096 --mft 4 "$disk" \
	>"$out" 2>"$err"
has "$err" "its numbers lead to the later one: said" \
	"this is the volume of today"
lacks "$out" "its numbers lead to the later one: only to that" "random"

run 2 "hives --lost" hives --lost "$disk"
has "$err" "hives --lost: C: by its second boot sector" \
	"volume L1: it is gone; its copy"
lacks "$err" "hives --lost: D: has its first one" "opened by its cluster size"
run 2 "a gap under a lost volume" hives --json -q --lost "$disk"
equal "a gap under a lost volume: all but what it covers" \
	"[(0, 1), (131, 9)]" "$(json '
[(g["offset"] >> 20, g["size"] + 512 >> 20)
 for g in rows[-1]["coverage"]["not_searched"] if g["what"] == "gap"]')"

# ---- the volumes, open ----
for p in L2:/random.bin L3:/random.bin; do
	equal "cat $p" "$sum" \
		"$("$HIVELIFT" cat "$disk" $p 2>/dev/null | sha)"
done
equal "l2: in small letters" "$sum" \
	"$("$HIVELIFT" cat "$disk" l2:/random.bin 2>/dev/null | sha)"
equal "--volume L2 implies --lost" "$sum" \
	"$("$HIVELIFT" cat --volume L2 "$disk" /random.bin 2>/dev/null | sha)"
equal "--offset" "$sum" \
	"$("$HIVELIFT" cat --offset $D "$disk" /random.bin 2>/dev/null | sha)"
"$HIVELIFT" ls -R --lost "$disk" >"$out" 2>"$err"
equal "ls --lost: all volumes" "1: L1: L2: L3: L4: " \
	"$(grep -E '^L?[0-9]:$' "$out" | tr '\n' ' ')"
has "$err" "an older generation is said" "later volumes lie on the same bytes"
"$HIVELIFT" extract --lost "$disk" L2:/random.bin -o "$tmp/x1" 2>"$err"
equal "extract: a folder of its own" "$sum" \
	"$(sha <"$tmp/x1/vL2/random.bin")"
run 2 "verify of what --lost had" verify "$tmp/x1" --image "$disk" --lost
has "$out" "verify of what --lost had: found again" "all as listed"
run 2 "verify of what --lost had, without it" verify "$tmp/x1" --image "$disk"
has "$out" "verify of what --lost had, without it: said" "no such volume"
"$HIVELIFT" extract --offset $D "$disk" /random.bin -o "$tmp/x2" 2>"$err"
run 2 "verify of what --offset had" verify "$tmp/x2" --image "$disk" \
	--offset $D
has "$out" "verify of what --offset had: found again" "all as listed"
run 1 "a volume that is not there" ls "$disk" L9:/
has "$err" "a volume that is not there: named" "no volume L9"

# ---- boot sectors gone ----
cp --sparse=always "$old" "$tmp/gone"
zero "$tmp/gone" $D 512
zero "$tmp/gone" $((D + (32 << 20) - 512)) 512
"$HIVELIFT" scan "$tmp/gone" >"$out" 2>"$err"
how=$(grep -o -e "--offset $D --cluster-size [0-9]* --mft [0-9]*" "$out" |
	head -n 1)
equal "neither boot sector: how to open it" \
	"--offset $D --cluster-size 4096 --mft 4" "$how"
# shellcheck disable=SC2086
equal "neither boot sector: it opens" "$sum" \
	"$("$HIVELIFT" cat $how "$tmp/gone" /random.bin 2>/dev/null | sha)"
run 0 "neither boot sector: by --lost" scan --json -q "$tmp/gone"
id=$(json 'next(r["volume"] for r in rows if r["offset"] == 25 << 20)')
equal "neither boot sector: by its number" "$sum" \
	"$("$HIVELIFT" cat "$tmp/gone" "$id:/random.bin" 2>/dev/null | sha)"
zero "$tmp/gone" $((60 << 20)) 512
zero "$tmp/gone" $((100 << 20)) $((12 * 512))
run 0 "FAT32 and exFAT by their copies" scan --json -q "$tmp/gone"
equal "FAT32 and exFAT by their copies: found" \
	"[('exfat', 'backup', 100), ('fat32', 'backup', 60)]" "$(json '
sorted((r["fs"], r["boot"], r["offset"] >> 20) for r in rows
       if r["believed"] and r["fs"] != "ntfs")')"

# ---- records of Windows NT and 2000: no number in them ----
# the update sequence begins at 2a, where later ones have a hole
older() {
	python3 - "$1" <<'P'
import sys
with open(sys.argv[1], 'r+b') as f:
    v = bytearray(f.read())
    for i in range(0, len(v) - 1023, 512):
        if v[i:i + 8] == b'FILE\x30\0\3\0':
            v[i + 0x2a:i + 0x30] = v[i + 0x30:i + 0x36]
            v[i + 0x30:i + 0x38] = bytes(8)
            v[i + 4] = 0x2a
    f.seek(0)
    f.write(v)
P
}
ntfs "$tmp/nt" 32
for i in 1 2 3 4 5 6 7 8 9; do
	ntfscp -f -q "$tmp/nt" "$tmp/hello" "more$i" >/dev/null 2>&1
done
sum_nt=$(sha <"$tmp/random")
older "$tmp/nt"
run 0 "NT: the volume itself" cat "$tmp/nt" /random.bin
equal "NT: it is read" "$sum_nt" "$(sha <"$out")"
truncate -s 50M "$tmp/nt-disk"
put "$tmp/nt" "$tmp/nt-disk" 4
zero "$tmp/nt-disk" $((4 << 20)) 512
zero "$tmp/nt-disk" $((36 * (1 << 20) - 512)) 512
run 0 "NT: no boot sector" scan --json "$tmp/nt-disk" --state "$tmp/nt-state"
equal "NT: start, cluster and size by record 0" \
	"[('L1', 4, 'none', 4096, 32)]" "$(json '
[(r["volume"], r["offset"] >> 20, r["boot"], r["cluster_size"],
  r["size"] + 65536 >> 20) for r in rows if r["believed"]]')"
has "$out" "NT: what tells the numbers" 'their place in $MFT tells it'
run 0 "NT: from the state" scan --json "$tmp/nt-disk" --state "$tmp/nt-state"
has "$out" "NT: from the state: the same" 'their place in $MFT tells it'
equal "NT: a file of it" "$sum_nt" \
	"$("$HIVELIFT" cat -q "$tmp/nt-disk" L1:/random.bin 2>/dev/null | sha)"
# record 0 is at cluster 4
zero "$tmp/nt-disk" $(((4 << 20) + 16384)) 1024
run 0 "NT: no record 0" scan --json "$tmp/nt-disk"
has "$out" "NT: no record 0: by the mirror" '(in $MFTMirr)'
equal "NT: no record 0: a file of it" "$sum_nt" \
	"$("$HIVELIFT" cat -q "$tmp/nt-disk" L1:/random.bin 2>/dev/null | sha)"

# ---- --sfdisk ----
run 0 "--sfdisk" scan --sfdisk "$disk"
has "$out" "--sfdisk: warns" "NEVER APPLY THIS TO THE EVIDENCE"
equal "--sfdisk: a table for each generation" 2 "$(grep -c ^label: "$out")"
for g in 1 2; do
	cp --sparse=always "$disk" "$tmp/clone"
	"$HIVELIFT" scan -q --sfdisk --generation $g "$disk" >"$tmp/script"
	check "sfdisk takes generation $g" sfdisk -q --wipe never \
		"$tmp/clone" <"$tmp/script"
	sfdisk -d "$tmp/clone" >"$tmp/dump$g" 2>/dev/null
done
has "$tmp/dump1" "generation 1 is the table of today" \
	"start=        2048, size=      $((130 << 11))"
has "$tmp/dump2" "generation 2 has D:" \
	"start=       $((25 << 11)), size=       $((32 << 11))"
run 1 "no such generation" scan --sfdisk --generation 7 "$disk"
if [ "$(id -u)" = 0 ] && [ -e /dev/fuse ] && need ntfs-3g losetup; then
	dev=$(losetup -f --show -r -o $D --sizelimit $((32 << 20)) \
		"$tmp/clone" 2>/dev/null)
	mkdir "$tmp/mnt"
	if [ "$dev" ] && ntfs-3g -o ro "$dev" "$tmp/mnt" 2>"$err"; then
		equal "ntfs-3g mounts D: of the clone" "$sum" \
			"$(sha <"$tmp/mnt/random.bin")"
		umount "$tmp/mnt"
	else
		not_ok "ntfs-3g mounts D: of the clone: $(head -n 1 "$err")"
	fi
	[ ! "$dev" ] || losetup -d "$dev"
else
	skip "no root, FUSE or loop devices: --sfdisk mounted"
fi

# ---- --state ----
"$HIVELIFT" scan --json -q "$disk" >"$tmp/want"
run 0 "--state: a new file" scan --json -q --state "$tmp/state" "$disk"
check "--state: the same answer" cmp "$out" "$tmp/want"
run 0 "--state: taken up at the end" scan --json --state "$tmp/state" "$disk"
has "$err" "--state: says so" "taken up at byte $((140 << 20))"
check "--state: the same answer again" cmp "$out" "$tmp/want"
equal "--lost --state" "$sum" "$("$HIVELIFT" cat --state "$tmp/state" \
	"$disk" L2:/random.bin 2>/dev/null | sha)"
run 1 "--state of another image" scan --state "$tmp/state" "$old"
has "$err" "--state of another image: said" "another image"
check "--state of another image: still whole" \
	"$HIVELIFT" scan -q --state "$tmp/state" "$disk"
printf 'a letter\n' >"$tmp/letter"
run 1 "--state over another file" scan --state "$tmp/letter" "$disk"
equal "--state over another file: untouched" "a letter" \
	"$(cat "$tmp/letter")"
run 1 "--state over the image" scan --state "$disk" "$disk"
cp "$disk" "$tmp/copy"
dd if=/dev/zero of="$tmp/state" bs=1 seek=1030 count=4 conv=notrunc \
	status=none
dd if=/dev/zero of="$tmp/state" bs=1 seek=5000 count=4 conv=notrunc \
	status=none
"$HIVELIFT" scan -q --state "$tmp/state" "$disk" >"$out" 2>"$err"
[ $? -lt 3 ] && ok "--state: a damaged one does no harm" ||
	not_ok "--state: a damaged one: $(cat "$err")"

# Ctrl-C in the middle: a medium that takes long: a virtual disk whose zeros
# have to be made
truncate -s 30G "$tmp/thin"
put "$d" "$tmp/thin" 25
if need qemu-img; then
	qemu-img convert -O qcow2 "$tmp/thin" "$tmp/long"
else
	cp "$disk" "$tmp/long"
fi
rm -f "$tmp/state"
"$HIVELIFT" scan --json -q --state "$tmp/state" "$tmp/long" >"$out" \
	2>"$err" &
pid=$!
wait_for test -e "$tmp/state" # all else is open by then
kill -INT $pid
wait $pid
got=$?
if [ $got = 0 ] && [ "$(head -c 3 "$tmp/long")" != QFI ]; then
	skip "the scan was over before it could be stopped"
else
	equal "Ctrl-C: status" $got 1
	equal "Ctrl-C: no result" "" "$(cat "$out")"
fi
run 0 "Ctrl-C: gone on with" scan --json --state "$tmp/state" "$tmp/long"
"$HIVELIFT" scan --json -q "$tmp/long" >"$tmp/want"
check "Ctrl-C: the same as without" cmp "$out" "$tmp/want"
equal "Ctrl-C: nothing is missing" "['L1']" "$(json '
[r["volume"] for r in rows if r["believed"]]')"

# a raw image with holes is as fast as what was written
truncate -s 600G "$tmp/thin"
run 0 "holes" scan --json --stats "$tmp/thin"
equal "holes: nothing is missing" "['L1']" "$(json '
[r["volume"] for r in rows if r["believed"]]')"
has "$err" "holes: all is searched" "searched: 600.0 GiB, every sector"
if [ "$(du -k "$tmp/thin" | cut -f 1)" -lt 65536 ]; then
	check "holes: only what was written is read" test "$(sed -n \
		's/.*stats: image: \([0-9]*\) bytes.*/\1/p' "$err")" \
		-lt $((96 << 20))
else
	skip "no holes in files of this file system"
fi

# a state that cannot be kept costs no results
if [ "$(id -u)" = 0 ] && mkdir "$tmp/full" &&
   mount -t tmpfs -o size=16k none "$tmp/full" 2>/dev/null; then
	undo() { umount "$tmp/full" "$tmp/mnt" 2>/dev/null; }
	"$HIVELIFT" scan --json -q "$disk" >"$tmp/want"
	head -c 12288 /dev/zero >"$tmp/full/fill"
	dd if=/dev/zero of="$tmp/full/fill2" bs=4096 2>/dev/null
	: >"$tmp/full/state" 2>/dev/null
	run 2 "no room for the state" scan --json --state "$tmp/full/state" \
		"$disk"
	check "no room for the state: the same answer" cmp "$out" "$tmp/want"
	has "$err" "no room for the state: said" "No space left on device"
	has "$err" "no room for the state: what follows" "it is not kept"
	rm -f "$tmp/full/fill" "$tmp/full/fill2"
	run 0 "room again" scan --json --state "$tmp/full/state" "$disk"
	check "room again: the same answer" cmp "$out" "$tmp/want"
	umount "$tmp/full"
else
	skip "no tmpfs can be mounted: a full disk for --state"
fi

# ---- info ----
truncate -s 64M "$tmp/hint"
printf 'label: dos\nstart=2048, size=32768, type=7\n' |
	sfdisk -q "$tmp/hint" >/dev/null 2>&1
put "$x" "$tmp/hint" 1
"$HIVELIFT" info "$tmp/hint" >"$out" 2>"$err"
lacks "$out" "info: nothing to hint at" "hivelift scan"
put "$c" "$tmp/hint" 17
"$HIVELIFT" info "$tmp/hint" >"$out" 2>"$err"
has "$out" "info: a gap is worth a scan" \
	"(ntfs) at byte $((17 << 20)): see hivelift scan"
"$HIVELIFT" info --json "$tmp/hint" >"$out" 2>"$err"
equal "info --json: the same" "[('ntfs', 17)]" "$(json '
[(r["boot_sector"], r["boot_sector_offset"] >> 20) for r in rows
 if r["type"] == "gap" and r["boot_sector"]]')"

# ---- what is not believed ----
fat "$tmp/host" 40
cp "$c" "$tmp/vm.vhd"
head -c 3000000 /dev/urandom >"$tmp/pad"
mcopy -i "$tmp/host" "$tmp/pad" ::/pad.bin
mcopy -i "$tmp/host" "$tmp/vm.vhd" ::/Folder/vm.vhd
run 0 "a virtual disk in a file" scan --json "$tmp/host"
equal "a virtual disk in a file: not believed" \
	"[(False, '1:/Folder/vm.vhd')]" "$(json '
[(r["believed"], r["inside"]) for r in rows if not r["in_table"]]')"
lacks "$out" "a virtual disk in a file: no lost volume" '"L1"'
ntfs "$tmp/host2" 60
ntfscp -f -q "$tmp/host2" "$tmp/vm.vhd" vm.vhd >/dev/null 2>&1
run 0 "the same on NTFS" scan --json "$tmp/host2"
equal "the same on NTFS: inside a file" "['1:/vm.vhd']" "$(json '
[r["inside"] for r in rows if not r["in_table"]]')"
run 0 "the same on NTFS: in words" scan "$tmp/host2"
has "$out" "the same on NTFS: said" "inside a file: 1:/vm.vhd"
# files of a volume that is lost itself: on NTFS, on FAT
truncate -s 120M "$tmp/nested"
put "$tmp/host2" "$tmp/nested" 2
put "$tmp/host" "$tmp/nested" 70
run 0 "nested in a lost volume" scan --json "$tmp/nested"
equal "nested in a lost volume: inside its file" \
	"[('L1', 2, None), (None, '-', 'L1:/vm.vhd'), ('L2', 70, None), (None, '-', 'L2:/Folder/vm.vhd')]" \
	"$(json '
[(r["volume"], r["offset"] >> 20 if r["volume"] else "-", r["inside"])
 for r in rows if r["believed"] or r["inside"]]')"
# a volume that was made later where such a file lies is none in a file;
# mkntfs counts whole seconds
sleep 1
first=$("$HIVELIFT" stat -q --offset 2M "$tmp/nested" /vm.vhd |
	awk '/^content/ { f = 1 } f && $1 == "0" { print $3; exit }')
ntfs "$tmp/later" 16
put "$tmp/later" "$tmp/nested" $(((first >> 20) + 2))
run 0 "made later in an old file" scan --json "$tmp/nested"
equal "made later in an old file: believed, and the newer one" "[(True, 1)]" \
	"$(json '[(r["believed"], r["generation"]) for r in rows
	if r["offset"] >> 20 == '$(((first >> 20) + 2))']')"
run 0 "nothing there" scan "$tmp/pad"
has "$err" "nothing there: what was searched" "0 lost"

# ---- once ----
# a boot sector's copy in the last sector makes one look for what it belongs to
truncate -s 57M "$tmp/tail"
put "$d" "$tmp/tail" 25
"$HIVELIFT" scan --stats "$tmp/tail" >"$out" 2>"$err"
read_bytes() {
	sed -n 's/.*stats: image: \([0-9]*\) bytes.*/\1/p' "$err"
}
check "the medium is read once: $(read_bytes) bytes" \
	test "$(read_bytes)" -lt $((60 << 20))
"$HIVELIFT" ls --stats --lost "$tmp/tail" L1:/ >"$out" 2>"$err"
check "--lost reads it once: $(read_bytes) bytes" \
	test "$(read_bytes)" -lt $((60 << 20))
zero "$tmp/d" 0 512
run 0 "a bare volume without its boot sector" scan --json "$tmp/d"
equal "a bare volume without its boot sector: it is volume 1" \
	"[('1', True, 'backup')]" "$(json '
[(r["volume"], r["in_table"], r["boot"]) for r in rows]')"

# ---- a dynamic disk: its volumes are there together, in one partition ----
ldm=$unpacked/mdbooth__libldm/ldm-2008r2-raid5-1.img
if [ -f "$ldm" ]; then
	run 0 "a dynamic disk" scan --json "$ldm"
	equal "a dynamic disk: one generation" \
		"[('1', 'ldm', 1), ('2', 'ntfs', 1), ('3', 'ntfs', 1)]" "$(json '
[(r["volume"], r["fs"], r["generation"]) for r in rows if r["believed"]]')"
	run 0 "a dynamic disk, --sfdisk" scan --sfdisk "$ldm"
	equal "a dynamic disk: one partition" "start=63, size=100289, type=42" \
		"$(grep '^start' "$out")"
	has "$out" "a dynamic disk: its volumes, said" \
		"it lies in a dynamic disk's partition"
else
	skip "no unpacked corpus: dynamic disks"
fi

# ---- words ----
run 1 "--cluster-size alone" ls --cluster-size 4096 "$disk"
one_line "--cluster-size alone: said" "go together"
run 1 "--mft without --offset" ls --cluster-size 4096 --mft 4 "$disk"
run 1 "--lost with --offset" ls --lost --offset 0 "$disk"
run 1 "--state without a scan" ls --state "$tmp/s2" "$disk"
run 1 "--generation 0" scan --generation 0 "$disk"
run 1 "--cluster-size 3000" ls --offset 0 --cluster-size 3000 --mft 4 "$disk"
equal "the image is as it was" "$before" "$(sha <"$disk")"
finish
