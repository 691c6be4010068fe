#!/bin/sh
# manuals.sh: the manual pages are sound mdoc, and hivelift.1 names every
# command and every option that --help names.
set -u
passed=0 failed=0 skipped=0

if command -v mandoc >/dev/null 2>&1; then
	for m in man/*.[13]; do
		# STYLE is taste; a missing cross reference is a page of others
		if mandoc -T lint -W warning "$m" |
			grep -v 'referenced manual not found'; then
			echo "FAIL: $m"
			failed=$((failed + 1))
		else
			passed=$((passed + 1))
		fi
	done
else
	echo "SKIP: no mandoc here"
	skipped=1
fi
page=man/hivelift.1
if [ -e $page ] && [ -x "${HIVELIFT:-build/hivelift}" ]; then
	text=$(sed 's/\\-/-/g; s/\\&//g' $page)
	"${HIVELIFT:-build/hivelift}" --help >"${TMPDIR:-/tmp}/help.$$"
	for o in $(grep -o -e '--[a-z][a-z-]*' "${TMPDIR:-/tmp}/help.$$" |
		sort -u); do
		# mdoc writes --json as .Fl -json
		if echo "$text" | grep -q -e "Fl -${o#--}\([^a-z-]\|$\)"; then
			passed=$((passed + 1))
		else
			echo "FAIL: $page does not document $o"
			failed=$((failed + 1))
		fi
	done
	rm -f "${TMPDIR:-/tmp}/help.$$"
fi
echo "manuals: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
