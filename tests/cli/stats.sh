#!/bin/sh
# stats.sh: --stats, and by its numbers: what the indexes can tell costs no
# pass over $MFT, however many files there are.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
B=${B:-build}
mkmany=$root/$B/tools/mkmany

# bytes: those that the image handed out
bytes() { sed -n 's/^hivelift: stats: image: \([0-9]*\) bytes.*/\1/p' "$err"; }

# most NAME LIMIT: no more were read
most() {
	if [ -n "$(bytes)" ] && [ "$(bytes)" -le "$2" ]; then
		ok "$1"
	else
		not_ok "$1: $(bytes) bytes, at most $2"
	fi
}

head -c 1048576 /dev/urandom >"$tmp/hive"
for n in 10000 40000; do
	"$mkmany" -n $n -x "$tmp/hive" "$tmp/$n.dd" || exit 1
done
mib=1048576
limit=$((mib + mib / 10 + 2 * mib))
run 2 "hives among many files" hives --stats "$tmp/40000.dd"
has "$out" "the file in a hive's place" "/Windows/System32/config/SYSTEM"
most "hives: no pass over \$MFT" $limit
run 2 "extract among many files" extract --stats -o "$tmp/lifted" "$tmp/40000.dd"
most "extract: no pass over \$MFT" $limit
check "extract: that file" cmp "$tmp/hive" \
	"$tmp/lifted/v1/Windows/System32/config/SYSTEM"
run 0 "extract one file" extract --stats -o "$tmp/one" "$tmp/40000.dd" \
	/Windows/System32/config/z0004370.text
most "one file: next to nothing" $((mib / 4))
run 0 "cat one file" cat --stats "$tmp/40000.dd" \
	/Windows/System32/config/z0004370.text
most "cat: next to nothing" $((mib / 4))
equal "cat: the file" "$(od -An -tu4 "$out" | tr -d ' ')" 4370

run 0 "the sweep" ls --sweep -q --stats "$tmp/10000.dd"
most "the sweep: \$MFT, and the folders' records once more" \
	$((10023 * 1024 + 625 * 1024 + mib))
n_swept=$(wc -l <"$out")
if [ "$(bytes)" -gt $((10000 * 1024)) ]; then
	ok "a pass over \$MFT shows"
else
	not_ok "a pass over \$MFT does not show: $(bytes) bytes"
fi
run 0 "the indexes" ls -R -q --stats "$tmp/10000.dd"
equal "both list the same, but for 10 system files" "$n_swept" \
	$(($(wc -l <"$out") + 10))
check "time of each phase" grep -qE '^hivelift: stats: time: find [0-9]+\.[0-9]{6} s, open [0-9]+\.[0-9]{6} s, search [0-9]+\.[0-9]{6} s, read/write [0-9]+\.[0-9]{6} s$' "$err"
finish
