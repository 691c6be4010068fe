#!/bin/sh
# replay.sh: the replay command on generated hives and, where they are, on
# the corpus' dirty ones; other programs open what comes out.
. "$(dirname "$0")/lib.sh"

w=$tmp/w
mkdir "$w"
make_hive() { "$tmp/mkhive" "$@"; }
check "mkhive builds" ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -O1 \
	-o "$tmp/mkhive" "$root"/tests/mkhive.c "$root"/tests/mkhive_*.c

bins() { tail -c +4097 "$1" | sha256sum | cut -d' ' -f1; }

for f in hvle dirt; do
	d=$w/$f
	mkdir "$d"
	make_hive -d $f -1 "$d/ntuser.dat.LOG1" -2 "$d/NTUSER.DAT.log2" \
		-r "$d/want" -p 65536 -o "$d/NTUSER.DAT" NTUSER
	cp "$d/NTUSER.DAT" "$w/before"
	run 0 "$f" replay "$d/NTUSER.DAT" -o "$d/out"
	has "$err" "$f: says what" "replayed"
	check "$f: stdout is empty" test ! -s "$out"
	equal "$f: the bins" "$(bins "$d/out")" "$(bins "$d/want")"
	check "$f: the hive is as it was" cmp "$d/NTUSER.DAT" "$w/before"
	run 1 "$f: not over a file" replay "$d/NTUSER.DAT" -o "$d/out"
	one_line "$f: not over a file" "without --force"
	run 0 "$f: --force" replay --force "$d/NTUSER.DAT" -o "$d/out"
	run 1 "$f: not over an input" replay --force "$d/NTUSER.DAT" \
		-o "$d/ntuser.dat.LOG1"
	one_line "$f: not over an input" "is what is read"
	check "$f: the input is there" test -s "$d/ntuser.dat.LOG1"
	run 0 "$f: clean already" replay --json "$d/out" -o "$d/copy"
	check "$f: an identical copy" cmp "$d/out" "$d/copy"
	run 0 "$f: --json" replay --json "$d/out" -o "$d/copy2"
	equal "$f: --json of a clean one" \
		"$(json '[rows[0]["state"], rows[0]["replay"]]')" \
		"['clean', None]"
	run 0 "$f: named logs, in any order" replay --json "$d/NTUSER.DAT" \
		"$d/NTUSER.DAT.log2" "$d/ntuser.dat.LOG1" -o "$d/out2"
	check "$f: the same" cmp "$d/out" "$d/out2"
	equal "$f: --json" "$(json 'rows[0]["replay"]["state"]')" replayed
done

# refused: status 1, nothing written
cp "$w/hvle/NTUSER.DAT" "$w/alone"
run 1 "no log" replay "$w/alone" -o "$w/none"
one_line "no log" "not replayed: it has no log"
check "no log: nothing written" test ! -e "$w/none"
printf 'x' >"$w/text"
run 1 "not a hive" replay "$w/text" "$w/hvle/ntuser.dat.LOG1" -o "$w/none"
one_line "not a hive" "neither a base block nor a first bin"
run 1 "no such file" replay "$w/gone" -o "$w/none"
one_line "no such file" "No such file"
run 1 "no such log" replay "$w/alone" "$w/gone" -o "$w/none"
one_line "no such log" "No such file"
run 1 "a folder" replay "$w" -o "$w/none"
one_line "a folder" "not a plain file"
run 1 "no output" replay "$w/alone"
has "$err" "no output" "replay wants -o OUT"
run 1 "output in no folder" replay "$w/hvle/NTUSER.DAT" -o "$w/no/none"
one_line "output in no folder" "No such file"
run 1 "an option of images" replay --volume 1 "$w/alone" -o "$w/none"
check "nothing written by any of them" test ! -e "$w/none"

# a full disk leaves nothing
if [ "$(id -u)" = 0 ] && mkdir "$w/full" && mount -t tmpfs -o size=32k \
	tmpfs "$w/full" 2>/dev/null; then
	undo() { umount "$w/full" 2>/dev/null; }
	run 1 "full disk" replay "$w/hvle/NTUSER.DAT" -o "$w/full/o"
	one_line "full disk" "No space left"
	check "full disk: nothing left" test ! -e "$w/full/o"
	umount "$w/full"
else
	skip "full disk: cannot mount"
fi

# in part: the second log is cut
cut=$w/cut
mkdir "$cut"
cp "$w/hvle/NTUSER.DAT" "$w/hvle/ntuser.dat.LOG1" "$cut"
head -c 1500 "$w/hvle/NTUSER.DAT.log2" >"$cut/NTUSER.DAT.LOG2"
run 2 "a cut log" replay "$cut/NTUSER.DAT" -o "$cut/out"
has "$err" "a cut log: why" "in part only"

# orphans
run 2 "--orphan" replay --orphan "$w/hvle/ntuser.dat.LOG1" \
	"$w/hvle/NTUSER.DAT.log2" -o "$w/orphan"
has "$err" "--orphan: marked" "in part: "
check "--orphan: written" test -s "$w/orphan"
run 1 "--orphan of no log" replay --orphan "$w/text" -o "$w/none"
one_line "--orphan of no log" "no sound entry"

# what others make of it
opens() { # NAME FILE
	for p in hivexml regfexport; do
		if command -v $p >/dev/null 2>&1; then
			check "$1: $p opens it" sh -c "$p '$2' >/dev/null"
		else
			skip "$1: no $p"
		fi
	done
	if command -v regripper >/dev/null 2>&1; then
		check "$1: regripper calls it clean" sh -c \
			"regripper -r '$2' -d 2>&1 | grep -q 'not dirty'"
	else
		skip "$1: no regripper"
	fi
}
opens "generated, HvLE" "$w/hvle/out"
opens "generated, DIRT" "$w/dirt/out"

yarp=$corpus/hives/msuhanov__yarp/hives_for_tests
regipy=$corpus/hives/mkorman90__regipy/regipy_tests/data
one() { # HIVE WANT
	name=$(basename "$(dirname "$1")")/$(basename "$1")
	run 0 "$name" replay "$1" -o "$w/r"
	equal "$name: bins" "$(bins "$w/r" | cut -c1-16)" "$2"
	opens "$name" "$w/r"
	rm -f "$w/r"
}
if [ -d "$yarp" ]; then
	one "$yarp/NewDirtyHive1/NewDirtyHive" 3940b4f1dacacd2a
	one "$yarp/NewDirtyHive2/NewDirtyHive" 3940b4f1dacacd2a
	one "$yarp/OldDirtyHive/OldDirtyHive" b8ea59c596ca1390
	one "$yarp/BadBaseBlockHive/BadBaseBlockHive" b8ea59c596ca1390
	for n in 1 2 3; do
		run 1 "BadLogHive$n" replay "$yarp/BadLogHive$n/BadLogHive" \
			-o "$w/r"
		check "BadLogHive$n: nothing written" test ! -e "$w/r"
	done
	# beside it the logs have other names' case
	mkdir "$w/regipy"
	for f in transactions_NTUSER.DAT transactions_ntuser.dat.log1 \
		transactions_ntuser.dat.log2; do
		cp "$regipy/$f" "$w/regipy/"
	done
	one "$w/regipy/transactions_NTUSER.DAT" 2414c9b55b501171
	if command -v hivexml >/dev/null 2>&1; then
		run 0 "counts" replay "$w/regipy/transactions_NTUSER.DAT" \
			-o "$w/r"
		hivexml "$w/r" >"$w/xml"
		equal "keys" "$(grep -o '<node' "$w/xml" | wc -l)" 3105
		equal "values" "$(grep -o '<value' "$w/xml" | wc -l)" 4695
	fi
else
	skip "no corpus"
fi
finish
