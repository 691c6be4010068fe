#!/bin/sh
# bombs.sh: small inputs that ask for gigabytes: they end soon, the disk keeps
# its space, and it is said.  And a disk that is full in truth.
. "$(dirname "$0")/lib.sh"

# seconds of processor time; a sanitizer build has no speed to speak of
quick=5
case ${B:-} in *-san) quick=100 ;; esac
cat >"$tmp/make.py" <<'E'
import os, struct, sys

def fat12(path, n):
    """A floppy with n files of one cluster that state 4 GiB."""
    b = bytearray(2880 * 512)
    b[0:62] = (b'\xeb\x3c\x90MSDOS5.0' +
               struct.pack('<HBHBHHBHHHIIBBBI', 512, 1, 1, 2, 224, 2880,
                           0xf0, 9, 18, 2, 0, 0, 0, 0, 0x29, 1) +
               b'NO NAME    FAT12   ')
    b[510:512] = b'\x55\xaa'
    for f in 512, 10 * 512:
        b[f:f + 6] = b'\xf0\xff\xff\xff\xff\xff'
    for i in range(n):
        b[19 * 512 + 32 * i:19 * 512 + 32 * i + 32] = (
            b'BOMB%03d BIN\x20' % i + bytes(14) +
            struct.pack('<HI', 2, 0xffffffff))
    b[33 * 512:34 * 512] = b'A' * 512
    open(path, 'wb').write(b)

def marvin(p):
    m = 0xffffffff
    rot = lambda v, n: (v << n | v >> (32 - n)) & m
    a, b = 0x7a4e55c5, 0x82ef4d88
    for w in list(struct.unpack('<%dI' % (len(p) // 4), p)) + [0x80, 0]:
        a = (a + w) & m
        b ^= a
        a = (rot(a, 20) + b) & m
        b = rot(b, 9) ^ a
        a = (rot(a, 27) + b) & m
        b = rot(b, 19)
    return struct.pack('<II', a, b)

def log(path, bins):
    """One page of a hive that had so many bytes of bins."""
    page = b'hbin' + struct.pack('<II', 0, 4096) + bytes(20) + \
        struct.pack('<I', 4096 - 32) + bytes(4060)
    body = struct.pack('<II', 0, 4096) + page
    size = (40 + len(body) + 511) // 512 * 512
    body += bytes(size - 40 - len(body))
    head = b'HvLE' + struct.pack('<IIIII', size, 0, 1, bins, 1)
    head += marvin(body)
    head += marvin(head)
    open(path, 'wb').write(bytes(512) + head + body)

fat12(sys.argv[1] + '/fat', 100)
log(sys.argv[1] + '/log', 0x7ffff000)
with open(sys.argv[1] + '/zeros', 'wb') as f:
    f.truncate(6 << 30)
E
check "made" python3 "$tmp/make.py" "$tmp"

# soon NAME ARGS...: as run, but by the processor's clock
soon() {
	soon_want=$1 soon_name=$2
	shift 2
	(ulimit -t $quick && exec "$HIVELIFT" "$@") >"$out" 2>"$err" </dev/null
	got=$?
	# a crash, or the clock: never
	[ "$soon_want" != any ] || [ $got -gt 2 ] || soon_want=$got
	equal "$soon_name: status, within $quick s" "$got" "$soon_want"
}
# small NAME PATH: KiB that it takes of the disk
small() {
	check "$1: takes little room" \
		sh -c "[ \$(du -sk '$2' | cut -f1) -lt 2048 ]"
}

soon 2 "sizes beyond the volume" extract "$tmp/fat" -o "$tmp/o" /
has "$err" "sizes beyond the volume: said" "more than the volume holds"
small "sizes beyond the volume" "$tmp/o"
equal "sizes beyond the volume: what is there" "$(cat "$tmp/o/v1/BOMB099.BIN")" \
	"$(head -c 512 /dev/zero | tr '\0' A)"
soon 2 "cat of one" cat --max-file-size 1M "$tmp/fat" /BOMB000.BIN
equal "cat of one: as long as that" "$(wc -c <"$out")" 1048576
has "$err" "cat of one: said" "--max-file-size reached"

quick=$((quick * 24)) # 4 GiB are read
soon 1 "a log of zeros" replay --orphan "$tmp/zeros" -o "$tmp/none"
check "a log of zeros: nothing written" test ! -e "$tmp/none"
has "$err" "a log of zeros: said" "only the first 4294967296 bytes"
soon 1 "a log that asks for 2 GiB, a limit" replay --orphan \
	--max-file-size 1G "$tmp/log" -o "$tmp/none"
has "$err" "a log that asks for 2 GiB, a limit: said" "--max-file-size"
check "a log that asks for 2 GiB, a limit: nothing written" \
	test ! -e "$tmp/none"
soon 2 "a log that asks for 2 GiB" replay --orphan "$tmp/log" -o "$tmp/two"
equal "a log that asks for 2 GiB: its size" "$(wc -c <"$tmp/two")" 2147483648
small "a log that asks for 2 GiB" "$tmp/two"

# exabytes of holes, compressed and WOF's; an $ATTRIBUTE_LIST of a terabyte
quick=$((quick / 24))
check "NTFS: made" python3 "$root/tests/cli/ntfs_bombs.py" "$tmp/ntfs"
# bounded STATUS NAME ARGS...: as soon, and within 800 MB of addresses
bounded() {
	case ${B:-} in
	*-san) soon "$@" ;;
	*)
		ulimit -Sv 800000
		soon "$@"
		ulimit -Sv "$(ulimit -Hv)"
		;;
	esac
}
bounded 2 "NTFS: ls" ls -l -R "$tmp/ntfs"
# shellcheck disable=SC2016 # a name
has "$err" "NTFS: a list too long" 'file 24: its $ATTRIBUTE_LIST is too long'
has "$out" "NTFS: ls, the size" "4611686018427383808"
bounded 2 "NTFS: ls --sweep" ls -d --sweep "$tmp/ntfs"
bounded 2 "NTFS: hives" hives "$tmp/ntfs"
has "$err" "NTFS: hives, cut" "nothing is stored behind byte 4096 of 11529"
bounded 2 "NTFS: hives --deep" hives --deep -d "$tmp/ntfs"
bounded 0 "NTFS: info" info "$tmp/ntfs"
bounded 0 "NTFS: verify" verify "$tmp/ntfs"
bounded 0 "NTFS: scan" scan "$tmp/ntfs"
bounded 0 "NTFS: carve" carve --all "$tmp/ntfs" -o "$tmp/nc"
bounded 2 "NTFS: extract" extract "$tmp/ntfs" -o "$tmp/nh"
bounded 2 "NTFS: extract all" extract "$tmp/ntfs" -o "$tmp/na" /
has "$err" "NTFS: WOF without end" "WofCompressedData is larger than the volume"
check "NTFS: extract all, 16 MiB at most" \
	sh -c "[ \$(du -sk '$tmp/na' | cut -f1) -lt 16384 ]"
bounded 2 "NTFS: extract, limit" extract --max-file-size 1M "$tmp/ntfs" \
	-o "$tmp/nl" /
has "$err" "NTFS: extract, limit: said" "cut at 1048576 of 46116860184"
check "NTFS: extract, limit: none is larger" \
	sh -c "[ -z \"\$(find '$tmp/nl/v1' -size +1024k)\" ]"
for f in /hole.bin /packed.bin /units.bin /list.bin /wof/tight.bin \
	/wof/wild.bin /Windows/System32/config/SOFTWARE \
	/Windows/System32/config/SAM; do
	want=2 size=2097152 known=0
	case $f in
	/list.bin) size=4 known=2 ;;
	*/SAM) want=1 size=0 known=2 ;;
	*/wild.bin) size=1048576 ;;
	esac
	bounded $want "NTFS: cat $f" cat --max-file-size 2M "$tmp/ntfs" $f
	equal "NTFS: cat $f: bytes" "$(wc -c <"$out")" $size
	bounded $known "NTFS: stat $f" stat "$tmp/ntfs" $f
	bounded $known "NTFS: stat --json $f" stat --json "$tmp/ntfs" $f
done
"$HIVELIFT" cat --timeout 1 "$tmp/ntfs" /hole.bin 2>"$err" >/dev/null
equal "NTFS: cat ends by the clock" "$?" 2
has "$err" "NTFS: cat ends by the clock: said" "time budget"

# virtual disks of any size, with tables that they cannot have
cat >"$tmp/qcow.py" <<'E'
import struct, sys
def qcow(name, size, bits, l1, l1_at, version=3):
    b = struct.pack('>4sIQIIQIIQQIIQ', b'QFI\xfb', version, 0, 0, bits, size,
                    0, l1, l1_at, 1 << 16, 1, 0, 0)
    b += struct.pack('>QQQII', 0, 0, 0, 4, 104)
    open(sys.argv[1] + '/' + name, 'wb').write(b.ljust(1 << 17, b'\0'))
qcow('q-size', (1 << 63) - 512, 16, 1, 1 << 16)
qcow('q-table', 1 << 60, 16, 1 << 31, 1 << 16)
qcow('q-most', 1 << 53, 21, (1 << 53) >> 39, 1 << 16)
qcow('q-bits', 1 << 40, 63, 1, 1 << 16)
qcow('q-away', 1 << 40, 16, 2048, 1 << 62)
E
check "QCOW2: made" python3 "$tmp/qcow.py" "$tmp"
for q in q-size q-table q-most q-bits q-away; do
	for cmd in info "hives --timeout 3" "verify --timeout 2" \
		"scan --timeout 2"; do
		# shellcheck disable=SC2086
		bounded any "$q: $cmd" $cmd "$tmp/$q"
	done
done
if need qemu-img; then
	qemu-img create -q -f vhdx "$tmp/v.vhdx" 60T
	qemu-img create -q -f vmdk "$tmp/v.vmdk" 60T
	for v in v.vhdx v.vmdk; do
		bounded any "$v: hives" hives --timeout 3 "$tmp/$v"
		bounded 2 "$v: verify" verify --timeout 2 "$tmp/$v"
		has "$err" "$v: verify: said" "time budget"
	done
fi

# hostile E01 sets; AddressSanitizer keeps what is freed
case ${B:-} in
*-san) ;;
*)
	mkdir "$tmp/e01"
	check "E01: memory" python3 "$root/tests/cli/e01_bombs.py" \
		"$tmp/e01" "$HIVELIFT" 64
	;;
esac

# a full disk
sample=$root/testdata/sample.E01
mkdir "$tmp/full"
if [ "$(id -u)" = 0 ] &&
   mount -t tmpfs -o size=256k none "$tmp/full" 2>/dev/null; then
	undo() { umount "$tmp/full" 2>/dev/null; }
	run 1 "a full disk" extract "$sample" -o "$tmp/full/o"
	has "$err" "a full disk: said" "No space left"
	run 1 "a full disk, files" extract "$sample" -o "$tmp/full/p" /
	has "$err" "a full disk, files: said" "No space left"
else
	skip "no tmpfs can be mounted"
fi
(ulimit -f 64 && exec "$HIVELIFT" extract "$sample" -o "$tmp/f") \
	>"$out" 2>"$err"
equal "no file may be that large: the others are there" "$?" 2
has "$err" "no file may be that large: said" "File too large"
finish
