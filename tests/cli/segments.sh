#!/bin/sh
# segments.sh: split sets with a segment that is missing or short.
. "$(dirname "$0")/lib.sh"

need mkfs.fat mcopy split || finish
fat "$tmp/fat.img" 8 || finish
head -c 3000000 /dev/urandom >"$tmp/large"
mcopy -i "$tmp/fat.img" "$tmp/large" ::/large.bin
want_large=$(sha <"$tmp/large")

try_set() { # NAME FIRST MISSING
	run 0 "$1: whole" cat "$2" /large.bin
	equal "$1: content" "$(sha <"$out")" "$want_large"
	run 0 "$1: info" info --json "$2"
	check "$1: segments are counted" test "$(json 'rows[0]["segments"]')" \
		-gt 1
	mv "$3" "$tmp/away"
	run 1 "$1: a missing segment" cat "$2" /large.bin
	has "$err" "$1: the missing one is named" "$(basename "$3")"
	has "$err" "$1: what to do is said" "--allow-missing"
	run 2 "$1: --allow-missing" cat --allow-missing "$2" /large.bin
	equal "$1: --allow-missing: whole length" "$(wc -c <"$out")" 3000000
	has "$err" "$1: --allow-missing: said" "large.bin"
	rm -rf "$tmp/o"
	run 2 "$1: extract --allow-missing" extract --allow-missing "$2" \
		-o "$tmp/o" /large.bin
	check "$1: extract --allow-missing: the manifest marks it" \
		grep -q '"missing"' "$tmp/o/manifest.json"
	run 2 "$1: its neighbour, with the set marked" \
		cat --allow-missing "$2" "/A rather long name.txt"
	equal "$1: its neighbour: content" "$(cat "$out")" hello
	mv "$tmp/away" "$3"
}

# the large file lies over the middle of the set
split -b 1M -d -a 3 --numeric-suffixes=1 "$tmp/fat.img" "$tmp/raw."
try_set ".001" "$tmp/raw.001" "$tmp/raw.003"
split -b 1M "$tmp/fat.img" "$tmp/raw."
try_set ".aa" "$tmp/raw.aa" "$tmp/raw.ac"
cp "$tmp/raw.ab" "$tmp/ab"
truncate -s 500000 "$tmp/raw.ab"
run 1 ".aa: a short segment" cat "$tmp/raw.aa" /large.bin
has "$err" ".aa: the short one is named" "raw.ab"
mv "$tmp/ab" "$tmp/raw.ab"
if need ewfacquire && "$HIVELIFT" --version | grep -q libewf; then
	# incompressible, so that the set has several segments
	head -c 5000000 /dev/urandom >"$tmp/noise"
	mcopy -i "$tmp/fat.img" "$tmp/noise" ::/noise.bin 2>/dev/null
	ewfacquire -u -q -c fast -f encase6 -S 1048576 -t "$tmp/set" \
		"$tmp/fat.img" >/dev/null 2>&1
	if [ -e "$tmp/set.E03" ]; then
		try_set "E01" "$tmp/set.E01" "$tmp/set.E03"
	else
		not_ok "ewfacquire made no third segment"
	fi
fi
finish
