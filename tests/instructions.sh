#!/bin/sh
# instructions.sh: what a listing costs for each record, and reading an E01 in
# order for each chunk, in instructions as callgrind counts them: no clock, so a
# busy machine does not matter.  The cost must not grow with the number, and
# stays under a ceiling.
set -u
B=${B:-build}
n_ok=0 n_bad=0 n_skip=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hivelift-count-XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM HUP
finish() {
	echo "instructions: $n_ok passed, $n_bad failed, $n_skip skipped"
	[ $n_bad = 0 ]
	exit
}
for tool in valgrind ewfacquire; do
	if ! command -v $tool >/dev/null 2>&1; then
		echo "SKIP: no $tool here"
		n_skip=1
		finish
	fi
done

# ir COMMAND...: the instructions it takes
ir() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" \
		2>&1 >/dev/null | sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

# verdict NAME UNIT CEILING ONE TWO FOUR STEP: of so many times STEP units
verdict() {
	if [ -z "$4" ] || [ -z "$5" ] || [ -z "$6" ]; then
		echo "not ok - $1: callgrind counted nothing"
		n_bad=$((n_bad + 1))
		return
	fi
	first=$((($5 - $4) / $7)) then=$((($6 - $5) / ($7 * 2)))
	echo "$1: $first instructions a $2, then $then (at most $3)"
	# an eighth and a few: where a batch ends is not the same each time, and
	# how far many threads read ahead for nothing; what grows would double
	if [ $then -le "$3" ] && [ $first -le "$3" ] &&
		[ $then -le $((first + first / 8 + 200)) ]; then
		echo "ok - $1"
		n_ok=$((n_ok + 1))
	else
		echo "not ok - $1"
		n_bad=$((n_bad + 1))
	fi
}

# listing NAME CEILING OPTIONS: instructions per record; valgrind cannot
# run behind the filter of system calls
listing() {
	for n in 5000 10000 20000; do
		"$B/tools/mkmany" -n $n "$tmp/many-$n" || return
	done
	# shellcheck disable=SC2086
	verdict "$1" record "$2" \
		"$(ir "$B/hivelift" ls -q -R --no-sandbox $3 "$tmp/many-5000")" \
		"$(ir "$B/hivelift" ls -q -R --no-sandbox $3 "$tmp/many-10000")" \
		"$(ir "$B/hivelift" ls -q -R --no-sandbox $3 "$tmp/many-20000")" 5000
	rm -f "$tmp"/many-*
}

# guard NAME CEILING OPTIONS: instructions per chunk of 32 KiB
guard() {
	rm -f "$tmp"/set.*
	# shellcheck disable=SC2086
	ewfacquire -u -q -t "$tmp/set" -C c -D d -e e -E 1 -N n -m fixed \
		-M physical -f encase6 $3 "$tmp/medium" >/dev/null 2>&1
	verdict "$1" chunk "$2" \
		"$(ir "$B/tools/imgcat" -n 4194304 "$tmp/set.E01")" \
		"$(ir "$B/tools/imgcat" -n 8388608 "$tmp/set.E01")" \
		"$(ir "$B/tools/imgcat" -n 16777216 "$tmp/set.E01")" 128
}

listing "ls -R by the indexes" 4200 ""
listing "ls -R by the sweep" 6500 --sweep
listing "ls -R of deleted ones, too" 6200 -d
head -c 16777216 /dev/zero >"$tmp/medium"
# A chunk is written once and copied once, which valgrind counts as one
# instruction a byte each (rep stos, rep movs); what is beside that is ours.
guard "empty chunks" 100000 "-c fast"
python3 -c '
import sys
x, out = 1, bytearray()
for i in range(1 << 20):
    x = (x * 1664525 + 1013904223) & 0xffffffff
    out.append(x >> 24)
for i in range(16):
    sys.stdout.buffer.write(bytes(out[i:] + out[:i]))' >"$tmp/medium"
# zlib's Adler-32 takes three instructions a byte more than libdeflate's
plain=110000
"$B/hivelift" --version | grep -q libdeflate || plain=195000
guard "plain chunks" $plain "-c none"
finish
