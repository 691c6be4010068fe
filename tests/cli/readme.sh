#!/bin/sh
# readme.sh: the example of README compiles without a warning and with the
# public headers alone, and lists the hives of an image.
. "$(dirname "$0")/lib.sh"

cd "$root" || exit 1
sed -n '/^<!-- example -->/,/^<!-- end -->/p' README |
	sed '/^<!--/d; /^```/d' >"$tmp/x.c"
has "$tmp/x.c" "README has an example" "int main"
lines=$(grep -c . "$tmp/x.c")
check "the example is short ($lines lines)" test "$lines" -le 20
lib=${B:-build}/libhivelift.a
# shellcheck disable=SC2086 # "ccache gcc" is two words
need ${CC:-cc} || finish
if [ ! -e "$lib" ]; then
	skip "no $lib"
	finish
fi
libs=$(PKG_CONFIG_PATH=${B:-build} pkg-config --static --libs hivelift \
	2>/dev/null | sed "s|-L[^ ]*||; s|-lhivelift||")
[ -n "$libs" ] || libs="$(pkg-config --libs libewf jansson zlib) -ldl -lpthread"
san=
# a library with sanitizers wants a program with them
if nm "$lib" 2>/dev/null | grep -q __asan_; then
	san=-fsanitize=address,undefined
fi
# shellcheck disable=SC2086
check "the example compiles without a warning" ${CC:-cc} -std=c11 -Wall \
	-Wextra -Werror -D_POSIX_C_SOURCE=200809L $san -Iinclude \
	-o "$tmp/x" "$tmp/x.c" "$lib" $libs
img=testdata/sample.E01
[ -e $img ] || img=$corpus/cases/win10.E01
if [ -x "$tmp/x" ] && [ -e "$img" ]; then
	# it ends without closing, as its comment says: no leak check
	ASAN_OPTIONS=detect_leaks=0 "$tmp/x" "$img" >"$out" 2>"$err"
	equal "the example runs" $? 0
	"$HIVELIFT" hives --json "$img" 2>/dev/null |
		python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    if "path" in row:
        print(row["path"])' >"$tmp/want"
	check "the example lists what hives lists" cmp "$out" "$tmp/want"
else
	skip "no image for the example"
fi
finish
