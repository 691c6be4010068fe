#!/bin/sh
# options.sh: every option of the contract's list with every command that
# takes an IMAGE: taken, with an effect or with words that it has none.
. "$(dirname "$0")/lib.sh"

img=$root/testdata/sample.E01
if ! "$HIVELIFT" info -q "$img" >/dev/null 2>&1; then
	skip "no E01 here"
	finish
	exit
fi
printf '# Mapfile\n0x0 + 1\n0x0 0x3f00000 +\n' >"$tmp/map"
printf 'secret\n' >"$tmp/key"
head -c 1048576 /dev/zero >"$tmp/other"
all='info hives extract cat ls stat exec scan carve verify'

# with COMMAND OPTIONS: what it needs besides, behind the image
with() {
	rm -rf "$tmp/o"
	with_c=$1
	shift
	case $with_c in
	extract | carve) "$HIVELIFT" $with_c "$@" "$img" -o "$tmp/o" ;;
	cat | stat) "$HIVELIFT" $with_c "$@" "$img" "$path" ;;
	exec) "$HIVELIFT" $with_c "$@" "$img" -- true ;;
	*) "$HIVELIFT" $with_c "$@" "$img" ;;
	esac >"$out" 2>"$err" </dev/null
}

# each STATUS COMMANDS OPTIONS...
each() {
	each_want=$1 each_c=$2
	shift 2
	for c in $each_c; do
		with "$c" "$@"
		got=$?
		if [ $got = "$each_want" ]; then
			ok "$c $*"
		else
			not_ok "$c $*: status $got, want $each_want"
			sed 's/^/    /' "$err" | head -n 3
		fi
	done
}

# idle COMMANDS WORDS OPTIONS...: taken, and said to have no effect; the same
# results as without
idle() {
	idle_c=$1 words=$2
	shift 2
	for c in $idle_c; do
		with "$c"
		cp "$out" "$tmp/want"
		with "$c" "$@"
		equal "$c $*: taken" $? 0
		check "$c $*: changes nothing" cmp "$tmp/want" "$out"
		has "$err" "$c $*: said" "$words"
		with "$c" -q "$@"
		equal "$c -q $*: nothing said" "" "$(cat "$err")"
	done
}

path=/Windows/System32/config/SAM
each 0 "$all" --volume 3
path=/EFI/Microsoft/Boot/BCD
each 0 "$all" --offset 1M
each 0 "$all" --offset 2048s
each 0 "$all" --offset 1048576
# a volume that begins where volume 3 does, stated by hand
path=/Windows/System32/config/SAM
at=$("$HIVELIFT" info --json -q "$img" | sed -n \
	's/.*"volume":"3","offset":\([0-9]*\).*/\1/p')
lcn=$("$HIVELIFT" stat --json -q "$img" '3:/$MFT' | python3 -c '
import json, sys
r = json.load(sys.stdin)["streams"][0]["runs"][0]
print((r["offset"] - int(sys.argv[1])) // 4096)' "$at")
each 2 "info hives extract cat ls stat exec carve" \
	--offset "$at" --cluster-size 4096 --mft "$lcn"
has "$err" "stated by hand: said" "is opened by its cluster size"
each 0 "scan verify" --offset "$at" --cluster-size 4096 --mft "$lcn"
each 0 "$all" --sector-size 512
each 0 "$all" --allow-missing
each 0 "$all" --map "$tmp/map"
each 0 "$all" --lost
each 0 "$all" --json
each 0 "$all" -q
each 0 "$all" --quiet
each 0 "$all" -v
each 0 "$all" --verbose
each 0 "$all" --progress
each 0 "$all" --stats
each 0 "$all" --tz Europe/Berlin
each 0 "$all" --codepage CP850
each 0 "$all" --snapshots
each 0 "$all" --snapshots --all-copies
each 0 "$all" --all-copies
each 0 "$all" --recovery-key-file "$tmp/key"
each 0 "$all" --password-file "$tmp/key"
each 0 "$all" --startup-key "$tmp/key"
each 0 "$all" --with "$tmp/other"
each 0 "$all" --with "$tmp/other" --mirror
each 0 "$all" --max-memory 500M
each 0 "$all" --max-file-size 900M
each 0 "$all" --timeout 1000
each 0 "$all" --no-sandbox
each 0 "$all" -h
each 0 "$all" --help
each 0 "$all" --version
[ "$(id -u)" != 0 ] || each 0 "info hives cat ls stat exec scan verify" \
	--run-as root

# ---- what has no effect is said ----
no="changes nothing"
idle "$all" "--all-copies $no: it goes with --snapshots" --all-copies
idle cat "--json $no" --json
idle "info cat carve verify" "--tz $no: no time of a FAT" --tz Europe/Berlin
idle "scan exec" "--tz $no: without --json" --tz Europe/Berlin
idle "info hives ls stat scan verify" "--max-file-size $no" --max-file-size 9
for o in "--volume 3" "--offset 1M" --lost --snapshots "--codepage CP850" \
	"--with $tmp/other" "--volume 3 --tz CET-1CEST"; do
	# shellcheck disable=SC2086
	idle verify "${o%% *} $no: all bytes of the image are verified" $o
done
idle verify "a key of BitLocker $no" --password-file "$tmp/key"
list="info hives extract ls exec cat stat"
idle "$list carve" "no BitLocker volume is there" --password-file "$tmp/key"
idle "info extract ls exec cat stat carve" \
	"--snapshots: there is no shadow copy" --snapshots
with hives --snapshots # which has a column more
has "$err" "hives --snapshots: said" "--snapshots: there is no shadow copy"
idle "$list carve" "--with $tmp/other: not read" --with "$tmp/other"
for c in $list carve; do
	with $c --lost
	has "$err" "$c --lost: said" "--lost: there is no volume that scan"
done
idle "info ls stat carve verify" \
	"--all-copies $no: all are listed" --snapshots --all-copies
with scan --snapshots
has "$err" "scan --snapshots: said" "searched by carve --snapshots"
rm -rf "$tmp/o"
run 0 "a folder" extract -q "$img" -o "$tmp/o"
run 0 "verify of a folder without --image" verify "$tmp/o" --lost --snapshots
has "$err" "verify of a folder without --image: said" \
	"--lost $no: the folder is compared with no image"
run 0 "verify of a folder with it" verify "$tmp/o" --image "$img" --snapshots
lacks "$err" "verify of a folder with it: nothing to say" "$no"

# ---- acquire takes a SOURCE: what means something to its bytes ----
source_takes() {
	rm -f "$tmp/copy" "$tmp/copy.map"
	"$HIVELIFT" acquire "$@" "$img" -o "$tmp/copy" >"$out" 2>"$err"
}
for o in "--volume 3" "--offset 1M" "--offset 2048s" "--sector-size 512" \
	--allow-missing "--map $tmp/map" --json -q -v --progress --stats \
	"--max-memory 500M" "--timeout 1000" --no-sandbox -h --version; do
	# shellcheck disable=SC2086
	source_takes $o
	equal "acquire $o" 0 $?
done
for o in --lost --snapshots --all-copies "--tz UTC" "--codepage CP850" \
	"--password-file $tmp/key" "--max-file-size 9" "--cluster-size 4096"; do
	# shellcheck disable=SC2086
	source_takes $o
	equal "acquire $o: refused" 1 $?
	one_line "acquire $o: said" "no option of acquire"
	check "acquire $o: nothing is written" test ! -e "$tmp/copy"
done

# ---- what excludes each other, or makes no sense, is wrong usage ----
path=/x
each 1 "$all" --offset 1M --volume 3
each 1 "info hives extract cat ls stat exec carve verify" --lost --offset 1M
each 1 "$all" --cluster-size 4096 --mft 4
each 1 "$all" --mirror
each 1 "$all" --stripe 64K
each 1 "$all" --volume x
each 1 "$all" --nothing
finish
