#!/bin/sh
# example.sh: the C example of the README compiles without a warning, with the
# public headers alone, and runs over the sample.
set -u
B=${B:-build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hivelift-example-XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
die() { echo "FAIL: $*"; exit 1; }

# the first block that is fenced as C, or indented and with a main()
awk '/^```c$/ {on = 1; next} /^```/ {if (on) exit} on' README >"$tmp/x.c"
[ -s "$tmp/x.c" ] ||
	awk '/^(    |\t)#include/ {on = 1} on && /^[^ \t]/ {exit}
		on {sub(/^(    |\t)/, ""); print}' README >"$tmp/x.c"
grep -q main "$tmp/x.c" || die "README has no C example"
lines=$(grep -c . "$tmp/x.c")
[ "$lines" -le 25 ] || die "the example has grown to $lines lines"
libs=$(PKG_CONFIG_PATH=$B pkg-config --static --libs hivelift |
	sed "s|-L[^ ]*||; s|-lhivelift|$B/libhivelift.a|")
# shellcheck disable=SC2086
${CC:-cc} -std=c11 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L -Iinclude \
	-o "$tmp/x" "$tmp/x.c" $libs || die "README's example does not compile"
"$tmp/x" testdata/sample.E01 >"$tmp/out" || die "it ran with status $?"
[ -s "$tmp/out" ] || die "it said nothing about the sample"
cat "$tmp/out"
