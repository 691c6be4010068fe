#!/bin/sh
# budget.sh: --max-memory from far too little to plenty.  Not even opened: 1.
# Not all of it: 2, and what is there is whole.  All of it: 0.  Never a crash.
. "$(dirname "$0")/lib.sh"

sample=$root/testdata/sample.E01
"$HIVELIFT" hives --json "$sample" >"$tmp/all" 2>/dev/null

seen=
for kib in 50 100 200 400 800 1200 1300 1400 1500 1600 1700 1800 2000 2200 \
	2600 3000 4000 8000; do
	rm -rf "$tmp/o"
	"$HIVELIFT" extract --json --max-memory ${kib}K "$sample" -o "$tmp/o" \
		>"$out" 2>"$err"
	st=$?
	seen="$seen $st"
	case $st in
	1)
		has "$err" "$kib KiB: said" "--max-memory is reached"
		check "$kib KiB: nothing left" test ! -e "$tmp/o"
		;;
	2)
		has "$err" "$kib KiB: said" "--max-memory is reached"
		has "$err" "$kib KiB: not to the end" "not to the end"
		check "$kib KiB: what is there is whole" \
			sh -c "cd '$tmp/o' && sha256sum -c --quiet SHA256SUMS"
		equal "$kib KiB: the manifest tells" "$(json '[u["reason"] for
			u in json.load(open("'"$tmp/o"'/manifest.json"))[
			"coverage"]["not_searched"] if u["what"] == "rest"]')" \
			"['memory budget reached']"
		;;
	0)
		"$HIVELIFT" hives --json --max-memory ${kib}K "$sample" \
			>"$tmp/now" 2>"$err"
		equal "$kib KiB: hives, nothing said" "$?" 0
		equal "$kib KiB: all hives" "$(cat "$tmp/now")" \
			"$(cat "$tmp/all")"
		;;
	*)
		not_ok "$kib KiB: status $st"
		;;
	esac
done
# each of the three was met, in that order
equal "statuses" "$(echo "$seen" | tr ' ' '\n' | grep . | uniq | tr -d '\n')" \
	120

# the default: no less than 64 MiB, and the limits of the shell are heard
run 0 "without the option" ls "$sample"
# AddressSanitizer wants terabytes of address space
case ${B:-} in *-san) finish ;; esac
(ulimit -v 400000 && exec "$HIVELIFT" hives "$sample") >"$out" 2>"$err"
equal "ulimit -v 400000: status" "$?" 0
finish
