#!/bin/sh
# validation.sh: tests/validation.txt names every part of the tests, no other,
# and every exception; and that would be noticed.
set -u
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hivelift-validation-XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

check() { # WHAT STATUS TEXT
	scripts/validation-report --names --map "$tmp/map" >"$tmp/out" 2>&1
	if [ $? = "$2" ] && grep -qF -e "$3" "$tmp/out"; then
		passed=$((passed + 1))
		return
	fi
	echo "FAIL: $1"
	sed -n 1,20p "$tmp/out"
	failed=$((failed + 1))
}

map=tests/validation.txt
if scripts/validation-report --names; then
	passed=$((passed + 1))
else
	echo "FAIL: tests/validation.txt and the tests do not agree"
	failed=$((failed + 1))
fi
grep -v '| check_hash |' "$map" >"$tmp/map"
check "a part without a row" 1 "no row has the part check_hash"
sed 's/| check_hash |/| check_hash check_nothing |/' "$map" >"$tmp/map"
check "a row without its part" 1 "no such part: check_nothing"
grep -v '^! Orc_x64' "$map" >"$tmp/map"
check "an exception untold" 1 "2 exceptions, 2 said, 1 told"
sed 's/^! Orc_x64.exe/! Orc_x65.exe/' "$map" >"$tmp/map"
check "an exception that is gone" 1 "has no exception Orc_x65.exe"
grep -v '^!' "$map" >"$tmp/map"
check "a file of exceptions untold" 1 "exceptions that no line tells"
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
