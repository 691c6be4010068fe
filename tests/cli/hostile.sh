#!/bin/sh
# hostile.sh: labels, names, keys, case data and arguments with escape codes in
# them: whatever is printed, on stdout or stderr, as text or JSON, is text.
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit 1 # a file of that name may be made
py=$root/tests/cli/hostile.py
mkdir "$tmp/i"
check "images" python3 "$py" "$tmp/i" "$root/testdata"
evil=$(printf 'e\033[2J\007\302\233\342\200\256\r\nx')
n=0
mkdir "$tmp/seen"
# quiet NAME ARGS...: what it says is looked at in the end; what the status is
# does not matter, but a crash does
quiet() {
	quiet_name=$1
	shift
	n=$((n + 1))
	out=$tmp/seen/$n.out err=$tmp/seen/$n.err
	"$HIVELIFT" "$@" >"$out" 2>"$err" </dev/null
	got=$?
	[ $got -le 2 ] || not_ok "$quiet_name: status $got"
}
for i in ntfs gpt fat ldm bde vmdk raw; do
	at=$tmp/i/$i
	quiet "$i: info" info -v "$at"
	quiet "$i: info --json" info --json "$at"
	for json in "" --json; do
		quiet "$i: hives $json" hives $json -d --deep "$at"
		quiet "$i: ls $json" ls $json -R -d "$at"
		quiet "$i: ls -l $json" ls $json -R -l "$at"
		quiet "$i: ls --sweep $json" ls $json --sweep -d "$at"
		quiet "$i: scan $json" scan $json --state "$tmp/state-$i$json" \
			"$at"
		quiet "$i: verify $json" verify $json --files "$at"
		quiet "$i: extract $json" extract -v $json "$at" -d --deep \
			-o "$tmp/x-$i$json"
		quiet "$i: extract all $json" extract -v $json "$at" \
			-o "$tmp/a-$i$json" /
		quiet "$i: carve $json" carve $json --all "$at" \
			-o "$tmp/c-$i$json"
		quiet "$i: replay $json" replay $json "$at" -o "$tmp/r-$i"
		for r in 5 12 16 30 32 36 50; do
			quiet "$i: stat @$r $json" stat $json "$at" "@$r"
		done
		[ ! -d "$tmp/a-$i$json" ] ||
			quiet "$i: verify of the folder $json" verify $json \
				"$tmp/a-$i$json" --image "$at"
	done
	quiet "$i: ls --body" ls --body -R -d "$at"
	quiet "$i: scan --sfdisk" scan --sfdisk "$at"
	quiet "$i: regripper" extract "$at" --layout regripper -d --deep \
		-o "$tmp/g-$i"
	quiet "$i: a path" cat "$at" "/$evil"
	quiet "$i: a path of stat" stat "$at" "/$evil:$evil"
	quiet "$i: a volume" ls --volume "$evil" "$at"
	quiet "$i: exec" exec "$at" --deep -- "$tmp/$evil" {}
done

# what was written, too: notes, lists, the state of a scan
for f in "$tmp"/[xac]-*/manifest.json "$tmp"/[xac]-*/SHA256SUMS \
	"$tmp"/g-*/manifest.json; do
	[ -e "$f" ] || continue
	case $f in *SUMS) what=--names ;; *) what=--look ;; esac
	check "${f#"$tmp"/}" python3 "$py" $what "$f"
done
check "there were files" test -e "$tmp/a-ntfs/SHA256SUMS"
# and no name of a file of the output would do anything
find "$tmp"/[xacg]-* >"$tmp/names"
check "names of files" python3 "$py" --names "$tmp/names"
check "none is outside" test ! -e "$tmp/CON"
(cd "$tmp/a-ntfs" && sha256sum -c --quiet SHA256SUMS) >"$tmp/sums" 2>&1
equal "sha256sum -c" "$?" 0

# case data, in and out
quiet "acquire" acquire "$tmp/i/fat" -o "$tmp/e" --format ewf --case "$evil" \
	--evidence "$evil" --examiner "$evil" --notes "$evil"
check "acquire: made" test -e "$tmp/e.E01"
quiet "acquire: E01" info "$tmp/e.E01"
has "$out" "acquire: the case, escaped" 'e [2J \xc2\x9b\xe2\x80\xae'
quiet "acquire: E01, JSON" info --json "$tmp/e.E01"
cp "$tmp/i/fat" "$tmp/$evil.raw"
quiet "acquire: a name" acquire "$tmp/$evil.raw" -o "$tmp/$evil.out" --verify
quiet "acquire: again" acquire "$tmp/$evil.raw" -o "$tmp/$evil.out"

# arguments that are wrong
for c in info hives extract cat ls stat exec replay scan carve verify \
	acquire; do
	quiet "$c: no such image" $c "$tmp/none$evil" -o "$tmp/o$evil" /
	quiet "$c: no such option" $c "--none$evil" "$tmp/i/fat"
	for o in --volume --offset --sector-size --map --tz --codepage \
		--snapshots --recovery-key-file --password-file --startup-key \
		--with --stripe --max-memory --timeout --run-as --kind --user \
		--path --layout --hash --state --split --format; do
		quiet "$c: $o" $c $o "$evil" "$tmp/i/fat"
	done
done
quiet "no such command" "$evil"
check "nothing that was said moves a cursor" python3 "$py" --look \
	"$tmp/seen"/*
equal "calls" "$((n > 500))" 1
finish
