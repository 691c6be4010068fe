#!/bin/sh
# install.sh: `make install` puts everything in its place, what is installed
# can be used, and the shared library exports the public names only.
set -u
B=${B:-build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hivelift-install-XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

check() {
	what=$1
	shift
	if "$@" >"$tmp/log" 2>&1; then
		passed=$((passed + 1))
	else
		echo "FAIL: $what"
		cat "$tmp/log"
		failed=$((failed + 1))
	fi
}

version=$(cat VERSION)
root=$tmp/root
check "make install" "${MAKE:-make}" install B="$B" DESTDIR="$root" \
	prefix=/opt/hl
p=$root/opt/hl
for f in bin/hivelift lib/libhivelift.a lib/pkgconfig/hivelift.pc \
	include/hivelift/hivelift.h share/man/man1/hivelift.1 \
	share/man/man3/libhivelift.3; do
	check "$f is installed" test -s "$p/$f"
done
check "version" sh -c "'$p/bin/hivelift' --version | grep -q '$version'"

if [ "$(uname -s)" != Darwin ]; then
	so=$p/lib/libhivelift.so
	check "the link for linking" test -e "$so"
	check "the file has the version" test -f "$so.$version"
	check "soname" sh -c "LC_ALL=C objdump -p '$so' |
		grep -q 'SONAME *libhivelift.so.${version%%.*}\$'"
	nm -D --defined-only "$so" | awk '$2 != "A" {print $3}' >"$tmp/names"
	check "only hl_* is exported" sh -c "! grep -v '^hl_' '$tmp/names'"
	# every exported name is in a public header, and the other way round
	cat include/hivelift/*.h | tr -c 'a-z0-9_' '\n' | sort -u >"$tmp/words"
	sort -u "$tmp/names" >"$tmp/sorted"
	check "nothing private is exported" sh -c \
		"! comm -23 '$tmp/sorted' '$tmp/words' | grep ."
	check "what the headers declare is there" sh -c \
		"! comm -13 '$tmp/sorted' '$B/exports.names' | grep ."
fi

cat >"$tmp/use.c" <<'END'
#include <hivelift/hivelift.h>
#include <stdio.h>
int main(void) { return puts(hl_version()) < 0; }
END
PKG_CONFIG_PATH=$p/lib/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
check "a program finds it with pkg-config" sh -c "${CC:-cc} -Wall -Werror \
	-o '$tmp/use' '$tmp/use.c' \
	\$(pkg-config --cflags --libs hivelift)"
check "and runs with the shared library" env \
	LD_LIBRARY_PATH="$p/lib" DYLD_LIBRARY_PATH="$p/lib" "$tmp/use"
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR

# each header can be included alone, and by C++
for h in include/hivelift/*.h; do
	h=${h#include/}
	echo "#include <$h>" >"$tmp/h.c"
	check "$h stands alone" ${CC:-cc} -std=c11 -Wall -Wextra -Werror \
		-Iinclude -fsyntax-only "$tmp/h.c"
	if command -v c++ >/dev/null 2>&1; then
		cp "$tmp/h.c" "$tmp/h.cc"
		check "$h is good C++" c++ -Wall -Wextra -Werror -Iinclude \
			-fsyntax-only "$tmp/h.cc"
	fi
done

check "make uninstall" "${MAKE:-make}" uninstall DESTDIR="$root" \
	prefix=/opt/hl
check "leaves nothing" sh -c "! find '$p' -type f -o -type l | grep ."
echo "install: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
