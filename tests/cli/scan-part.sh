#!/bin/sh
# scan-part.sh: scan of a part of the image: --volume, --offset, the geometry
# that is stated with it, and the options that mean nothing to it.
. "$(dirname "$0")/lib.sh"

need mkntfs ntfscp mkfs.fat mcopy sfdisk python3 || {
	finish
	exit
}

# lost: C: (its first boot sector goes) and D:, a FAT32; one volume over all
# of them; a lost one in the gap behind it
c=$tmp/c d=$tmp/d f=$tmp/f n=$tmp/n disk=$tmp/disk
D=$((25 << 20))
ntfs "$c" 24 && ntfs "$d" 32 || not_ok "volumes cannot be made"
sum=$(sha <"$tmp/random")
truncate -s 36M "$f" && mkfs.fat -F 32 -s 1 -n OLDFAT "$f" >/dev/null
touch -d '2020-06-02 03:04:06' "$tmp/hello"
mcopy -m -i "$f" "$tmp/hello" ::/hello.txt
truncate -s 140M "$disk"
put "$c" "$disk" 1; put "$d" "$disk" 25; put "$f" "$disk" 60
truncate -s 109M "$n"
mkntfs -F -q -f -L NEW -s 512 -p 2048 -H 255 -S 63 "$n" >/dev/null 2>&1
put "$n" "$disk" 1
put "$c" "$disk" 112
printf 'label: dos\nstart=2048, size=%s, type=7\n' $((109 << 11)) |
	sfdisk -q --wipe never "$disk" >/dev/null 2>&1
before=$(sha <"$disk")
run 0 "all of it" scan --json -q "$disk"
cp "$out" "$tmp/all"
equal "all of it: what there is" "1 L1 L2 L3 L4" "$(json '
" ".join(r["volume"] for r in rows)')"

# part NAME FROM TO ARGS...: what a scan of all finds, where it lies in there
part() {
	part_name=$1 part_from=$2 part_to=$3
	shift 3
	run 0 "$part_name" scan --json "$@" "$disk"
	has "$err" "$part_name: what was searched" \
		"searched: bytes $part_from to $part_to, "
	equal "$part_name: as the scan of all has it" same "$(python3 -c '
import json, sys
a, b = int(sys.argv[3]), int(sys.argv[4])
def rows(name):
    return [{k: r[k] for k in ("offset", "size", "fs", "label", "believed",
             "in_table", "boot", "generation", "cluster_size", "mft_lcn",
             "formatted", "inside")}
            for r in map(json.loads, open(name))]
all = [r for r in rows(sys.argv[1])
       if r["offset"] < b and r["offset"] + r["size"] > a]
got = rows(sys.argv[2])
print("same" if got == all and got else "%r\n%r" % (got, all))' \
		"$tmp/all" "$out" "$part_from" "$part_to")"
}

run 0 "--state of a volume" scan -q --volume 1 --state "$tmp/s1" "$disk"
run 0 "--state of a volume: again" scan --volume 1 --state "$tmp/s1" "$disk"
has "$err" "--state of a volume: up to its end" \
	"taken up at byte $((110 << 20)) of $((110 << 20))"
part "--volume 1" $((1 << 20)) $((110 << 20)) --volume 1
equal "--volume 1: the gap's is not in it" "[]" "$(json '
[r["offset"] for r in rows if r["offset"] >= 110 << 20]')"
part "--offset" $D $((140 << 20)) --offset $D
part "--offset in sectors" $D $((140 << 20)) --offset $((25 << 11))s
part "--offset 60M" $((60 << 20)) $((140 << 20)) --offset 60M
part "--offset in the middle of a sector" $((60 << 20)) $((140 << 20)) \
	--offset $(((60 << 20) + 511))
part "--offset 110M" $((110 << 20)) $((140 << 20)) --offset 110M
run 0 "--offset: the rest is not read" scan --stats --offset 100M "$disk"
check "--offset: the rest is not read: bytes" test "$(sed -n \
	's/.*stats: image: \([0-9]*\) bytes.*/\1/p' "$err")" -lt $((44 << 20))
has "$err" "--offset: whose numbers these are" "are of this range"
run 0 "--offset: progress" scan -q --progress --offset 70M "$disk"
lacks "$err" "--offset: progress of what is searched" "140.0 MiB"
# C: begins where the volume of today does
run 0 "an older one at the same byte" scan --json --volume 1 "$disk"
equal "an older one at the same byte: by --lost, its number is not known" \
	"--lost" "$(json '[r["options"] for r in rows
	if r["size"] == 24 << 20 and r["offset"] == 1 << 20][0]')"
run 0 "--volume of a lost one" scan --json --volume L2 "$disk"
equal "--volume of a lost one: what shares its bytes" "1 L2" "$(json '
" ".join(r["volume"] for r in rows)')"
has "$err" "--volume of a lost one: all is searched" "searched: 140.0 MiB"
run 1 "--volume: none of that number" scan --volume 7 "$disk"
has "$err" "--volume: none of that number: said" "there is no volume 7"
run 1 "--volume: no such lost one" scan --volume L9 "$disk"
run 1 "--volume: a shadow copy" scan --volume 1.s1 "$disk"
run 1 "--offset behind the end" scan --offset 1G "$disk"
run 1 "--offset and --volume" scan --offset 1M --volume 1 "$disk"

# a FAT's time has no zone
run 0 "time of a FAT" scan --json -q "$disk"
fat_time() { json '[r["formatted"] for r in rows if r["fs"] == "fat32"][0]'; }
fat_local=$(fat_time)
case $fat_local in
*Z) not_ok "time of a FAT: it is local: $fat_local" ;;
*) ok "time of a FAT: it is local" ;;
esac
run 0 "time of a FAT, --tz" scan --json -q --tz UTC-2 "$disk"
equal "time of a FAT, --tz" "$(date -u -d "$fat_local 2 hours ago" \
	+%Y-%m-%dT%H:%M:%S.0000000Z)" "$(fat_time)"

# ---- --state ----
run 0 "--state" scan --json -q --offset 60M --state "$tmp/state" "$disk"
cp "$out" "$tmp/want"
run 0 "--state: taken up" scan --json --offset 60M --state "$tmp/state" "$disk"
check "--state: the same" cmp "$out" "$tmp/want"
has "$err" "--state: taken up: said" "taken up at byte $((140 << 20))"
cp "$tmp/state" "$tmp/state0"
run 1 "--state of a part for all" scan --state "$tmp/state" "$disk"
one_line "--state of a part for all: said" \
	"another range: bytes $((60 << 20)) to $((140 << 20))"
run 1 "--state of a part for another" scan --offset 50M --state "$tmp/state" \
	"$disk"
run 1 "--state of a part for --lost" ls --lost --state "$tmp/state" "$disk"
has "$err" "--state of a part for --lost: said" "another range"
check "--state of a part: left as it is" cmp "$tmp/state" "$tmp/state0"
run 0 "--state of all" scan -q --state "$tmp/state2" "$disk"
run 1 "--state of all for a part" scan --volume 1 --state "$tmp/state2" "$disk"
one_line "--state of all for a part: said" "of a scan of the whole image"

# ---- --sfdisk ----
run 0 "--sfdisk of a part" scan --sfdisk --offset 60M "$disk"
has "$out" "--sfdisk of a part: says so" \
	"ONLY BYTES $((60 << 20)) TO $((140 << 20)) WERE SEARCHED"
has "$out" "--sfdisk of a part: how to print it again" \
	"hivelift scan --sfdisk --generation 2 --offset $((60 << 20)) IMAGE"
has "$out" "--sfdisk of a part: the table of today is known" \
	"start=2048, size=$((109 << 11))"
lacks "$out" "--sfdisk of a part: and no more" "start=$((25 << 11)),"
run 0 "--sfdisk of all" scan --sfdisk "$disk"
lacks "$out" "--sfdisk of all: no such words" "ONLY BYTES"

# ---- --cluster-size and --mft ----
geom="--cluster-size 4096 --mft 4"
# shellcheck disable=SC2086
run 0 "stated, and found" scan --json --offset $D $geom "$disk"
has "$out" "stated, and found: said" \
	"stated by hand, and found: clusters of 4096 bytes, \$MFT at cluster 4"
run 0 "stated otherwise" scan --json --offset $D --cluster-size 512 --mft 9 \
	"$disk"
has "$out" "stated otherwise: said" "stated by hand otherwise: clusters of 512"
equal "stated otherwise: what was found stays" "[('primary', 4096)]" "$(json '
[(r["boot"], r["cluster_size"]) for r in rows if r["offset"] == '$D']')"
# no boot sector, and of all records only the first one
cp --sparse=always "$disk" "$tmp/gone"
dd if=/dev/zero of="$tmp/gone" bs=1M seek=60 count=80 conv=notrunc status=none
put "$d" "$tmp/gone" 70
dd if=/dev/zero of="$tmp/gone" bs=512 seek=$((70 << 11)) count=1 \
	conv=notrunc status=none
dd if=/dev/zero of="$tmp/gone" bs=512 seek=$(((102 << 11) - 1)) count=1 \
	conv=notrunc status=none
# shellcheck disable=SC2086
run 0 "stated" scan --json --offset 70M $geom "$tmp/gone"
how=$(json '[r["options"] for r in rows if r["offset"] == 70 << 20][0]')
equal "stated: how to open it" "--offset $((70 << 20)) $geom" "$how"
# shellcheck disable=SC2086
equal "stated: it opens" "$sum" \
	"$("$HIVELIFT" cat -q $how "$tmp/gone" /random.bin 2>/dev/null | sha)"
# shellcheck disable=SC2086
run 0 "stated where nothing is" scan --json --offset 133M $geom "$tmp/gone"
equal "stated where nothing is: the caller's word" "[(True, 40)]" "$(json '
[(r["believed"], r["score"]) for r in rows if r["offset"] == 133 << 20]')"
has "$out" "stated where nothing is: said" "nothing of an \$MFT lies at that"
run 1 "--mft without --offset" scan --cluster-size 4096 --mft 4 "$disk"
one_line "--mft without --offset: said" "go together"

# ---- what means nothing to it, is said ----
run 0 "--lost" scan --json -q --lost "$disk"
check "--lost: what scan does anyway" cmp "$out" "$tmp/all"
for o in --snapshots --snapshots=1,2; do
	run 0 "$o" scan --json "$o" "$disk"
	check "$o: the same results" cmp "$out" "$tmp/all"
	has "$err" "$o: said" "searched by carve --snapshots"
done
run 0 "--with" scan --json --with "$d" "$disk"
has "$err" "--with: said" "--with: not read"
equal "the image is as it was" "$before" "$(sha <"$disk")"
finish
